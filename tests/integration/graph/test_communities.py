"""Communities in a real graph: written at once, never of another model, and nothing that was removed comes back."""

import asyncio
import gc
import random
import time
import uuid
from collections import Counter

import pytest
from cpu_time import slowness
from plugins.graph import DIMENSION, FakeEmbedder, Narrator, fact, person, vector
from plugins.graph_dump import full_dump, wipe

from consumer.app.community_build import CommunityBuilder
from consumer.communities.chat import ChatTeller
from consumer.errors import UserError
from consumer.graph import Neo4jGraphStore, connect, digest
from consumer.graph.communities import GroupCommunities
from consumer.graph.embedding_models import GroupModel
from consumer.graph.reembed import Reembedding
from consumer.llm.exchange import ChatAnswer
from consumer.settings import CommunitySettings, Neo4jSettings


def clique(*names):
    """Facts between each two of the names."""
    return [fact(a, "KNOWS", b) for place, a in enumerate(names) for b in names[place + 1 :]]


ART = ("Ada", "Bob", "Cem", "Dan", "Eve")
TEA = ("Uma", "Vic", "Wes", "Xia", "Yul")


def tale(narrator):
    """Two circles that one fact connects, and a pair apart; some facts are over."""
    return [
        narrator.said(1, *clique(*ART), mentions=[person(name) for name in ART]),
        narrator.said(2, *clique(*TEA), mentions=[person(name) for name in TEA]),
        narrator.said(3, fact("Ada", "MET", "Uma")),
        narrator.said(4, fact("Tom", "OWNS", "Boat")),
        narrator.said(5, fact("Tom", "OWNED", "Uma's Cup", valid_at=1, invalid_at=2)),
    ]


def builder(database, teller=None, embedder_of=lambda _model: FakeEmbedder(), **settings):
    return CommunityBuilder(database, CommunitySettings(**settings), embedder_of, teller)


async def run(database, cypher, **values):
    found, _, _ = await database.driver.execute_query(cypher, **values)
    return [record.data() for record in found]


async def sets(database, group_id):
    """The members of each community, by name."""
    found = await run(
        database,
        "MATCH (c:Community {group_id: $g})-[:HAS_MEMBER]->(m:Entity) RETURN c.uuid AS c, collect(m.name) AS names",
        g=group_id,
    )
    return {row["c"]: frozenset(row["names"]) for row in found}


async def test_circles_are_found_and_have_all_of_graphitis_properties(database, store, narrator):
    """Names, summaries, dates, vectors, links; and who has only facts that are over is in none."""
    await store.write(tale(narrator))
    report = await builder(database).build(narrator.group_id)
    assert (report.outcome, report.communities, report.members) == ("written", 3, 12)
    found = await sets(database, narrator.group_id)
    assert set(found.values()) == {frozenset(ART), frozenset(TEA), frozenset({"Tom", "Boat"})}
    nodes = await run(
        database,
        "MATCH (c:Community {group_id: $g})-[r:HAS_MEMBER]->() RETURN labels(c) AS labels, keys(c) AS keys, "
        "c.name AS name, c.summary AS summary, c.created_at AS created, size(c.name_embedding) AS length, "
        "keys(r) AS link, r.group_id AS of, collect(r.created_at = c.created_at) AS dated",
        g=narrator.group_id,
    )
    for node in nodes:
        assert node["labels"] == ["Community"]
        assert sorted(node["keys"]) == ["created_at", "group_id", "name", "name_embedding", "summary", "uuid"]
        assert sorted(node["link"]) == ["created_at", "group_id", "uuid"]
        assert (node["length"], node["of"], all(node["dated"])) == (DIMENSION, narrator.group_id, True)
    (art,) = [node for node in nodes if "Ada" in node["name"]]
    assert art["name"] == "Ada, Bob, Cem"
    assert art["summary"].startswith(
        "5 entities: 5 Person. Most central: Ada, Bob, Cem. Relations: KNOWS 10. Since 2024"
    )
    # Which of ten facts of one day are told goes by their ids, and those by the group's.
    assert sum(f"{one} knows {other}" in art["summary"] for one in ART for other in ART) >= 3
    assert art["created"].to_native() == narrator.at(1).logged_at


