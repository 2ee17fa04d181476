"""The extractor that keeps to ontologies: mapped records cost no call, answers are checked, unknown names refused."""

import json
import logging

import pytest

from consumer.errors import EpisodeFault
from consumer.extract.ontology import OntologyExtractor
from consumer.extract.openai import OpenAiExtractor
from consumer.llm.exchange import ChatAnswer
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Mention
from consumer.ontology import Ontologies, Ontology
from consumer.settings import LlmSettings
from consumer.telemetry import names, providers
from consumer.testing.episodes import episode_of
from consumer.testing.openai_extractor import openai_extractor
from consumer.testing.simulator import Simulator

WORK = Ontology.model_validate(
    {
        "name": "work",
        "strict": True,
        "entity_types": {"Person": {"attributes": {"age": {"type": "integer"}}}, "Company": {"aliases": ["Firm"]}},
        "relation_types": {"WORKS_AT": {"subject": ["Person"], "object": ["Company"], "exclusive": "subject"}},
        "mappings": [
            {
                "name": "job",
                "when": "who",
                "entities": [{"name": "who", "type": "Person"}, {"name": "firm", "type": "Company"}],
                "facts": [{"subject": "who", "relation": "WORKS_AT", "object": "firm", "valid_at": "since"}],
            },
            {"name": "empty", "when": "kind", "entities": [{"name": "name", "type": "Person"}]},
        ],
    }
)
SAID = Knowledge(
    (Mention("Ada", "person", attributes={"age": "41", "hat": "red"}), Mention("Acme", "Firm")),
    (Assertion("Ada", "works_at", "Acme", "s"), Assertion("Ada", "LIKES", "Acme", "s")),
)


class Engine:
    """An engine that says `SAID` and counts its calls."""

    name = "engine"
    calls = 0
    is_closed = False

    async def extract(self, episode):
        """Say it."""
        self.calls += 1
        return SAID

    async def aclose(self):
        """Note it."""
        self.is_closed = True


class Prepare:
    """What an engine loads before its first call; counts."""

    calls = 0

    async def __call__(self):
        """Count it."""
        self.calls += 1


class Counter:
    """A counter that keeps what is added."""

    def __init__(self, kept):
        self.kept = kept

    def add(self, amount, attributes):
        """Keep it."""
        self.kept.append((amount, dict(attributes)))


@pytest.fixture
def counted(monkeypatch):
    """What is counted, by metric."""
    kept = {names.ONTOLOGY_MAPPED: [], names.ONTOLOGY_DEVIATIONS: []}
    monkeypatch.setattr(providers, "counter", lambda name: Counter(kept[name]))
    return kept


def episode(content, **fields):
    """An episode that goes by `work` unless told otherwise."""
    return episode_of({"group_id": "g", "event_id": "e", "ontology": "work", "content": content, **fields})


async def test_an_answer_is_kept_to_its_ontology(counted):
    """Spelling, exclusivity and attributes; what is left out is counted by kind."""
    said = await OntologyExtractor(Engine(), Ontologies([WORK])).extract(episode("Ada works at Acme."))
    assert [(one.type, dict(one.attributes)) for one in said.mentions] == [("Person", {"age": 41}), ("Company", {})]
    assert [(one.relation, one.exclusive) for one in said.assertions] == [("WORKS_AT", Exclusive.SUBJECT)]
    assert counted[names.ONTOLOGY_DEVIATIONS] == [
        (1, {names.ONTOLOGY: "work", names.DEVIATION: "undeclared-attribute"}),
        (1, {names.ONTOLOGY: "work", names.DEVIATION: "unknown-relation"}),
    ]


async def test_a_mapped_record_costs_no_call(counted):
    """T2: also one of which nothing is left but a skip, which is told and counted."""
    engine = Engine()
    extractor = OntologyExtractor(engine, Ontologies([WORK]))
    said = await extractor.extract(episode({"who": "Ada", "firm": "Acme"}, source="json"))
    assert [one.relation for one in said.assertions] == ["WORKS_AT"]
    said = await extractor.extract(episode({"who": "Ada", "firm": "Acme", "since": "soon"}, source="json"))
    assert not said.assertions
    assert engine.calls == 0
    assert counted[names.ONTOLOGY_MAPPED] == [(1, {names.ONTOLOGY: "work"})] * 2
    assert counted[names.ONTOLOGY_DEVIATIONS] == [(1, {names.ONTOLOGY: "work", names.DEVIATION: "skipped-by-mapping"})]


