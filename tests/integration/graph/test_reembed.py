"""Moving groups to another embedding model on a real Neo4j: never mixed, never lost, whoever writes or dies meanwhile.

The oracle is always the same: a group that was moved holds, in every property and vector, what it would hold had it
been written with the new model from the start.
"""

import asyncio
import contextlib
import random
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from plugins.graph import DIMENSION, FakeEmbedder, Narrator, fact, person, vector
from plugins.graph_dump import full_dump, wipe
from plugins.random_tales import random_episode

from consumer.app.reembed import Mover, plan
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.graph import (
    FactFilter,
    GraphReader,
    GroupModel,
    Neo4jGraphStore,
    Reembedding,
    Switched,
    What,
    digest,
    embedding_models,
    reembed_switch,
)
from consumer.graph import reembed as graph_reembed
from consumer.model.episode import Embedded
from consumer.search import Search, SearchRequest
from consumer.settings import EmbeddingSettings
from consumer.testing.fakes import FakeClock

SETTINGS = EmbeddingSettings()


class Turned(FakeEmbedder):
    """Another model of the same dimension: each vector turned round."""

    model = f"turned/{DIMENSION}"

    async def embed(self, texts, *, is_query=False):
        return np.stack([vector(text)[::-1] for text in texts])


class Short(FakeEmbedder):
    """Another model of another dimension."""

    model, dimension = "short/8", 8

    async def embed(self, texts, *, is_query=False):
        return np.stack([vector(text, 8) for text in texts])


OTHERS = [Turned(), Short()]


@pytest.fixture(params=OTHERS, ids=lambda each: each.model)
def other(request):
    """The model to move to."""
    return request.param


async def by(embedder, items):
    """The same items as a pod with that embedder would have them written."""
    found = []
    for item in items:
        if isinstance(item, Embedded) and item.vectors:
            texts = list(item.vectors)
            vectors = dict(zip(texts, await embedder.embed(texts), strict=True))
            item = replace(item, vectors=vectors, embedding_model=embedder.model)  # noqa: PLW2901 - the same, moved
        found.append(item)
    return found


def tale(seed, narrator):
    """Twenty random episodes and some removals, in random order."""
    rng = random.Random(seed)
    events = [random_episode(rng, narrator, number) for number in range(20)]
    for number in rng.sample(range(20), 4):
        events.insert(rng.randint(0, len(events)), narrator.removed(number, at=90 + number))
    return events


async def moved(database, embedder, *group_ids, **rest):
    """Move the groups; return what was done."""
    planned = await plan(database, embedder, SETTINGS, group_ids)
    return await Mover(database, embedder, clock=FakeClock(skips_sleep=True), **rest).move(planned)


async def as_if_written(database, store, narrator, embedder, events):
    """The dump of the group, written with that model from the start."""
    await wipe(database, narrator.group_id)
    for item in await by(embedder, events):
        await store.write([item])
    return await full_dump(database, narrator.group_id)


async def vectors_of(database, group_id):
    """The lengths of all vectors that can be searched."""
    found, _, _ = await database.driver.execute_query(
        "CALL () { MATCH (n:Entity {group_id: $g}) RETURN n.name_embedding AS v "
        "UNION ALL MATCH ()-[r:RELATES_TO {group_id: $g}]->() RETURN r.fact_embedding AS v } "
        "WITH v WHERE v IS NOT NULL RETURN size(v) AS length, v[0..3] AS head",
        g=group_id,
    )
    return [(record["length"], tuple(np.round(record["head"], 4))) for record in found]


@pytest.mark.parametrize("seed", range(3))
async def test_a_moved_group_is_as_if_written_with_the_new_model(database, store, narrator, other, seed):
    """Names, spellings that are not shown, facts, sentences that no fact shows: all of them, and nothing else."""
    events = tale(seed, narrator)
    for start in range(0, len(events), 3):
        await store.write(events[start : start + 3])
    before = await digest(database, narrator.group_id)
    done = await moved(database, other, narrator.group_id)
    assert await digest(database, narrator.group_id) == before
    assert (done.groups, done.unusable) == ([narrator.group_id], 0)
    after = await full_dump(database, narrator.group_id)
    assert after == await as_if_written(database, store, narrator, other, events)
    assert done.vectors >= len(await vectors_of(database, narrator.group_id))


