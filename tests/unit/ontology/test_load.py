"""Reading ontology files: what is wrong is told by line and path, in one line."""

from pathlib import Path

import pytest

from consumer.errors import UserError
from consumer.ontology import examples as shipped
from consumer.ontology.load import BrokenOntology, load_files, parse, read_file

EXAMPLES = sorted(Path(shipped.__path__[0]).glob("*.yaml"))
GOOD = "name: a\nentity_types: {Person: {}}\n"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_shipped_examples_are_good(path):
    """What the guide shows can be used as it is."""
    assert read_file(path).mappings


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: a\nentity_types:\n  Person:\n    atributes: {}\n", "f:4: entity_types.Person.atributes: no such key"),
        ("name: a\nentity_types:\n  Dog: {parent: Pet}\n", "f:3: entity_types.Dog.parent: type 'Pet' is not declared"),
        ("name: a\nname: b\n", "f:2: no YAML: the key 'name' is here twice"),
        ("name: [", "f:1: no YAML"),
        ("", "f: Input should be"),
        ("- 1\n", "f:1: Input should be"),
        ("name: a\nversion: 2024-13-45\n", "month must be"),
        ("name: a b\n", "f:1: name: String should match"),
    ],
)
def test_a_broken_file_is_told_by_line_and_path(text, told):
    """The first words are where to look."""
    with pytest.raises(BrokenOntology) as broken:
        parse(text, "f")
    assert told in str(broken.value.problems[0])


def test_all_problems_are_told():
    """A file is mended in one go."""
    with pytest.raises(BrokenOntology) as broken:
        parse("name: a\nentity_types: {a b: {}, Dog: {parent: Pet}}\n", "f")
    assert len(broken.value.problems) == 2


def test_json_is_read_as_json():
    """Tabs are fine there, and its errors have lines too."""
    assert parse('{\n\t"name": "a"\n}', "f", is_json=True).name == "a"
    with pytest.raises(BrokenOntology, match="f:2: no JSON"):
        parse('{\n"name": a}', "f", is_json=True)


def test_a_folder_gives_its_files_by_name(tmp_path):
    """YAML and JSON count, others don't; the same file named twice is one."""
    (tmp_path / "b.yaml").write_text("name: b\n")
    (tmp_path / "a.json").write_text('{"name": "a"}')
    (tmp_path / "README.md").write_text("#")
    assert [one.name for one in load_files(tmp_path, (tmp_path / "b.yaml",))] == ["a", "b"]


def test_what_cannot_be_used_is_one_line_for_the_user(tmp_path):
    """A missing folder, a broken file, a name that is taken: each says what to do."""
    with pytest.raises(UserError, match="EPISODES_ONTOLOGY__DIR"):
        load_files(tmp_path / "nowhere", ())
    (tmp_path / "a.yaml").write_text("nam: a\n")
    with pytest.raises(UserError, match="episodes ontology check") as error:
        load_files(tmp_path, ())
    assert "\n" not in str(error.value)
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    with pytest.raises(UserError, match="rename one"):
        load_files(tmp_path, ())
    with pytest.raises(UserError, match="cannot be read"):
        load_files(None, (tmp_path / "none.yaml",))
