"""What the spans of the calls made inside say besides what the client itself knows: which tier, whether a hedge.

Travels with the task, through whatever wraps the client, so that no wrapper has to hand it on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from opentelemetry.util.types import AttributeValue

_NONE: Mapping[str, AttributeValue] = MappingProxyType({})
_LABELS: ContextVar[Mapping[str, AttributeValue]] = ContextVar("labels", default=_NONE)


@contextmanager
def labelled(attributes: Mapping[str, AttributeValue]) -> Iterator[None]:
    """Give the spans of the calls made inside these attributes too, beside those given further out."""
    token = _LABELS.set({**_LABELS.get(), **attributes})
    try:
        yield
    finally:
        _LABELS.reset(token)


def with_labels(attributes: Mapping[str, AttributeValue]) -> Mapping[str, AttributeValue]:
    """Return `attributes` and the labels that hold here; what the call says itself counts."""
    labels = _LABELS.get()
    return {**labels, **attributes} if labels else attributes
