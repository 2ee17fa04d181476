"""The command that runs Neo4j, which differs between its series."""

import pytest

from consumer.settings import StackSettings
from consumer.stack import neo4j_service
from consumer.stack.options import Launch, Program


@pytest.mark.parametrize(
    ("version", "main"),
    [("2026.08.1", "org.neo4j.server.Neo4jCommunity"), ("5.26.12", "org.neo4j.server.CommunityEntryPoint")],
)
def test_each_series_is_started_by_its_main_class(tmp_path, version, main):
    """The one of 5.26 LTS has another name than that of 2026."""
    program = Program(tmp_path / "java", (), ())
    command = neo4j_service.prepare(Launch(tmp_path, 7687, program, StackSettings(neo4j_version=version)))
    assert [each for each in command if each.startswith("org.neo4j.server")] == [main]
