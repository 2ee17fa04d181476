"""`episodes facts`: both times, what it prints, and a name that nobody has."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import date

import pytest
from plugins.graph_in_memory import MemoryDatabase
from plugins.told_facts import embedded, event
from typer.testing import CliRunner

from consumer.app import facts
from consumer.cli.main import build
from consumer.errors import UserError
from consumer.graph.fact_reader import FactReader
from consumer.graph.store import Neo4jGraphStore
from consumer.testing.sentences import LIKES, WORKS_AT, asserts, corrects

LOG = [
    event(0, asserts("Ada Berg", WORKS_AT, "Initech", date(2018, 5, 2)), date(2018, 6, 2)),
    event(1, asserts("Wim Okafor", LIKES, "Tea", date(2018, 5, 2)), date(2018, 6, 2)),
    event(2, corrects("Ada Berg", WORKS_AT, "Initech", date(2019, 5, 2), date(2018, 5, 2)), date(2020, 6, 2)),
]


@pytest.fixture
def invoke(monkeypatch):
    """Runs the command line in this process, on a graph in memory."""
    found = MemoryDatabase()
    asyncio.run(Neo4jGraphStore(found).write([embedded(one, number) for number, one in enumerate(LOG)]))

    @asynccontextmanager
    async def open_facts(settings):
        yield FactReader(found)

    monkeypatch.setattr(facts, "open_facts", open_facts)
    runner, app = CliRunner(), build()
    return lambda *arguments: runner.invoke(app, ["facts", "g", *arguments])


def test_both_times_count(invoke):
    """In 2018 she worked there, as was believed at first; as is known now, she did not yet."""
    asked = ("--about", "Ada Berg", "--as-of", "2018-12-24", "--json")
    assert json.loads(invoke(*asked).stdout)["facts"] == []
    (fact,) = json.loads(invoke(*asked, "--known-at", "2024-01-01T00:00:00.001Z").stdout)["facts"]
    assert (fact["subject"], fact["valid_at"]) == ("Ada Berg", "2018-05-02T00:00:00Z")


def test_all_facts_as_a_table(invoke):
    """Of all entities and relations, or of one."""
    assert [line.split("\t")[0] for line in invoke().stdout.splitlines()[-2:]] == ["Wim Okafor", "Ada Berg"]
    assert "Ada" not in invoke("--relation", "LIKES").stdout
    assert invoke("--known-at", "2020-01-01").stdout == ""


def test_a_name_that_is_not_there_is_told(invoke):
    """In one line."""
    result = invoke("--about", "Nobody")
    assert isinstance(result.exception, UserError)
    assert "no name 'Nobody'" in str(result.exception)
