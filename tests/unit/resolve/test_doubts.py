"""Doubts: what rules, letters and vectors hold possible, and nothing that is sure either way."""

import numpy as np

from consumer.resolve.doubts import Thing, doubts
from consumer.resolve.judge import Named


def things(*names, kind="Entity"):
    """Things whose ids are their names."""
    return [Thing(name, Named(name, kind)) for name in names]


def found(*names, vectors=None, kind="Entity"):
    """Pairs of names, with the rule."""
    return {
        (doubt.one.id, doubt.other.id, doubt.judgement.reason) for doubt in doubts(things(*names, kind=kind), vectors)
    }


def test_rules_and_letters_raise_doubts():
    """An initial, a middle name, an acronym, letters that are almost the same."""
    assert found("J. Smith", "John Smith", "Carla Berg", kind="Person") == {("J. Smith", "John Smith", "one initial")}
    assert found("John Adams", "John Quincy Adams") == {("John Adams", "John Quincy Adams", "middle name on one side")}
    assert found("IBM", "International Business Machines") == {("IBM", "International Business Machines", "acronym")}
    assert found("Kubernetes", "Kubernets") == {("Kubernetes", "Kubernets", "similar")}


def test_what_is_sure_is_no_doubt():
    """The same by rule, apart by rule, or nothing in common."""
    assert found("Acme Inc.", "Acme", "Report 1", "Report 2", "北京", "Bread") == set()


def test_vectors_see_over_scripts():
    """Near ones are a doubt, far ones and those that are known to be two are none."""
    near = np.array([1.0, 0.0], dtype=np.float32)
    vectors = {
        "Москва": near,
        "Moscow": near,
        "Report 1": near,
        "Report 2": near,
        "Bread": np.array([0.0, 1.0], np.float32),
    }
    pairs = found(*vectors, vectors=vectors)
    assert ("Moscow", "Москва", "near vectors") in pairs
    assert not any({"Report 1", "Report 2"} <= set(pair) or "Bread" in pair for pair in pairs)


def test_the_likeliest_stands_first():
    """By score."""
    scores = [doubt.judgement.score for doubt in doubts(things("J. Smith", "John Smith", "IBM", "Interior Bee Maker"))]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 2
