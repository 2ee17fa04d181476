"""Where the next page of an answer begins, as a text that a person or a URL can carry. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from consumer.errors import UserError


def cursor_text(**values: Any) -> str:
    """Return `values` (what JSON can hold) as one word of URL-safe characters."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor_values(text: str, *names: str) -> list[Any]:
    """Return the values of `names` that `cursor_text` wrote.

    Raises:
        UserError: it did not.
    """
    try:
        values = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        return [values[name] for name in names]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{text[:40]!r} is no cursor of this question: take next_cursor as it is", exit_code=2
        ) from error
