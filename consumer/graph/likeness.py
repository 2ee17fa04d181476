"""What a group holds, told without its name: two groups are alike exactly when they hold the same under other ids.

`digest` compares one group with itself, at another time or in another database. This compares groups of one database:
ids are made from the group's name, so each is replaced by a hash of what it stands for, and lists of ids lose their
order. Two things are left out. Communities: they come from a build, not from the log. And of a summary the sentences
of current facts: the facts stand for themselves, and which of equally late ones a summary tells goes by their ids.

A group is held in memory as hashes, some hundred bytes an element; with `with_elements` whole.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from consumer.graph.connection import Database, Transaction
from consumer.graph.cypher import query

_NAMELESS = frozenset({"uuid", "group_id"})
_ID_LISTS = frozenset({"episodes", "entity_edges"})
Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Element:
    """One node or relationship: what a person calls it, and its properties without ids."""

    kind: str
    name: str
    properties: Properties


@dataclass(slots=True)
class Portrait:
    """The hash of a group without its name, its counts by kind, and its elements by hash, if asked for."""

    digest: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    hashes: Counter[bytes] = field(default_factory=Counter)
    elements: dict[bytes, Element] = field(default_factory=dict)


async def portrait(database: Database, group_id: str, *, with_elements: bool = False) -> Portrait:
    """Return what the group holds, read in one transaction.

    Raises:
        WorldFault: the database is down.
    """

    async def read(tx: Transaction) -> Portrait:
        painter = _Painter(keeps_elements=with_elements)
        await painter.paint(tx, group_id)
        return painter.portrait

    return await database.read("digest", read)


async def group_ids(database: Database) -> list[str]:
    """Return the groups that hold anything, in order.

    Raises:
        WorldFault: the database is down.
    """
    return list(await database.fetch("group_ids"))


class _Painter:
    """Replaces ids by hashes of what they stand for: first nodes, then what refers to them."""

    def __init__(self, *, keeps_elements: bool) -> None:
        self.portrait = Portrait()
        self._keeps = keeps_elements
        self._hashes: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._sentences: defaultdict[str, set[str]] = defaultdict(set)
        """Of the current facts, by the id of either end."""

    async def paint(self, tx: Transaction, group_id: str) -> None:
        """Read all of the group."""
        episodes = [row async for row in _rows(tx, "digest_episodes", group_id)]
        for row in episodes:
            self._meet(row, without="entity_edges")
        entities = [row async for row in _rows(tx, "digest_entities", group_id)]
        for row in entities:
            self._meet(row, without="summary")
        async for row in _rows(tx, "digest_facts", group_id):
            self._fact(row)
        async for row in _rows(tx, "digest_sagas", group_id):
            self._meet(row)
            self._add("saga", row["properties"].get("name", ""), row)
        for row in episodes:
            self._add("episode", row["properties"].get("name", ""), row)
        for row in entities:
            self._entity(row)
        for kind, section in (
            ("mention", "digest_mentions"),
            ("saga member", "digest_saga_members"),
            ("saga link", "digest_saga_links"),
        ):
            async for row in _rows(tx, section, group_id):
                self._add(kind, self._between(row, "-"), row)
        total = hashlib.sha256()
        for each in sorted(self.portrait.hashes.elements()):
            total.update(each)
        self.portrait.digest = total.hexdigest()

    def _meet(self, row: Properties, without: str = "") -> None:
        """Give the node's id the hash of what it is, but for what refers to others."""
        uuid = row["properties"]["uuid"]
        self._names[uuid] = row["properties"].get("name", "")
        kept = {name: value for name, value in row["properties"].items() if name != without}
        self._hashes[uuid] = _hash(self._nameless({**row, "properties": kept})).hex()

    def _fact(self, row: Properties) -> None:
        fact = row["properties"]
        if fact.get("invalid_at") is None:
            self._sentences[row["source"]].add(fact.get("fact", ""))
            self._sentences[row["target"]].add(fact.get("fact", ""))
        hashed = self._add("fact", self._between(row, fact.get("name", "")), row)
        self._hashes[fact["uuid"]] = hashed.hex()

    def _entity(self, row: Properties) -> None:
        entity = row["properties"]
        said = _without_facts(entity.get("summary") or "", self._sentences.pop(entity["uuid"], set()))
        self._add("entity", entity.get("name", ""), {**row, "properties": {**entity, "summary": said}})

    def _between(self, row: Properties, name: str) -> str:
        return f"{self._names.get(row['source'], '?')} {name} {self._names.get(row['target'], '?')}"

    def _add(self, kind: str, name: str, row: Properties) -> bytes:
        properties = self._nameless(row)
        hashed = _hash([kind, properties])
        self.portrait.counts[kind] += 1
        self.portrait.hashes[hashed] += 1
        if self._keeps:
            self.portrait.elements[hashed] = Element(kind, name, properties)
        return hashed

    def _nameless(self, row: Mapping[str, Any]) -> Properties:
        """Return the row's properties, labels and ends without ids."""
        found: Properties = {
            name: self._without_ids(name, value)
            for name, value in row["properties"].items()
            if name not in _NAMELESS and value is not None
        }
        if "labels" in row:
            found["labels"] = sorted(row["labels"])
        for end in ("source", "target"):
            if end in row:
                found[f"({end})"] = self._hashes.get(row[end], "?")
        return found

    def _without_ids(self, name: str, value: Any) -> Any:
        if name in _ID_LISTS:
            return sorted(self._hashes.get(each, "?") for each in value)
        return self._hashes.get(value, "?") if name.endswith("_uuid") else value


async def _rows(tx: Transaction, section: str, group_id: str) -> AsyncIterator[Properties]:
    result = await tx.run(query(section), {"group_id": group_id})
    async for record in result:
        for row in record["rows"]:
            yield row


def _without_facts(summary: str, sentences: set[str]) -> str:
    """Return the summary without the current facts at its end: what was said of the entity."""
    sentences.discard("")
    while ended := [sentence for sentence in sentences if summary.endswith(sentence)]:
        summary = summary.removesuffix(max(ended, key=len)).rstrip()
    return summary


def _hash(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).digest()[:16]