async def test_equal_logs_have_equal_communities_in_any_order_of_writing(database, store, narrator):
    """Ids, names, members, dates: the digests of two builds are equal, with other batches and other positions read."""
    await store.write(tale(narrator))
    await builder(database).build(narrator.group_id)
    first = await digest(database, narrator.group_id)
    await wipe(database, narrator.group_id)
    for item in random.Random(3).sample(tale(narrator), 5):
        await store.write([item])
    await builder(database).build(narrator.group_id)
    assert await digest(database, narrator.group_id) == first
    await builder(database).build(narrator.group_id, full=True)
    assert await digest(database, narrator.group_id) == first


async def test_a_group_that_has_not_changed_is_left_alone(database, store, narrator):
    """Nothing is read but its state; with other rules it is built anew."""
    await store.write(tale(narrator))
    await builder(database).build(narrator.group_id)
    version = await store.versions([narrator.group_id])
    again = await builder(database).build(narrator.group_id)
    assert (again.outcome, again.communities, again.divided, again.seconds) == ("unchanged", 3, 0, {})
    whole = await builder(database).build(narrator.group_id, full=True)
    assert (whole.outcome, whole.divided) == ("unchanged", 12)
    assert await store.versions([narrator.group_id]) == version
    other = await builder(database, min_size=3).build(narrator.group_id)
    assert (other.outcome, other.communities) == ("written", 2)


async def test_what_is_not_touched_stays(database, store, narrator):
    """New facts of one circle divide and tell that circle anew, with a new vector only for a new name."""
    await store.write(tale(narrator))
    await builder(database).build(narrator.group_id)
    before = await sets(database, narrator.group_id)
    await store.write([narrator.said(9, *clique("Tom", "Boat", "Dog", "Cat"))])
    report = await builder(database).build(narrator.group_id)
    assert (report.divided, report.told, report.embedded) == (4, 1, 1)
    after = await sets(database, narrator.group_id)
    assert before.keys() == after.keys()
    assert frozenset({"Tom", "Boat", "Dog", "Cat"}) in after.values()
    digested = await digest(database, narrator.group_id)
    await builder(database).build(narrator.group_id, full=True)
    assert await digest(database, narrator.group_id) == digested


async def test_the_version_of_the_group_counts_a_build(database, store, narrator):
    """Who keeps results by the group's version sees new communities; one that changes nothing is not counted."""
    await store.write(tale(narrator))
    before = (await store.versions([narrator.group_id]))[narrator.group_id]
    await builder(database).build(narrator.group_id)
    assert (await store.versions([narrator.group_id]))[narrator.group_id] == before + 1
    state = await GroupCommunities(database, narrator.group_id).state()
    assert state.build.version == before + 1


async def test_levels_above_hold_communities(database, store, narrator):
    """Three rings of three circles each: nine communities, and three above them, by HAS_MEMBER."""
    circles = [[f"P{ring}{circle}{n}" for n in range(5)] for ring in range(3) for circle in range(3)]
    facts = [each for names in circles for each in clique(*names)]
    for ring in range(3):
        mine = circles[3 * ring : 3 * ring + 3]
        facts += [fact(one[n], "MET", other[n]) for n in range(2) for one in mine for other in mine if one < other]
    facts += [fact(circles[0][4], "MET", circles[3][4]), fact(circles[3][3], "MET", circles[6][4])]
    await store.write([narrator.said(1, *facts)])
    report = await builder(database, levels=3).build(narrator.group_id)
    found = await run(
        database,
        "MATCH (c:Community {group_id: $g})-[:HAS_MEMBER]->(m) RETURN c.uuid AS c, labels(m) AS l, count(*) AS n",
        g=narrator.group_id,
    )
    kinds = Counter((row["l"][0], row["n"]) for row in found)
    assert kinds == {("Entity", 5): 9, ("Community", 3): 3} | ({("Community", 3): 4} if len(found) == 13 else {})
    assert report.members == 45
    again = await builder(database, levels=3).build(narrator.group_id, full=True)
    assert again.outcome == "unchanged"


