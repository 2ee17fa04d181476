"""Context is a function of the log."""

from datetime import UTC, datetime

from consumer.model.episode import Episode, LogPosition
from consumer.model.work import TopicPartition
from consumer.pipeline.context import ContextMemory

P = TopicPartition("t", 0)
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def episode(group, offset):
    name = f"{group}{offset}"
    return Episode(name, group, name, name, "text", "", f"content {name}", NOW, LogPosition(NOW, 0, offset))


def names(context):
    return [one.name for one in context]


def test_the_last_k_of_the_group_oldest_first():
    """Other groups on the partition are no context."""
    memory = ContextMemory(2, 100, 50)
    for offset, group in enumerate("abaab"):
        memory.add(P, offset, episode(group, offset))
    assert names(memory.before(P, 5, "a")) == ["a2", "a3"]
    assert names(memory.before(P, 5, "b")) == ["b1", "b4"]


def test_a_restart_sees_what_an_undisturbed_run_saw():
    """Context reaches exactly `span` offsets back, which is what an assignment re-reads."""
    undisturbed, restarted = ContextMemory(3, 10, 50), ContextMemory(3, 10, 50)
    for offset in range(0, 40, 3):
        undisturbed.add(P, offset, episode("a", offset))
        if offset >= 40 - 10:
            restarted.add(P, offset, episode("a", offset))
    assert undisturbed.before(P, 40, "a") == restarted.before(P, 40, "a")


def test_memory_is_bounded_by_span_and_chars():
    """Old entries are dropped and long contents cut."""
    memory = ContextMemory(1000, 5, 4)
    for offset in range(100):
        memory.add(P, offset, episode("a", offset))
    seen = memory.before(P, 100, "a")
    assert len(seen) == 5
    assert all(len(one.content) == 4 for one in seen)


def test_who_comes_after_a_removal_is_not_shown_what_was_removed():
    """One episode, or all of a group; others' stay."""
    memory = ContextMemory(4, 100, 50)
    for offset, group in enumerate("abaab"):
        memory.add(P, offset, episode(group, offset))
    memory.remove(P, "a", "a2")
    memory.remove(P, "a", "b1")  # an id is of its group
    memory.remove(TopicPartition("t", 1), "a", None)
    assert names(memory.before(P, 5, "a")) == ["a0", "a3"]
    memory.remove(P, "a", None)
    assert names(memory.before(P, 5, "a")) == []
    assert names(memory.before(P, 5, "b")) == ["b1", "b4"]


def test_switched_off_it_keeps_nothing():
    """No context wanted, none kept."""
    memory = ContextMemory(0, 5, 4)
    memory.add(P, 1, episode("a", 1))
    assert memory.before(P, 2, "a") == ()


def test_a_new_assignment_starts_empty():
    """What was remembered of a partition goes with it."""
    memory = ContextMemory(2, 5, 4)
    memory.add(P, 1, episode("a", 1))
    memory.forget([P])
    assert memory.before(P, 2, "a") == ()
