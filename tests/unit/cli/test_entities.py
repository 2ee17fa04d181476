"""`episodes entities`: what it prints, what it needs, and that it changes nothing without --yes."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from plugins.graph_in_memory import MemoryDatabase
from plugins.like_names import said
from typer.testing import CliRunner

from consumer.app import entities
from consumer.cli.main import build
from consumer.errors import UserError
from consumer.graph.deciding import EntityDesk
from consumer.graph.store import Neo4jGraphStore
from consumer.model.knowledge import Assertion, Mention

ITEMS = [
    said(1, [Mention("Robert Smith", "Person", "A sailor.")], [Assertion("Robert Smith", "LEADS", "Acme Inc.", "one")]),
    said(2, [Mention("Bob Smith", "Person")], [Assertion("Bob Smith", "LEADS", "Acme", "two")]),
]


class Oracle:
    """Calls every pair the same."""

    name = "oracle"

    async def answer(self, doubts):
        return [True] * len(doubts)


@pytest.fixture
def database(monkeypatch):
    """A graph in memory that the commands open."""
    found = MemoryDatabase()
    asyncio.run(Neo4jGraphStore(found).write(ITEMS))

    @asynccontextmanager
    async def open_desk(settings):
        yield EntityDesk(found, by_rules=settings.pipeline.resolves_names)

    @asynccontextmanager
    async def open_adjudicator(settings):
        yield Oracle()

    monkeypatch.setattr(entities, "open_desk", open_desk)
    monkeypatch.setattr(entities, "open_adjudicator", open_adjudicator)
    return found


@pytest.fixture
def invoke(database):
    """Runs the command line in this process."""
    runner, app = CliRunner(), build()
    return lambda *arguments: runner.invoke(app, ["entities", *arguments])


def test_show_tells_names_and_why(invoke):
    """Uuid, summary, each name with its rule; as JSON too."""
    lines = invoke("show", "g", "Acme").output.splitlines()
    assert lines[0].startswith("Acme Inc. (Entity) ")
    assert lines[1:] == [
        "  name 'Acme Inc.' since 2024-04-11 00:00:00Z: the first",
        "  name 'Acme' since 2024-04-12 00:00:00Z: parts (0.98) with 'Acme Inc.'",
    ]
    (entity,) = json.loads(invoke("show", "g", "Acme", "--json").output)["entities"]
    assert [name["name"] for name in entity["names"]] == ["Acme Inc.", "Acme"]
    assert entity["names"][1]["link"]["reason"] == "parts"


def test_aliases_are_a_table(invoke):
    """Alias, entity, rule, score, the name it was found with."""
    assert (
        invoke("aliases", "g").output == "alias\tentity\trule\tscore\twith\nAcme\tAcme Inc.\tparts\t0.98\tAcme Inc.\n"
    )
    assert "no aliases" in invoke("aliases", "other").output


def test_merge_and_split_are_tried_out_first(invoke, database):
    """Without --yes nothing changes; with it the decision shows, and split takes it back."""
    before = database.dump()
    output = invoke("merge", "g", "Bob Smith", "Robert Smith").output
    assert "before: Robert Smith\nbefore: Bob Smith\nafter: Robert Smith = Bob Smith\n" in output
    assert "nothing was changed: add --yes" in output
    assert database.dump() == before
    assert "moved" in invoke("merge", "g", "Bob Smith", "Robert Smith", "--reason", "he said so", "--yes").output
    assert "(he said so)" in invoke("show", "g", "Bob Smith").output
    found = json.loads(invoke("split", "g", "Bob Smith", "--yes", "--json").output)
    assert (found["written"], len(found["after"]), found["episodes"]) == (True, 2, 1)


def test_doubts_are_listed_asked_and_merged(invoke, database):
    """Nobody is asked unless wanted; what is merged has whom it was asked of as its reason."""
    assert "Bob Smith\tRobert Smith\tnickname\t0.80\t\n" in swapped(invoke("doubts", "g").output)
    assert "same" in invoke("doubts", "g", "--ask").output
    assert "Bob Smith" in str(database.nodes["Entity"])
    found = json.loads(invoke("doubts", "g", "--ask", "--yes", "--json").output)
    assert (found["asked"], [doubt["answer"] for doubt in found["doubts"]]) == ("oracle", ["same"])
    assert "(oracle)" in invoke("show", "g", "Bob Smith").output
    assert "no doubts" in invoke("doubts", "g").output


def swapped(output):
    """The two names of a doubt stand in order of their ids; here in order of the alphabet."""
    return output.replace("Robert Smith\tBob Smith", "Bob Smith\tRobert Smith")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("merge", "g", "Acme"), "two names or more"),
        (("show", "g", "Nobody"), "no name 'Nobody'"),
        (("split", "g", "Bob Smith"), "no other name"),
        (("doubts", "g", "--yes"), "add --ask"),
    ],
)
def test_what_cannot_be_done_is_told(invoke, arguments, text):
    """In one line, by the family for users."""
    error = invoke(*arguments).exception
    assert isinstance(error, UserError)
    assert text in str(error)
