"""`episodes ontology`: problems line by line, mappings tried on events, what is registered."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumer import inputs
from consumer.cli.main import build
from consumer.errors import UserError
from consumer.ontology import examples

EXAMPLES = Path(examples.__path__[0])
OFFICES = str(EXAMPLES / "offices.yaml")
EVENTS = str(next(path for path in inputs.paths() if path.name == "offices.jsonl"))


@pytest.fixture
def invoke():
    """Runs the command line in this process."""
    runner, app = CliRunner(), build()
    return lambda *arguments: runner.invoke(app, ["ontology", *arguments])


def test_a_good_file_is_summed_up(invoke):
    """One line, exit 0."""
    result = invoke("check", OFFICES)
    assert result.exit_code == 0
    assert result.output == f"{OFFICES}: offices 1 (strict): 3 entity types, 2 relations, 1 mappings\n"


def test_each_problem_is_a_line_and_the_exit_code_is_1(invoke, tmp_path):
    """File, line, path, what to do; as JSON too."""
    broken = tmp_path / "x.yaml"
    broken.write_text("name: x\nentity_types:\n  a b: {}\n  Dog: {parent: Pet}\n")
    result = invoke("check", str(broken), OFFICES)
    assert result.exit_code == 1
    assert [line.split(": ")[0] for line in result.output.splitlines()] == [f"{broken}:3", f"{broken}:4", OFFICES]
    result = invoke("check", str(broken), "--json")
    assert result.exit_code == 1
    assert len(json.loads(result.output)[0]["problems"]) == 2


def test_mappings_are_tried_on_events(invoke):
    """Entities and facts of the first events, and the counts of all."""
    result = invoke("check", OFFICES, "--against", EVENTS, "--limit", "1")
    assert result.exit_code == 0
    assert "    Charles Curtis (Person) person_id=C001008\n" in result.output
    fact = "Charles Curtis -HOLDS_OFFICE-> Vice President of the United States [1929-03-04T17:00:00Z, …)"
    assert f"    {fact} exclusive on the object\n" in result.output
    assert result.output.endswith("72 events: 72 mapped, 0 not, 0 failed; 34 entities, 109 facts, 0 left out\n")
    (told,) = json.loads(invoke("check", OFFICES, "--against", EVENTS, "--limit", "2", "--json").output)
    assert (told["against"]["mapped"], len(told["against"]["first"])) == (72, 2)


def test_events_that_fail_are_told(invoke, tmp_path):
    """No event, a record no mapping fits, one that is refused when strict."""
    events = tmp_path / "events.jsonl"
    office = {"person": " ", "office": " ", "effective": "x"}
    lines = [
        "{",
        json.dumps({"group_id": "g", "event_id": "text", "content": "hello"}),
        json.dumps({"group_id": "g", "event_id": "bad", "source": "json", "content": {}, "reference_time": 1}),
        json.dumps(
            {
                "group_id": "g",
                "event_id": "blank",
                "source": "json",
                "source_description": "office register record",
                "content": office,
            }
        ),
    ]
    events.write_text("\n".join(lines))
    result = invoke("check", OFFICES, "--against", str(events))
    assert result.exit_code == 1
    assert "line 1: no valid episode" in result.output
    assert "text: no mapping fits: a model would read it" in result.output
    assert "left out: invalid-event: " in result.output
    assert result.output.splitlines()[-1].startswith("4 events: 1 mapped, 3 not, 3 failed")
    missing = invoke("check", OFFICES, "--against", str(tmp_path / "none.jsonl"))
    assert isinstance(missing.exception, UserError)


def test_the_registered_ones_are_listed_and_shown(invoke, monkeypatch):
    """By name from the settings' folder, or by file; the prompt's text; JSON."""
    assert invoke("show").exit_code == 0
    monkeypatch.setenv("EPISODES_ONTOLOGY__DIR", str(EXAMPLES))
    assert [line.split()[0] for line in invoke("show").output.splitlines()] == ["offices", "vulnerabilities"]
    assert len(json.loads(invoke("show", "--json").output)) == 2
    assert "HOLDS_OFFICE\tPerson\tOffice\tobject" in invoke("show", "offices").output
    assert invoke("show", OFFICES).output == invoke("show", "offices").output
    assert json.loads(invoke("show", "offices", "--json").output)["strict"] is True
    assert invoke("show", "offices", "--prompt").output.startswith('Declared vocabulary "offices"')
    assert "registered: offices, vulnerabilities" in str(invoke("show", "nope").exception)
