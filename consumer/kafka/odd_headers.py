"""Records whose header names are not UTF-8: other clients can write them, and this one cannot read them.

It raises while it unpacks the fetched batch, again at every fetch, so that one record would stop the partition for
ever. From the first such record on this process unpacks with the client's own Python reader, and header names that are
no UTF-8 read as text with a backslash for each odd byte.
"""

from __future__ import annotations

from typing import Any, SupportsIndex

from aiokafka.consumer import fetcher
from aiokafka.record import memory_records
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.legacy_records import LegacyRecordBatch


def are_readable() -> bool:
    """Whether odd header names are read already."""
    return fetcher.MemoryRecords is _Records


def read() -> None:
    """Read odd header names from now on, in the whole process; slower than the client's compiled reader."""
    fetcher.MemoryRecords = _Records


class _Slice(bytearray):
    """Bytes that decode whatever they hold."""

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


class _Buffer(bytearray):
    """Bytes whose slices decode whatever they hold."""

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        found = super().__getitem__(key)
        return found if isinstance(found, int) else _Slice(found)


class _Batch(_DefaultRecordBatchPy):  # type: ignore[misc] # aiokafka is untyped
    """A batch that is unpacked from such a buffer."""

    _buffer: Any

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        if not isinstance(self._buffer, _Buffer):
            self._buffer = _Buffer(self._buffer)


class _Records:
    """The batches of one fetched partition; the client's own class is final, so it is wrapped."""

    def __init__(self, bytes_data: bytes) -> None:
        self._records = memory_records._MemoryRecordsPy(bytes_data)  # noqa: SLF001 - the compiled one hides its slices

    def size_in_bytes(self) -> int:
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def next_batch(self) -> Any:
        piece = self._records._next_slice  # noqa: SLF001 - see above
        batch = self._records.next_batch()
        if piece is None or isinstance(batch, LegacyRecordBatch):
            return batch
        return _Batch(piece)