@pytest.mark.parametrize("seed", range(6))
async def test_whoever_writes_removes_and_dies_meanwhile(database, narrator, monkeypatch, other, seed):
    """Writing and removing go on between the steps, each of which may be a process's last; large or small group."""
    store = Neo4jGraphStore(database)
    rng = random.Random(seed)
    if seed % 2:
        monkeypatch.setattr(graph_reembed, "AT_ONCE", 0)
        monkeypatch.setattr(reembed_switch, "PART", 3)
    events = tale(seed, narrator)
    waiting = list(events)
    to = GroupModel(other.model, other.dimension)
    while waiting:
        await store.write(waiting[:2])
        del waiting[:2]
        move = Reembedding(database, narrator.group_id, to)  # another process each time
        places = await move.unstaged(rng.randint(1, 9))
        if rng.random() < 0.5 and waiting:
            await store.write([waiting.pop(0)])
        texts = [place.text for place in places if place.text]
        rows = await other.embed(texts) if texts else []
        await move.stage(places, dict(zip(texts, rows, strict=True)))
    killed = Mover(database, other, clock=FakeClock(skips_sleep=True))
    planned = await plan(database, other, SETTINGS, [narrator.group_id])
    steps = rng.randint(1, 6)
    write = database.write

    async def dying(summary, *rest):
        nonlocal steps
        steps -= 1
        if steps < 0:
            raise WorldFault("neo4j", "killed here")
        return await write(summary, *rest)

    monkeypatch.setattr(database, "write", dying)
    with contextlib.suppress(WorldFault):
        await killed.move(planned)
    monkeypatch.setattr(database, "write", write)
    await moved(database, other, narrator.group_id)
    after = await full_dump(database, narrator.group_id)
    assert after == await as_if_written(database, store, narrator, other, events)


@pytest.fixture
async def marked(database, store, narrator, monkeypatch):
    """A large group of four facts whose change to `Turned` is marked and not begun; gives the next step."""
    monkeypatch.setattr(graph_reembed, "AT_ONCE", 0)
    monkeypatch.setattr(reembed_switch, "PART", 2)
    await store.write([narrator.said(n, fact(f"P{n}", "LIKES", f"T{n}")) for n in range(4)])
    move = Reembedding(database, narrator.group_id, GroupModel(Turned.model, DIMENSION))
    places = await move.unstaged(99)
    texts = [place.text for place in places]
    await move.stage(places, dict(zip(texts, await Turned().embed(texts), strict=True)))

    async def nothing(_):
        pass

    with monkeypatch.context() as patch:
        patch.setattr(Reembedding, "finish", nothing)
        assert await move.switch() is Switched.DONE
    switch = reembed_switch.VectorSwitch(database)
    return lambda: database.write("switch_vectors", partial(switch._step, group_id=narrator.group_id))


async def test_w1_old_and_new_are_never_there_together(database, narrator, marked):
    """A large group in parts: old vectors go before the first new one comes, under a mark until all are there."""
    old, seen = set(await vectors_of(database, narrator.group_id)), []
    while await marked():
        now = set(await vectors_of(database, narrator.group_id))
        seen.append((len(now & old), len(now - old)))
        known = await embedding_models(database, [narrator.group_id])
        assert known[narrator.group_id].is_switching
    assert all(not (olds and news) for olds, news in seen)
    assert (0, 0) in seen
    assert len(set(await vectors_of(database, narrator.group_id)) - old) == 12
    known = await embedding_models(database, [narrator.group_id])
    assert known == {narrator.group_id: GroupModel(Turned.model, DIMENSION)}


@pytest.mark.parametrize("steps", [0, 2, 5, 9])
async def test_a_writer_finishes_what_a_dead_process_began(database, store, narrator, marked, steps):
    """Who has the new model goes on; who has the old one is refused, and the group is whole either way."""
    for _ in range(steps):
        await marked()
    late = narrator.said(9, fact("P9", "LIKES", "T9"))
    with pytest.raises(UserError, match=f"episodes reembed {narrator.group_id}"):
        await store.write([late])
    await store.write(await by(Turned(), [late]))
    after = await full_dump(database, narrator.group_id)
    events = [*(narrator.said(n, fact(f"P{n}", "LIKES", f"T{n}")) for n in range(4)), late]
    assert after == await as_if_written(database, store, narrator, Turned(), events)


@pytest.mark.parametrize("steps", [0, 4])
async def test_the_removal_of_a_group_whose_vectors_are_being_changed(database, store, narrator, marked, steps):
    """Nothing is left, no mark and nothing staged; whoever goes on with the change finds nothing to do."""
    for _ in range(steps):
        await marked()
    await store.write([narrator.group_removed(50)])
    assert not await marked()
    assert await full_dump(database, narrator.group_id) == []