# --- removal ---


async def test_nothing_of_a_removed_episode_is_left_in_communities(database, store, narrator):
    """After the removal, and after the next build: equal to a graph that never saw the episode."""
    secret = narrator.said(7, fact("Ada", "HIDES_AT", "Globex", sentence="Ada hides at Globex"))
    await store.write([*tale(narrator), secret])
    await builder(database).build(narrator.group_id)
    dump = str(await full_dump(database, narrator.group_id))
    assert "Globex" in dump
    await store.write([narrator.removed(7, at=50)])
    left = await full_dump(database, narrator.group_id)
    assert "Globex" not in str(left)
    assert len(await sets(database, narrator.group_id)) == 2
    report = await builder(database).build(narrator.group_id)
    assert report.divided == 12, "what is left of a build that lost something is not gone on with"
    dump, digested = await full_dump(database, narrator.group_id), await digest(database, narrator.group_id)
    await wipe(database, narrator.group_id)
    await store.write(tale(narrator))
    await builder(database).build(narrator.group_id)
    assert dump == await full_dump(database, narrator.group_id)
    assert digested == await digest(database, narrator.group_id)


async def test_staged_vectors_of_names_go_with_their_communities(database, store, narrator):
    """A group on its way to another model keeps the text of each: nothing of it outlives a removal or a build."""
    secret = narrator.said(7, fact("Globex", "OWNS", "Hideout"))
    await store.write([*tale(narrator), secret])
    await builder(database).build(narrator.group_id)
    moving = Reembedding(database, narrator.group_id, GroupModel("other/384", DIMENSION))
    while places := await moving.unstaged(1_000):
        await moving.stage(places, {place.text: -vector(place.text) for place in places if place.text})
    assert "'Globex, Hideout'" in str(await staged(database, narrator))
    await store.write([narrator.removed(7, at=50)])
    assert "Globex" not in str(await full_dump(database, narrator.group_id))
    assert "'Ada, Bob, Cem'" in str(await staged(database, narrator))
    await builder(database, min_size=11).build(narrator.group_id)
    assert "Ada, Bob, Cem" not in str(await staged(database, narrator))


async def staged(database, narrator):
    """The texts of the group's staged vectors."""
    return await run(database, "MATCH (v:ConsumerVector {group_id: $g}) RETURN v.text AS t", g=narrator.group_id)


async def test_a_groups_removal_takes_communities_and_what_is_known_of_them(database, store, narrator):
    """Afterwards the group's dump is that of one that has never been."""
    await store.write(tale(narrator))
    await builder(database).build(narrator.group_id)
    await store.write([narrator.group_removed(at=90)])
    assert await full_dump(database, narrator.group_id) == []
    assert (await builder(database).build(narrator.group_id)).outcome == "unchanged"
    (node,) = await run(
        database, "MATCH (g:ConsumerGroup {group_id: $g}) RETURN properties(g) AS p", g=narrator.group_id
    )
    assert not [key for key in node["p"] if key.startswith("communities")]


class Between:
    """An embedder in whose call something else happens to the graph."""

    model, dimension = FakeEmbedder.model, DIMENSION

    def __init__(self, *works):
        self._works = list(works)

    async def embed(self, texts, *, is_query=False):
        if self._works:
            await self._works.pop(0)()
        return await FakeEmbedder().embed(texts)


async def test_a_removal_during_a_build_is_not_undone_by_it(database, store, narrator):
    """The build read the episode and wrote no community yet: it must read anew."""
    await store.write([*tale(narrator), narrator.said(7, fact("Ada", "HIDES_AT", "Globex"))])
    embedder = Between(lambda: store.write([narrator.removed(7, at=50)]))
    report = await builder(database, embedder_of=lambda _model: embedder).build(narrator.group_id)
    assert report.attempts == 2
    assert "Globex" not in str(await full_dump(database, narrator.group_id))


