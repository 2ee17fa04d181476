"""A real Prometheus scrapes a real pod: every query of dashboards and rules is answered, exemplars arrive."""

import contextlib
import json
import shutil
import socket
import subprocess
from functools import partial

import aiohttp
import pytest
import yaml
from plugins.end_to_end import until
from plugins.measured_run import measured
from repository import ROOT

RULES = [str(ROOT / "ops/prometheus/rules" / name) for name in ("recording.yml", "alerts.yml")]
EMPTY_IN_A_POD_THAT_DOES_WELL = {
    "Works through a stage that failed",
    "Calls tried again",
    "Outages",
    "Event loop held",
    "Mapped without a model call",
    "Deviations",
    "Calls without a known price",
    "Estimated, not reported",
    "Model calls that failed",
    "Calls to another model, and second calls",
    "Faults of Redis and disk",
    "Transactions that failed",
    "Searches that the cache of results answers",
    "Questions",
    "Questions, 95th percentile",
    "How questions end",
    "Searches",
    "HTTP API, 95th percentile",
    "HTTP API by status",
    "Requests in work",
    "Tools over MCP, 95th percentile",
    "Tools over MCP",
    "Records lost unread",
    "Time to drain",
    "Discarded",
    "Sends and commits that failed",
    "Dead letters by reason",
    "Records sent",
}
"""Panels of what does not happen there."""


@pytest.fixture
async def prometheus(tmp_path):
    """Starts Prometheus on a pod's port; gives a function that asks its API."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("no prometheus: apt-get install prometheus")
    async with contextlib.AsyncExitStack() as closing:
        session = await closing.enter_async_context(aiohttp.ClientSession())

        async def start(pod_port):
            config = {
                "global": {"scrape_interval": "2s", "evaluation_interval": "2s"},
                "rule_files": RULES,
                "scrape_configs": [
                    {"job_name": "episodes", "static_configs": [{"targets": [f"127.0.0.1:{pod_port}"]}]},
                ],
            }
            (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                address = f"127.0.0.1:{free.getsockname()[1]}"
            log = closing.enter_context((tmp_path / "log").open("wb"))
            process = subprocess.Popen(  # noqa: S603, ASYNC220 - Prometheus, on files of ours
                [
                    program,
                    f"--config.file={tmp_path / 'prometheus.yml'}",
                    f"--storage.tsdb.path={tmp_path / 'data'}",
                    f"--web.listen-address={address}",
                    "--enable-feature=exemplar-storage",
                    "--log.level=warn",
                ],
                stdout=log,
                stderr=log,
            )
            closing.callback(process.wait)
            closing.callback(process.terminate)

            async def ask(path, **parameters):
                async with session.get(f"http://{address}/api/v1/{path}", params=parameters) as answer:
                    told = await answer.json()
                    assert told["status"] == "success", (parameters, told)
                    return told["data"]

            async def is_ready():
                try:
                    async with session.get(f"http://{address}/-/ready") as answer:
                        return answer.status == 200
                except aiohttp.ClientError:
                    return False

            await until(is_ready, 20)
            return ask

        yield start


async def is_seen(value, query, wanted):
    """Whether Prometheus gives that answer."""
    return await value(query) == wanted


def panels():
    """Each panel of the dashboards with its queries, for all jobs and pods."""
    for path in sorted((ROOT / "ops/grafana/dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            queries = [
                target["expr"].replace("$__rate_interval", "1m").replace("$job", ".*").replace("$pod", ".*")
                for target in panel.get("targets", ())
            ]
            if queries:
                yield panel["title"], queries


async def test_dashboards_and_rules_show_a_real_run(make_log, prometheus):
    """No query is wrong, each panel of what happens has data, no rule fails, no alert fires, exemplars are kept."""
    async with measured(make_log) as pod:
        ask = await prometheus(pod.runtime.server.port)

        async def value(query):
            found = (await ask("query", query=query))["result"]
            return float(found[0]["value"][1]) if found else 0.0

        for number in range(1, 4):  # figures over time need work between scrapes
            await pod.publish(20 + number, 30, 3)
            await until(partial(is_seen, value, "sum(episodes_finished_total)", 30.0 * number), 30)
        await until(partial(is_seen, value, "sum(episodes:finished:rate5m) > bool 0", 1.0), 30)
        await until(partial(is_seen, value, "count(episodes:llm_errors:ratio5m) > bool 0", 1.0), 30)
        empty = {title: queries for title, queries in panels() if title not in EMPTY_IN_A_POD_THAT_DOES_WELL}

        async def is_all_shown():
            """Whether each panel has had data once: a scrape that is late on a busy machine empties gauges."""
            for title in list(empty):
                answers = [(await ask("query", query=query))["result"] for query in empty[title]]
                if any(answers):
                    del empty[title]
            return not empty

        with contextlib.suppress(TimeoutError):
            await until(is_all_shown, 20)
        assert set(empty) == set()
        for title, queries in panels():
            for query in queries:
                assert isinstance((await ask("query", query=query))["result"], list), title
        groups = (await ask("rules"))["groups"]
        assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}
        # The records are of 2023, so that the delay is years: that alert alone may be on its way.
        alerts = (await ask("alerts"))["alerts"]
        assert {alert["labels"]["alertname"] for alert in alerts} <= {"EpisodesLate"}
        exemplars = await ask(
            "query_exemplars",
            query="episodes_delay_seconds_bucket",
            start="2020-01-01T00:00:00Z",
            end="2100-01-01T00:00:00Z",
        )
        traces = {f"{span.context.trace_id:032x}" for span in pod.ring.spans()}
        kept = {each["labels"]["trace_id"] for series in exemplars for each in series["exemplars"]}
        assert kept
        assert kept <= traces
