"""What people see while a stack starts."""

import io

from rich.console import Console

from consumer.stack.console_display import ConsoleDisplay
from consumer.stack.display import SilentDisplay


def test_away_from_a_terminal_progress_is_a_line_now_and_then():
    """A log is not flooded: one line for each fifth."""
    text = io.StringIO()
    with ConsoleDisplay(Console(file=text)) as display:
        for done in range(101):
            display.fetched(done * 1_000_000, 100_000_000)
        display.announce("Kafka answers on 127.0.0.1:1")
    lines = text.getvalue().splitlines()
    assert lines[0] == "fetching jars: 0 of 100 MB"
    assert lines[-2:] == ["fetching jars: 100 of 100 MB", "Kafka answers on 127.0.0.1:1"]
    assert len(lines) == 7


def test_on_a_terminal_there_is_a_bar_then_a_spinner():
    """Both are taken away at the end."""
    text = io.StringIO()
    with ConsoleDisplay(Console(file=text, force_terminal=True, width=100)) as display:
        display.fetched(50_000_000, 100_000_000)
        display.fetched(100_000_000, 100_000_000)
        display.announce("starting Kafka and Neo4j")
    assert "fetching" in text.getvalue()
    assert "starting Kafka and Neo4j" in text.getvalue()


def test_silence_is_a_display_too():
    """The default of the Python interface."""
    SilentDisplay().fetched(1, 2)
    SilentDisplay().announce("nothing")
