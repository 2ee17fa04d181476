"""The copy of a record in another namespace: same event, under another group. Pure.

Key, timestamp and headers stay; two headers tell the run and the record that is repeated. Without a prefix the value's
bytes stay too. With one, the group in key and value gets it, and an event that names no `event_id` gets the one it had
in its own group: it is a hash that the group is part of, and removals and unnamed episodes go by it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from consumer.errors import EpisodeFault, UserError
from consumer.model.episode import Episode, Rejected, Removal
from consumer.model.replay import ORIGIN, RUN_ID
from consumer.model.work import Record
from consumer.pipeline.decode import decode
from consumer.pipeline.limits import check_record
from consumer.settings import PipelineSettings

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
MAX_GROUP_CHARS = 200
"""What the event contract allows a group."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A record to be published, and what the one that it repeats was found to be."""

    record: Record
    found: Episode | Removal | Rejected


class Copier:
    """Makes the copies of one run.

    C1: a copy decodes to what its original decodes to, but for the group (and ids made from it), with the same
        settings: also when that is a rejection, and for the same reason.
    C2: copies are a function of the original, the prefix and the run id.
    """

    def __init__(self, settings: PipelineSettings, *, run_id: str, prefix: str = "") -> None:
        """Take the limits of the pods that will read."""
        self._settings = settings
        self._run_id = run_id.encode()
        self._prefix = prefix

    def copy(self, record: Record) -> Copy:
        """Return the copy of `record`.

        Raises:
            UserError: it would be over a limit that the original keeps to.
        """
        found = decode(record, self._settings)
        origin = f"{record.topic}/{record.partition}/{record.offset}".encode()
        kept = (header for header in record.headers if header[0] not in {RUN_ID, ORIGIN})
        made = Record(
            record.topic,
            record.partition,
            record.offset,
            record.timestamp_ms,
            self._key(record.key),
            self._value(record.value, found) if self._prefix else record.value,
            (*kept, (RUN_ID, self._run_id), (ORIGIN, origin)),
        )
        if not isinstance(found, Rejected):
            self._check(made, found.group_id)
        return Copy(made, found)

    def _key(self, key: bytes | None) -> bytes | None:
        return self._prefix.encode() + key if key else key

    def _value(self, value: bytes | None, found: Episode | Removal | Rejected) -> bytes | None:
        """Return the value with the group renamed; as it is where it names none."""
        if value is None:
            return None
        try:
            event = from_json(value, allow_inf_nan=False)
        except ValueError:
            return value
        group_id = event.get("group_id") if isinstance(event, dict) else None
        # An empty group is no group; with a prefix it would be one.
        if not isinstance(group_id, str) or not group_id:
            return value
        changed: dict[str, Any] = {"group_id": self._prefix + group_id}
        if isinstance(found, Episode) and event.get("event_id") is None:
            changed["event_id"] = found.event_id
        try:
            return _bytes({**event, **changed})
        except ValueError:
            # It holds a number that Python does not write as JSON. The last of two equal names counts.
            return value.rstrip()[:-1] + b"," + _bytes(changed)[1:]

    def _check(self, made: Record, group_id: str) -> None:
        """Refuse to spoil a good record."""
        place = f"{made.topic}/{made.partition}/{made.offset}"
        if len(self._prefix) + len(group_id) > MAX_GROUP_CHARS:
            raise UserError(
                f"the copy of {place} would be rejected: its group would have over {MAX_GROUP_CHARS} characters; "
                "take a shorter --group-prefix"
            )
        try:
            check_record(made, self._settings)
        except EpisodeFault as fault:
            raise UserError(
                f"the copy of {place} would be rejected ({fault}); raise the limit here and for the pods"
            ) from fault


def _bytes(event: dict[str, Any]) -> bytes:
    return _ENCODER.encode(event).encode()
