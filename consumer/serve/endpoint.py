"""One endpoint of the API as data: the app's routes and the OpenAPI document are both made from it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from consumer.app.memory import Memory
from consumer.model.events import GroupId
from consumer.serve.problems import Problem
from consumer.serve.wire import Uuid, Wire

Q = TypeVar("Q", bound=Wire)
B = TypeVar("B", bound=Wire)

PATH_TYPES: dict[str, TypeAdapter[str]] = {"group_id": TypeAdapter(GroupId), "uuid": TypeAdapter(Uuid)}
"""What may stand in a path, by the parameter's name."""


class Nothing(Wire):
    """No query parameters, or no body."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """A request, checked: what stands in its path, its query parameters and its body."""

    path: Mapping[str, str]
    query: Q
    body: B

    @property
    def group_id(self) -> str:
        """The group in the path."""
        return self.path["group_id"]

    @property
    def uuid(self) -> str:
        """The id in the path."""
        return self.path["uuid"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Method, path, what it takes and answers, and who answers. `publishes`: refused when the API is read-only."""

    method: str
    path: str
    name: str
    summary: str
    answer: Any
    handle: Callable[[Memory, Call[Any, Any]], Awaitable[Any]]
    tag: str
    query: type[Wire] = Nothing
    body: type[Wire] | None = None
    status: HTTPStatus = HTTPStatus.OK
    publishes: bool = False
    description: str = ""
    faults: tuple[HTTPStatus, ...] = field(default=())

    def call(self, path: Mapping[str, str], query: Mapping[str, list[str]], body: bytes | None) -> Call[Any, Any]:
        """Return the request, checked.

        Raises:
            Problem: something of it is not as it must be; all that is wrong is told at once.
        """
        for name, text in path.items():
            try:
                PATH_TYPES[name].validate_python(text)
            except ValidationError as error:
                raise _wrong(HTTPStatus.NOT_FOUND, "path", error, name) from error
        return Call(path, _query(self.query, query), self._body(body))

    def _body(self, body: bytes | None) -> Wire:
        if self.body is None:
            return Nothing()
        try:
            return self.body.model_validate_json(body or b"")
        except ValidationError as error:
            raise _wrong(HTTPStatus.UNPROCESSABLE_ENTITY, "body", error) from error


def _query(model: type[Wire], given: Mapping[str, list[str]]) -> Wire:
    plain: dict[str, Any] = {}
    for name, texts in given.items():
        declared = model.model_fields.get(name)
        if declared is not None and _is_many(declared.annotation):
            plain[name] = texts
        elif len(texts) == 1:
            plain[name] = texts[0]
        else:
            raise Problem(HTTPStatus.BAD_REQUEST, f"query parameter {name!r} is given {len(texts)} times")
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        raise _wrong(HTTPStatus.UNPROCESSABLE_ENTITY, "query", error) from error


def _is_many(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is tuple


def _wrong(status: HTTPStatus, where: str, error: ValidationError, *prefix: str) -> Problem:
    """Return what is wrong, each with where: values are not quoted."""
    found = [
        {
            "in": where,
            "pointer": "".join(f"/{part}" for part in (*prefix, *detail["loc"])),
            "detail": detail["msg"].removeprefix("Value error, "),
        }
        for detail in error.errors(include_url=False, include_input=False, include_context=False)[:20]
    ]
    first = found[0]
    named = f"{first['pointer'].lstrip('/')}: " if first["pointer"] else ""
    return Problem(status, f"{where}: {named}{first['detail']}", errors=found)


def cursor_of(*parts: Any) -> str:
    """Return a cursor that holds `parts`, opaque to the client."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode(errors="surrogatepass")).decode().rstrip("=")


def parts_of(cursor: str, *kinds: type) -> list[Any]:
    """Return what `cursor_of` put into a cursor.

    Raises:
        Problem: it is none of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _no_cursor() from error
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds):
        raise _no_cursor()
    return parts


def _no_cursor() -> Problem:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "query: cursor: is not one of this list",
        errors=[{"in": "query", "pointer": "/cursor", "detail": "is not one of this list"}],
    )
