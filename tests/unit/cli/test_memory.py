"""`episodes doctor --memory` with given counts needs no database."""

import json

from typer.testing import CliRunner

from consumer.cli.main import build

COUNTS = ["--entities", "300000", "--facts", "500000", "--episodes", "500000"]


def test_given_counts_are_advised_on():
    """Settings on standard output, so that they can be written into a file; the sums beside it."""
    result = CliRunner().invoke(build(), ["doctor", "--memory", *COUNTS])
    assert result.exit_code == 0
    assert "server.memory.pagecache.size=" in result.stdout
    assert "machine" in result.stderr
    assert all("=" in line for line in result.stdout.split())


def test_as_json_with_a_dimension():
    """Everything, for scripts."""
    result = CliRunner().invoke(build(), ["doctor", "--memory", *COUNTS, "--dimension", "0", "--json"])
    found = json.loads(result.stdout)
    assert (found["vector_indexes_mb"], found["stored_vectors_mb"]) == (0, 0)
    assert found["settings"][0].startswith("server.memory.heap.initial_size=")


def test_counts_without_memory_are_wrong_usage():
    """They would be ignored."""
    result = CliRunner().invoke(build(), ["doctor", "--entities", "5"])
    assert result.exception.exit_code == 2
