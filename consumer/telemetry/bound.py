"""Instruments that find their place once: the SDK looks each measurement up anew, for each reader, in plain Python.

Cleaning and hashing the same few labels again was half of what telemetry cost. Here they are looked up once for each
set of labels, and a measurement goes straight to its sums. This reaches into the SDK, whose release is pinned: where
its inside is another, or a provider is not the SDK's, every measurement takes the public way.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from time import time_ns
from typing import Any, Generic, Protocol, TypeVar

from opentelemetry.context import Context, get_current
from opentelemetry.metrics import Counter, Histogram
from opentelemetry.util.types import AttributeValue

_MOST_BOUND = 2_000

InstrumentT = TypeVar("InstrumentT", Counter, Histogram)
Labels = Mapping[str, AttributeValue]


class _Sum(Protocol):
    """What a reader keeps of one set of labels."""

    def aggregate(self, measurement: Any, should_sample_exemplar: bool = True) -> None:
        """Add a measurement."""
        ...


class _Measurement:
    """What a sum reads of a measurement."""

    __slots__ = ("attributes", "context", "time_unix_nano", "value")

    def __init__(self, value: float, attributes: Labels, context: Context) -> None:
        self.value = value
        self.time_unix_nano = time_ns()
        self.attributes = attributes
        self.context = context


class _Bound(Generic[InstrumentT]):
    """An instrument, and the sums of the label sets that it has seen.

    B1: what is read in the end is what the instrument itself would have kept. A label is always of one type.
    B2: only histograms keep exemplars: a counter's name none that a person would look for.
    """

    _has_exemplars = True

    def __init__(self, instrument: InstrumentT) -> None:
        """Take the instrument of a meter, the SDK's or another."""
        self._instrument: InstrumentT = instrument
        self._consumer: Any = getattr(instrument, "_measurement_consumer", None)
        self._storages: Any = None
        self._sums: dict[tuple[tuple[str, AttributeValue], ...], list[_Sum]] = {}

    def _put(self, value: float, labels: Labels, context: Context | None) -> bool:
        """Add to the sums; False when it has to go the public way."""
        if self._consumer is None or not 0 <= value < inf:
            return False
        if self._storages is not self._consumer._reader_storages:  # noqa: SLF001 - a reader came or went
            self._storages = self._consumer._reader_storages  # noqa: SLF001
            self._sums.clear()
        key = tuple(labels.items())
        sums = self._sums.get(key)
        if sums is None:
            sums = self._found(labels)
            if sums is None:
                return False
            if len(self._sums) < _MOST_BOUND:
                self._sums[key] = sums
        point = _Measurement(value, labels, context or get_current())
        is_exemplar = self._has_exemplars and self._consumer._sdk_config.exemplar_filter.should_sample(  # noqa: SLF001
            value, point.time_unix_nano, labels, point.context
        )
        for each in sums:
            each.aggregate(point, is_exemplar)
        return True

    def _found(self, labels: Labels) -> list[_Sum] | None:
        """Return the sums of these labels, one a reader and view; None where the SDK is not as we know it."""
        try:
            from opentelemetry.sdk.metrics._internal._view_instrument_match import (  # noqa: PLC0415 - may be gone
                _hash_attributes as hashed,
            )

            matches = [
                match
                for storage in self._storages.values()
                for match in storage._get_or_init_view_instrument_match(self._instrument)  # noqa: SLF001
            ]
            if any(match._reset_on_collect or match._view._attribute_keys is not None for match in matches):  # noqa: SLF001
                self._consumer = None
                return None
            found: list[_Sum] = []
            for match in matches:
                with match._lock:  # noqa: SLF001
                    found.append(match._get_or_create_aggregation(hashed(labels), dict(labels)))  # noqa: SLF001
        except (AttributeError, ImportError, TypeError):
            self._consumer = None
            return None
        return found


class BoundHistogram(_Bound[Histogram]):
    """Records as the histogram does."""

    def record(self, value: float, labels: Labels, context: Context | None = None) -> None:
        """Record `value`; its exemplar is of `context`, by default the current one."""
        if not self._put(value, labels, context):
            self._instrument.record(value, labels, context)


class BoundCounter(_Bound[Counter]):
    """Adds as the counter does."""

    _has_exemplars = False

    def add(self, value: float, labels: Labels) -> None:
        """Add `value`."""
        if not self._put(value, labels, None):
            self._instrument.add(value, labels)
