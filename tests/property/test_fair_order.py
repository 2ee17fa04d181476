"""The fair order: each item once, in order within its group, and no group starved by another's backlog."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.model.fair_order import FairOrder

ITEMS = st.lists(st.tuples(st.sampled_from("abcde"), st.integers(1, 9)), max_size=60)


def order_of(items, weights=None):
    """An order that holds `items`: (group, cost, number)."""
    order = FairOrder(lambda item: item[0], lambda item: item[1], lambda group: (weights or {}).get(group, 1.0))
    for number, (group, cost) in enumerate(items):
        order.add((group, cost, number))
    return order


@given(ITEMS)
def test_each_item_comes_once_and_in_order_within_its_group(items):
    """Nothing is lost, doubled, or overtaken by its own group."""
    order = order_of(items)
    taken = [order.take() for _ in range(len(order))]
    assert sorted(number for *_, number in taken) == list(range(len(items)))
    for group in "abcde":
        own = [number for one, _, number in taken if one == group]
        assert own == sorted(own)
    assert len(order) == order.groups == 0


@given(ITEMS, st.data())
def test_between_groups_that_wait_costs_differ_by_one_item(items, data):
    """O1: at any moment, of two groups that have waited all along."""
    order = order_of(items)
    spent = dict.fromkeys((group for group, _ in items), 0)
    left = {group: sum(one == group for one, _ in items) for group in spent}
    for _ in range(data.draw(st.integers(0, len(items)))):
        group, cost, _ = order.take()
        spent[group] += cost
        left[group] -= 1
        waiting = [spent[one] for one in spent if left[one]]
        if waiting:
            assert max(waiting) - min(waiting) <= 9


def test_a_newcomer_passes_a_backlog():
    """O2: one of ten thousand waiting has gone or will go; then comes the newcomer."""
    order = order_of([("flood", 1)] * 10_000)
    for _ in range(500):
        order.take()
    order.add(("new", 1, 0))
    assert "new" in {order.take()[0] for _ in range(3)}


def test_a_weight_is_a_share():
    """Of two groups that wait, one of weight three gets three places in four."""
    order = order_of([("a", 1), ("b", 1)] * 100, {"a": 3.0})
    first = [order.take()[0] for _ in range(80)]
    assert 58 <= first.count("a") <= 62


def test_who_may_not_go_is_passed_and_keeps_its_place():
    """The next that may go is taken; the one that was passed is first again."""
    order = order_of([("a", 1), ("b", 1), ("a", 1)])
    assert order.take(lambda group: group != "a")[0] == "b"
    assert order.take()[2] == 0
    try:
        order.take(lambda _group: False)
    except IndexError:
        assert len(order) == 1
    else:
        raise AssertionError


def test_groups_that_come_once_cost_no_memory():
    """O3: twenty thousand tenants in a queue that is never empty."""
    order = order_of([("stays", 1)] * 2)
    for number in range(20_000):
        order.add((str(number), 1, number))
        order.take()
    assert len(order._lanes) < 200


@given(ITEMS, st.sets(st.integers(0, 59)))
def test_what_is_removed_never_comes_and_the_rest_comes_in_order(items, gone):
    """As if it had never waited, but for the turns that were counted for it."""
    order = order_of(items)
    removed = order.remove(lambda item: item[2] in gone)
    assert sorted(number for *_, number in removed) == sorted(number for number in gone if number < len(items))
    taken = [order.take() for _ in range(len(order))]
    assert {number for *_, number in taken} == set(range(len(items))) - gone
    for group in "abcde":
        for one in (removed, taken):
            own = [number for name, _, number in one if name == group]
            assert own == sorted(own)
    order.add(("a", 1, 0))
    assert order.take() == ("a", 1, 0)
