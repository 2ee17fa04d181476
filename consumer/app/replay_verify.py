"""Whether a replay gave what it was to give: groups of two namespaces compared, and what differs told by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from consumer import graph
from consumer.app.replay_target import load_run
from consumer.graph import Element, Portrait
from consumer.kafka.merged_log import MergedLog
from consumer.pipeline.decode import key_text
from consumer.settings import Settings


@dataclass(frozen=True, slots=True)
class Difference:
    """One element that only `side` (a group) has; of one that both call by this name, the `properties` that differ."""

    side: str
    kind: str
    name: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """Two groups: their digests without names, equal exactly when they are alike, and counts by kind."""

    one: str
    other: str
    digests: tuple[str, str]
    counts: tuple[dict[str, int], dict[str, int]]
    differences: tuple[Difference, ...] = ()
    more: int = 0

    @property
    def is_equal(self) -> bool:
        """Whether they are alike."""
        return self.digests[0] == self.digests[1]

    def as_dict(self) -> dict[str, Any]:
        """Return it for a script."""
        return {
            "groups": [self.one, self.other],
            "equal": self.is_equal,
            "digests": list(self.digests),
            "counts": list(self.counts),
            "differences": [
                {"only_in": each.side, "kind": each.kind, "name": each.name, "properties": list(each.properties)}
                for each in self.differences
            ],
            "more_differences": self.more,
        }


def pairs(found: Sequence[str], prefix: str, other: str, groups: Sequence[str]) -> list[tuple[str, str]]:
    """Return the groups to compare, those of `prefix` with those of `other` (empty: the source).

    Of what the graph holds: all that either namespace has, or `groups` (without prefix). The source's own groups can't
    be told from strangers, so with it all that `prefix` has.
    """
    if groups:
        names = set(groups)
    else:
        names = {group.removeprefix(prefix) for group in found if group.startswith(prefix)}
        if other:
            names |= {group.removeprefix(other) for group in found if group.startswith(other)}
    return [(prefix + name, other + name) for name in sorted(names)]


async def groups_of_run(settings: Settings, run_id: str) -> tuple[str, list[str]]:
    """Return the prefix of a run, and the groups of the source that it was ordered to copy, by the records' keys.

    Raises:
        WorldFault: no broker answers.
        UserError: there is no such run.
    """
    order, stretches = await load_run(settings.kafka, run_id)
    groups: set[str] = set()
    async with MergedLog(settings.kafka, order.source) as log:
        whole = {number: stretch.moved(stretch.begin) for number, stretch in stretches.items()}
        async for record in log.merged(whole):
            if record.key and order.leaves_out(record) is None:
                groups.add(key_text(record))
    return order.prefix, sorted(groups)


async def verify(
    settings: Settings,
    prefix: str,
    other: str = "",
    groups: Sequence[str] = (),
    *,
    shown: int = 10,
    advance: Callable[[int], None] | None = None,
) -> list[Compared]:
    """Return each pair of groups compared, with the first `shown` differences of each.

    Raises:
        WorldFault: the database is down.
    """
    compared: list[Compared] = []
    async with aclosing(graph.connect(settings.neo4j)) as database:
        for one, two in pairs(await graph.group_ids(database), prefix, other, groups):
            sides = [await graph.portrait(database, group) for group in (one, two)]
            if sides[0].digest != sides[1].digest:
                sides = [await graph.portrait(database, group, with_elements=True) for group in (one, two)]
            compared.append(compare(one, two, sides[0], sides[1], shown))
            if advance is not None:
                advance(len(compared))
    return compared


def compare(one: str, other: str, first: Portrait, second: Portrait, shown: int) -> Compared:
    """Return what differs between two groups, by kind and name."""
    mine, theirs = _only(first, second), _only(second, first)
    named = {(element.kind, element.name): element for element in theirs}
    both = named.keys() & {(element.kind, element.name) for element in mine}
    told = [
        Difference(one, each.kind, each.name, _differing(each, named[each.kind, each.name]))
        if (each.kind, each.name) in both
        else Difference(one, each.kind, each.name)
        for each in mine
    ]
    told += [Difference(other, each.kind, each.name) for each in theirs if (each.kind, each.name) not in both]
    told.sort(key=lambda each: (each.kind != "fact", each.kind, each.name))  # facts first: they say most
    return Compared(
        one,
        other,
        (first.digest, second.digest),
        (dict(sorted(first.counts.items())), dict(sorted(second.counts.items()))),
        tuple(told[:shown]),
        max(0, len(told) - shown),
    )


def _only(own: Portrait, others: Portrait) -> list[Element]:
    """Return the elements that only one portrait has."""
    return [own.elements[hashed] for hashed in own.hashes - others.hashes if hashed in own.elements]


def _differing(one: Element, other: Element) -> tuple[str, ...]:
    names = {*one.properties, *other.properties}
    return tuple(sorted(name for name in names if one.properties.get(name) != other.properties.get(name)))
