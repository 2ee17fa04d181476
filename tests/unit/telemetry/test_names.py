"""The constants agree with the pinned conventions and with themselves."""

from opentelemetry.semconv._incubating.attributes import db_attributes, gen_ai_attributes, messaging_attributes
from opentelemetry.semconv.attributes import error_attributes

from consumer.telemetry import names


def test_attributes_are_those_of_the_conventions():
    """Every attribute that is not ours is known to OpenTelemetry's own constants."""
    known = {
        value
        for module in (db_attributes, gen_ai_attributes, messaging_attributes, error_attributes)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    }
    used = {
        value
        for name, value in vars(names).items()
        if name.isupper() and isinstance(value, str) and value.split(".")[0] in {"messaging", "gen_ai", "db", "error"}
    } - set(names.METRICS)
    assert used <= known


def test_metrics_have_units_and_meaning():
    """No metric without a unit, a sentence and bounded attributes."""
    unbounded = {names.MESSAGING_OFFSET, names.MESSAGING_KEY, names.OUTCOME_DETAIL}
    for metric in names.METRICS.values():
        assert metric.unit
        assert metric.description.endswith(".")
        assert not metric.attributes & unbounded
        assert metric.kind == "gauge" or not metric.labels
