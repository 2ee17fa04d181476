"""A block of text for a prompt: the facts that answer a question, their dates, entities, and what episodes said.

Built from a search's result, within a token budget. Invariants (tests/property/test_context.py):
    C1: the text never has more tokens than the budget, by whatever counts them.
    C2: the same result gives the same text; nothing is told twice.
    C3: what comes from an episode stays in its place: a fact, a name or a summary is one line, a quote is lines that
        each begin with `> `, so no content can end its quote, begin a heading or pass for a fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from consumer.model.token_estimate import estimated_tokens
from consumer.search.request import Kind, SearchRequest
from consumer.search.result import EntityHit, EpisodeHit, FactHit, Provenance, SearchResult
from consumer.telemetry.questions import FOUND, NOTHING, asked

FACT_SHARE = 0.6
"""Part of the budget that facts may fill before entities and quotes have had their turn."""
ENTITY_SHARE = 0.75
"""Part of the budget that facts and entities may fill together before quotes have had theirs."""
MIN_QUOTE_CHARS = 40
"""A quote that would be cut shorter is left out."""
_STEPS = 12

TokenCount = Callable[[str], int]

_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""White space, control characters, and marks that turn the direction of the text after them."""


class Searcher(Protocol):
    """What finds: `search.Search` is one."""

    async def search(self, request: SearchRequest) -> SearchResult:
        """Return what answers best."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """The text, its tokens by the count it was built with, and what is in it: facts, entities and episodes by uuid.

    `is_cut`: something that was found had no room.
    """

    text: str
    tokens: int
    facts: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    episodes: tuple[str, ...] = ()
    is_cut: bool = False


def _outcome(context: Context) -> str:
    """Return how a question for a context ended, for metrics."""
    return FOUND if context.text else NOTHING


@asked("context", _outcome)
async def search_context(
    search: Searcher, request: SearchRequest, max_tokens: int, count: TokenCount = estimated_tokens
) -> Context:
    """Return the context of a question: what `request` finds of facts, entities and episodes, in `max_tokens`.

    Raises:
        WorldFault: the database or the embedding model is down.
    """
    request = replace(request, kinds=(Kind.FACT, Kind.ENTITY, Kind.EPISODE))
    return build_context(await search.search(request), max_tokens, as_of=request.as_of, count=count)


@dataclass(frozen=True, slots=True)
class _Quote:
    uuid: str
    name: str
    at: datetime
    text: str


@dataclass(slots=True)
class _Draft:
    """What is in the context so far; `text` writes it."""

    as_of: datetime | None
    facts: list[FactHit]
    entities: list[EntityHit]
    quotes: list[_Quote]

    def text(self) -> str:
        """Return the block: facts by rank, entities by rank, quotes from old to new."""
        quotes = sorted(self.quotes, key=lambda quote: (quote.at, quote.uuid))
        numbers = {quote.uuid: number for number, quote in enumerate(quotes, start=1)}
        parts = []
        if self.facts:
            when = f"true on {_day(self.as_of)}" if self.as_of else "with the time in which each is true"
            parts.append("\n".join((f"## Facts ({when})", *(_fact_line(fact, numbers) for fact in self.facts))))
        if self.entities:
            parts.append("\n".join(("## Entities", *(_entity_line(entity) for entity in self.entities))))
        if quotes:
            blocks = (_quote_block(quote, numbers[quote.uuid]) for quote in quotes)
            parts.append("\n\n".join(("## Episodes, as they were said", *blocks)))
        return "\n\n".join(parts)


def build_context(
    result: SearchResult, max_tokens: int, *, as_of: datetime | None = None, count: TokenCount = estimated_tokens
) -> Context:
    """Return as much of `result` as `max_tokens` holds: the best facts, then entities, quotes, and the facts left."""
    facts, entities, quotes = _facts(result), _entities(result), _quotes(result)
    draft = _Draft(as_of, [], [], [])

    def fits(limit: float) -> bool:
        return count(draft.text()) <= limit

    left: list[FactHit] = []
    for fact in facts:
        draft.facts.append(fact)
        if not fits(max_tokens * FACT_SHARE):
            left.append(draft.facts.pop())
    for entity in entities:
        draft.entities.append(entity)
        if not fits(max_tokens * ENTITY_SHARE):
            draft.entities.pop()
    for quote in quotes:
        _add_quote(draft, quote, lambda: fits(max_tokens))
    for fact in left:
        draft.facts.append(fact)
        if not fits(max_tokens):
            draft.facts.pop()
    rank = {fact.uuid: place for place, fact in enumerate(facts)}
    draft.facts.sort(key=lambda fact: rank[fact.uuid])
    text = draft.text()
    whole = (len(facts), len(entities), len(quotes))
    return Context(
        text=text,
        tokens=count(text) if text else 0,
        facts=tuple(fact.uuid for fact in draft.facts),
        entities=tuple(entity.uuid for entity in draft.entities),
        episodes=tuple(quote.uuid for quote in sorted(draft.quotes, key=lambda quote: (quote.at, quote.uuid))),
        is_cut=(len(draft.facts), len(draft.entities), len(draft.quotes)) != whole,
    )


def _add_quote(draft: _Draft, quote: _Quote, fits: Callable[[], bool]) -> None:
    """Add a quote, cut at a word where it is too long; leave it out where little would be left."""
    draft.quotes.append(quote)
    if fits():
        return
    low, high, best = MIN_QUOTE_CHARS, len(quote.text), None
    for _ in range(_STEPS):
        if low > high:
            break
        middle = (low + high) // 2
        draft.quotes[-1] = shorter = replace(quote, text=_cut(quote.text, middle))
        if fits():
            best, low = shorter, middle + 1
        else:
            high = middle - 1
    if best is None:
        draft.quotes.pop()
    else:
        draft.quotes[-1] = best


def _facts(result: SearchResult) -> list[FactHit]:
    """Return the facts that say something of their own, in order."""
    seen: set[tuple[str, datetime | None, datetime | None]] = set()
    found = []
    for hit in result.hits:
        key = (_line(hit.fact).casefold(), hit.valid_at, hit.invalid_at)
        if key[0] and key not in seen:
            seen.add(key)
            found.append(hit)
    return found


def _entities(result: SearchResult) -> list[EntityHit]:
    """Return the entities of which more is known than the name, in order."""
    seen: set[tuple[str, str]] = set()
    found = []
    for hit in result.entities:
        key = (_line(hit.name).casefold(), _line(hit.summary).casefold())
        if (hit.summary.strip() or hit.types) and key not in seen:
            seen.add(key)
            found.append(hit)
    return found


def _quotes(result: SearchResult) -> list[_Quote]:
    """Return what episodes said, first those behind the best facts and, in turn, those found themselves."""
    behind = [_quote_of(each) for hit in result.hits for each in hit.provenance]
    found = [_quote_of(hit) for hit in result.episodes]
    seen_uuids: set[str] = set()
    seen_texts: set[str] = set()
    quotes = []
    for quote in _in_turn(behind, found):
        text = _line(quote.text).casefold()
        if text and quote.uuid not in seen_uuids and text not in seen_texts:
            seen_uuids.add(quote.uuid)
            seen_texts.add(text)
            quotes.append(quote)
    return quotes


def _in_turn(one: Sequence[_Quote], other: Sequence[_Quote]) -> list[_Quote]:
    """Return both lists as one, an item of each in turn."""
    longest = max(len(one), len(other))
    return [quote for place in range(longest) for many in (one, other) for quote in many[place : place + 1]]


def _quote_of(hit: Provenance | EpisodeHit) -> _Quote:
    uuid = hit.episode_uuid if isinstance(hit, Provenance) else hit.uuid
    return _Quote(uuid, hit.name, hit.reference_time, hit.excerpt.strip())


def _fact_line(fact: FactHit, numbers: dict[str, int]) -> str:
    told = sorted(numbers[each.episode_uuid] for each in fact.provenance if each.episode_uuid in numbers)
    marks = "".join(f" [{number}]" for number in dict.fromkeys(told))
    return f"- {_line(fact.fact)} ({_span(fact.valid_at, fact.invalid_at)}){marks}"


def _entity_line(entity: EntityHit) -> str:
    kind = f" ({', '.join(map(_line, entity.types))})" if entity.types else ""
    summary = _line(entity.summary)
    return f"- {_line(entity.name)}{kind}" + (f": {summary}" if summary else "")


def _quote_block(quote: _Quote, number: int) -> str:
    lines = (f"> {_line(line)}".rstrip() for line in quote.text.splitlines() or [""])
    return "\n".join((f"[{number}] {_line(quote.name)} ({_day(quote.at)})", *lines))


def _cut(text: str, chars: int) -> str:
    """Return at most `chars` characters of `text`, ended at a word with an ellipsis."""
    if len(text) <= chars:
        return text
    kept = text[: chars - 1]
    at = max(kept.rfind(" "), kept.rfind("\n"))
    return (kept[:at] if at > chars // 2 else kept).rstrip() + "…"


def _line(text: str) -> str:
    """Return `text` in one line: what breaks lines or turns the direction is a space."""
    return _BREAKS.sub(" ", text).strip()


def _span(start: datetime | None, end: datetime | None) -> str:
    if start is None and end is None:
        return "time not known"
    if end is None:
        return f"since {_day(start)}"
    return f"until {_day(end)}" if start is None else f"{_day(start)} to {_day(end)}"


def _day(instant: datetime | None) -> str:
    """Return an instant as a date, with the time of day where there is one."""
    if instant is None:
        return ""
    text = instant.date().isoformat()
    return text if (instant.hour, instant.minute, instant.second) == (0, 0, 0) else f"{text} {instant:%H:%M} UTC"
