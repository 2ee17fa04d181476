"""Numbered migrations on a real Neo4j: done once, by however many at once, recorded, and never backwards."""

import asyncio
import uuid

import pytest
from plugins.graph import DIMENSION, FakeEmbedder, fact

from consumer.errors import UserError
from consumer.graph import apply_schema, migrate
from consumer.graph import migrations as under_test
from consumer.graph.adopting import Adoption
from consumer.graph.migrations import LATEST, MIGRATIONS, Migration
from consumer.graph.migrations_graphiti import record_models


@pytest.fixture
async def node(database, monkeypatch):
    """The version is kept on a node of this test's own, since the database is shared."""
    name = f"test-{uuid.uuid4().hex[:10]}"
    monkeypatch.setattr(under_test, "NODE", name)
    monkeypatch.setattr(under_test, "adopt", adopts_nothing)
    yield name
    await database.driver.execute_query("MATCH (s:ConsumerSchema {name: $name}) DELETE s", name=name)


async def adopts_nothing(database, **options):
    """What other tests left of Graphiti's in the shared database stays theirs."""
    return Adoption()


async def bring(database, **options):
    """Migrate without vector indexes, of which a shared database has one dimension."""
    return await migrate(database, None, **{"model": FakeEmbedder.model, **options})


async def test_a_new_graph_is_at_the_latest_version(database, node):
    """Each migration is recorded with when and by which release; again, nothing is left."""
    before = await bring(database, dry_run=True)
    assert (before.schema_version, len(before.pending)) == (0, len(MIGRATIONS))
    done = await bring(database)
    assert (done.schema_version, done.pending, done.problems) == (LATEST, [], [])
    assert [text.split(" ")[0] for text in done.applied] == [str(each.number) for each in MIGRATIONS]
    again = await bring(database)
    assert (again.applied, again.statements) == (done.applied, [])


async def test_two_at_once_record_each_migration_once(database, node):
    """M1, M2: whoever is second finds it done."""
    runs = []

    async def step(database, target, dry_run):
        runs.append(dry_run)
        await asyncio.sleep(0)
        return []

    ours = (*MIGRATIONS, Migration(LATEST + 1, "of this test", step))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(bring(database, migrations=ours)) for _ in range(3)]
    assert {task.result().schema_version for task in tasks} == {LATEST + 1}
    assert len((await bring(database, dry_run=True)).applied) == len(ours)
    assert False not in runs or True not in runs


async def test_a_failed_step_is_not_recorded_and_runs_again(database, node):
    """A process that dies in the middle leaves the version where it was."""

    async def fails(database, target, dry_run):
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        await bring(database, migrations=(*MIGRATIONS, Migration(LATEST + 1, "of this test", fails)))
    assert (await bring(database, dry_run=True)).schema_version == LATEST


async def test_an_older_release_goes_on_unless_it_must_not(database, node):
    """M4: rolling back pods is possible until a migration says otherwise."""
    newer = (*MIGRATIONS, Migration(LATEST + 1, "only adds"))
    await bring(database, migrations=newer)
    assert (await apply_schema(database, None)).schema_version == LATEST + 1
    await bring(database, migrations=(*newer, Migration(LATEST + 2, "changes what is read", needs=LATEST + 2)))
    with pytest.raises(UserError, match="upgrade"):
        await apply_schema(database, None)
    assert any("upgrade" in problem for problem in (await bring(database, dry_run=True)).problems)


async def test_a_step_that_needs_the_model_waits_for_who_knows_it(database, node):
    """`episodes reembed` applies the schema and knows only what it moves to."""
    report = await migrate(database, None)
    assert report.schema_version == 1
    assert [text[0] for text in report.pending] == ["2", "3", "4"]


async def test_groups_of_graphiti_get_a_record_by_the_length_of_their_vectors(database, store, narrator):
    """As long as ours: ours; else unknown, and a pod with another model refuses to write there."""
    names = [f"{narrator.group_id}-{part}" for part in ("same", "other", "none")]
    await database.driver.execute_query(
        "UNWIND $rows AS row CREATE (:Entity {uuid: row[0], group_id: row[0], name: 'Ada', name_embedding: row[1]})",
        rows=[[names[0], [0.1] * DIMENSION], [names[1], [0.1, 0.2, 0.3]], [names[2], None]],
    )
    looked = await record_models(database, FakeEmbedder.model, DIMENSION, dry_run=True)
    assert any("length 3" in note for note in looked)
    assert await record_models(database, FakeEmbedder.model, DIMENSION, dry_run=False) == looked
    found, _, _ = await database.driver.execute_query(
        "MATCH (g:ConsumerGroup) WHERE g.group_id IN $names RETURN g.group_id AS g, g.embedding_model AS m", names=names
    )
    assert {row["g"]: row["m"] for row in found} == {names[0]: FakeEmbedder.model, names[1]: "unknown/3"}
    for name, is_refused in ((names[0], False), (names[1], True)):
        narrator.group_id = name
        items = [narrator.said(1, fact("Ada", "LIKES", "Tea"))]
        if is_refused:
            with pytest.raises(UserError, match="unknown/3"):
                await store.write(items)
        else:
            assert (await store.write(items)).episodes_written == 1
    await database.driver.execute_query("MATCH (n) WHERE n.group_id IN $names DETACH DELETE n", names=names)
