"""`episodes schema metrics` and `schema settings`: printed, as JSON, or written between a page's marks."""

import json

import pytest
from typer.testing import CliRunner

from consumer.cli.main import build
from consumer.errors import UserError

PAGES = {"metrics": "docs/operations.md", "settings": "docs/settings.md"}


def run(*words):
    """Run `episodes schema` with these words."""
    return CliRunner().invoke(build(), ["schema", *words])


@pytest.mark.parametrize("what", PAGES)
def test_tables_are_printed_and_written_between_the_marks(what, tmp_path):
    """The same text both times; what stands around the marks stays."""
    printed = run(what)
    assert printed.exit_code == 0
    mark = f"<!-- {what}: written by `episodes schema {what} --write {PAGES[what]}` -->"
    page = tmp_path / "page.md"
    page.write_text(f"before\n{mark}\nold\n<!-- /{what} -->\nafter\n", encoding="utf-8")
    assert run(what, "--write", str(page)).exit_code == 0
    assert page.read_text(encoding="utf-8") == f"before\n{mark}\n\n{printed.stdout}\n<!-- /{what} -->\nafter\n"


def test_settings_as_json_have_variable_type_and_default():
    """For scripts; what the environment says, a secret above all, is not in it."""
    shown = CliRunner().invoke(build(), ["schema", "settings", "--json"], env={"OPENAI_API_KEY": "sk-canary"})
    assert "canary" not in shown.stdout
    told = {each["name"]: each for each in json.loads(shown.stdout)}
    assert told["kafka.partitions"] == {
        "variables": ["EPISODES_KAFKA__PARTITIONS"],
        "name": "kafka.partitions",
        "type": "integer, above 0",
        "default": "4",
        "is_secret": False,
        "description": told["kafka.partitions"]["description"],
        "section": "kafka",
    }
    assert told["extractor"]["type"] == "auto, openai, local"
    assert (told["openai_api_key"]["is_secret"], told["openai_api_key"]["default"]) == (True, None)


@pytest.mark.parametrize("what", PAGES)
def test_a_page_without_marks_or_that_is_not_there_is_left_alone(what, tmp_path):
    """One line that names the page; nothing is written."""
    page = tmp_path / "page.md"
    assert isinstance(run(what, "--write", str(page)).exception, UserError)
    page.write_text("mine", encoding="utf-8")
    error = run(what, "--write", str(page)).exception
    assert isinstance(error, UserError)
    assert str(page) in str(error)
    assert page.read_text(encoding="utf-8") == "mine"
