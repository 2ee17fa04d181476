"""How names are resolved within a batch: the namings of its groups, and the assertions that have to move. Pure.

A name that comes to belong to another entity takes along what was said under it: the assertions of the episodes that
mention it get other ends, and those episodes other MENTIONS. Nothing is guessed: each assertion keeps the names it was
said under.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from consumer.graph.assertions import AssertionRow
from consumer.graph.batch import Claims, settled, settled_row
from consumer.graph.entities import GroupNames
from consumer.graph.facts import triple_key
from consumer.graph.naming import Naming
from consumer.graph.resolve import NameBook, PlacedMention
from consumer.model.episode import LogPosition
from consumer.model.ids import mention_uuid
from consumer.resolve.clusters import Link


@dataclass(frozen=True, slots=True)
class ToldEpisode:
    """A stored episode that mentions a name which moves: what our bookkeeping holds of it."""

    uuid: str
    group_id: str
    position: LogPosition
    mentions: tuple[PlacedMention, ...]
    triple_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """What a move changes of one stored episode: its assertions (before, after), its keys, and whom it mentions."""

    episode: str
    group_id: str
    position: LogPosition
    rows: tuple[tuple[AssertionRow, AssertionRow], ...]
    triple_keys: tuple[str, ...]
    lost: tuple[str, ...]
    won: tuple[str, ...]

    @property
    def lost_mentions(self) -> list[str]:
        """The uuids of the MENTIONS that go."""
        return [mention_uuid(self.group_id, self.episode, entity) for entity in self.lost]


@dataclass(slots=True)
class Resolution:
    """All that planning must know of the names of a batch, by group."""

    namings: list[Naming] = field(default_factory=list)
    links: dict[str, dict[str, Link | None]] = field(default_factory=dict)
    mentions: dict[str, list[PlacedMention]] = field(default_factory=dict)
    remaining: dict[str, dict[str, list[PlacedMention]]] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)

    def group_names(self, naming: Naming) -> GroupNames:
        """Return the names of one group, before and after."""
        return GroupNames(naming.group_id, naming.known, naming.after, naming.gone, self.links[naming.group_id])

    @property
    def roots(self) -> dict[str, str]:
        """The entity of each name that is an alias."""
        return {uuid: link.root for links in self.links.values() for uuid, link in links.items() if link}

    @property
    def moved(self) -> dict[str, str]:
        """The names that belong to another entity than before, with that entity."""
        return {
            name: root for naming in self.namings for name, root in naming.moved(self.links[naming.group_id]).items()
        }

    @property
    def moved_entities(self) -> dict[str, str]:
        """The entities that names left or came to, with their groups."""
        return {
            entity: naming.group_id
            for naming in self.namings
            for name, root in naming.moved(self.links[naming.group_id]).items()
            for entity in (naming.known[name].root, root)
        }

    @property
    def left_entities(self) -> dict[str, str]:
        """The entities that removed episodes mentioned, with their groups."""
        return {
            naming.known[name].root: naming.group_id
            for naming in self.namings
            for name in self.remaining.get(naming.group_id, {})
            if name in naming.known
        }

    def settled(self, claims: Iterable[Claims]) -> list[Claims]:
        """Return the claims by entity."""
        roots = self.roots
        return [settled(item, roots) for item in claims]


def moves_of(
    episodes: Iterable[ToldEpisode],
    stored: Mapping[str, Sequence[AssertionRow]],
    resolution: Resolution,
    going: Collection[str],
    names: NameBook,
) -> list[Move]:
    """Return what moves of `episodes`, given their `stored` assertions by episode; those `going` are removed anyway."""
    moved = resolution.moved
    known = {uuid: name.root for naming in resolution.namings for uuid, name in naming.known.items()}
    found: list[Move] = []
    for episode in sorted(episodes, key=lambda each: each.uuid):
        said = {names.entity(episode.group_id, placed.mention.name) for placed in episode.mentions}
        mentioned = {uuid for uuid in said if uuid in known}
        if episode.uuid in going or not mentioned & moved.keys():
            continue
        before = {known[uuid] for uuid in mentioned}
        after = {moved.get(uuid, known[uuid]) for uuid in mentioned}
        own = stored.get(episode.uuid, ())
        pairs = [(row, new) for row in own if (new := settled_row(row, moved)) != row]
        changed = {before.key: after for before, after in pairs}
        found.append(
            Move(
                episode.uuid,
                episode.group_id,
                episode.position,
                tuple(pairs),
                tuple(sorted({triple_key(changed.get(row.key, row).triple) for row in own})),
                tuple(sorted(before - after)),
                tuple(sorted(after - before)),
            )
        )
    return found
