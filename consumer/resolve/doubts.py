"""Pairs of entities that may be one and that the rules leave apart: what is worth asking somebody. Pure.

Nothing here merges. A doubt comes from the rules (one initial, an acronym), from likeness of letters (rapidfuzz), or,
if name vectors are given, from their nearness, which alone sees over scripts and languages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from consumer.resolve.blocks import blocks_of
from consumer.resolve.judge import ASK_SCORE, Judgement, Named, Verdict, judge
from consumer.resolve.parts import initials_of, parts_of

NEAR = 0.9
"""Cosine from which two names of which the rules see nothing in common are worth asking about."""

_LIKE_EACH = 10
"""Names like one name that are looked at."""

_AT_ONCE = 512
"""Rows of the matrix of cosines that are in memory at once."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An entity: its id, its name with its type, and what is known of it."""

    id: str
    named: Named
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two entities that may be one, in the order of their ids, and why."""

    one: Thing
    other: Thing
    judgement: Judgement


class Adjudicator(Protocol):
    """Somebody who answers doubts: a model, or a person at a screen."""

    @property
    def name(self) -> str:
        """Who it is; kept as the reason of a merge."""
        ...

    async def answer(self, doubts: Sequence[Doubt]) -> list[bool | None]:
        """Return for each doubt whether the two are one; None when that cannot be told.

        Raises:
            WorldFault: whoever is asked does not answer.
        """
        ...


def doubts(things: Sequence[Thing], vectors: Mapping[str, NDArray[np.float32]] | None = None) -> list[Doubt]:
    """Return the doubts among `things`, the likeliest first; `vectors` (unit length) are by id."""
    by_id = {thing.id: thing for thing in things}
    found: dict[tuple[str, str], Doubt] = {}
    for one, other in _pairs(things):
        judgement = judge(by_id[one].named, by_id[other].named)
        if judgement.verdict is Verdict.UNSURE:
            found[one, other] = Doubt(by_id[one], by_id[other], judgement)
    for one, other, cosine in _near(vectors or {}):
        judgement = judge(by_id[one].named, by_id[other].named)
        if (one, other) not in found and judgement.verdict in {Verdict.UNLIKE, Verdict.UNSURE}:
            found[one, other] = Doubt(by_id[one], by_id[other], Judgement(Verdict.UNSURE, "near vectors", cosine))
    return sorted(found.values(), key=lambda doubt: (-doubt.judgement.score, doubt.one.id, doubt.other.id))


def _pairs(things: Sequence[Thing]) -> set[tuple[str, str]]:
    """Return pairs of ids that share a block, an acronym and its words, or most of their letters."""
    groups: dict[str, set[str]] = defaultdict(set)
    for thing in things:
        core = parts_of(thing.named.name).core
        for key in (*blocks_of(thing.named.name).keys, f"acronym {initials_of(core) if len(core) > 1 else core[0]}"):
            groups[key].add(thing.id)
    pairs = {pair for ids in groups.values() for pair in combinations(sorted(ids), 2)}
    texts = {thing.id: " ".join(parts_of(thing.named.name).core) for thing in things}
    for thing in things:
        like = process.extract(
            texts[thing.id], texts, scorer=fuzz.token_set_ratio, score_cutoff=ASK_SCORE, limit=_LIKE_EACH
        )
        for _, _, other in like:
            if other != thing.id:
                pairs.add((min(thing.id, other), max(thing.id, other)))
    return pairs


def _near(vectors: Mapping[str, NDArray[np.float32]]) -> Iterator[tuple[str, str, float]]:
    """Yield pairs of ids whose vectors are near."""
    ids = sorted(vectors)
    if not ids:
        return
    matrix = np.stack([vectors[each] for each in ids])
    for start in range(0, len(ids), _AT_ONCE):
        cosines = matrix[start : start + _AT_ONCE] @ matrix.T
        for row, column in np.argwhere(cosines >= NEAR):
            if start + row < column:
                yield ids[start + row], ids[column], float(cosines[row, column])
