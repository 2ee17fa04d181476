"""What of a batch is new: the walk over its items against what the graph says of them. Pure.

The batch is in log order. An episode that is there, was removed, or stands before its group's removal changes
nothing; a removal of an episode that is only in the batch takes it out again before it is written. A removal from
before its group's removal changes nothing either: what it named may have been told anew since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from consumer.graph.assertions import AssertionRow, Triple
from consumer.graph.places import GroupRemovals, Place
from consumer.graph.resolve import NameBook, PlacedMention, shown_name
from consumer.model.episode import Embedded, LogPosition, Removal
from consumer.model.ids import episode_uuid
from consumer.model.knowledge import Assertion, Exclusive, Mention, Polarity, complete
from consumer.model.relations import SYMMETRIC


@dataclass(frozen=True, slots=True)
class StoredEpisode:
    """What our bookkeeping holds of an episode; of a removed one its id, and the position of its last removal."""

    uuid: str
    is_removed: bool
    mentions: tuple[PlacedMention, ...] = ()
    triple_keys: tuple[str, ...] = ()
    saga_place: str | None = None
    group_id: str = ""
    position: LogPosition | None = None


@dataclass(slots=True)
class Triage:
    """The batch, sorted out.

    `added` is to be written, by uuid. `removed` are uuids in the graph that go. `remembered` are the removals
    whose id is kept so that the episode does not come back. `present` are the places of what changes nothing.
    """

    added: dict[str, Embedded] = field(default_factory=dict)
    removed: dict[str, StoredEpisode] = field(default_factory=dict)
    remembered: dict[str, Removal] = field(default_factory=dict)
    present: set[LogPosition] = field(default_factory=set)
    removals: int = 0

    @property
    def changes_nothing(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.added or self.removed or self.remembered)


def item_uuid(item: Embedded | Removal) -> str:
    """Return the uuid of the episode that an item adds or removes (not for the removal of a group)."""
    if isinstance(item, Embedded):
        return item.episode.uuid
    return episode_uuid(item.group_id, item.event_id or "")


def triage(
    batch: Sequence[Embedded | Removal],
    stored: Mapping[str, StoredEpisode],
    removals: Mapping[str, GroupRemovals],
) -> Triage:
    """Return what `batch` changes, given what is `stored` and how far the removals of each group reach."""
    result = Triage()
    for item in batch:
        uuid = item_uuid(item)
        gone = removals.get(item.group_id)
        if isinstance(item, Removal):
            result.removals += 1
            if gone is None or not gone.covers(item.position):
                _remove(result, item, uuid, stored.get(uuid))
        elif (
            uuid in stored
            or uuid in result.added
            or uuid in result.remembered
            or (gone is not None and gone.covers(item.episode.position))
        ):
            result.present.add(item.episode.position)
        else:
            result.added[uuid] = item
    return result


def _remove(result: Triage, item: Removal, uuid: str, known: StoredEpisode | None) -> None:
    """Take the episode out of the batch and of the graph; of several removals the last in the log is remembered."""
    result.added.pop(uuid, None)
    if known is not None and not known.is_removed:
        result.removed[uuid] = known
    earlier = result.remembered.get(uuid)
    before = earlier.position if earlier is not None else known.position if known and known.is_removed else None
    if before is None or not GroupRemovals((before,)).covers(item.position):
        result.remembered[uuid] = item


@dataclass(frozen=True, slots=True)
class Claims:
    """What one new episode says: by name from `claims_of`, by entity from `settled`."""

    embedded: Embedded
    mentions: tuple[PlacedMention, ...]
    entities: tuple[str, ...]
    rows: tuple[AssertionRow, ...]


def claims_of(embedded: Embedded, names: NameBook) -> Claims:
    """Return what the episode says, by name; mentions and assertions with a blank name are left out."""
    episode = embedded.episode
    knowledge = complete(embedded.knowledge.mentions, embedded.knowledge.assertions)
    mentions = tuple(
        PlacedMention(
            _shown(mention, names.max_name_chars),
            Place(episode.position, ordinal, episode.uuid),
            mention.name in embedded.vectors,
        )
        for ordinal, mention in enumerate(knowledge.mentions)
        if names.entity(episode.group_id, mention.name)
    )
    entities = dict.fromkeys(names.entity(episode.group_id, placed.mention.name) for placed in mentions)
    rows: list[AssertionRow] = []
    for ordinal, said in enumerate(knowledge.assertions):
        subject = names.entity(episode.group_id, said.subject)
        target = names.entity(episode.group_id, said.object)
        if subject is None or target is None:
            continue
        is_symmetric = said.symmetric or said.relation in SYMMETRIC
        told = Triple(episode.group_id, subject, said.relation[: names.max_name_chars], target, is_symmetric)
        triple = told.in_order()
        rows.append(
            AssertionRow(
                triple=triple,
                is_turned=triple != told,
                sentence=said.sentence,
                valid_at=said.valid_at,
                invalid_at=said.invalid_at,
                instead_of=said.instead_of if _has_the_right_date(said) else None,
                exclusive=Exclusive.BOTH if is_symmetric and said.exclusive is not Exclusive.NONE else said.exclusive,
                polarity=said.polarity,
                episode=episode.uuid,
                reference_time=episode.reference_time,
                position=episode.position,
                ordinal=ordinal,
            )
        )
    return Claims(embedded, mentions, tuple(uuid for uuid in entities if uuid), tuple(rows))


def _has_the_right_date(said: Assertion) -> bool:
    """Whether a correction says what is right instead; without that it corrects nothing."""
    return (said.invalid_at if said.polarity is Polarity.ENDS else said.valid_at) is not None


def settled(claims: Claims, roots: Mapping[str, str]) -> Claims:
    """Return the claims by entity; `roots` has the entity of each name that is an alias."""
    if not roots:
        return claims
    return replace(
        claims,
        entities=tuple(dict.fromkeys(roots.get(uuid, uuid) for uuid in claims.entities)),
        rows=tuple(settled_row(row, roots) for row in claims.rows),
    )


def settled_row(row: AssertionRow, roots: Mapping[str, str]) -> AssertionRow:
    """Return an assertion with its names at the entities of `roots`; a name that is not in it stays where it is."""
    said_subject, said_object = row.subject_name, row.object_name
    subject = roots.get(said_subject, row.triple.subject)
    target = roots.get(said_object, row.triple.object)
    told = row.triple._replace(subject=subject, object=target)
    triple = told.in_order()
    is_turned = row.is_turned
    if triple != told:
        said_subject, said_object, is_turned = said_object, said_subject, not is_turned
    return replace(
        row,
        triple=triple,
        said_subject="" if triple.subject == said_subject else said_subject,
        said_object="" if triple.object == said_object else said_object,
        is_turned=is_turned,
    )


def _shown(mention: Mention, max_chars: int) -> Mention:
    name = shown_name(mention.name, max_chars)
    return mention if name == mention.name else Mention(name, mention.type, mention.summary, mention.attributes)
