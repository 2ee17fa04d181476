"""The episodes of `bench write`: six mentions, four facts, equal for equal arguments, with hubs."""

from collections import Counter
from itertools import islice

import numpy as np

from consumer.bench.server_cpu import CpuTimes
from consumer.testing.write_load import FACTS, MENTIONS, WriteLoad


def some(count, **options):
    return list(islice(WriteLoad(3, 8, **options).episodes(), count))


def test_equal_arguments_give_equal_episodes():
    """And another seed others."""
    one, same, other = some(20), some(20), some(20, seed=2)
    assert [each.episode for each in one] == [each.episode for each in same]
    assert [each.knowledge for each in one] == [each.knowledge for each in same]
    assert [each.knowledge for each in one] != [each.knowledge for each in other]


def test_each_has_six_mentions_and_four_facts_with_unit_vectors():
    """Subjects and objects are mentioned, every text has a vector."""
    for each in some(50):
        names = {mention.name for mention in each.knowledge.mentions}
        assert (len(names), len(each.knowledge.assertions)) == (MENTIONS, FACTS)
        assert {end for said in each.knowledge.assertions for end in (said.subject, said.object)} <= names
        assert set(each.vectors) == names | {said.sentence for said in each.knowledge.assertions}
        assert all(abs(np.linalg.norm(vector) - 1) < 1e-5 for vector in each.vectors.values())


def test_names_have_hubs_and_a_long_tail():
    """One new name in five mentions; the first are in every few episodes."""
    mentioned = Counter((each.group_id, mention.name) for each in some(900) for mention in each.knowledge.mentions)
    assert 900 < len(mentioned) < 1_300
    assert max(mentioned.values()) > 60


def test_cpu_of_threads_that_ended_is_told_apart():
    """A merge thread is gone when the measuring ends; what it used is in the whole."""
    before = CpuTimes(10.0, {1: ("queries", 4.0), 2: ("index merges", 1.0)})
    after = CpuTimes(15.0, {1: ("queries", 6.0), 3: ("compiler", 0.5)})
    assert after.since(before) == {"queries": 2.0, "compiler": 0.5, "ended": 2.5}