async def test_what_is_written_during_a_build_is_left_to_the_next(database, store, narrator):
    """It does not hold the build up, and the next one sees that the group has moved on."""
    await store.write(tale(narrator))
    embedder = Between(lambda: store.write([narrator.said(8, *clique("Pia", "Rex", "Sam"))]))
    report = await builder(database, embedder_of=lambda _model: embedder).build(narrator.group_id)
    assert (report.attempts, report.communities) == (1, 3)
    again = await builder(database).build(narrator.group_id)
    assert (again.outcome, again.communities, again.divided) == ("written", 4, 3)


async def test_a_group_that_always_loses_something_is_given_up(database, store, narrator):
    """Loudly, after some attempts; nothing of its communities was written."""
    lost = [narrator.said(20 + n, fact(f"L{n}", "LIKES", "Tea")) for n in range(9)]
    await store.write([*tale(narrator), *lost])
    works = [lambda n=n: store.write([narrator.removed(20 + n, at=60 + n)]) for n in range(9)]
    embedder = Between(*works)
    with pytest.raises(UserError, match="lost something at each of 5"):
        await builder(database, embedder_of=lambda _model: embedder).build(narrator.group_id)
    assert await sets(database, narrator.group_id) == {}


# --- models of vectors ---


async def test_a_group_that_moves_to_another_model_meanwhile_gets_no_old_vector(database, store, narrator):
    """The names are embedded again, by the new model."""
    await store.write(tale(narrator))

    async def move():
        to = GroupModel("other/384", DIMENSION)
        moving = Reembedding(database, narrator.group_id, to)
        while places := await moving.unstaged(1_000):
            await moving.stage(places, {place.text: -vector(place.text) for place in places if place.text})
        await moving.switch()

    asked = []

    class Other(FakeEmbedder):
        model = "other/384"

        async def embed(self, texts, *, is_query=False):
            asked.extend(texts)
            return -(await super().embed(texts))

    embedders = {FakeEmbedder.model: Between(move), "other/384": Other()}
    report = await builder(database, embedder_of=embedders.get).build(narrator.group_id)
    assert (report.attempts, len(asked)) == (2, 3)
    found = await run(
        database, "MATCH (c:Community {group_id: $g}) RETURN c.name AS n, c.name_embedding AS v", g=narrator.group_id
    )
    for row in found:
        assert row["v"] == pytest.approx(-vector(row["n"]), abs=1e-6)


async def test_without_an_embedder_of_its_model_a_group_has_communities_without_vectors(database, store, narrator):
    """They are found by words; a full build makes vectors once there is an embedder."""
    await store.write(tale(narrator))
    report = await builder(database, embedder_of=lambda _model: None).build(narrator.group_id)
    assert (report.outcome, report.without_vector, report.embedded) == ("written", 3, 0)
    report = await builder(database).build(narrator.group_id, full=True)
    assert (report.outcome, report.embedded) == ("written", 3)


async def test_what_graphiti_built_is_replaced(database, store, narrator):
    """A group has one set of communities; links that somebody put into ours are taken out."""
    await store.write(tale(narrator))
    await run(
        database,
        "MATCH (e:Entity {group_id: $g, name: 'Ada'}) "
        "CREATE (:Community {uuid: $g + 'x', group_id: $g, name: 'old'})"
        "-[:HAS_MEMBER {uuid: $g + 'y', group_id: $g}]->(e)",
        g=narrator.group_id,
    )
    await builder(database).build(narrator.group_id)
    assert "old" not in str(await full_dump(database, narrator.group_id))
    first = await digest(database, narrator.group_id)
    await run(
        database,
        "MATCH (e:Entity {group_id: $g, name: 'Tom'}) "
        "MATCH (c:Community {group_id: $g}) WHERE c.name STARTS WITH 'Ada' "
        "CREATE (c)-[:HAS_MEMBER {uuid: $g + 'z', group_id: $g}]->(e)",
        g=narrator.group_id,
    )
    await builder(database).build(narrator.group_id, full=True)
    assert await digest(database, narrator.group_id) == first


# --- at once, or not at all ---


