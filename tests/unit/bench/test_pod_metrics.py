"""How busy stages are, from what a pod exposes."""

import pytest

from consumer.bench.pod_metrics import StageTimes, capacity, stage_times, utilisation
from consumer.health.exposition import Exposition
from consumer.settings import PipelineSettings, Settings, TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.calls import measure
from consumer.telemetry.setup import configure


def test_times_are_read_from_a_real_exposition():
    """Under the names that a pod gives them; failed calls are busy too; pods are summed."""
    exposition = Exposition()
    with configure(TelemetrySettings(), endpoint=None, metric_readers=[exposition.reader]):
        measure(names.STAGE_DURATION, 2.0, {names.STAGE: "write"})
        measure(names.STAGE_DURATION, 1.0, {names.STAGE: "write", names.ERROR_TYPE: "WorldFault"})
        measure(names.STAGE_QUEUE_WAIT, 0.5, {names.STAGE: "write"})
        measure(names.STAGE_QUEUE_WAIT, 1.5, {names.STAGE: "write"})
        text = exposition.text().decode()
    found = stage_times([text, text])
    assert found["write"] == StageTimes(busy_s=6.0, calls=4.0, waited_s=4.0, works=4.0)
    assert found["write"].wait_s == 1.0
    assert found["extract"] == StageTimes()
    assert stage_times([""])["write"].wait_s == 0.0


def test_what_is_in_use_is_the_busy_time_of_all_places():
    """Two writers that were busy for six of ten seconds, together."""
    settings = Settings(pipeline=PipelineSettings(write_workers=2))
    places = capacity(settings, pods=1)
    assert (places["write"], capacity(settings, pods=3)["write"]) == (2, 6)
    spent = {"write": StageTimes(busy_s=10.0).plus(StageTimes(busy_s=4.0), -1)}
    assert utilisation(spent, 10.0, places)["write"] == pytest.approx(0.3)
