"""Dashboards, rules and the runbook: every metric and label in them exists, and each alert is explained."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from plugins.promql import labels_of, metrics_of
from repository import ROOT, text

from consumer.telemetry.catalogue import METRICS

PROMETHEUS, GRAFANA = ROOT / "ops" / "prometheus", ROOT / "ops" / "grafana"
OTHERS = {"up", "target_info", "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"}
"""What Prometheus and its client tell by themselves."""
ALWAYS = {"job", "instance", "le"}


def rules(kind):
    """All rules of a kind, `alert` or `record`."""
    files = [yaml.safe_load(path.read_text()) for path in sorted((PROMETHEUS / "rules").glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"] if kind in rule]


ALERTS, RECORDS = rules("alert"), rules("record")
BOARDS = {path.name: json.loads(path.read_text()) for path in sorted((GRAFANA / "dashboards").glob("*.json"))}
PANELS = [
    pytest.param(panel, id=f"{name}:{panel['title']}")
    for name, board in BOARDS.items()
    for panel in board["panels"]
    if panel["type"] != "row"
]
LABELS = {series: set(metric.prometheus_labels) for metric in METRICS.values() for series in metric.prometheus_series}
RECORDED = {rule["record"]: labels_of(rule["expr"]) - {"le"} for rule in RECORDS}


def check(expr):
    """Every metric in `expr` is one of ours, and every label one that such a metric has."""
    named = metrics_of(expr)
    assert named, expr
    assert named <= LABELS.keys() | RECORDED.keys() | OTHERS, named - LABELS.keys() - RECORDED.keys() - OTHERS
    known = ALWAYS.union(*(LABELS.get(name) or RECORDED.get(name) or set() for name in named))
    assert labels_of(expr) <= known, labels_of(expr) - known


def test_names_are_found_in_queries():
    """The checks below see what is there: metrics, labels, and no function, word or text."""
    expr = (
        'histogram_quantile(0.9, sum by (le, a) (rate(m_bucket{b=~"x{y}",c!=""}[5m]))) / on (d) n:r:s offset 5m '
        'or 0 * max(x_total) unless up{job="by"} > 600e6'
    )
    assert metrics_of(expr) == {"m_bucket", "n:r:s", "x_total", "up"}
    assert labels_of(expr) == {"le", "a", "b", "c", "d", "job"}


@pytest.mark.parametrize("rule", RECORDS, ids=lambda rule: rule["record"])
def test_recording_rules_use_metrics_and_labels_that_exist(rule):
    """A name with a typing error would be an empty figure for ever."""
    check(rule["expr"])
    assert re.fullmatch(r"episodes:[a-z_]+:[a-z0-9_]+", rule["record"])


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_alerts_use_metrics_and_labels_that_exist(rule):
    """Or they would never fire. What the summary names is a label that is left in the result."""
    check(rule["expr"])
    assert rule["labels"]["severity"] in {"page", "ticket"}
    told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert told <= labels_of(rule["expr"]).union(
        *(RECORDED.get(name, set()) for name in metrics_of(rule["expr"])), ALWAYS
    )


def test_each_alert_has_its_heading_in_the_runbook_and_none_is_left_over():
    """With what it means, what to look at and what to do."""
    page = text("docs/runbook.md")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert set(sections) == {rule["alert"] for rule in ALERTS}
    for name, section in sections.items():
        assert re.findall(r"^\*\*(.+?)\.\*\*", section, re.MULTILINE) == ["Means", "Look at", "Do"], name
    for rule in ALERTS:
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"


def test_each_alert_is_tested_both_ways():
    """There is a case in which it fires, and one in which it does not."""
    cases = yaml.safe_load((PROMETHEUS / "tests" / "alerts.yml").read_text())["tests"]
    told = [check for case in cases for check in case["alert_rule_test"]]
    for rule in ALERTS:
        fires = {bool(each.get("exp_alerts")) for each in told if each["alertname"] == rule["alert"]}
        assert fires == {True, False}, rule["alert"]


@pytest.mark.parametrize("panel", PANELS)
def test_panels_use_metrics_and_labels_that_exist(panel):
    """And tell what they show, in which unit, and what is normal."""
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"]["uid"] == "${datasource}"
    for target in panel["targets"]:
        expr = target["expr"].replace("$__rate_interval", "5m")
        check(expr)
        assert "@" not in expr
        named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        assert named <= labels_of(expr).union(*(RECORDED.get(name, set()) for name in metrics_of(expr)))


@pytest.mark.parametrize("name", BOARDS)
def test_dashboards_are_whole(name):
    """A variable for the datasource, places that do not overlap, ids that are told apart, links to the others."""
    board = BOARDS[name]
    assert name == f"{board['uid']}.json"
    assert [each["name"] for each in board["templating"]["list"]] == ["datasource", "job", "pod"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    taken = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_metric_is_on_a_dashboard():
    """What is measured can be looked at; the two that are shown by their parts or their count are told so."""
    shown = {
        name
        for board in BOARDS.values()
        for panel in board["panels"]
        for target in panel.get("targets", ())
        for name in metrics_of(target["expr"].replace("$__rate_interval", "5m"))
    }
    used = shown.union(*(metrics_of(rule["expr"]) for rule in RECORDS if rule["record"] in shown))
    missing = {metric.name for metric in METRICS.values() if not used & set(metric.prometheus_series)}
    assert missing == set()


def test_the_dashboards_are_those_that_the_program_writes():
    """`python ops/grafana/make.py` would change nothing."""
    spec = importlib.util.spec_from_file_location("make_dashboards", GRAFANA / "make.py")
    made = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    try:
        spec.loader.exec_module(made)
    finally:
        sys.path[:] = before
    assert made.files() == {path.name: path.read_text(encoding="utf-8") for path in (GRAFANA / "dashboards").iterdir()}


def test_grafana_finds_datasources_and_dashboards():
    """What the dashboards and exemplars lead to is provisioned."""
    sources = yaml.safe_load((GRAFANA / "provisioning/datasources/episodes.yml").read_text())["datasources"]
    uids = {source["uid"] for source in sources}
    (links,) = [
        source["jsonData"]["exemplarTraceIdDestinations"] for source in sources if source["type"] == "prometheus"
    ]
    assert {link["datasourceUid"] for link in links} <= uids
    assert {link["name"] for link in links} == {"trace_id"}
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/episodes.yml").read_text())["providers"]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"


@pytest.fixture(scope="module")
def promtool():
    """Prometheus's own checker, or a skip that says how to get it."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool: apt-get install prometheus")
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", "rules/recording.yml", "rules/alerts.yml"),
        ("check", "config", "prometheus.yml"),
        ("test", "rules", "tests/recording.yml"),
        ("test", "rules", "tests/alerts.yml"),
    ],
    ids=" ".join,
)
def test_promtool_accepts_rules_and_their_cases(promtool, arguments):
    """Syntax, configuration, and each rule's own unit tests."""
    result = subprocess.run(  # noqa: S603 - Prometheus's own tool
        [promtool, *arguments], cwd=PROMETHEUS, capture_output=True, text=True, timeout=280, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
