"""The extract stage and the vocabulary: given facts pass through it, an unknown ontology is a verdict."""

from consumer.model.episode import Extraction, Rejected
from consumer.model.knowledge import Exclusive
from consumer.model.work import Timings, Work
from consumer.ontology import Ontologies, Ontology
from consumer.pipeline.extract_stage import ExtractStage
from consumer.testing.episodes import episode_of, record_of

WORK = Ontology.model_validate({"name": "work", "relation_types": {"WORKS_AT": {"exclusive": "subject"}}})
EVENT = {
    "group_id": "g",
    "event_id": "e",
    "ontology": "work",
    "facts": [{"subject": "Ada", "relation": "WORKS_AT", "object": "Acme"}],
}


class Ours:
    """Assignments in which everything may start."""

    def is_startable(self, work):
        """Yes."""
        return True


async def handled(event, vocabulary):
    """What the stage makes of an event whose facts are given."""
    work = Work(record_of(event), 1, "g", episode_of(event), Timings(0, 0))
    return (await ExtractStage(None, Ours(), None, vocabulary).handle(work)).payload


async def test_given_facts_are_exclusive_as_their_ontology_says():
    """Without a vocabulary they stay as they are."""
    payload = await handled(EVENT, Ontologies([WORK]))
    assert isinstance(payload, Extraction)
    assert payload.knowledge.assertions[0].exclusive is Exclusive.SUBJECT
    assert (await handled(EVENT, None)).knowledge.assertions[0].exclusive is Exclusive.NONE


async def test_an_unknown_ontology_is_a_verdict():
    """Also where no model would be asked: the graph would silently be another one."""
    payload = await handled(EVENT | {"ontology": "play"}, Ontologies([WORK]))
    assert isinstance(payload, Rejected)
    assert (payload.reason, payload.stage, payload.family) == ("unknown-ontology", "extract", "episode")
