"""Log lines parse, carry the trace, and never a credential."""

import io
import json
import logging

import pytest
from pydantic import SecretStr

from consumer.settings import TelemetrySettings
from consumer.telemetry.calls import client_call
from consumer.telemetry.logs import JsonFormatter, Seldom, TextFormatter, configure_logging


@pytest.fixture
def lines():
    """A logger whose JSON lines can be read back."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("tests.logs")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield logger, lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)


def test_line_is_one_json_object_with_its_extra_fields(lines):
    """Line breaks and other scripts in a message stay within one line."""
    logger, read = lines
    logger.info("written\n北京", extra={"partition": 3, "offset": 41})
    (line,) = read()
    assert line["message"] == "written\n北京"
    assert (line["level"], line["logger"], line["partition"], line["offset"]) == ("INFO", "tests.logs", 3, 41)
    assert line["time"].endswith("Z")
    assert "trace_id" not in line


def test_line_inside_a_span_carries_its_trace(lines, exporter):
    """A log line and its span can be joined by ids."""
    logger, read = lines
    with client_call("x", {}):
        logger.warning("inside")
    (span,) = exporter.get_finished_spans()
    (line,) = read()
    assert line["trace_id"] == f"{span.context.trace_id:032x}"
    assert line["span_id"] == f"{span.context.span_id:016x}"


def test_exception_stays_in_its_line(lines):
    """A stack trace is a field, not further lines."""
    logger, read = lines
    try:
        int("x")
    except ValueError:
        logger.exception("failed")
    (line,) = read()
    assert "ValueError: invalid literal" in line["exception"]


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_credentials_are_starred_out(formatter):
    """Passwords, keys and tokens are hidden wherever they stand."""
    record = logging.makeLogRecord(
        {
            "msg": "connect bolt://neo4j:hunter2@db:7687 with sk-abcdefghijkl and Bearer eyJhbGciOi",
            "sasl_password": "hunter2",
            "api_key": SecretStr("hunter2"),
            "holder": SecretStr("hunter2"),
            "input_tokens": 12,
        }
    )
    line = formatter.format(record)
    for secret in ("hunter2", "sk-abcdefghijkl", "eyJhbGciOi"):
        assert secret not in line
    assert "12" in line
    assert "db:7687" in line


def test_repeated_complaint_passes_once_a_minute():
    """A dead collector does not fill the log."""

    class Hand:
        now = 0.0

        def monotonic(self):
            return self.now

    clock = Hand()
    seldom = Seldom(60.0, clock)
    record = logging.makeLogRecord({"name": "opentelemetry.exporter", "msg": "Failed to export"})
    passed = []
    for clock.now in (0.0, 1.0, 59.0, 60.0, 61.0):
        passed.append(seldom.filter(record))
    assert passed == [True, False, False, True, False]


def test_configuring_again_replaces_the_handler():
    """Two calls do not double the lines."""
    before = list(logging.getLogger().handlers)
    level = logging.getLogger().level
    stream = io.StringIO()
    try:
        configure_logging(TelemetrySettings(), stream)
        configure_logging(TelemetrySettings(log_format="text"), stream)
        logging.getLogger("consumer.x").info("hello")
        assert len(stream.getvalue().splitlines()) == 1
        assert "INFO consumer.x: hello" in stream.getvalue()
    finally:
        logging.getLogger().handlers = before
        logging.getLogger().setLevel(level)
