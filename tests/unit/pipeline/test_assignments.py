"""Who owns what, epoch by epoch."""

from consumer.model.work import Record, Timings, TopicPartition, Work
from consumer.pipeline.assignments import Assignments

P0, P1 = TopicPartition("t", 0), TopicPartition("t", 1)


def record(offset, partition=0):
    return Record("t", partition, offset, 0, b"g", b"{}")


def begin(assignments, offset, partition=0):
    rec = record(offset, partition)
    return Work(rec, assignments.begin(rec), "lane", None, Timings(0, 0))


def test_finished_works_become_committable_in_order():
    """A4: what may be committed is the watermark, and only while ahead of what Kafka holds."""
    assignments = Assignments()
    assignments.assign({P0: 5})
    first, second = begin(assignments, 5), begin(assignments, 6)
    assignments.finish(second)
    assert assignments.committable() == {}
    assignments.finish(first)
    assert assignments.committable() == {P0: 7}
    assert assignments.uncommitted() == 2
    assignments.committed({P0: 7})
    assert assignments.committable() == {}


def test_a_stale_work_moves_no_watermark():
    """A1: a work of an earlier epoch finishing late changes nothing in the new one."""
    assignments = Assignments()
    assignments.assign({P0: 0})
    old = begin(assignments, 0)
    assignments.revoke([P0])
    assignments.assign({P0: 0})
    new = begin(assignments, 0)
    assert not assignments.is_current(old)
    assert not assignments.finish(old)
    assert assignments.committable() == {}
    assert assignments.finish(new)


def test_draining_starts_nothing_and_ends_when_all_left():
    """A2: while draining, works in flight stay current but no other may start."""
    assignments = Assignments()
    assignments.assign({P0: 0, P1: 0})
    work, other = begin(assignments, 0), begin(assignments, 0, 1)
    assignments.drain([P0])
    assert assignments.epoch_of(P0) is None
    assert not assignments.is_startable(work)
    assert assignments.is_current(work)
    assert assignments.is_startable(other)
    assert not assignments.is_drained([P0])
    assignments.finish(work)
    assert assignments.is_drained([P0])
    assert assignments.committable() == {P0: 1}


def test_a_discarded_work_holds_the_watermark():
    """A discarded work is read again, so nothing after it may be committed."""
    assignments = Assignments()
    assignments.assign({P0: 0})
    first, second = begin(assignments, 0), begin(assignments, 1)
    assignments.discard(first)
    assignments.finish(second)
    assert assignments.is_drained([P0])
    assert assignments.committable() == {}


def test_unknown_partitions_are_nobodys():
    """A partition that was never assigned has no epoch, and revoking it is harmless."""
    assignments = Assignments()
    assignments.revoke([P1])
    assert assignments.epoch_of(P1) is None
    assert assignments.start_of(P1) is None
    assert assignments.is_drained([P1])


def test_the_fetch_position_passes_nothing_while_draining():
    """A3: records fetched after a revoke began are not admitted, and must not be committed as if they held nothing."""
    assignments = Assignments()
    assignments.assign({P0: 0})
    assignments.finish(begin(assignments, 0))
    assignments.skip_to(P0, 3)
    assert assignments.committable() == {P0: 3}
    assignments.drain([P0])
    assignments.skip_to(P0, 10)
    assert assignments.committable() == {P0: 3}