async def test_a_large_record_is_mapped_too():
    """Off the event loop, with the same result."""
    engine = Engine()
    content = {"who": "Ada", "firm": "Acme", "padding": "x" * 70_000}
    said = await OntologyExtractor(engine, Ontologies([WORK])).extract(episode(content, source="json"))
    assert len(said.assertions) == 1
    assert engine.calls == 0


async def test_a_record_of_which_nothing_is_left_is_refused_when_strict():
    """Else a changed feed would pass without a trace."""
    with pytest.raises(EpisodeFault, match=r"mapping-failed: mapping 'empty' of ontology 'work': it finds neither"):
        await OntologyExtractor(Engine(), Ontologies([WORK])).extract(episode({"kind": 1}, source="json"))
    open_one = WORK.model_copy(update={"strict": False})
    extractor = OntologyExtractor(Engine(), Ontologies([open_one]))
    assert await extractor.extract(episode({"kind": 1}, source="json")) == Knowledge()


async def test_a_name_nobody_registered_is_refused_and_none_is_fine():
    """T1; and an episode without ontology is the engine's alone."""
    engine = Engine()
    extractor = OntologyExtractor(engine, Ontologies([WORK]))
    with pytest.raises(EpisodeFault, match="unknown-ontology"):
        await extractor.extract(episode("x", ontology="play"))
    assert engine.calls == 0
    assert await extractor.extract(episode("x", ontology=None)) is SAID


async def test_its_name_tells_the_ontologies_and_closing_closes_the_engine():
    """A cache of what it says can tell two versions apart."""
    engine = Engine()
    extractor = OntologyExtractor(engine, Ontologies([WORK]))
    assert extractor.name == f"engine+ontology-{Ontologies([WORK]).digest}"
    assert OntologyExtractor(engine, Ontologies()).name == "engine"
    await extractor.prepare()
    engine.prepare = Prepare()
    await extractor.prepare()
    assert engine.prepare.calls == 1
    await extractor.aclose()
    assert engine.is_closed


class Chat:
    """A chat model with one answer; keeps the requests."""

    name = "scripted/m"

    def __init__(self, answer):
        self.answer = answer
        self.requests = []

    async def complete(self, request):
        """Give the answer."""
        self.requests.append(request)
        return ChatAnswer(json.dumps(self.answer))


async def test_the_model_is_asked_with_the_vocabulary_and_attributes_come_in_the_same_call():
    """One call: the system text ends with the vocabulary, the schema allows declared words only."""
    ada = {"name": "Ada", "type": "Person", "summary": "", "attributes": [{"name": "age", "value": "41"}]}
    chat = Chat({"entities": [ada], "facts": []})
    ontologies = Ontologies([WORK])
    said = await OntologyExtractor(OpenAiExtractor(chat, None, ontologies), ontologies).extract(episode("Ada is 41."))
    assert dict(said.mentions[0].attributes) == {"age": 41}
    (request,) = chat.requests
    assert "- WORKS_AT [Person -> Company] exclusive" in request.system
    entity = request.answer_format.schema["properties"]["episodes"]["items"]["properties"]["entities"]["items"]
    assert entity["properties"]["type"]["enum"] == ["Person", "Company", "Entity"]
    assert set(entity["required"]) == {"name", "type", "summary", "attributes"}


async def test_the_name_of_the_openai_extractor_follows_the_ontologies():
    """Its answers are cached by it."""
    ontologies = Ontologies([WORK])
    assert OpenAiExtractor(Chat({}), None, ontologies).name.endswith(f"/extract-3/vocabulary-1-{ontologies.digest}")


async def test_the_simulator_sees_no_call_for_mapped_records(caplog):
    """The real extractor over real HTTP: one text, a hundred records, one call."""
    caplog.set_level(logging.WARNING)
    async with Simulator() as simulator:
        settings, ontologies = LlmSettings(), Ontologies([WORK])
        engine = openai_extractor(simulator.base_url, settings, ontologies)
        extractor = OntologyExtractor(engine, ontologies)
        for number in range(100):
            said = await extractor.extract(episode({"who": f"P{number}", "firm": "Acme"}, source="json"))
            assert len(said.assertions) == 1
        assert simulator.stats.chat_calls == 0
        await extractor.extract(episode("Ada works at Acme."))
        assert simulator.stats.chat_calls == 1
        await extractor.aclose()