async def test_a_build_that_dies_leaves_the_old_or_the_new(database, store, narrator, neo4j_uri):
    """Cancelled ever later, until one is through: never a half, and the last is whole."""
    await store.write(tale(narrator))
    began = time.monotonic()
    await builder(database).build(narrator.group_id)
    step_s = max(0.004, (time.monotonic() - began) / 40)
    old = await digest(database, narrator.group_id)
    await store.write([narrator.said(8, *clique("Ada", "Tom", "Sam", "Pia", "Rex"), *clique("Boat", "Uma", "Zed"))])
    version = await communities_only(database, narrator)
    seen = set()
    for attempt in range(400):
        opened = connect(Neo4jSettings(uri=neo4j_uri))
        task = asyncio.create_task(builder(opened).build(narrator.group_id))
        done, _ = await asyncio.wait([task], timeout=step_s * attempt)
        task.cancel()
        await asyncio.wait([task])
        await opened.aclose()
        seen.add(await communities_only(database, narrator))
        if done:
            break
    assert done, "no build came through"
    new = await communities_only(database, narrator)
    assert seen <= {version, new}
    assert new != version
    assert await digest(database, narrator.group_id) != old
    again = await builder(database).build(narrator.group_id, full=True)
    assert again.outcome == "unchanged"


async def communities_only(database, narrator):
    """All of the group's communities and links as text."""
    lines = await full_dump(database, narrator.group_id)
    return tuple(line for line in lines if "Community" in line or "HAS_MEMBER" in line)


async def test_two_builds_and_a_writer_at_once(database, store, narrator, neo4j_uri):
    """Whoever comes first: afterwards one more build finds nothing to do that a full one would not have done."""
    await store.write(tale(narrator))
    other = connect(Neo4jSettings(uri=neo4j_uri))
    rival = Neo4jGraphStore(other)

    async def write():
        for n in range(8):
            await rival.write(
                [narrator.said(30 + n, fact(f"N{n}", "KNOWS", ART[n % 5]), fact(f"N{n}", "MET", f"N{n - 1}"))]
            )

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        for opened in (database, other, database):
            tasks.create_task(builder(opened).build(narrator.group_id))
    await builder(database).build(narrator.group_id, full=True)
    first = await digest(database, narrator.group_id)
    await run(database, "MATCH (c:Community {group_id: $g}) DETACH DELETE c", g=narrator.group_id)
    await builder(database).build(narrator.group_id, full=True)
    assert await digest(database, narrator.group_id) == first
    await other.aclose()


# --- told by a model ---


class Chat:
    """A chat model that answers about all but the last community of each question."""

    name = "fake/chat"

    def __init__(self, *, skips=0):
        self.asked = []
        self._skips = skips

    async def complete(self, request):
        import json

        self.asked.append(request.user)
        count = request.user.count("Community ")
        rows = [
            {"community": n, "name": f"Circle {n} of {count}", "summary": "They\nknow each other."}
            for n in range(1, count + 1 - self._skips)
        ]
        return ChatAnswer(f"Here: {json.dumps({'communities': rows})}")

    async def aclose(self):
        """Nothing is open."""


async def test_a_model_names_and_sums_up_what_changed_only(database, store, narrator):
    """It is asked in one call about three; then about the one that changed; told by rule again on request."""
    await store.write(tale(narrator))
    chat = Chat()
    by_model = builder(database, ChatTeller(chat))
    count, forecast = await by_model.forecast([narrator.group_id])
    assert (count, forecast.calls, chat.asked) == (3, 1, [])
    await by_model.build(narrator.group_id)
    names = await run(
        database, "MATCH (c:Community {group_id: $g}) RETURN c.name AS n, c.summary AS s", g=narrator.group_id
    )
    assert {row["n"] for row in names} == {"Circle 1 of 3", "Circle 2 of 3", "Circle 3 of 3"}
    assert {row["s"] for row in names} == {"They know each other."}
    assert "fact: Ada knows Bob" in chat.asked[0]
    await store.write([narrator.said(9, fact("Tom", "SOLD", "Boat"))])
    assert (await by_model.forecast([narrator.group_id]))[0] == 1
    report = await by_model.build(narrator.group_id)
    assert (report.told, len(chat.asked), chat.asked[1].count("Community ")) == (1, 2, 1)
    by_rule = await builder(database).build(narrator.group_id)
    assert (by_rule.outcome, by_rule.told) == ("written", 3)


