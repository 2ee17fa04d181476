"""A record as bytes, cut into parts and joined again: for what the dead-letter topic does not take in one record.

Pure. The form is told in `model.dead_letter.PartHeaders`. Equal records and counts give equal parts, so that parts of
two attempts at the same letter can stand for each other.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from consumer.model.work import Record

_LENGTH_BYTES = 4
Content: TypeAlias = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]
"""Key, value and headers of a record."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The bytes of a record's key, headers and value, and their hash."""

    body: bytes
    sha256: str

    def count(self, part_bytes: int) -> int:
        """Return how many parts of at most `part_bytes` it makes."""
        return -(-len(self.body) // part_bytes)

    def parts(self, count: int) -> Iterator[bytes]:
        """Yield its `count` parts, all but the last ones of equal length."""
        length = -(-len(self.body) // count)
        view = memoryview(self.body)
        for index in range(count):
            yield bytes(view[index * length : (index + 1) * length])


def whole(record: Record) -> Whole:
    """Return key, headers and value of `record` as bytes."""
    about = {
        "key": _text(record.key),
        "headers": [[name, _text(value)] for name, value in record.headers],
        "has_value": record.value is not None,
    }
    told = json.dumps(about, separators=(",", ":")).encode()  # ASCII: a name with lone surrogates stays as it is
    body = b"".join((len(told).to_bytes(_LENGTH_BYTES, "big"), told, record.value or b""))
    return Whole(body, hashlib.sha256(body).hexdigest())


def join(parts: Sequence[bytes], sha256: str) -> Content:
    """Return key, value and headers of the record whose `parts` these are, in order.

    Raises:
        ValueError: they are not its parts.
    """
    body = b"".join(parts)
    if hashlib.sha256(body).hexdigest() != sha256:
        raise ValueError("its parts do not add up to what was sent: the SHA-256 differs")
    begin = _LENGTH_BYTES + int.from_bytes(body[:_LENGTH_BYTES], "big")
    try:
        about = json.loads(body[_LENGTH_BYTES:begin])
        key, has_value = _bytes(about["key"]), bool(about["has_value"])
        headers = tuple((str(name), _bytes(value)) for name, value in about["headers"])
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"its parts are not of a known form: {error}") from error
    return key, body[begin:] if has_value else None, headers


def _text(value: bytes | None) -> str | None:
    """Return bytes as base64."""
    return None if value is None else base64.b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    """Return the bytes of base64."""
    return None if text is None else base64.b64decode(text, validate=True)
