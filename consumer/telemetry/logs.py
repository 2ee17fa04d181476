"""Log lines: one JSON object a line with the trace it belongs to, or plain text for a person at a terminal.

Configured once, by the command line; the package's modules only call `logging.getLogger(__name__)`. Values that
look like credentials are starred out whatever the level.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from opentelemetry import trace

from consumer.clock import Clock, SystemClock
from consumer.settings import TelemetrySettings

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET_FIELD = re.compile(r"password|secret|api_?key|authorization|(^|_)token$", re.IGNORECASE)
_SECRET_TEXT = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)|\bsk-[A-Za-z0-9_-]{8,}|(?<=Bearer )\S+")
_STARS = "***"
# Clients that tell every reconnect at length; their warnings and errors stay.
_CHATTY = ("aiokafka", "neo4j", "openai", "httpx", "httpx2", "httpcore", "httpcore2", "urllib3")


class JsonFormatter(logging.Formatter):
    """One JSON object: time, level, logger, message, extra fields, and trace_id and span_id inside a span."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without a line break in it."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(extra_fields(record))
        line.update(trace_ids())
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return scrub(json.dumps(line, ensure_ascii=False, default=str))


class TextFormatter(logging.Formatter):
    """`12:00:01 WARNING consumer.kafka: message key=value`, for a person."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, followed by the stack trace when there is one."""
        moment = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        extra = "".join(f" {name}={value}" for name, value in extra_fields(record).items())
        line = f"{moment} {record.levelname} {record.name}: {record.getMessage()}{extra}"
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return scrub(line)


class Seldom(logging.Filter):
    """Lets the same message of the same logger pass once in `seconds`: a dead collector must not fill the log."""

    def __init__(self, seconds: float = 60.0, clock: Clock | None = None) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock or SystemClock()
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record passes."""
        key = (record.name, str(record.msg))
        now = self._clock.monotonic()
        last = self._last.get(key)
        if last is not None and now - last < self._seconds:
            return False
        self._last[key] = now
        return True


def configure_logging(settings: TelemetrySettings, stream: TextIO | None = None) -> None:
    """Make the root logger write to `stream` (standard error by default) in the configured format and level.

    Called again it replaces what it set before, so that a test or a command can change its mind.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.set_name("episodes")
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if kept.get_name() != "episodes"]
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    handler.addFilter(_exporter_seldom)


def configure_command_logging(stream: TextIO | None = None) -> None:
    """Make a short command write our own warnings as plain lines; what clients say of a failure is left to its error.

    For commands that end by themselves; `episodes run` takes `configure_logging`.
    """
    configure_logging(TelemetrySettings(log_format="text", log_level="WARNING"), stream)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL)


_SELDOM = Seldom()


def _exporter_seldom(record: logging.LogRecord) -> bool:
    """Let all pass but repetitions of OpenTelemetry's own complaints."""
    return not record.name.startswith("opentelemetry.") or _SELDOM.filter(record)


def extra_fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what the caller passed as `extra`, with credentials starred out."""
    return {
        name: _STARS if _SECRET_FIELD.search(name) else value
        for name, value in vars(record).items()
        if name not in _STANDARD
    }


def trace_ids() -> dict[str, str]:
    """Return trace_id and span_id of the current span in hexadecimal, or nothing outside a trace."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def scrub(text: str) -> str:
    """Return `text` with user:password@ of addresses, API keys and bearer tokens starred out."""
    return _SECRET_TEXT.sub(_STARS, text)
