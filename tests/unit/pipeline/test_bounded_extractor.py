"""A model's answer within bounds: X1 and X2 of the bounded extractor."""

import asyncio

import pytest
from corpus.hostile_answers import answers

from consumer.model.ids import name_key
from consumer.model.knowledge import RESERVED_LABELS, Assertion, Knowledge, Mention, is_type_label
from consumer.pipeline.bounded_extractor import BoundedExtractor, bounded
from consumer.settings import PipelineSettings
from consumer.testing.episodes import episode_of
from consumer.testing.fake_models import FakeExtractor

SETTINGS = PipelineSettings(max_facts=50, max_name_chars=100, max_text_chars=1_000, max_attributes=10)


@pytest.mark.parametrize("name", answers())
def test_b1_b2_hold_for_each_hostile_answer(name):
    """Counts, lengths, characters and labels are within bounds, and every end of a fact is mentioned."""
    kept = bounded(answers()[name], SETTINGS)
    assert len(kept.assertions) <= 50
    assert len(kept.mentions) <= 50 + 2 * len(kept.assertions)
    for mention in kept.mentions:
        assert_name(mention.name)
        assert mention.type == "Entity" or is_type_label(mention.type)
        assert mention.type not in RESERVED_LABELS - {"Entity"}
        assert_text(mention.summary)
        assert len(mention.attributes) <= 10
        for key, value in mention.attributes.items():
            assert_name(key)
            assert isinstance(value, str | int | float)
            assert value == value  # noqa: PLR0124 - NaN is the one that is not
    for said in kept.assertions:
        assert_name(said.subject)
        assert_name(said.object)
        assert said.relation
        assert len(said.relation) <= 3 * 100  # a letter may become three in capitals
        assert_text(said.sentence)
        assert name_key(said.subject) != name_key(said.object)
    assert {mention.name for mention in kept.mentions} >= {
        end for said in kept.assertions for end in (said.subject, said.object)
    }


def assert_name(name):
    assert name.strip() == name != ""
    assert len(name) <= 100
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in name)
    name.encode()


def assert_text(text):
    assert len(text) <= 1_000
    assert "\x00" not in text
    text.encode()


def test_what_is_in_bounds_stays_as_it_is():
    """An honest answer is not changed, attributes and order included."""
    said = Knowledge(
        (Mention("Ada", "Person", "A mathematician.", {"born": 1815, "alive": False}), Mention("Acme", "Organization")),
        (Assertion("Ada", "WORKS_AT", "Acme", "Ada works at Acme."),),
    )
    assert bounded(said, SETTINGS) == said


def test_only_what_is_too_much_is_left_out(caplog):
    """500 facts become the first 50, and the log says so."""

    class Talkative(FakeExtractor):
        async def extract(self, episode):
            return answers()["too many facts"]

    extractor = BoundedExtractor(Talkative(), SETTINGS)
    kept = asyncio.run(extractor.extract(episode_of({"group_id": "g", "content": "x"})))
    assert [said.subject for said in kept.assertions] == [f"s{number}" for number in range(50)]
    assert "450 of 500 facts of an answer were left out" in caplog.text
    assert extractor.name == "fake/grammar"


def test_unstorable_attributes_are_left_out():
    """What no property can hold goes; the others stay, cut where too long."""
    (mention,) = bounded(answers()["unstorable attributes"], SETTINGS).mentions
    assert set(mention.attributes) == {"huge", "minus", "ab", "fine", "long"}
    assert len(mention.attributes["long"]) == 1_000
