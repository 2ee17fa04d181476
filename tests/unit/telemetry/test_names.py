"""The constants agree with the pinned conventions and with themselves."""

from opentelemetry.semconv._incubating.attributes import db_attributes, gen_ai_attributes, messaging_attributes
from opentelemetry.semconv.attributes import error_attributes

from consumer.telemetry import names
from consumer.telemetry.catalogue import METRICS


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
    } - set(METRICS)
    assert used <= known
