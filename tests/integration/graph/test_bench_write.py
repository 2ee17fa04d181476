"""`episodes bench write` against a real Neo4j, in small."""

import asyncio
import json

from plugins.graph import DIMENSION
from plugins.graph_dump import wipe
from typer.testing import CliRunner

from consumer.cli.main import build


async def test_the_write_stage_is_measured_by_size(neo4j_uri, database, narrator, tmp_path):
    """Rate, CPU of both sides where it can be told, and queries; for each size of the graph."""
    out = tmp_path / "report.json"
    arguments = ["--episodes", "12", "--preload", "0", "--preload", "20", "--groups", "2", "--batch", "6"]
    arguments += ["--dimension", str(DIMENSION), "--warm-up", "0", "--neo4j", neo4j_uri, "--out", str(out), "--json"]
    arguments += ["--name", narrator.group_id]
    result = await asyncio.to_thread(CliRunner().invoke, build(), ["bench", "write", *arguments])
    for number in range(2):
        await wipe(database, f"{narrator.group_id}_{number}")
    assert result.exit_code == 0, result.output
    report = json.loads(out.read_text())
    assert json.loads(result.stdout) == report
    assert [size["size"] for size in report["sizes"]] == [0, 20]
    for size in report["sizes"]:
        assert size["episodes"] == 12
        assert size["episodes_per_s"] > 0 < size["client_cpu_ms"]
        assert {"write_episodes", "write_facts", "write_mentions"} <= size["query_ms"].keys()