async def test_what_the_model_does_not_answer_is_told_by_rule_and_asked_again(database, store, narrator):
    """The build says how many, and the next one asks about those."""
    await store.write(tale(narrator))
    report = await builder(database, ChatTeller(Chat(skips=1))).build(narrator.group_id)
    assert report.unanswered == 1
    chat = Chat()
    report = await builder(database, ChatTeller(chat)).build(narrator.group_id)
    assert (report.unanswered, report.told, chat.asked[0].count("Community ")) == (0, 1, 1)


# --- the event loop, and size ---


async def test_the_event_loop_is_never_held(database, neo4j_uri):
    """While 2,000 entities and 6,000 facts are read, divided, told and written no turn takes 50 ms of its thread.

    On a usual machine; where it is slower, or coverage is measured, as much more as that makes it.
    """
    group_id = f"test-{uuid.uuid4().hex[:12]}"
    await fill(database, group_id, 2_000, 6_000)
    gaps, is_over = [], False
    gc.collect()
    gc.freeze()  # a full round over all that a test process has imported takes longer than what is measured

    async def watch():
        last = time.thread_time()  # not the clock: who shares the machine is not what is measured
        while not is_over:
            await asyncio.sleep(0)
            now = time.thread_time()
            gaps.append(now - last)
            last = now

    watching = asyncio.create_task(watch())
    report = await builder(database).build(group_id)
    is_over = True
    await watching
    gc.unfreeze()
    await wipe(database, group_id)
    assert report.members == 2_000
    assert max(gaps) < 0.05 * slowness(if_traced=3.0), f"{sorted(gaps)[-5:]} of {len(gaps)}"


async def fill(database, group_id, entities, facts):
    """A group of circles of fifty, made without the store, with the model of its vectors."""
    rng = random.Random(5)
    await run(
        database,
        "UNWIND range(0, $n - 1) AS i CREATE (:Entity {uuid: $g + toString(i), group_id: $g, name: 'E' + toString(i), "
        "created_at: datetime({epochMillis: i}), summary: '', labels: ['Entity']})",
        g=group_id,
        n=entities,
    )
    pairs = [(n, (n + 1) % 50 + n // 50 * 50) for n in range(entities)]
    while len(pairs) < facts:
        one = rng.randrange(entities)
        pairs.append((one, one // 50 * 50 + rng.randrange(50) if rng.random() < 0.9 else rng.randrange(entities)))
    rows = [[f"{group_id}-{n}", f"{group_id}{one}", f"{group_id}{two}"] for n, (one, two) in enumerate(pairs)]
    await run(
        database,
        "UNWIND $rows AS row MATCH (a:Entity {uuid: row[1]}) MATCH (b:Entity {uuid: row[2]}) CREATE (a)-[:RELATES_TO "
        "{uuid: row[0], group_id: $g, name: 'KNOWS', fact: a.name + ' knows ' + b.name, created_at: datetime()}]->(b)",
        g=group_id,
        rows=rows,
    )
    await run(
        database,
        "MERGE (g:ConsumerGroup {group_id: $g}) SET g.version = 1, g.embedding_model = $m, g.dimension = $d",
        g=group_id,
        m=FakeEmbedder.model,
        d=DIMENSION,
    )


async def test_a_group_beyond_the_bound_is_refused(database, store, narrator):
    """In one line that names the setting."""
    await store.write(tale(narrator))
    with pytest.raises(UserError, match="EPISODES_COMMUNITIES__MAX_FACTS"):
        await builder(database, max_facts=5).build(narrator.group_id)


async def test_a_pair_is_a_community(database, store):
    """Two entities that only know each other: label propagation swaps their labels for ever, this ends."""
    narrator = Narrator(f"test-{uuid.uuid4().hex[:12]}")
    await store.write([narrator.said(1, fact("Ada", "KNOWS", "Bob"))])
    async with asyncio.timeout(120):
        await builder(database).build(narrator.group_id)
    assert list((await sets(database, narrator.group_id)).values()) == [frozenset({"Ada", "Bob"})]
