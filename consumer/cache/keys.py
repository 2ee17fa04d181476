"""Names and seals of cached values: what a key is made of, and how a damaged value is noticed.

Keys are hashes: short, and they tell nothing of the text they stand for. `VERSION` is part of each, so that another
layout of values finds none of the old ones.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence

VERSION = 1
"""Raised when the meaning of stored values changes; what was stored before ages out unread."""

PREFIX = f"episodes:cache:{VERSION}:"
"""How all our keys begin, in a Redis that others use too."""

_SEAL_BYTES = 4


def cache_key(kind: str, parts: Sequence[str | int | float | None]) -> str:
    """Return the key of a value of `kind` that is determined by all of `parts`, in this order."""
    text = json.dumps(list(parts), ensure_ascii=False, separators=(",", ":"))
    return f"{PREFIX}{kind}:{hashlib.blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=20).hexdigest()}"


def seal(key: str, value: bytes) -> bytes:
    """Return `value` with a checksum over it and its key, for levels whose bytes may be damaged or swapped."""
    return zlib.crc32(value, zlib.crc32(key.encode())).to_bytes(_SEAL_BYTES, "little") + value


def unseal(key: str, sealed: bytes | None) -> bytes | None:
    """Return what was sealed under `key`, or None when it is absent, cut, changed, or another key's."""
    if not isinstance(sealed, bytes) or len(sealed) < _SEAL_BYTES:
        return None
    value = sealed[_SEAL_BYTES:]
    return value if seal(key, value) == sealed else None
