"""What was published is seen once, in time, and asked about no more than is needed."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.bench.sightings import Awaited, Watch
from consumer.testing.fakes import FakeClock


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=80),
    st.lists(st.integers(0, 30), max_size=40),
)
def test_everything_that_is_written_in_order_is_seen_once(published, steps):
    """However many are written between two looks; A1, A2."""
    awaited, graph, queues, seen = Awaited(), set(), {}, []
    for number, (group, _) in enumerate(published):
        awaited.publish(group, f"u{number}", float(number))
        queues.setdefault(group, []).append(f"u{number}")
    for step in [*steps, *[10] * 80]:
        for queue in queues.values():
            graph.update(queue[:step])
            del queue[:step]
        asked = awaited.asked()
        seen += awaited.seen([uuid for uuid in asked if uuid in graph], 100.0)
    assert sorted(each.uuid for each in seen) == sorted(f"u{number}" for number in range(len(published)))
    assert awaited.pending == 0
    assert awaited.missing() == []
    assert all(each.seconds == 100.0 - float(each.uuid[1:]) for each in seen)


def test_a_look_asks_for_few_until_many_come():
    """Four of a group at first; twice as many once all that was asked for had come; fewer again after."""
    awaited = Awaited()
    for number in range(100):
        awaited.publish("g", f"u{number}", 0.0)
    assert list(awaited.asked()) == ["u0", "u1", "u2", "u3"]
    awaited.seen(awaited.asked(), 1.0)
    assert len(awaited.asked()) == 8
    awaited.seen(["u4", "u5"], 1.0)
    assert len(awaited.asked()) == 4


def test_what_never_comes_holds_nobody_else_up_and_is_told():
    """A rejected episode stands in front of those that were written."""
    awaited = Awaited()
    for number in range(6):
        awaited.publish("g", f"u{number}", 0.0)
    awaited.seen(["u1", "u2", "u3"], 1.0)
    awaited.seen(["u4", "u5"], 1.0)
    assert awaited.missing() == ["u0"]
    assert awaited.pending == 1


async def test_a_watch_gives_up_when_nothing_comes():
    """And says so; what came is kept."""
    clock = FakeClock(skips_sleep=True)

    async def look(asked):
        return {"a"} & set(asked)

    watch = Watch(look, clock, 0.5)
    for uuid in "ab":
        watch.awaited.publish("g", uuid, clock.monotonic())
    assert not await watch.all_seen(5.0)
    assert [each.uuid for each in watch.sightings] == ["a"]
    assert watch.awaited.missing() == ["b"]
    assert clock.monotonic() > 5.0