@pytest.mark.parametrize("whole", [True, False], ids=["group", "episode"])
async def test_a_removal_leaves_nothing_staged(database, store, narrator, whole):
    """A vector tells what its text was: what is made ready beside the graph goes with what it was made for."""
    secret = narrator.said(2, fact("Ada", "HIDES_AT", "Globex"), mentions=[person("ADA")])
    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea")), secret])
    move = Reembedding(database, narrator.group_id, GroupModel(Turned.model, DIMENSION))
    places = await move.unstaged(99)
    texts = {place.text for place in places}
    assert {"Ada hides at Globex", "Globex", "ADA"} <= texts
    await move.stage(places, {text: vector(text) for text in texts})
    await store.write([narrator.group_removed(50) if whole else narrator.removed(2, at=50)])
    await move.stage(places, {text: vector(text) for text in texts})  # read before the removal, written after it
    found, _, _ = await database.driver.execute_query(
        "MATCH (v:ConsumerVector {group_id: $g}) RETURN v.text AS text", g=narrator.group_id
    )
    left = {record["text"] for record in found}
    assert left == (set() if whole else {"Ada likes Tea", "Ada", "Tea"})


async def test_search_goes_on_through_the_move(database, store, narrator, other, monkeypatch):
    """After each transaction of the move the question is answered, first by the old vectors, then by the new."""
    await store.write(
        [narrator.said(n, fact(f"P{n}", "LIKES", f"T{n}", sentence=f"p{n} likes t{n}")) for n in range(9)]
    )
    if other.dimension == DIMENSION:
        monkeypatch.setattr(graph_reembed, "AT_ONCE", 0)
        monkeypatch.setattr(reembed_switch, "PART", 4)
    embedders = {each.model: each for each in (FakeEmbedder(), other)}
    search = Search(GraphReader(database), FakeEmbedder(), embedder_of=embedders.get)
    legs, write = [], database.write

    async def asking(*arguments):
        result = await write(*arguments)
        found = await search.facts(SearchRequest("p3 likes t3", (narrator.group_id,), include_invalid=True))
        assert found.hits[0].fact == "p3 likes t3"
        legs.append(frozenset(found.hits[0].ranks) - {"graph"})
        assert found.hits[0].ranks.get("vector", 1) == 1
        return result

    monkeypatch.setattr(database, "write", asking)
    await moved(database, other, narrator.group_id)
    assert legs[0] == legs[-1] == {"full_text", "vector"}
    assert set(legs) <= {frozenset({"full_text", "vector"}), frozenset({"full_text"})}


async def test_a_text_the_new_model_has_no_vector_of_has_none(database, store, narrator):
    """Refused or without direction: the property is absent, the rest is moved, and it is told how many."""

    class Picky(Turned):
        async def embed(self, texts, *, is_query=False):
            if "Tea" in texts:
                raise EpisodeFault("refused", "no tea")
            rows = await super().embed(texts)
            return rows * np.array([[float(text != "Bob")] for text in texts], dtype=np.float32)

    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea")), narrator.said(2, fact("Bob", "LIKES", "Tea"))])
    done = await moved(database, Picky(), narrator.group_id)
    assert done.unusable == 2
    found, _, _ = await database.driver.execute_query(
        "MATCH (n:Entity {group_id: $g}) MATCH (c:ConsumerName {uuid: n.uuid}) "
        "RETURN n.name AS name, n.name_embedding IS NOT NULL AS has, c.is_embedded AS told",
        g=narrator.group_id,
    )
    assert {(r["name"], r["has"], r["told"]) for r in found} == {
        ("Ada", True, True),
        ("Tea", False, False),
        ("Bob", False, False),
    }
    assert len(await vectors_of(database, narrator.group_id)) == 3


async def test_communities_are_moved_too(database, store, narrator):
    """Graphiti compares them by cosine as well; one of another dimension would break its search of the group."""
    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea"))])
    await database.driver.execute_query(
        "CREATE (:Community {uuid: $u, group_id: $g, name: 'tea people', summary: '', name_embedding: $v})",
        u=f"community-{narrator.group_id}",
        g=narrator.group_id,
        v=vector("tea people").tolist(),
    )
    await moved(database, Short(), narrator.group_id)
    found, _, _ = await database.driver.execute_query(
        "MATCH (c:Community {group_id: $g}) RETURN c.name_embedding AS v", g=narrator.group_id
    )
    np.testing.assert_allclose(found[0]["v"], vector("tea people", 8), atol=1e-6)
    await wipe(database, narrator.group_id)


