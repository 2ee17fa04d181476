"""From a group's graph to its communities, without their words: who is in each, under which id, and what is told of it.

P1: equal graphs and rules give equal drafts, in whatever order entities and facts come.
P2: the id of a community is made of its level and its oldest entity, so what grows keeps its id.
P3: with what was built before, a community none of whose ties has changed stays as it is. Only the entities of the
    others, and new ones, are divided anew, among themselves: not to be told from a full build where whole parts of the
    graph changed, and near it elsewhere (docs/guides/communities.md has figures).
P4: levels above the first are always made anew, of the facts between the communities below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from consumer.communities.detect import Rules, divided
from consumer.communities.material import Material, materials
from consumer.communities.network import Network, Nodes, shape_print
from consumer.model.community import Community, GroupEntity, GroupGraph, Prints
from consumer.model.ids import deterministic_uuid

FULL_ABOVE = 0.5
"""When more of the entities than this would be divided anew, all are."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A community without name and summary; `leaves` are the entities in it, at whatever level."""

    uuid: str
    level: int
    members: tuple[str, ...]
    leaves: tuple[str, ...]
    shape: str
    material: Material


@dataclass(frozen=True, slots=True)
class Before:
    """What stands from the last build: communities, and their prints by uuid."""

    communities: Sequence[Community] = ()
    prints: Mapping[str, Prints] | None = None


@dataclass(frozen=True, slots=True)
class Division:
    """The drafts, levels from the lowest, each by uuid; and how many entities were divided anew, of how many."""

    drafts: tuple[Draft, ...]
    divided: int
    entities: int


def draft(group_id: str, graph: GroupGraph, rules: Rules, before: Before | None = None) -> Division:
    """Return the communities that a group is to have; of `before`, what has not changed stays.

    Raises:
        UserError: Leiden is not installed.
    """
    entities = {each.uuid: each for each in graph.entities}
    facts = [fact for fact in graph.facts if fact[1] in entities and fact[2] in entities]
    network = Network.of((source, target) for _, source, target, *_ in facts)
    prints = network.node_prints()
    kept = _kept(network, prints, before) if before is not None else []
    anew = len(network) - sum(map(len, kept))
    if anew > FULL_ABOVE * len(network):
        kept, anew = [], len(network)
    sets = divided(network, rules, kept)
    shapes = [shape_print(prints, nodes) for nodes in sets]
    leaves = [tuple(network.uuids[node] for node in nodes) for nodes in sets]
    ids = [_uuid(group_id, 0, each, entities) for each in leaves]
    drafts = _drafts(0, zip(ids, leaves, leaves, shapes, materials(leaves, entities, facts), strict=True))
    level = drafts
    for number in range(1, rules.levels):
        network = network.quotient({node: ids[place] for place, nodes in enumerate(sets) for node in nodes})
        sets = divided(network, rules)
        if not sets:
            break
        prints = network.node_prints()
        by_id = {each.uuid: each for each in level}
        members = [tuple(network.uuids[node] for node in nodes) for nodes in sets]
        leaves = [tuple(sorted(leaf for uuid in each for leaf in by_id[uuid].leaves)) for each in members]
        shapes = [shape_print(prints, nodes) for nodes in sets]
        ids = [_uuid(group_id, number, each, entities) for each in leaves]
        level = _drafts(number, zip(ids, members, leaves, shapes, materials(leaves, entities, facts), strict=True))
        drafts += level
    return Division(tuple(drafts), anew, len(entities))


def _drafts(level: int, found: Iterable[tuple[str, tuple[str, ...], tuple[str, ...], str, Material]]) -> list[Draft]:
    drafts = [Draft(uuid, level, members, leaves, shape, about) for uuid, members, leaves, shape, about in found]
    return sorted(drafts, key=lambda each: each.uuid)


def _uuid(group_id: str, level: int, leaves: Iterable[str], entities: Mapping[str, GroupEntity]) -> str:
    """Return the id of a community: of its oldest entity, since no other one of its level has that."""
    anchor = min(leaves, key=lambda uuid: (entities[uuid].created_ms, uuid))
    return deterministic_uuid(group_id, "community", str(level), anchor)


def _kept(network: Network, prints: np.ndarray[tuple[int], np.dtype[np.uint64]], before: Before) -> list[Nodes]:
    """Return the communities of the lowest level whose members all have the ties that they had."""
    place = {uuid: node for node, uuid in enumerate(network.uuids)}
    found = []
    for community in before.communities:
        known = (before.prints or {}).get(community.uuid)
        if community.level or known is None or not community.members:
            continue
        if not all(uuid in place for uuid in community.members):
            continue
        nodes = np.asarray(sorted(place[uuid] for uuid in community.members), np.int64)
        if shape_print(prints, nodes) == known.shape:
            found.append(nodes)
    return found
