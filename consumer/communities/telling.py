"""Names and summaries by rule: bounded, the same for the same material, in the words of the graph itself.

The name is what the search's full text and vector find a community by: the names of those at its centre.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

from consumer.communities.material import Material
from consumer.model.instants import from_millis, iso

TELLER = "rules-1"
"""Names this way of telling: another one tells all communities anew."""

NAMED = 3
NAME_CHARS = 120
SUMMARY_CHARS = 1_000
ONE_NAME_CHARS = 60
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Telling:
    """What a community is called and told as."""

    name: str
    summary: str


def told(material: Material, sentences: Mapping[str, str]) -> Telling:
    """Return name and summary by rule; `sentences` are those of the material's facts, by uuid."""
    names = [name for each in material.central if (name := short(each.name, ONE_NAME_CHARS))]
    parts = [f"{material.size} entities{_counted(material.kinds)}."]
    if names:
        parts.append(f"Most central: {', '.join(names[:NAMED])}.")
    if material.relations:
        parts.append(f"Relations: {', '.join(f'{name} {count}' for name, count in material.relations)}.")
    parts += _dates(material)
    parts += [sentences[uuid] for uuid in material.facts if sentences.get(uuid)]
    name = short(", ".join(names[:NAMED]), NAME_CHARS) or f"{material.size} entities"
    return Telling(name, _joined(parts))


def text_print(material: Material, sentences: Mapping[str, str], teller: str) -> str:
    """Return a hash of all that `teller` tells a community by."""
    told_by = [teller, astuple(material), [sentences.get(uuid) for uuid in material.facts]]
    return hashlib.blake2b(json.dumps(told_by).encode(), digest_size=8).hexdigest()


def short(text: str, most: int) -> str:
    """Return `text` on one line, cut to `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def day(milliseconds: int) -> str:
    """Return the day (UTC) of an instant, as text; beyond the calendar, its end."""
    return instant(milliseconds)[:10]


def instant(milliseconds: int) -> str:
    """Return an instant as text, RFC 3339 in UTC; beyond the calendar, its end."""
    try:
        return iso(from_millis(milliseconds))
    except OverflowError:
        return iso(_LAST if milliseconds > 0 else _FIRST)


def _counted(kinds: Iterable[tuple[str, int]]) -> str:
    text = ", ".join(f"{count} {kind}" for kind, count in kinds)
    return f": {text}" if text else ""


def _dates(material: Material) -> list[str]:
    if material.since_ms is None or material.latest_ms is None:
        return []
    since, latest = day(material.since_ms), day(material.latest_ms)
    return [f"Since {since}." if since == latest else f"Since {since}, the latest {latest}."]


def _joined(parts: Iterable[str]) -> str:
    """Return whole sentences, as many as there is room for."""
    text = ""
    for part in parts:
        line = " ".join(part.split())
        if text and len(text) + 1 + len(line) > SUMMARY_CHARS:
            continue
        text = f"{text} {line}" if text else short(line, SUMMARY_CHARS)
    return text