async def test_a_plan_counts_and_changes_nothing(database, store, narrator):
    """Groups to move with their vectors, calls and tokens; those that are there already, and those without vectors."""
    await store.write([narrator.said(n, fact(f"P{n}", "LIKES", f"T{n}"), mentions=[person("ada")]) for n in range(9)])
    there = Narrator(f"{narrator.group_id}-there")
    await store.write(await by(Turned(), [there.said(1, fact("Ada", "LIKES", "Tea"))]))
    before = await full_dump(database, narrator.group_id)
    asked = [narrator.group_id, there.group_id, "nobody"]
    planned = await plan(database, Turned(), EmbeddingSettings(batch_size=10, requests_per_min=1), asked)
    (group,) = planned.groups
    assert (group.group_id, group.model, group.vectors) == (narrator.group_id, FakeEmbedder.model, 28)
    assert (planned.already, planned.without) == ((there.group_id,), ("nobody",))
    assert (group.calls, planned.seconds) == (3, 180)
    assert 28 <= group.tokens <= 28 * 6
    assert await full_dump(database, narrator.group_id) == before
    everything = await plan(database, Turned(), SETTINGS, None)
    assert narrator.group_id in [each.group_id for each in everything.groups]
    assert there.group_id not in [each.group_id for each in everything.groups]


async def test_a_moved_group_is_moved_on_and_back(database, store, narrator):
    """To a model of another dimension and back: what was is again."""
    await store.write(tale(1, narrator))
    before = await full_dump(database, narrator.group_id)
    await moved(database, Short(), narrator.group_id)
    assert {length for length, _ in await vectors_of(database, narrator.group_id)} == {8}
    await moved(database, FakeEmbedder(), narrator.group_id)
    assert await full_dump(database, narrator.group_id) == before


async def test_two_who_move_the_same_group_do_no_harm(database, store, narrator, neo4j_uri):
    """Both end, and the group is as if one had moved it."""
    events = tale(2, narrator)
    await store.write(events)
    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(moved(database, Turned(), narrator.group_id))
    after = await full_dump(database, narrator.group_id)
    assert after == await as_if_written(database, store, narrator, Turned(), events)


async def test_a_model_that_is_down_is_waited_for(database, store, narrator):
    """Throttled or down for a while: the same call again, after what was asked for."""

    class Throttled(Turned):
        calls = 0

        async def embed(self, texts, *, is_query=False):
            self.calls += 1
            if self.calls < 4:
                raise WorldFault("embeddings", "429", retry_after_s=40.0, is_throttling=True)
            return await super().embed(texts)

    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea"))])
    clock = FakeClock(skips_sleep=True)
    planned = await plan(database, Throttled(), SETTINGS, [narrator.group_id])
    done = await Mover(database, Throttled(), clock=clock).move(planned)
    assert (clock.slept, done.vectors) == ([40.0] * 3, 3)


@pytest.mark.slow
async def test_a_large_group_is_moved_in_minutes(database, store, narrator):
    """Ten thousand facts: prints how long making and changing take with a model that answers at once, and a search."""

    async def seconds(call, times=1):
        since = time.monotonic()
        for _ in range(times):
            await call()
        return (time.monotonic() - since) / times

    for start in range(0, 2_500, 100):
        told = [
            [fact(f"P{n % 997}", f"R{side}", f"T{n}-{side}", sentence=f"p{n % 997} r{side} t{n}") for side in range(4)]
            for n in range(start, start + 100)
        ]
        await store.write([narrator.said(start + n, *facts) for n, facts in enumerate(told)])
    reader, to = GraphReader(database), Turned()
    planned = await plan(database, to, SETTINGS, [narrator.group_id])
    made = []
    since = time.monotonic()
    done = await Mover(database, to, lambda _, staged: made.append((staged, time.monotonic() - since))).move(planned)
    (wanted,) = await to.embed(["p3 r2 t77"])
    found = lambda: reader.by_vector(What.FACT, wanted, FactFilter((narrator.group_id,)), 30)  # noqa: E731 - asked twice
    await found()
    by_index = await seconds(found, 10)
    reader._index_dimension, reader._index_seen_at = None, float("inf")
    by_scan = await seconds(found, 5)
    print(
        f"\n{done.vectors} vectors of {DIMENSION}: made in {made[-1][1]:.0f} s, changed in "
        f"{done.seconds - made[-1][1]:.0f} s; a search by the index {by_index:.3f} s, fact by fact {by_scan:.3f} s"
    )
    assert done.vectors == planned.groups[0].vectors > 20_000
