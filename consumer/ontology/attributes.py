"""An attribute's value as its declared type wants it. Pure; what it returns, given again, comes back unchanged."""

from __future__ import annotations

import math
import re
from datetime import date, datetime

from consumer.model.knowledge import Scalar
from consumer.ontology.model import AttributeType

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?\Z")
_INTEGER = re.compile(r"[+-]?\d{1,18}\Z")


def coerced(value: Scalar, kind: AttributeType) -> Scalar | None:
    """Return `value` as `kind`, None when it can't be read as such.

    A date keeps the precision it was said with: `1970`, `1970-05`, `1970-05-17`; its time of day is left out.
    """
    match kind:
        case AttributeType.TEXT:
            return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        case AttributeType.BOOLEAN:
            return value if isinstance(value, bool) else _WORDS.get(str(value).strip().lower())
        case AttributeType.INTEGER:
            return _integer(value)
        case AttributeType.NUMBER:
            return _number(value)
        case AttributeType.DATE:
            return _date(value)


def _integer(value: Scalar) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, int):
        return value
    return int(value) if _INTEGER.match(value := value.strip()) else None


def _number(value: Scalar) -> float | int | None:
    if isinstance(value, bool):
        return None
    try:
        number = value if isinstance(value, int) else float(value)
    except ValueError:
        return None
    return number if isinstance(number, int) or math.isfinite(number) else None


def _date(value: Scalar) -> str | None:
    if isinstance(value, bool | float):
        return None
    text = str(value).strip()
    if _PARTIAL_DATE.match(text):
        return text
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return None
