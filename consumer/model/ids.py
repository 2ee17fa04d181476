"""Deterministic ids: the same log gives the same uuids on every machine, at every replay.

UUID version 5 (RFC 9562, section 5.5) of group, kind and key, under a namespace of our own.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Iterable

NAMESPACE = uuid.UUID("8f1f2c1e-6c1b-5d0e-9a53-0f5a2f6a7e11")
_NAMESPACE_BYTES = NAMESPACE.bytes
_SEPARATOR = "\x1f"
_SPACE = re.compile(r"\s+")


def deterministic_uuid(group_id: str, kind: str, *key: str) -> str:
    """Return the uuid (text form) of `key` within `kind` and `group_id`.

    Put together here, because a write needs a dozen an episode and `uuid.uuid5` takes more than twice as long.
    """
    name = _SEPARATOR.join((group_id, kind, *key)).encode()
    digest = hashlib.sha1(_NAMESPACE_BYTES + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def episode_uuid(group_id: str, event_id: str) -> str:
    """Return the id of the `Episodic` node of one event."""
    return deterministic_uuid(group_id, "episode", event_id)


def entity_uuid(group_id: str, key: str) -> str:
    """Return the id of the `Entity` node whose `name_key` is `key`."""
    return deterministic_uuid(group_id, "entity", key)


def mention_uuid(group_id: str, episode: str, entity: str) -> str:
    """Return the id of the `MENTIONS` relationship between an episode and an entity."""
    return deterministic_uuid(group_id, "mentions", episode, entity)


def saga_uuid(group_id: str, name: str) -> str:
    """Return the id of the `Saga` node of one name."""
    return deterministic_uuid(group_id, "saga", name)


def name_key(name: str) -> str:
    """Return the key under which a name is the same entity: NFKC, casefold, white space folded.

    No ASCII filter: names of every script keep all their letters, so 北京 and 上海 stay apart.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _SPACE.sub(" ", folded).strip()


def content_event_id(parts: Iterable[str]) -> str:
    """Return the event id of an event that names none: a hash of its parts (32 hexadecimal digits)."""
    return hashlib.sha256(_SEPARATOR.join(parts).encode()).hexdigest()[:32]
