"""The chaos suite's own rules, without services: its schedules, and a ledger that finds what is wrong."""

import itertools
import re

import pytest
from faults.chaos.kinds import KINDS
from faults.chaos.ledger import Letter, close
from faults.chaos.producer import Sent
from faults.chaos.schedule import schedule
from repository import text

E1, E2 = ("g", "e1"), ("g", "e2")
SENT = [
    Sent(1, b"g", b"one", event=E1),
    Sent(2, b"g", b"two", event=E2),
    Sent(3, b"g", b"one", event=E1),
    Sent(4, b"g", b"{", reason="invalid-json"),
]
LOG = {1: (0, 0), 2: (0, 1), 3: (0, 2), 4: (0, 3)}
BAD = Letter((0, 3), "invalid-json")


def closed(graph, letters=(BAD,), allowed=(), sent=SENT, unread=()):
    """The ledger of a small log."""
    log = LOG | {record.timestamp_ms: (0, record.timestamp_ms - 1) for record in sent}
    return close(sent, log, graph, letters, allowed=frozenset(allowed), unread=frozenset(unread))


def test_a_seed_has_one_schedule():
    """Playing a seed again plays the same."""
    assert schedule(7) == schedule(7)
    assert schedule(7) != schedule(8)


@pytest.mark.parametrize("seed", range(40))
def test_faults_that_change_the_same_thing_never_overlap(seed):
    """The undo of one would end the other."""
    plan = schedule(seed)
    by_thing = {}
    for fault in plan.faults:
        by_thing.setdefault(KINDS[fault.kind].changes, []).append(fault)
    for faults in by_thing.values():
        assert all(a.at_s + a.duration_s < b.at_s for a, b in itertools.pairwise(faults))
    assert all(fault.at_s + fault.duration_s < plan.length_s - 1 for fault in plan.faults)


def test_thirty_seeds_hold_what_the_guide_promises():
    """At least 200 faults of at least 15 kinds, and every kind there is."""
    plans = [schedule(seed) for seed in range(1, 31)]
    assert sum(len(plan.faults) for plan in plans) >= 200
    assert {kind for plan in plans for kind in plan.kinds} == set(KINDS)
    assert {plan.partitions for plan in plans} == {1, 4, 12}


def test_a_ledger_without_problems():
    """Written once, a duplicate passed by, an invalid record told."""
    book = closed({E1: 1, E2: 2})
    assert book.problems == []
    assert [record.timestamp_ms for record in book.calm(SENT)] == [1, 2]


@pytest.mark.parametrize(
    ("graph", "letters", "said"),
    [
        ({E1: 1}, [BAD], "lost: ('g', 'e2')"),
        ({E1: 1, E2: 2}, [], "an invalid record"),
        ({E1: 1, E2: 2}, [Letter((0, 3), "unexpected")], "wrong reason"),
        ({E1: 1}, [BAD, Letter((0, 1), "unwritable")], "world's fault"),
        ({E1: 9, E2: 2}, [BAD], "log time of no record"),
        ({E1: 1, E2: 2, ("g", "e3"): 3}, [BAD], "never sent"),
        ({E1: 1, E2: 2}, [BAD, Letter((5, 5), "refused")], "nobody sent"),
    ],
)
def test_a_ledger_finds(graph, letters, said):
    """Each thing that can be wrong is said."""
    assert [problem for problem in closed(graph, letters).problems if said in problem]


def test_a_ledger_counts_what_delivery_at_least_once_allows():
    """A letter twice, and a letter beside the written episode, are told and are no problem."""
    refused = Letter((0, 0), "refused")
    book = closed({E1: 3, E2: 2}, [BAD, refused, refused], allowed={"refused"})
    assert (book.problems, book.doubled_letters, book.both) == ([], 1, 1)
    assert [record.timestamp_ms for record in book.calm(SENT)] == [2, 3]


def test_a_ledger_of_removed_events():
    """A removed event is neither lost nor in the graph, and its removal is part of the calm run."""
    sent = [*SENT, Sent(5, b"g", None, removes=E2)]
    assert closed({E1: 1}, sent=sent).problems == []
    assert "removed, but in the graph" in closed({E1: 1, E2: 2}, sent=sent).problems[0]
    assert [record.timestamp_ms for record in closed({E1: 1}, sent=sent).calm(sent)] == [1, 5]


def test_what_was_never_read_is_not_called_lost():
    """It is stuck, which is another thing to look for."""
    assert closed({E1: 1}, [], unread={(0, 1), (0, 3)}).problems == []


def test_kinds_that_the_failure_matrix_names_exist():
    """docs/guarantees.md points to kinds of faults by their names."""
    named = re.findall(r"chaos `([a-z0-9-]+)`", text("docs/guarantees.md"))
    assert len(set(named)) > 10
    assert set(named) <= set(KINDS)
