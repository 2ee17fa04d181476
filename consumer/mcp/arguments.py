"""Reading what callers of the tools give: groups in one form or another, instants with or without a zone. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from consumer.errors import UserError
from consumer.model.events import GroupId
from consumer.model.instants import to_utc

SOURCES = ("text", "json", "message")
_GROUP: TypeAdapter[str] = TypeAdapter(GroupId)


def groups(given: str | Sequence[str] | None, default: str) -> tuple[str, ...]:
    """Return the groups of a call: a name, or several; none is the default one.

    Raises:
        UserError: a name is none of a group.
    """
    names = [default] if given is None else [given] if isinstance(given, str) else list(given)
    if not names:
        raise UserError("group_ids is empty: name a group, or leave it out")
    for name in names:
        try:
            _GROUP.validate_python(name)
        except ValidationError:
            raise UserError(f"group {name!r}: a group is 1 to 200 ASCII letters, digits, - and _") from None
    return tuple(dict.fromkeys(names))


def instant(name: str, text: str | None) -> datetime | None:
    """Return the instant of an argument; without a zone it is read as UTC, as Graphiti's server does.

    Raises:
        UserError: it is none.
    """
    if text is None or not text.strip():
        return None
    try:
        return to_utc(datetime.fromisoformat(text.strip()))
    except ValueError:
        raise UserError(f"{name} {text!r}: write it like 2024-05-01T12:00:00Z") from None


def source_of(given: str) -> tuple[str, str]:
    """Return the source of an episode, and a note where it is not the one given."""
    name = given.strip().casefold()
    if name in SOURCES:
        return name, ""
    return "text", f"source {given!r} is none of {', '.join(SOURCES)}: taken as text. "


def content_of(source: str, body: str) -> Any:
    """Return the content of an episode: text, or for `json` what the text says.

    Raises:
        UserError: it is to be JSON and is not.
    """
    if source != "json":
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UserError(f"episode_body is not JSON ({error}); send source 'text', or a JSON text") from None


def bounded(name: str, given: int, most: int) -> int:
    """Return a number of items that may be asked for.

    Raises:
        UserError: it is not 1 to `most`.
    """
    if not 1 <= given <= most:
        raise UserError(f"{name} {given}: 1 to {most} (mcp.max_items)")
    return given
