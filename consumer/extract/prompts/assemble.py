"""Assembles the extraction prompt of one episode, and reads an assembled prompt back.

Pure, but for loading the prompt file once. The content is fenced by lines that do not occur in it, so that no
content can end its own fence. `read_back` is the inverse that the simulator needs; it stands here so that the two
cannot drift apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from consumer.extract.speaker import split_speaker
from consumer.model.episode import Episode
from consumer.model.instants import iso

PROMPT_VERSION = "extract-1"
"""Version of the prompt; part of the extractor's name."""

_FILE = "extract.v1.md"
_FENCE = "~~~~"
_REFERENCE = re.compile(r"^Reference time: (\S+)", re.MULTILINE)
_SOURCE = re.compile(r"^Source: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The two texts of one call: `system` is the same in every call of one ontology, `user` is the episode's own."""

    system: str
    user: str


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a prompt's user text says of its episode."""

    content: str
    reference_time: datetime
    source: str | None


def assemble(episode: Episode, vocabulary: str = "") -> Prompt:
    """Return the prompt that extracts `episode`; `vocabulary` is the `ontology_text` of its ontology."""
    fence = _fence(episode.content, *(earlier.content for earlier in episode.context))
    lines = [f"Source: {episode.source}"]
    if episode.source_description:
        lines.append(f"Source description: {_one_line(episode.source_description)}")
    if episode.name:
        lines.append(f"Title: {_one_line(episode.name)}")
    lines.append(f"Reference time: {iso(episode.reference_time)} ({episode.reference_time:%A})")
    if episode.source == "message":
        speaker, _ = split_speaker(episode.content)
        if speaker is not None:
            lines.append(f"Speaker: {speaker}")
    if episode.context:
        lines += ["", "Earlier episodes, oldest first, for reference only:"]
        for earlier in episode.context:
            lines += [f"{fence}earlier {iso(earlier.reference_time)}", earlier.content, fence]
    lines += ["", "Content to extract from:", f"{fence}content", episode.content, fence]
    return Prompt(_system() + vocabulary, "\n".join(lines))


def read_back(user: str) -> ReadBack | None:
    """Return what the user text of a prompt was assembled from, or None when it is no such text."""
    before, _, fence = user.rpartition("\n")
    head, opening, content = before.partition(f"\n{fence}content\n")
    if not opening or fence.strip("~"):
        return None
    reference, source = _REFERENCE.search(head), _SOURCE.search(head)
    return ReadBack(
        content=content,
        reference_time=datetime.fromisoformat(reference[1]) if reference else datetime(1970, 1, 1, tzinfo=UTC),
        source=source[1] if source else None,
    )


@cache
def _system() -> str:
    return files("consumer.extract.prompts").joinpath(_FILE).read_text(encoding="utf-8")


def _fence(*texts: str) -> str:
    """Return a run of tildes longer than any that starts a line of `texts`."""
    longest = max((len(run) for text in texts for run in re.findall(r"^~+", text, re.MULTILINE)), default=0)
    return "~" * max(len(_FENCE), longest + 1)


def _one_line(text: str) -> str:
    return " ".join(text.split())
