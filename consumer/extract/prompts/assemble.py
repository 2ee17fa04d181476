"""Assembles what a model is asked about an episode. Pure, but for loading the prompt file once.

The content is fenced by lines that do not occur in it, so that no content can end its own fence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from consumer.extract.speaker import split_speaker
from consumer.model.episode import Episode

PROMPT_VERSION = "extract-3"
"""Version of the prompt; part of the extractor's name."""

CONTENT = "content"
EARLIER = "earlier"
"""What stands behind the tildes of an opening fence."""

_FILE = "extract.v3.md"
_FENCE = "~~~~"


@dataclass(frozen=True, slots=True)
class Prompt:
    """The two texts of one question: `system` is equal for all of one ontology, `user` is the episode's own section."""

    system: str
    user: str


def assemble(episode: Episode, vocabulary: str = "") -> Prompt:
    """Return the question about `episode`; `vocabulary` is the `ontology_text` of its ontology.

    Before it is asked, its section gets a key, alone or among others: `consumer.extract.prompts.bind`.
    """
    fence = _fence(episode.content, *(earlier.content for earlier in episode.context))
    said_at = episode.local_reference_time
    lines = [f"Source: {episode.source}"]
    if episode.source_description:
        lines.append(f"Source description: {_one_line(episode.source_description)}")
    if episode.name and episode.name != episode.event_id:
        lines.append(f"Title: {_one_line(episode.name)}")
    lines.append(f"Reference time: {said_at.isoformat()} ({said_at:%A})")
    if episode.source == "message":
        speaker, _ = split_speaker(episode.content)
        if speaker is not None:
            lines.append(f"Speaker: {speaker}")
    if episode.context:
        lines.append("Earlier episodes, oldest first, for reference only:")
        for earlier in episode.context:
            lines += [f"{fence}{EARLIER} {_told(earlier.reference_time, said_at)}", earlier.content, fence]
    lines += ["Content:", f"{fence}{CONTENT}", episode.content, fence]
    return Prompt(_system() + vocabulary, "\n".join(lines))


def _told(instant: datetime, said_at: datetime) -> str:
    """Return `instant` on the clock of `said_at`, or as it is at the ends of the calendar."""
    try:
        return instant.astimezone(said_at.tzinfo).isoformat()
    except OverflowError:
        return instant.isoformat()


@cache
def _system() -> str:
    return files("consumer.extract.prompts").joinpath(_FILE).read_text(encoding="utf-8")


def _fence(*texts: str) -> str:
    """Return a run of tildes longer than any that starts a line of `texts`."""
    longest = max((len(run) for text in texts for run in re.findall(r"^~+", text, re.MULTILINE)), default=0)
    return "~" * max(len(_FENCE), longest + 1)


def _one_line(text: str) -> str:
    return " ".join(text.split())
