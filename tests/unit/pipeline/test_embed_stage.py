"""The embed stage: what gets a vector, whatever shares its batch."""

import pytest

from consumer.model.episode import Embedded, Extraction
from consumer.model.knowledge import Assertion, Knowledge, Mention
from consumer.model.work import Timings, Work
from consumer.pipeline.embed_stage import EmbedStage
from consumer.testing.episodes import episode_of, record_of
from consumer.testing.fakes import FakeEmbedder


class Ours:
    """Assignments in which everything is wanted."""

    def is_wanted(self, work):
        """Yes."""
        return True


class Once:
    """Persistence that tries once."""

    async def call(self, stage, dependency, once, **_):
        """The call itself."""
        return await once()


def work(number, *mentions, facts=()):
    """A work whose episode mentions these."""
    event = {"group_id": "g", "event_id": f"e{number}", "content": "x"}
    extraction = Extraction(episode_of(event, number), Knowledge(tuple(mentions), tuple(facts)))
    return Work(record_of(event, number), 1, "g", extraction, Timings(0, 0))


ADA = Mention("Ada", "Person")
PASSING = Mention("Ada")
FACT = Assertion("Ada", "LIKES", "Tea", "Ada likes tea")


async def handled(threshold, *works):
    """The payloads that come out, and the texts that were embedded."""
    embedder = FakeEmbedder()
    stage = EmbedStage(embedder, Ours(), Once(), threshold)
    return [done.payload for done in await stage.handle(works)], [text for call in embedder.calls for text in call]


async def test_by_default_every_name_has_a_vector():
    """Threshold 0: names of no importance too, since search and resolution look for them."""
    (payload,), texts = await handled(0.0, work(1, PASSING, Mention("Tea"), facts=[FACT]))
    assert isinstance(payload, Embedded)
    assert set(payload.vectors) == set(texts) == {"Ada", "Tea", "Ada likes tea"}


async def test_under_the_threshold_there_is_no_vector_and_no_call_for_it():
    """Absent, not zero; facts are embedded whatever their ends are worth."""
    (payload,), texts = await handled(0.5, work(1, ADA, Mention("Tea"), facts=[FACT]))
    assert set(payload.vectors) == set(texts) == {"Ada", "Ada likes tea"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_e1_company_in_a_batch_gives_nobody_a_vector(order):
    """E1: a passing mention has none, also when another episode of the batch embeds the same name."""
    works = [work(0, ADA), work(1, PASSING)]
    payloads, texts = await handled(0.5, *(works[at] for at in order))
    assert texts == ["Ada"]
    assert {payload.episode.event_id: set(payload.vectors) for payload in payloads} == {"e0": {"Ada"}, "e1": set()}


async def test_nothing_that_matters_is_no_call():
    """An episode of passing mentions costs nothing."""
    (payload,), texts = await handled(0.5, work(1, PASSING, Mention("Tea")))
    assert (dict(payload.vectors), texts) == ({}, [])
