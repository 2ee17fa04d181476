"""The part of docs/settings.md that lists every setting, made of the sections themselves.

Only what a class declares is read, never the environment, and no secret has a value here: the page is the same on every
machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel, SecretStr
from pydantic.fields import FieldInfo

from consumer.settings import Settings
from consumer.settings.strategy import PRESETS

BEGIN = "<!-- settings: written by `episodes schema settings --write docs/settings.md` -->"
END = "<!-- /settings -->"

PREFIX = "EPISODES_"
DELIMITER = "__"

_WORDS = {bool: "true or false", int: "integer", float: "number", str: "text", Path: "path", SecretStr: "secret"}
_BOUNDS = (("gt", "above"), ("ge", "from"), ("lt", "below"), ("le", "to"))
_MARKDOWN = re.compile(r"([|<*])")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its variables (the first is the usual one), its place in `Settings`, and what it is.

    `default` is as the variable would be written, `None` where it is empty by default; a secret never has one.
    """

    variables: tuple[str, ...]
    name: str
    type: str
    default: str | None
    is_secret: bool
    description: str


@dataclass(frozen=True, slots=True)
class Table:
    """Settings that belong together; with `is_json` they are keys within one variable and have none of their own."""

    name: str
    about: str
    settings: tuple[Setting, ...]
    is_json: bool = False


def tables() -> tuple[Table, ...]:
    """Return the settings that belong to no section first, then every section, one within another after it."""
    return tuple(_tables("", Settings, {}, "Of no section."))


def markdown() -> str:
    """Return a table for each section, and one of what the strategies set."""
    parts = []
    for table in tables():
        parts += [f"### {table.name or 'General'}", "", table.about, ""]
        parts += [f"| {'key' if table.is_json else 'variable'} | type | default | what it is |", "|---|---|---|---|"]
        parts += [_row(each) for each in table.settings]
        parts.append("")
    parts += ["### What a strategy sets", "", "Where the variable is not set itself.", ""]
    parts += ["| `EPISODES_STRATEGY` | sets |", "|---|---|"]
    parts += [f"| `{strategy.value}` | {_preset(preset)} |" for strategy, preset in PRESETS.items()]
    return "\n".join(parts) + "\n"


def records() -> list[dict[str, Any]]:
    """Return the settings for scripts."""
    return [
        {**asdict(each), "type": each.type.replace("`", ""), "section": table.name}
        for table in tables()
        for each in table.settings
    ]


def _tables(name: str, model: type[BaseModel], defaults: Mapping[str, Any], about: str) -> Iterator[Table]:
    """Yield the table of a section whose fields default to `defaults` before their own, then those within it."""
    settings: list[Setting] = []
    within: list[Table] = []
    for field_name, field in model.model_fields.items():
        path = f"{name}.{field_name}" if name else field_name
        value = defaults.get(field_name, field.default)
        if isinstance(value, BaseModel):
            within += _tables(path, type(value), dict(value), _first_line(type(value)))
            continue
        settings.append(_setting(path, field, value))
        within += [
            Table(path, f"{_first_line(part)} Keys of each value of `{_variable(path)}`.", _keys(part), is_json=True)
            for part in _models(field.annotation)
        ]
    yield Table(name, about, tuple(settings))
    yield from within


def _keys(model: type[BaseModel]) -> tuple[Setting, ...]:
    """Return the fields of a model that is a value within a variable's JSON."""
    found = (_setting(name, field, field.default) for name, field in model.model_fields.items())
    return tuple(Setting((), each.name, each.type, each.default, each.is_secret, each.description) for each in found)


def _setting(path: str, field: FieldInfo, value: Any) -> Setting:
    is_secret = SecretStr in _parts(field.annotation)
    default = None if is_secret else _default(value, is_required=field.is_required())
    what = _type(field.annotation, field.metadata)
    return Setting(_variables(path, field), path, what, default, is_secret, field.description or "")


def _variables(path: str, field: FieldInfo) -> tuple[str, ...]:
    """Return the names of its variables; of several the plain one, which others know too, comes first."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(sorted((str(each) for each in alias.choices), key=lambda each: each.startswith(PREFIX)))
    return (_variable(path),)


def _variable(path: str) -> str:
    return PREFIX + path.replace(".", DELIMITER).upper()


def _default(value: Any, *, is_required: bool) -> str | None:
    """Return a default as its variable would be written.

    Raises:
        TypeError: it is a path, which may be another on the next machine.
    """
    if is_required:
        return "to be given"
    if isinstance(value, Path):
        raise TypeError(f"a default that depends on the machine can't be printed: {value}")
    if value is None or value == "":
        return None
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _type(annotation: Any, metadata: list[Any]) -> str:
    """Return a type in words, with its bounds and choices."""
    parts = [_words(each, metadata) for each in _without_none(annotation)]
    return " or ".join(parts)


def _words(annotation: Any, metadata: list[Any]) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(arguments[0], [*_flat(arguments[1:]), *metadata])
    if origin is Literal:
        return _choices(arguments)
    if origin is tuple:
        return f"JSON list of {_type(arguments[0], [])}"
    if origin is dict:
        return f"JSON object of {_type(arguments[0], [])} to {_type(arguments[1], [])}"
    if annotation in _WORDS:
        return ", ".join([_WORDS[annotation], *_bounds(metadata)])
    return _choices([each.value for each in annotation]) if issubclass(annotation, Enum) else "object"


def _bounds(metadata: list[Any]) -> list[str]:
    """Return the bounds of a number in words."""
    return [
        f"{word} {bound}"
        for name, word in _BOUNDS
        for constraint in metadata
        if (bound := getattr(constraint, name, None)) is not None
    ]


def _flat(metadata: tuple[Any, ...]) -> list[Any]:
    """Return constraints with those that a `Field` holds in its place."""
    return [each for item in metadata for each in (item.metadata if isinstance(item, FieldInfo) else [item])]


def _choices(values: Any) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _without_none(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union but for `None`, or the type alone."""
    if get_origin(annotation) in {Union, UnionType}:
        return tuple(each for each in get_args(annotation) if each is not type(None))
    return (annotation,)


def _parts(annotation: Any) -> set[Any]:
    """Return all types that an annotation is made of."""
    return {annotation}.union(*(_parts(each) for each in get_args(annotation) if not isinstance(each, str)))


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models within an annotation, values of a JSON object."""
    found = [each for each in _parts(annotation) if isinstance(each, type) and issubclass(each, BaseModel)]
    return sorted(found, key=lambda each: each.__name__)


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _row(setting: Setting) -> str:
    names = ", ".join(f"`{each}`" for each in setting.variables or (setting.name,))
    unset = "not set" if setting.is_secret else "empty"
    default = unset if setting.default is None else f"`{setting.default}`"
    return f"| {names} | {setting.type} | {default} | {_cell(setting.description)} |"


def _cell(text: str) -> str:
    """Return a description for a cell of a Markdown table; what stands in backticks is left alone."""
    parts = text.split("`")
    return "`".join(part if number % 2 else _MARKDOWN.sub(r"\\\1", part) for number, part in enumerate(parts))


def _preset(preset: Mapping[str, Mapping[str, Any]]) -> str:
    found = [
        f"`{_variable(f'{section}.{name}')}={value}`"
        for section, values in preset.items()
        for name, value in values.items()
    ]
    return ", ".join(found) or "nothing: the defaults"
