"""A1 to A4: entities that Graphiti made become ours too, and stay Graphiti's.

The whole store runs, on queries that are played in memory, as in test_naming.py.
"""

import asyncio
import copy
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from plugins import like_names
from plugins.graph_in_memory import MemoryDatabase
from plugins.like_names import NAMES, day, in_batches, random_episode, removed

from consumer.graph.adopting import Rules, adopt
from consumer.graph.store import Neo4jGraphStore
from consumer.model.ids import name_key
from consumer.model.instants import iso

EVERY_NAME = [name for names in NAMES for name in names]


def stranger(rng, number, group="g"):
    """An entity as Graphiti writes it: a random uuid, a summary or none, properties of its own, sometimes a type."""
    node = {
        "uuid": f"{rng.getrandbits(64):016x}-{number}",
        "group_id": group,
        "name": rng.choice(EVERY_NAME),
        "summary": rng.choice(["", "What Graphiti says."]),
        "created_at": rng.randint(6 * 10**16, 7 * 10**16),
        "name_embedding": [1.0, 2.0],
        "real_labels": sorted({"Entity", rng.choice(["Entity", "Person", "Organization"])}),
    }
    if rng.random() < 0.5:
        node |= {"age": rng.choice([1, "old"]), "tags": ["a", "b"]}
    if rng.random() < 0.5:
        node["labels"] = node["real_labels"]
    return node


def stranger_fact(rng, number, strangers):
    """A fact as Graphiti writes it, with the episode that told it; its dates are any."""
    told = [day(rng.randint(0, 12)) for _ in range(2)]
    return {
        "uuid": f"fact-{number}",
        "group_id": "g",
        "source": rng.choice(strangers)["uuid"],
        "target": rng.choice(strangers)["uuid"],
        "name": rng.choice(["OWNS", "LEADS", "OWNED_BY"]),
        "fact": f"Graphiti's sentence {number}",
        "episodes": [f"theirs-{number}"],
        "created_at": iso(day(500 + number)),
        "reference_time": rng.choice([None, iso(day(7))]),
        "valid_at": rng.choice([None, iso(told[0])]),
        "invalid_at": rng.choice([None, None, iso(told[1])]),
        "expired_at": rng.choice([None, iso(day(501))]),
    }


def graph_of(strangers, facts=()):
    database = MemoryDatabase()
    for fact in facts:
        database.facts[fact["uuid"]] = dict(fact)
        for episode in fact["episodes"]:
            database.nodes["Episodic"][episode] = {"uuid": episode, "entity_edges": [fact["uuid"]]}
    for node in strangers:
        database.nodes["Entity"][node["uuid"]] = copy.deepcopy(node)
    return database


def told(database, batches, **options):
    """Let the store write the batches."""
    store = Neo4jGraphStore(database, **options)

    async def write():
        for batch in batches:
            await store.write(batch)

    asyncio.run(write())
    return database


def without_id(fact):
    """What is the same whether a change wrote it or nobody did."""
    return {name: fact[name] for name in fact if name != "uuid"}


def entities(database):
    return copy.deepcopy(dict(database.nodes["Entity"]))


def scene(rng):
    strangers = [stranger(rng, number) for number in range(rng.randint(1, 6))]
    return strangers, [random_episode(rng, number) for number in range(10)]


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans(), st.booleans())
def test_a1_what_our_removals_leave_is_what_graphiti_had_made(rng, at_once, by_rules):
    """Each of its entities with every property and label, whether all were adopted before or each as it was met."""
    strangers, items = scene(rng)
    facts = [stranger_fact(rng, number, strangers) for number in range(rng.randint(0, 5))]
    database = graph_of(strangers, facts)
    before, episodes = entities(database), copy.deepcopy(dict(database.nodes["Episodic"]))
    database.is_shared = True
    # In memory nobody sorts facts without a start, so there they are in no summary.
    options = {"resolves_by_rules": by_rules, "sums_up": all(fact["valid_at"] for fact in facts)}
    if at_once:
        asyncio.run(adopt(database))
    assert entities(database) == before
    told(database, in_batches(rng, items), **options)
    assert {fact["uuid"] for fact in facts} <= database.facts.keys()
    assert {uuid: node["name"] for uuid, node in entities(database).items() if uuid in before} == {
        uuid: node["name"] for uuid, node in before.items()
    }
    told(
        database,
        [[removed(number, at=50 + number)] for number in rng.sample(range(10), 10)],
        **options,
    )
    assert entities(database) == before
    assert {uuid: without_id(fact) for uuid, fact in database.facts.items()} == {
        fact["uuid"]: without_id(fact) for fact in facts
    }
    assert dict(database.nodes["Episodic"]) == episodes
    assert not database.mentions
    assert {episode for episode, _ in database.claims} <= {fact["uuid"] for fact in facts}


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a2_batches_order_and_redeliveries_do_not_matter(rng):
    """Adopted before, Graphiti's entities are like names that the log began with."""
    strangers, items = scene(rng)

    def ends(batches):
        database = graph_of(strangers)
        asyncio.run(adopt(database))
        return told(database, batches).dump()

    whole = ends([items])
    assert ends([[item] for item in items]) == whole
    shuffled = items + rng.sample(items, 3)
    rng.shuffle(shuffled)
    assert ends(in_batches(rng, shuffled)) == whole


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_a3_adopted_late_ends_where_adopted_first_does(rng, by_rules):
    """What we had told of entities of our own moves; run again, nothing is left to do."""
    strangers, items = scene(rng)
    first = graph_of(strangers)
    asyncio.run(adopt(first))
    told(first, [items], resolves_by_rules=by_rules)
    late = told(graph_of(strangers), in_batches(rng, items), resolves_by_rules=by_rules)
    asyncio.run(adopt(late, rules=Rules(by_rules=by_rules)))
    assert late.dump() == first.dump()
    assert asyncio.run(adopt(late)).entities == 0


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a4_no_name_of_graphitis_gets_a_second_entity(rng):
    """As it is spelt, where no kind keeps the two apart; of twins the oldest is taken, the others are told."""
    with mock.patch.object(like_names, "TYPES", ("Entity",)):
        strangers, items = scene(rng)
    for node in strangers:
        node["real_labels"] = ["Entity"]
    database = graph_of(strangers)
    database.is_shared = True
    told(database, in_batches(rng, items))
    found = [node["name"] for uuid, node in entities(database).items() if uuid not in {n["uuid"] for n in strangers}]
    assert not {name_key(name) for name in found} & {
        name_key(node["name"])
        for node in strangers
        if node["uuid"] in {uuid for uuid, name in database.nodes["ConsumerName"].items() if name.get("is_adopted")}
    }
    twins = {
        key: sorted((node["created_at"], node["uuid"]) for node in strangers if name_key(node["name"]) == key)
        for key in {name_key(node["name"]) for node in strangers}
    }
    done = asyncio.run(adopt(graph_of(strangers), dry_run=True))
    assert done.entities == len(twins)
    assert {(each.adopted, each.others) for each in done.twins} == {
        (own[0][1], tuple(uuid for _, uuid in own[1:])) for own in twins.values() if len(own) > 1
    }
