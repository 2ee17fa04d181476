"""What the chunks of one episode say, put together in their order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from consumer.model.knowledge import DEFAULT_TYPE, Assertion, Exclusive, Knowledge, Mention, Polarity, complete

_Claim = tuple[str, str, str, tuple[datetime | None, ...], Polarity, Exclusive]


def merged(parts: Sequence[Knowledge], max_summary_chars: int) -> Knowledge:
    """Return the knowledge of all `parts`: each name once, each claim once.

    Of a name the first type that says more than `Entity` and the first value of an attribute count, and different
    summaries are joined up to `max_summary_chars`. A claim that is made again stands where it was made last, for a tie
    of two facts goes to what was said later.
    """
    if len(parts) == 1:
        return parts[0]
    mentions: dict[str, list[Mention]] = {}
    claims: dict[_Claim, Assertion] = {}
    for part in parts:
        for mention in part.mentions:
            mentions.setdefault(mention.name, []).append(mention)
        for said in part.assertions:
            claim = _claim(said)
            claims[claim] = claims.pop(claim, said)  # the first wording, at the last place
    return complete(tuple(_one(found, max_summary_chars) for found in mentions.values()), tuple(claims.values()))


def _claim(said: Assertion) -> _Claim:
    dates = said.valid_at, said.invalid_at, said.instead_of
    return said.subject, said.relation, said.object, dates, said.polarity, said.exclusive


def _one(found: Sequence[Mention], max_summary_chars: int) -> Mention:
    first = found[0]
    if len(found) == 1:
        return first
    attributes = {key: value for mention in reversed(found) for key, value in mention.attributes.items()}
    kind = next((mention.type for mention in found if mention.type != DEFAULT_TYPE), first.type)
    summary = _joined((mention.summary for mention in found), max_summary_chars)
    return replace(first, type=kind, summary=summary, attributes=attributes)


def _joined(summaries: Iterable[str], max_chars: int) -> str:
    """Return the different summaries in order, as many as fit whole; the first is there whatever its length."""
    text = ""
    for summary in summaries:
        if not summary or summary in text:
            continue
        longer = f"{text} {summary}" if text else summary
        if text and len(longer) > max_chars:
            break
        text = longer
    return text
