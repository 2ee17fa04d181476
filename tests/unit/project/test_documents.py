"""Documents tell the truth: what they show can be run, and what they point to is there."""

import re

import pytest
import typer
from repository import ROOT, commands, documents, targets, text

from consumer.cli.main import build

SHOWN = [shown for page in documents() for shown in commands(page)]
PLACES = ("consumer", "docs", "ops", "schemas", "tests", ".ci")
NAMED_BY_FORM = re.compile(r"[*{<…]|NNNN")


def subcommand(words):
    """Return the command that `words` (after `episodes`) call, and the words after it."""
    command = typer.main.get_command(build())
    rest = list(words)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    return command, rest


def headings(page):
    """Return the anchors of a page's headings, as GitHub makes them."""
    lines = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in lines}


def links():
    """Yield page and target of each link that stays within the repository."""
    for page in documents():
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                yield page, target


def named_paths():
    """Yield page and path for each file or folder of ours that a page names in code type."""
    for page in documents():
        for name in re.findall(r"`([^`\s]+)`", page.read_text(encoding="utf-8")):
            if name.split("/")[0] in PLACES and "/" in name and not NAMED_BY_FORM.search(name):
                yield page, name


@pytest.mark.parametrize("shown", [shown for shown in SHOWN if shown.words[0] == "make"], ids=str)
def test_shown_make_targets_exist(shown):
    """Each `make …` in a document is a target."""
    asked = [word for word in shown.words[1:] if "=" not in word]
    assert asked
    assert set(asked) <= set(targets())


@pytest.mark.parametrize("shown", [shown for shown in SHOWN if shown.words[0] == "episodes"], ids=str)
def test_shown_commands_and_options_exist(shown):
    """Each `episodes …` in a document is a command, and has the options that are shown."""
    command, rest = subcommand(shown.words[1:])
    takes_none = not hasattr(command, "commands") or command.invoke_without_command
    assert takes_none or rest[:1] in ([], ["--help"], ["--version"]), f"no such command: {shown}"
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    options = {word.split("=")[0] for word in rest if word.startswith("-") and word != "-"}
    assert options <= known | {"--help", "-h"}, f"no such option: {shown}"


def test_documents_show_commands():
    """The tests above look at something."""
    assert {shown.words[0] for shown in SHOWN} >= {"make", "episodes"}


@pytest.mark.parametrize(("page", "target"), list(links()), ids=lambda value: getattr(value, "name", value))
def test_links_lead_somewhere(page, target):
    """Each relative link is a file, and each anchor a heading."""
    name, _, anchor = target.partition("#")
    file = (page.parent / name) if name else page
    assert file.exists()
    assert not anchor or anchor in headings(file)


@pytest.mark.parametrize(("page", "name"), list(named_paths()), ids=lambda value: getattr(value, "name", value))
def test_named_files_are_there(page, name):
    """A path in code type is a path of the repository."""
    assert (ROOT / name).exists()


def linked_tests():
    """Yield page, test and file for each link whose text is the name of a test."""
    for page in documents():
        for name, target in re.findall(r"\[`(test_\w+)`\]\(([^)\s]+\.py)\)", page.read_text(encoding="utf-8")):
            yield page, name, target


@pytest.mark.parametrize(
    ("page", "name", "target"), list(linked_tests()), ids=lambda value: getattr(value, "name", value)
)
def test_linked_tests_are_in_their_files(page, name, target):
    """A guarantee is as good as its test: each one that a page names is defined where the link leads."""
    assert f"def {name}(" in (page.parent / target).read_text(encoding="utf-8")


def test_the_failure_matrix_names_its_tests():
    """The test above looks at something."""
    assert len({name for _, name, _ in linked_tests()}) >= 30


def test_the_readme_is_short():
    """It is read in minutes; the rest is in docs."""
    assert len(text("README.md").splitlines()) <= 150
    assert len(text("README.md").split("make test")[0].splitlines()) < 25


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda page: page.name)
def test_decisions_say_what_would_reopen_them(page):
    """A decision is a page of 20 to 90 lines that tells when to think again."""
    content = page.read_text(encoding="utf-8")
    assert re.match(r"\d{4}-", page.name)
    assert 15 <= len(content.splitlines()) <= 90
    assert "reopen" in content.lower()
