"""Real long texts, cut: books, transcripts, mail, Markdown, CSV and JSON."""

import gzip
import json
import time
from pathlib import Path

import pytest

from consumer.model.token_estimate import estimated_tokens
from consumer.pipeline.chunking import chunk
from consumer.settings import PipelineSettings

DATA = Path(__file__).parents[4] / "shared" / "data"
LIMIT = PipelineSettings().chunk_tokens
FOLDERS = ("apollo11", "awkward", "commits", "irc", "kdconv", "kev", "locomo", "longmemeval", "oz", "qmsum", "xquad")
INDIVISIBLE = {"awkward.json.i_structure_500_nested_arrays"}
"""Over the limit in one chunk, for there is nothing to cut at."""


@pytest.mark.skipif(not DATA.exists(), reason="the optional data folder ../shared/data is not there")
@pytest.mark.parametrize("folder", FOLDERS)
def test_chunks_of_real_texts_are_the_texts(folder):
    """Of each content the chunks in order are the content, within the limit; JSON stays JSON. Prints time per MB."""
    cut, chars, took_s = 0, 0, 0.0
    for event in events(folder):
        content = event["content"]
        for limit in {LIMIT, LIMIT // 8}:
            if estimated_tokens(content) <= limit:
                continue
            begun = time.perf_counter()
            chunks = chunk(content, event["source"], limit)
            took_s += time.perf_counter() - begun
            cut, chars = cut + 1, chars + len(content)
            assert "".join(one.text for one in chunks) == content
            if event["event_id"] in INDIVISIBLE:
                continue
            assert all(estimated_tokens(one.text) <= limit for one in chunks)
            if event["source"] == "json":
                assert all(json.loads(one.readable) for one in chunks)
    print(f"{folder}: {cut} cut, {chars / 1e6:.2f} million characters, {took_s / max(chars, 1) * 1e6:.3f} s a million")


def events(folder):
    for path in sorted((DATA / folder).glob("*.jsonl*")):
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            yield from (event for event in map(json.loads, lines) if "content" in event)
