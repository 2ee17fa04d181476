"""What the doctor says of a log, finding by finding."""

import pytest

from consumer.cli.checks import embedder_check, extractor_check, log_findings
from consumer.clock import SystemClock
from consumer.kafka.admin import LogState, TopicState
from consumer.settings import Settings

DAY_MS = 86_400_000
TOPIC = TopicState("episodes", 2, 7 * DAY_MS, "delete", 1_048_588, {0: 0, 1: 0}, {0: 10, 1: 5})
LETTERS = TopicState("episodes.dead-letters", 1, 30 * DAY_MS, "delete", 5_242_880, {0: 1}, {0: 3})


def findings(topic=TOPIC, letters=LETTERS, committed=None):
    """Return the findings by name."""
    state = LogState(1, topic, letters, {0: 10, 1: 4} if committed is None else committed, members=1)
    return {check.name: check for check in log_findings(state, Settings())}


def changed(topic, **changes):
    """Return a topic with some fields changed."""
    fields = {name: getattr(topic, name) for name in TopicState.__dataclass_fields__}
    return TopicState(**{**fields, **changes})


def test_healthy_log_has_no_wrong_finding():
    """All is well, and the numbers are told."""
    found = findings()
    assert all(check.is_ok for check in found.values())
    assert "2 partitions, 15 records" in found["topic"].seen
    assert "lag 1 records" in found["lag"].seen
    assert "7 days" in found["retention"].seen
    assert "2 records" in found["dead letters"].seen


@pytest.mark.parametrize(
    ("name", "state", "seen"),
    [
        ("topic", {"topic": None}, "does not exist"),
        ("dead letters", {"letters": None}, "does not exist"),
        ("dead letters", {"letters": changed(LETTERS, max_message_bytes=1_048_588)}, "1048588 bytes only"),
        ("retention", {"topic": changed(TOPIC, cleanup_policy="compact")}, "cleanup.policy is compact"),
        ("retention", {"topic": changed(TOPIC, retention_ms=60_000)}, "0:01:00 only"),
        ("lag", {"topic": changed(TOPIC, log_begins={0: 10, 1: 5}), "committed": {0: 7, 1: 5}}, "removed 3 before"),
    ],
)
def test_what_is_wrong_is_told_with_its_cure(name, state, seen):
    """Each wrong finding says what was seen and how to mend it."""
    check = findings(**state)[name]
    assert not check.is_ok
    assert seen in check.seen
    assert check.mend


def test_group_that_never_committed_is_behind_by_what_is_kept():
    """Nothing is lost before the first start, whatever retention removed."""
    check = findings(topic=changed(TOPIC, log_begins={0: 4, 1: 0}), committed={})["lag"]
    assert check.is_ok
    assert "lag 11 records" in check.seen


async def test_models_without_a_key_are_told_with_the_variable(monkeypatch):
    """No key: the line names what to set, and nothing is called."""
    monkeypatch.setenv("EPISODES_EXTRACTOR", "openai")
    monkeypatch.setenv("EPISODES_EMBEDDER", "openai")
    extractor = await extractor_check(Settings(), SystemClock())
    embedder, dimension = await embedder_check(Settings(), SystemClock())
    assert not extractor.is_ok
    assert not embedder.is_ok
    assert dimension is None
    assert "OPENAI_API_KEY" in extractor.seen
    assert "EPISODES_EMBEDDER=local" in embedder.mend
