"""Reads ontology files, YAML or JSON, and tells what is wrong with one by line and path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from consumer.errors import UserError
from consumer.ontology.checks import Misfit
from consumer.ontology.model import Ontology

SUFFIXES = frozenset({".yaml", ".yml", ".json"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file; `line` counts from 1, 0 when it can't be told."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        """Return `file:line: path: message`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class BrokenOntology(ValueError):  # noqa: N818 - named for what it is
    """A file that is no ontology; `problems` has at least one."""

    def __init__(self, problems: list[Problem]) -> None:
        """Store all that is wrong with the file."""
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def read_file(path: Path) -> Ontology:
    """Return the ontology in the file at `path`.

    Raises:
        BrokenOntology: it can't be read, is no YAML or JSON, or breaks a rule of the format.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BrokenOntology([Problem(str(path), 0, "", f"cannot be read: {told}")]) from error
    return parse(text, str(path), is_json=path.suffix == ".json")


def parse(text: str, file: str, *, is_json: bool = False) -> Ontology:
    """Return the ontology that `text` holds; `file` is its name in messages.

    Raises:
        BrokenOntology: it is no YAML or JSON, or breaks a rule of the format.
    """
    tree = _tree(text, file, is_json=is_json)
    try:
        return Ontology.model_validate(json.loads(text) if is_json else yaml.load(text, _UniqueKeys))  # noqa: S506 - a SafeLoader
    except ValidationError as error:
        problems = [Problem(file, _line(tree, one.path), _path(one.path), one.message) for one in _misfits(error)]
        raise BrokenOntology(problems) from error
    except yaml.MarkedYAMLError as error:
        raise BrokenOntology([_of_yaml(error, file)]) from error
    except ValueError as error:  # a date that is none, an integer of thousands of digits
        raise BrokenOntology([Problem(file, 0, "", str(error).splitlines()[0])]) from error


def load_files(folder: Path | None, files: tuple[Path, ...]) -> tuple[Ontology, ...]:
    """Return the ontologies of `files` and of all YAML and JSON files in `folder`, by name.

    Raises:
        UserError: a file is broken, two have the same name, or the folder is not there.
    """
    if folder is not None and not folder.is_dir():
        raise UserError(f"{folder} is no folder; set EPISODES_ONTOLOGY__DIR to the one with the ontology files")
    listed = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES) if folder is not None else []
    found: dict[str, tuple[Path, Ontology]] = {}
    for path in (*files, *listed):
        try:
            ontology = read_file(path)
        except BrokenOntology as broken:
            more = len(broken.problems) - 1
            others = f" ({more} more)" if more else ""
            raise UserError(
                f"{broken.problems[0]}{others}; mend it and try `episodes ontology check {path}`"
            ) from broken
        if ontology.name in found and found[ontology.name][0].resolve() != path.resolve():
            raise UserError(f"{path}: the name {ontology.name!r} is that of {found[ontology.name][0]} too; rename one")
        found[ontology.name] = (path, ontology)
    return tuple(found[name][1] for name in sorted(found))


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a key that is there twice: YAML's own reader would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping, all keys different."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is here twice", key.start_mark
                )
            seen.add(key.value if isinstance(key.value, str) else id(key))
        return super().construct_mapping(node, deep)


def _tree(text: str, file: str, *, is_json: bool) -> yaml.Node | None:
    """Return the nodes of a file with their lines; of a JSON file where YAML reads it too."""
    if is_json:
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            raise BrokenOntology([Problem(file, error.lineno, "", f"no JSON: {error.msg}")]) from error
        except (ValueError, RecursionError) as error:
            raise BrokenOntology([Problem(file, 0, "", f"no JSON: {error}")]) from error
    try:
        return yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        if is_json:
            return None
        raise BrokenOntology([_of_yaml(error, file)]) from error
    except (yaml.YAMLError, RecursionError) as error:
        if is_json:
            return None
        raise BrokenOntology([Problem(file, 0, "", f"no YAML: {' '.join(str(error).split())}")]) from error


def _of_yaml(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    return Problem(file, mark.line + 1 if mark else 0, "", f"no YAML: {error.problem or error.context}")


def _misfits(error: ValidationError) -> Iterator[Misfit]:
    """Return what pydantic found, and what only the whole shows, as paths and messages."""
    for detail in error.errors(include_url=False):
        listed = detail.get("ctx", {}).get("problems")
        if listed:
            yield from listed
            continue
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            message = "no such key; see `episodes schema ontology`"
        yield Misfit(tuple(part for part in detail["loc"] if part != "[key]"), message)


def _line(node: yaml.Node | None, path: tuple[str | int, ...]) -> int:
    """Return the line of the value at `path`, or of the last part of it that is there."""
    line = node.start_mark.line + 1 if node is not None else 0
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _path(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in path)
