"""One case of the bad-input corpus: a record, and what becomes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

LOG_TIME_MS = 1_700_000_000_000

WRITTEN = "written"
REMOVED = "removed"


@dataclass(frozen=True)
class Case:
    """`verdict` is `written`, `removed`, or the reason of a dead letter.

    `is_refused_by_broker`: a producer can't get it into a topic today, so only decoding is asked about it.
    """

    name: str
    key: bytes | None
    value: bytes | None
    verdict: str
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp_ms: int = LOG_TIME_MS
    is_refused_by_broker: bool = False


class Maker:
    """Builds the cases of one group: each event has an id of its own, made from the case's name."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.key = group.encode()

    def fields(self, name: str, /, **changes) -> dict:
        """Return a right event of the group, with `changes`; a value of `...` takes the field away."""
        event = {"group_id": self.group, "event_id": f"case {name}", "content": "A note."} | changes
        return {field: value for field, value in event.items() if value is not ...}

    def event(self, name: str, verdict: str, /, headers=(), timestamp_ms=LOG_TIME_MS, **changes) -> Case:
        """Return the case of an event with changed fields."""
        value = json.dumps(self.fields(name, **changes)).encode()
        return Case(name, self.key, value, verdict, tuple(headers), timestamp_ms)

    def raw(self, name: str, verdict: str, value: bytes | str | None, **options) -> Case:
        """Return the case of any bytes; in a text, GROUP and EVENT stand for right ones."""
        if isinstance(value, str):
            value = value.replace("GROUP", f'"group_id":"{self.group}"').replace("EVENT", f'"event_id":"case {name}"')
            value = value.encode("utf-8", "surrogatepass")
        return Case(name, options.pop("key", self.key), value, verdict, **options)

    def fact(self, name: str, verdict: str, /, **changes) -> Case:
        """Return the case of a given fact with changed fields."""
        fact = {"subject": "Ada", "relation": "KNOWS", "object": "Bob"} | changes
        fact = {field: value for field, value in fact.items() if value is not ...}
        return self.event(name, verdict, facts=[fact])

    def entity(self, name: str, verdict: str, /, **changes) -> Case:
        """Return the case of a given fact whose subject is an entity with changed fields."""
        entity = {"name": f"Thing of {name}"} | changes
        return self.fact(name, verdict, subject={field: value for field, value in entity.items() if value is not ...})
