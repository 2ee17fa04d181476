"""Entity types out of pydantic models: a class is a type, its docstring its description, fields are attributes."""

from __future__ import annotations

import types
from collections.abc import Sequence
from datetime import date, datetime
from inspect import cleandoc
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from consumer.ontology.model import AttributeSpec, AttributeType, EntityType

_KINDS: dict[Any, AttributeType] = {
    str: AttributeType.TEXT,
    int: AttributeType.INTEGER,
    float: AttributeType.NUMBER,
    bool: AttributeType.BOOLEAN,
    date: AttributeType.DATE,
    datetime: AttributeType.DATE,
}


def entity_types(models: Sequence[type[BaseModel]]) -> dict[str, EntityType]:
    """Return the entity type of each model by its name; a base class among the models is the parent.

    Raises:
        ValueError: a field is no text, number, boolean or date (each may be None too).
    """
    return {model.__name__: _entity_type(model, models) for model in models}


def _entity_type(model: type[BaseModel], models: Sequence[type[BaseModel]]) -> EntityType:
    parent = next((known for base in model.__mro__[1:] for known in models if known is base), None)
    inherited = parent.model_fields if parent is not None else {}
    attributes = {
        name: AttributeSpec(
            type=_kind(field.annotation, f"{model.__name__}.{name}"), description=field.description or ""
        )
        for name, field in model.model_fields.items()
        if name not in inherited
    }
    return EntityType(
        description=cleandoc(model.__doc__ or ""),
        parent=parent.__name__ if parent is not None else None,
        attributes=attributes,
    )


def _kind(annotation: Any, where: str) -> AttributeType:
    if get_origin(annotation) in {Union, types.UnionType}:
        kinds = {_kind(one, where) for one in get_args(annotation) if one is not type(None)}
        if len(kinds) == 1:
            return kinds.pop()
    elif annotation in _KINDS:
        return _KINDS[annotation]
    raise ValueError(f"{where}: an attribute is a str, int, float, bool, date or datetime, not {annotation!r}")
