"""The collector's recipes say what the guide says of them, in our names."""

import pytest
import yaml
from repository import ROOT

from consumer.telemetry import names

RECIPES = sorted((ROOT / "ops" / "otel-collector").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_pipelines_use_what_is_declared(path):
    """No part of a pipeline is missing, and none is declared for nothing."""
    recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    used = {"receivers": set(), "processors": set(), "exporters": set()}
    for pipeline in recipe["service"]["pipelines"].values():
        for kind in used:
            used[kind] |= set(pipeline.get(kind, ()))
    assert used == {kind: set(recipe.get(kind, {})) for kind in used}


def test_what_is_kept_is_errors_slow_discarded_and_a_share():
    """By the attribute that our spans have; longer is waited than an episode usually takes to its commit."""
    recipe = yaml.safe_load((ROOT / "ops" / "otel-collector" / "sampling.yaml").read_text(encoding="utf-8"))
    sampling = recipe["processors"]["tail_sampling"]
    policies = {policy["name"]: policy for policy in sampling["policies"]}
    assert [policy["type"] for policy in policies.values()] == [
        "status_code",
        "latency",
        "string_attribute",
        "probabilistic",
    ]
    assert policies["errors"]["status_code"]["status_codes"] == ["ERROR"]
    assert policies["discarded"]["string_attribute"] == {"key": names.OUTCOME, "values": ["discarded"]}
    wait_s = float(sampling["decision_wait"].removesuffix("s"))
    assert wait_s * 1_000 > policies["slow"]["latency"]["threshold_ms"], "a slow one would be judged before it is"
