"""`episodes neighbours`, `path`, `timeline`, `snapshot` and `diff` on a real graph: tables, JSON, notes, exit codes."""

import asyncio
import json

import pytest
from plugins.graph import fact
from typer.testing import CliRunner

from consumer.cli.main import build
from consumer.errors import UserError
from consumer.model.knowledge import Exclusive, Polarity

SEAT = {"exclusive": Exclusive.OBJECT}


@pytest.fixture
async def invoke(store, narrator, neo4j_uri, monkeypatch):
    """Runs a command on a group in which Ada, later Bob holds the chair, and Bob knows Cleo."""
    monkeypatch.setenv("EPISODES_NEO4J__URI", neo4j_uri)
    await store.write(
        [
            narrator.said(1, fact("Ada", "HOLDS_OFFICE", "Chair", **SEAT)),
            narrator.said(3, fact("Ada", "HOLDS_OFFICE", "Chair", polarity=Polarity.ENDS, **SEAT)),
            narrator.said(5, fact("Bob", "HOLDS_OFFICE", "Chair", **SEAT)),
            narrator.said(6, fact("Bob", "KNOWS", "Cleo")),
        ]
    )
    runner, app = CliRunner(), build()

    async def run(command, *words):
        return await asyncio.to_thread(runner.invoke, app, [command, narrator.group_id, *words])

    return run


def table(result):
    """The rows of a table that nobody watches."""
    assert result.exit_code == 0, result.output
    return [line.split("\t") for line in result.stdout.splitlines()]


async def test_neighbours(invoke):
    """Now, at another time, and what was left out."""
    assert table(await invoke("neighbours", "bob"))[1:] == [
        ["Bob", "KNOWS", "Cleo", "2024-01-07", "", "Bob knows Cleo"],
        ["Bob", "HOLDS_OFFICE", "Chair", "2024-01-06", "", "Bob holds office Chair"],
    ]
    narrow = await invoke("neighbours", "Bob", "--width", "1")
    assert (len(table(narrow)), narrow.stderr) == (2, "note: 'Bob' has 1 more facts than are shown\n")
    nothing = await invoke("neighbours", "Bob", "--as-of", "2024-01-02")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "'Bob' has no such facts\n")
    found = json.loads((await invoke("neighbours", "Bob", "--json", "--type", "Person", "--all")).stdout)
    assert (found["center"]["name"], found["facts"], found["as_of"]) == ("Bob", [], None)


async def test_path(invoke):
    """A line for the path and one for each fact; nothing is no failure."""
    found = await invoke("path", "Cleo", "Chair")
    assert found.stdout.splitlines() == [
        "Cleo <-[KNOWS]- Bob -[HOLDS_OFFICE]-> Chair  (2024-01-07 to open)",
        "  Bob knows Cleo (2024-01-07 to open)",
        "  Bob holds office Chair (2024-01-06 to open)",
    ]
    nothing = await invoke("path", "Ada", "Cleo", "--all")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "no path of at most 4 relations leads from 'Ada' to 'Cleo'" in nothing.stderr
    assert len(json.loads((await invoke("path", "Cleo", "Chair", "--json")).stdout)["paths"]) == 1


async def test_timeline(invoke):
    """The holders with the gap between; at an instant, the holder or the gap."""
    ask = ("timeline", "Chair", "--relation", "HOLDS_OFFICE", "--direction", "in")
    assert table(await invoke(*ask))[1:] == [
        ["<- HOLDS_OFFICE", "Ada", "2024-01-02", "2024-01-04", ""],
        ["<- HOLDS_OFFICE", "", "2024-01-04", "2024-01-06", "gap"],
        ["<- HOLDS_OFFICE", "Bob", "2024-01-06", "", ""],
    ]
    assert [row[1] for row in table(await invoke(*ask, "--as-of", "2024-01-03"))[1:]] == ["Ada"]
    assert [row[4] for row in table(await invoke(*ask, "--as-of", "2024-01-05"))[1:]] == ["gap"]
    assert "1 to 1 of 2" in (await invoke(*ask, "--limit", "1")).stderr
    found = json.loads((await invoke(*ask, "--json")).stdout)
    assert found["lanes"][0]["gaps"] == [{"start": "2024-01-04T00:00:00Z", "end": "2024-01-06T00:00:00Z"}]


async def test_snapshot(invoke):
    """A page and the cursor to go on; all pages, a fact a line."""
    first = await invoke("snapshot", "--limit", "1")
    assert [row[0] for row in table(first)[1:]] == ["Bob"]
    cursor = first.stderr.splitlines()[-1].removeprefix("--cursor ")
    assert [row[1] for row in table(await invoke("snapshot", "--limit", "5", "--cursor", cursor))[1:]] == ["KNOWS"]
    whole = await invoke("snapshot", "--whole", "--json", "--limit", "1")
    assert [json.loads(line)["relation"] for line in whole.stdout.splitlines()] == ["HOLDS_OFFICE", "KNOWS"]
    assert whole.stderr == "2 facts\n"
    assert len(json.loads((await invoke("snapshot", "--json")).stdout)["entities"]) == 3
    assert "no such facts" in (await invoke("snapshot", "--as-of", "1999-01-01")).stderr


async def test_diff(invoke):
    """Of the world, and of the log."""
    world = table(await invoke("diff", "--from", "2024-01-02", "--to", "2024-01-06"))
    assert [(row[0], row[1]) for row in world[1:]] == [("ended", "Ada"), ("began", "Bob")]
    log = table(await invoke("diff", "--from", "2024-04-11", "--to", "2024-04-14", "--log"))
    assert [(row[0], row[1], row[6]) for row in log[1:]] == [("closed", "Ada", "2024-01-02 to open")]
    assert "nothing is different" in (await invoke("diff", "--from", "2025-01-01", "--to", "2025-01-01")).stderr
    found = json.loads((await invoke("diff", "--from", "2024-01-02", "--to", "2024-01-06", "--json")).stdout)
    assert [(each["kind"], each["before"]) for each in found["changes"]] == [("ended", None), ("began", None)]


@pytest.mark.parametrize("words", [("neighbours", "Bop"), ("path", "Ada", "Bop"), ("timeline", "Bop")])
async def test_an_unknown_name_fails_in_one_line(invoke, words):
    """With the name that is near; exit code 1."""
    result = await invoke(*words)
    assert isinstance(result.exception, UserError)
    assert str(result.exception).endswith("has no name 'Bop': did you mean 'Bob'?")
    assert result.exception.exit_code == 1
