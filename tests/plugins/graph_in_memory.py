"""What the write's queries do, in memory: so that plans can be tried by the thousand without a database.

It says in Python what each query file's header says; that the Cypher does the same is shown on the real Neo4j
(tests/integration/graph). Nodes and relationships are dictionaries of properties; a dump compares two of them.
"""

import asyncio
from collections import Counter, defaultdict
from datetime import datetime

from consumer.graph.cypher import query, query_names
from consumer.graph.places import to_micros
from consumer.graph.summaries import KEPT, Recent, Recents

NAMES = {query(name): name for name in query_names()}


class Result:
    """The records of a query: one with all rows, as the real ones have some hundred each."""

    def __init__(self, rows):
        self._records = [] if rows is None else [{"rows": rows}]

    async def __aiter__(self):
        for record in self._records:
            yield record

    async def consume(self):
        """Nothing is left to read."""


class MemoryDatabase:
    """Stands where `graph.connection.Database` does; one transaction at a time, never rolled back."""

    def __init__(self):
        self.nodes = defaultdict(dict)
        """By label, by uuid."""
        self.claims = {}
        """By (episode, ordinal)."""
        self.facts = {}
        self.mentions = {}
        self.reads = defaultdict(int)
        self.is_shared = False
        """Whether Graphiti has entities here too: then they have no node of a name until we adopt them."""

    async def takes_vectors(self):
        """No: vectors come as lists."""
        return False

    async def write(self, summary, work, batch_size=1):
        """Run the work once."""
        return await work(self)

    async def read(self, summary, work, batch_size=1):
        """Run the work once."""
        return await work(self)

    async def fetch(self, name, **values):
        """The rows of one read."""
        return getattr(self, name)(values)

    async def run(self, text, values):
        """Do what the query says."""
        await asyncio.sleep(0)
        name = NAMES[text]
        self.reads[name] += 1
        return Result(getattr(self, name)(values))

    def dump(self):
        """Everything, but for the counters of the group's node and the ids of removed episodes."""
        found = {
            label: {
                uuid: plain(node)
                for uuid, node in nodes.items()
                if not node.get("is_removed") and label != "ConsumerGroup"
            }
            for label, nodes in self.nodes.items()
        }
        relationships = {"claims": self.claims, "facts": self.facts, "mentions": self.mentions}
        found |= {kind: {key: plain(node) for key, node in nodes.items()} for kind, nodes in relationships.items()}
        return {kind: nodes for kind, nodes in found.items() if nodes}

    # --- reads ---

    def lock_groups(self, values):
        """Groups are made at their first lock."""
        found = []
        for row in values["rows"]:
            node = self.nodes["ConsumerGroup"].setdefault(row["group_id"], {"group_id": row["group_id"], "version": 0})
            found.append(
                {
                    "group_id": row["group_id"],
                    "model": node.get("model"),
                    "dimension": node.get("dimension"),
                    "removals": node.get("removals"),
                    "is_being_removed": False,
                    "decisions": node.get("decisions") or 0,
                    "switching_to": None,
                    "switching_dimension": None,
                    "has_old_vectors": False,
                    "is_shared": self.is_shared,
                }
            )
        return found

    def stored_episodes(self, values):
        """Known ones, with details of those that go."""
        nodes = self.nodes["ConsumerEpisode"]
        return [dict(nodes[row["uuid"]]) for row in values["rows"] if row["uuid"] in nodes]

    def known_names(self, values):
        """By uuid with all of their entities, by block."""
        keys, nodes = values["keys"], self.nodes["ConsumerName"]
        found = set()
        for uuid in keys["uuids"]:
            if uuid in nodes:
                root = nodes[uuid].get("alias_of") or uuid
                found |= {other for other, node in nodes.items() if root in {other, node.get("alias_of")}}
        forms, persons = set(keys["forms"]), set(keys["persons"])
        for first in keys["firsts"]:
            if first["uuid"] not in nodes:
                forms |= set(first["forms"])
                persons |= set(first["persons"])
        found |= {
            uuid
            for uuid, node in nodes.items()
            if {node["block_form"], node.get("block_other")} & forms or node.get("block_person") in persons
        }
        return [
            {**nodes[uuid], "spelling_keys": [key for key in nodes[uuid] if key.startswith("vector_")]}
            for uuid in found
        ]

    def decisions(self, values):
        """Of the groups."""
        return [dict(d) for d in self.nodes["ConsumerDecision"].values() if d["group_id"] in values["group_ids"]]

    def write_decisions(self, values):
        """By uuid."""
        for row in values["rows"]:
            self.nodes["ConsumerDecision"][row["uuid"]] = dict(row["properties"])

    def count_decisions(self, values):
        """On the group's node."""
        count = sum(d["group_id"] == values["group_id"] for d in self.nodes["ConsumerDecision"].values())
        node = self.nodes["ConsumerGroup"][values["group_id"]]
        node["decisions"] = count
        return [count]

    def things(self, values):
        """Entities of the group."""
        return [
            {
                "uuid": uuid,
                "name": node["name"],
                "labels": node["labels"],
                "summary": node["summary"],
                "vector": node.get("name_embedding"),
            }
            for uuid, node in sorted(self.nodes["Entity"].items())
            if node["group_id"] == values["group_id"]
        ][: values["limit"]]

    def aliases(self, values):
        """With the first name of each."""
        names = {u: n for u, n in self.nodes["ConsumerName"].items() if n["group_id"] == values["group_id"]}
        roots = {node["alias_of"] for node in names.values() if node.get("alias_of")}
        return [{**node, "spelling_keys": []} for uuid, node in names.items() if {uuid, node.get("alias_of")} & roots]

    def remaining_mentions(self, values):
        """By the episodes that stay."""
        return [
            dict(self.nodes["ConsumerEpisode"][episode])
            for episode in self._mentioning(values["uuids"])
            if episode not in values["removed"]
        ]

    def told_episodes(self, values):
        """The episodes that mention entities."""
        return [dict(self.nodes["ConsumerEpisode"][episode]) for episode in self._mentioning(values["uuids"])]

    def _mentioning(self, entities):
        return sorted({m["episode"] for m in self.mentions.values() if m["entity"] in set(entities)})

    def assertions(self, values):
        """By key."""
        keys = values["keys"]
        wanted = {
            "triple": set(keys["triples"]),
            "subject_side": set(keys["subject_sides"]),
            "object_side": set(keys["object_sides"]),
            "exclusive_subject": set(keys["exclusive_subjects"]),
            "exclusive_object": set(keys["exclusive_objects"]),
        }
        return [dict(a) for a in self.claims.values() if any(a.get(name) in wanted[name] for name in wanted)]

    def fact_triples(self, values):
        """Of a group, about entities, of a relation; each may be None."""
        return [
            {
                "source": fact["source"],
                "name": fact["name"],
                "target": fact["target"],
                "names": [[uuid, self.nodes["Entity"][uuid]["name"]] for uuid in (fact["source"], fact["target"])],
            }
            for fact in self.facts.values()
            if fact["group_id"] == values["group_id"]
            and (values["entities"] is None or {fact["source"], fact["target"]} & set(values["entities"]))
            and values["relation"] in {None, fact["name"]}
        ]

    # --- entities and names ---

    def _strangers(self):
        return [
            {**node, "labels": node["real_labels"], "properties": dict(node)}
            for uuid, node in sorted(self.nodes["Entity"].items())
            if uuid not in self.nodes["ConsumerName"]
        ]

    def adoptable_by_name(self, values):
        """Of Graphiti alone, as they are spelt."""
        wanted = {(row["group_id"], row["name"]) for row in values["rows"]}
        return [row for row in self._strangers() if (row["group_id"], row["name"]) in wanted]

    def adoptable_by_uuid(self, values):
        """Of Graphiti alone."""
        return [row for row in self._strangers() if row["uuid"] in values["uuids"]]

    def adoptable_names(self, values):
        """A page."""
        mine = [row for row in self._strangers() if row["group_id"] == values["group_id"]]
        return [row for row in mine if row["uuid"] > values["after"]][: values["limit"]]

    def adoptable_groups(self, _values):
        """With counts."""
        counts = Counter(row["group_id"] for row in self._strangers())
        return [{"group_id": group, "entities": count} for group, count in sorted(counts.items())]

    def adopted_names(self, values):
        """Of a group."""
        names = self.nodes["ConsumerName"]
        return [
            {"uuid": uuid, "name": self.nodes["Entity"][uuid]["name"]}
            for uuid, node in names.items()
            if node.get("is_adopted") and node["group_id"] == values["group_id"]
        ]

    def their_facts(self, values):
        """From one entity to another."""
        pairs = {(row["group_id"], row["source"], row["target"]) for row in values["rows"]}
        times = ("created_at", "reference_time", "valid_at", "invalid_at", "expired_at")
        return [
            fact | {name: fact[name] and to_micros(datetime.fromisoformat(fact[name])) for name in times}
            for fact in self.facts.values()
            if (fact["group_id"], fact["source"], fact["target"]) in pairs
        ]

    def share_graph(self, _values):
        """From now on writes look for more."""
        self.is_shared = True

    def write_adopted(self, values):
        """What we say of them."""
        for row in values["rows"]:
            node = self.nodes["Entity"][row["uuid"]]
            merge(node, row["properties"])
            node["real_labels"] = sorted(set(node["real_labels"]) - set(row["old_labels"]) | set(row["labels"]))
            merge(self.nodes["ConsumerName"][row["uuid"]], row["name"])

    def write_entities(self, values):
        """With the node of the first name."""
        for row in values["rows"]:
            node = self.nodes["Entity"].setdefault(row["uuid"], {"uuid": row["uuid"]})
            merge(node, row["properties"])
            node["created_at"] = row["created_at"]
            node["real_labels"] = sorted(set(node.get("real_labels", ())) - set(row["old_labels"]) | set(row["labels"]))
            merge(self.nodes["ConsumerName"].setdefault(row["uuid"], {}), row["name"])

    def write_names(self, values):
        """Aliases."""
        for row in values["rows"]:
            merge(self.nodes["ConsumerName"].setdefault(row["uuid"], {}), row["properties"])

    def recent_facts(self, values):
        """Kept with the names that are there."""
        nodes = self.nodes["ConsumerName"]
        names = ("uuid", "description", "recent", "has_older")
        return [{name: nodes[uuid].get(name) for name in names} for uuid in values["uuids"] if uuid in nodes]

    def write_summaries(self, values):
        """And what is kept."""
        for row in values["rows"]:
            self.nodes["ConsumerName"][row["uuid"]] |= {"recent": row["recent"], "has_older": row["has_older"]}
            if row["summary"] is not None:
                self.nodes["Entity"][row["uuid"]]["summary"] = row["summary"]

    def forget_recent_facts(self, values):
        """Of names that are there."""
        for row in values["rows"]:
            self.nodes["ConsumerName"].get(row["uuid"], {}).pop("recent", None)

    def summarise_entities(self, values):
        """By what was said of them, and their current facts; those are kept."""
        for row in values["rows"]:
            node = self.nodes["Entity"].get(row["uuid"])
            if node is None:
                continue
            found = [
                Recent(micros(f["valid_at"]), micros(f["created_at"]), f["uuid"], f["fact"])
                for f in self.facts.values()
                if row["uuid"] in {f["source"], f["target"]} and f["invalid_at"] is None
            ]
            found.sort(key=lambda fact: fact.rank)
            name = self.nodes["ConsumerName"][row["uuid"]]
            name["recent"], name["has_older"] = [fact.text for fact in found[:KEPT]], len(found) > KEPT
            node["summary"] = Recents(tuple(found)).summary(name.get("description") or "")

    def remove_names(self, values):
        """By uuid."""
        for row in values["rows"]:
            self.nodes["ConsumerName"].pop(row["uuid"], None)

    def keep_name_vectors(self, values):
        """From the entity to the name."""
        for row in values["rows"]:
            vector = self.nodes["Entity"].get(row["uuid"], {}).get("name_embedding")
            if vector is not None:
                self.nodes["ConsumerName"][row["uuid"]][row["key"]] = vector

    def restore_name_vectors(self, values):
        """From the name to the entity."""
        for row in values["rows"]:
            vector = self.nodes["ConsumerName"][row["uuid"]].get(row["key"])
            if vector is not None:
                self.nodes["Entity"][row["uuid"]]["name_embedding"] = vector

    def write_name_vectors(self, values):
        """Of shown names."""
        for row in values["rows"]:
            self.nodes["Entity"][row["uuid"]]["name_embedding"] = list(row["vector"])

    def write_spelling_vectors(self, values):
        """Of spellings that are not shown."""
        for row in values["rows"]:
            self.nodes["ConsumerName"][row["uuid"]][row["key"]] = list(row["vector"])

    def drop_name_vectors(self, values):
        """What nobody uses."""
        for row in values["rows"]:
            for key in row["keys"]:
                self.nodes["ConsumerName"][row["uuid"]].pop(key, None)
            if not row["is_embedded"]:
                self.nodes["Entity"].get(row["uuid"], {}).pop("name_embedding", None)

    def remove_entities(self, values):
        """That nobody mentions and no fact names."""
        for row in values["rows"]:
            is_mentioned = any(m["entity"] == row["uuid"] for m in self.mentions.values())
            if not is_mentioned and not any(row["uuid"] in {f["source"], f["target"]} for f in self.facts.values()):
                self.nodes["Entity"].pop(row["uuid"], None)

    def strip_entities(self, values):
        """Those that stay because of others."""
        for row in values["rows"]:
            if row["uuid"] in self.nodes["Entity"]:
                raise AssertionError("nobody else writes here, so no entity is left to be stripped")

    def remove_communities(self, values):
        """There are none here."""

    def unstage_vectors(self, values):
        """No vectors are being made anew here."""

    # --- episodes ---

    def write_episodes(self, values):
        """And that they are there."""
        for row in values["rows"]:
            self.nodes["Episodic"][row["uuid"]] = {**row["properties"], "created_at": row["created_at"]}
            self.nodes["ConsumerEpisode"][row["uuid"]] = dict(row["bookkeeping"])

    def write_mentions(self, values):
        """Between an episode and its entities."""
        for row in values["rows"]:
            for each in row["mentions"]:
                assert each["uuid"] not in self.mentions, "a unique constraint guards"
                assert each["entity"] in self.nodes["Entity"]
                self.mentions[each["uuid"]] = {
                    "episode": row["episode"],
                    "entity": each["entity"],
                    "group_id": row["group_id"],
                    "created_at": row["created_at"],
                }

    def remove_mentions(self, values):
        """By uuid; each must be there."""
        for row in values["rows"]:
            del self.mentions[row["uuid"]]

    def remove_episodes(self, values):
        """With their mentions."""
        for row in values["rows"]:
            self.nodes["Episodic"].pop(row["uuid"])
            self.nodes["ConsumerEpisode"].pop(row["uuid"])
            self.mentions = {k: m for k, m in self.mentions.items() if m["episode"] != row["uuid"]}

    def remember_removals(self, values):
        """By id alone."""
        for row in values["rows"]:
            self.nodes["ConsumerEpisode"][row["uuid"]] = dict(row["properties"])

    def move_episodes(self, values):
        """The keys of what they assert."""
        for row in values["rows"]:
            self.nodes["ConsumerEpisode"][row["uuid"]]["triple_keys"] = row["triple_keys"]

    def finish_groups(self, values):
        """A version more."""
        for row in values["rows"]:
            self.nodes["ConsumerGroup"][row["group_id"]]["version"] += 1

    # --- facts ---

    def write_assertions(self, values):
        """Each once."""
        for row in values["rows"]:
            key = row["properties"]["episode"], row["properties"]["ordinal"]
            assert key not in self.claims
            self.claims[key] = dict(row["properties"])
            if row["vector"] is not None:
                self.claims[key]["vector"] = list(row["vector"])

    def remove_assertions(self, values):
        """Of removed episodes."""
        gone = {(row["triple"], row["episode"]) for row in values["rows"]}
        self.claims = {k: a for k, a in self.claims.items() if (a["triple"], a["episode"]) not in gone}

    def move_assertions(self, values):
        """Found by what they were."""
        for row in values["rows"]:
            node = self.claims[row["episode"], row["ordinal"]]
            assert node["triple"] == row["triple"]
            merge(node, row["properties"])

    def keep_fact_vectors(self, values):
        """From the fact to the assertion that founded it."""
        for row in values["rows"]:
            node = self.claims[row["episode"], row["ordinal"]]
            assert node["triple"] == row["triple"]
            if "fact_embedding" in self.facts[row["uuid"]]:
                node["vector"] = self.facts[row["uuid"]]["fact_embedding"]

    def restore_fact_vectors(self, values):
        """From the assertion to the fact that it founds now."""
        for row in values["rows"]:
            node = self.claims[row["episode"], row["ordinal"]]
            assert node["triple"] == row["triple"]
            if "vector" in node:
                self.facts[row["uuid"]]["fact_embedding"] = node.pop("vector")

    def remove_facts(self, values):
        """By uuid."""
        for row in values["rows"]:
            del self.facts[row["uuid"]]

    def write_facts(self, values):
        """Between entities that are there."""
        for row in values["rows"]:
            assert row["uuid"] not in self.facts
            assert {row["source"], row["target"]} <= self.nodes["Entity"].keys()
            fact = {name: value for name, value in row.items() if name != "vector"}
            if row["vector"] is not None:
                fact["fact_embedding"] = list(row["vector"])
            self.facts[row["uuid"]] = fact

    def change_facts(self, values):
        """What later assertions can change."""
        for row in values["rows"]:
            self.facts[row["uuid"]] |= row

    def change_episode_edges(self, values):
        """Of older episodes."""
        for row in values["rows"]:
            node = self.nodes["Episodic"][row["uuid"]]
            node["entity_edges"] = sorted({*node["entity_edges"], *row["won"]} - set(row["lost"]))


def merge(node, properties):
    """Cypher's `+=`: a null takes the property away."""
    for name, value in properties.items():
        if value is None:
            node.pop(name, None)
        else:
            node[name] = value


def micros(text):
    """The kept form of an instant."""
    return to_micros(datetime.fromisoformat(text))


def plain(node):
    """Properties without nulls and without the facts kept for summaries; a vector as rounded numbers."""
    return {
        name: [round(float(x), 4) for x in value[:4]] if "vector" in name or "embedding" in name else value
        for name, value in node.items()
        if value is not None and name not in {"recent", "has_older"}
    }
