"""Binds the sections of several episodes into one question, each under a key, and reads such a question back. Pure.

A key is made of the section itself, so that an answer to another question shows by its keys, and nobody who writes an
episode knows those of its neighbours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from consumer.extract.prompts.assemble import CONTENT, EARLIER

_HEADING = re.compile(r"^# Episode (\S+)$")
_OPENING = re.compile(rf"^(~{{4,}})({CONTENT}|{EARLIER} \S+)$")
_FIELD = re.compile(r"^(Source|Reference time): (\S+)")
_KEY_CHARS = 5


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a question says of one episode. `earlier` are the contents of those before it, oldest first."""

    key: str
    content: str
    reference_time: datetime
    source: str | None
    earlier: tuple[str, ...] = ()


def keys_of(sections: Sequence[str]) -> list[str]:
    """Return a key for each of `sections`, all different, a function of the sections alone."""
    digests = [hashlib.sha256(section.encode("utf-8", "surrogatepass")).hexdigest() for section in sections]
    chars = _KEY_CHARS
    while len({digest[:chars] for digest in digests}) < len(set(digests)):
        chars += 1
    return [f"e{digest[:chars]}" for digest in digests]


def bind(sections: Sequence[str]) -> str:
    """Return the user text that asks about all of `sections`, in their order."""
    told = (f"# Episode {key}\n{section}" for key, section in zip(keys_of(sections), sections, strict=True))
    return f"Episodes: {len(sections)}\n\n" + "\n\n".join(told)


def read_back(user: str) -> list[ReadBack]:
    """Return what each section of a question was made of; none when it is no such text.

    The inverse that a simulated model needs; it stands here so that the two cannot drift apart.
    """
    return list(_sections(iter(user.split("\n"))))


def _sections(lines: Iterator[str]) -> Iterator[ReadBack]:
    key, fields, earlier = "", dict[str, str](), list[str]()
    for line in lines:
        heading, opening, field = _HEADING.match(line), _OPENING.match(line), _FIELD.match(line)
        if heading is not None:
            key, fields, earlier = heading[1], {}, []
        elif field is not None:
            fields.setdefault(field[1], field[2])
        elif opening is not None and key:
            text = _fenced(lines, opening[1])
            if opening[2] != CONTENT:
                earlier.append(text)
                continue
            reference = fields.get("Reference time")
            yield ReadBack(
                key,
                text,
                datetime.fromisoformat(reference) if reference else datetime(1970, 1, 1, tzinfo=UTC),
                fields.get("Source"),
                tuple(earlier),
            )
            key = ""


def _fenced(lines: Iterator[str], fence: str) -> str:
    """Return the lines up to the one that is the fence."""
    taken: list[str] = []
    for line in lines:
        if line == fence:
            break
        taken.append(line)
    return "\n".join(taken)
