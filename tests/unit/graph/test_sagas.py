"""How a saga's chain is knit: always the chain of those that are there, in log order."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from consumer.graph.sagas import Neighbours, episode_in, knit, position_in, saga_of, saga_place


def place(number):
    return saga_place("saga", f"{number:03d}", f"e{number:03d}")


def chain(numbers):
    ordered = sorted(numbers)
    return {(f"e{a:03d}", f"e{b:03d}") for a, b in pairwise(ordered)}


def test_a_place_holds_its_parts():
    """Saga, position and episode come back."""
    assert (saga_of(place(7)), position_in(place(7)), episode_in(place(7))) == ("saga", "007", "e007")


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_links_after_are_those_of_a_fresh_chain(stored, coming, going):
    """Cutting and making leaves exactly the links between neighbours, whoever comes and goes at once."""
    coming -= stored
    going &= stored
    staying = stored - going

    def around(number):
        before = max((place(n) for n in staying if n < number), default=None)
        after = min((place(n) for n in staying if n > number), default=None)
        return Neighbours(place(number), before, after)

    ends = (min(map(place, staying), default=None), max(map(place, staying), default=None))
    result = knit([place(n) for n in coming], [around(n) for n in coming | going], ends)
    gone = {f"e{n:03d}" for n in going}
    links = {link for link in chain(stored) if not gone & set(link)}
    assert not set(result.made) & (links - set(result.cut))
    links = (links - set(result.cut)) | set(result.made)
    assert links == chain(staying | coming)
    everything = [place(n) for n in sorted(staying | coming)]
    assert (result.first, result.last) == ((everything[0], everything[-1]) if everything else (None, None))
