"""The simulated model as graphiti-core's: every prompt of its release has an answer, and it is the grammar's."""

import json
from datetime import datetime, timedelta, timezone

import pytest

pytest.importorskip("graphiti_core", reason="graphiti-core is not installed: pip install '.[peers]'")

from graphiti_core.llm_client.config import LLMConfig
from graphiti_core.llm_client.openai_generic_client import OpenAIGenericClient
from graphiti_core.prompts.lib import BUILTIN_PROMPT_SPECS, prompt_library
from pydantic import BaseModel, create_model

from consumer.testing.simulator import Simulator

AT = datetime(2024, 5, 5, 12, tzinfo=timezone(timedelta(hours=2)))
NODES = [{"name": "Ada"}, {"name": "Initech"}]
EXISTING = [
    {"candidate_id": 0, "name": "Ada Quill", "entity_types": ["Entity"], "summary": ""},
    {"candidate_id": 1, "name": "Ada", "entity_types": ["Entity"], "summary": ""},
]
CONTEXT = {
    "episode_content": "Ada: I work at Initech since 2024-05-01. Bob knows Ada.",
    "previous_episodes": [{"content": "Bob likes Tea.", "timestamp": AT.isoformat()}],
    "custom_extraction_instructions": "",
    "entity_types": [{"entity_type_id": 0, "entity_type_name": "Entity"}],
    "edge_types": [],
    "source_description": "a test",
    "nodes": NODES,
    "reference_time": AT,
    "extracted_node": {"name": "Ada"},
    "extracted_nodes": [{"id": 0, "name": "Ada"}, {"id": 1, "name": "Initech"}],
    "entity_type_description": "",
    "existing_nodes": EXISTING,
    "facts": [{"fact": "Bob knows Ada.", "reference_time": AT.isoformat()}],
    "fact": "Ada works at Initech since 2024-05-01.",
    "existing_edges": [{"idx": 0, "fact": "Ada works at Initech."}],
    "edge_invalidation_candidates": [{"idx": 1, "fact": "Ada works at Zoë’s since 2020-01-01."}],
    "new_edge": "Ada works at Initech since 2024-05-01.",
    "existing_attributes": {},
    "entities": [{"name": "Ada", "summary": "", "entity_types": ["Entity"], "attributes": {}}],
    "node": {"name": "Ada"},
    "node_name": "Ada",
    "node_summary": "",
    "node_summaries": [{"summary": "Ada works at Initech."}, {"summary": "Bob knows Ada."}],
    "attributes": [],
    "summary": "Ada works at Initech. Bob knows Ada.",
    "episodes": ["Ada works at Initech."],
    "saga_name": "a saga",
}
DAY = "2024-04-30T22:00:00Z"
"""The first of May begins then on a clock two hours ahead."""
NOON = "2024-05-05T10:00:00Z"


class Employee(BaseModel):
    """A type of entity that a user made up."""

    title: str | None = None
    floor: int | None = None


@pytest.fixture
async def ask():
    """Asks a prompt as graphiti-core does, through its own client, and returns the answer."""
    async with Simulator() as simulator:
        client = OpenAIGenericClient(LLMConfig(api_key="simulator", base_url=simulator.base_url, model="sim-chat"))

        async def asked(name, model=None, **changes):
            kind, _, version = name.partition(".")
            messages = getattr(getattr(prompt_library, kind), version)(CONTEXT | changes)
            model = model or BUILTIN_PROMPT_SPECS[name].response_model
            answer = await client.generate_response(messages, response_model=model, prompt_name=name)
            model.model_validate(answer)
            return answer

        yield asked
        await client.client.close()


PROMPTS = sorted(
    name for name, spec in BUILTIN_PROMPT_SPECS.items() if spec.response_model and not name.startswith("eval.")
)


@pytest.mark.parametrize("name", PROMPTS)
async def test_each_prompt_has_an_answer_of_its_schema(ask, name):
    """What the prompt's own model accepts, and not an empty answer."""
    assert any(json.dumps(value) not in {"[]", "null"} for value in (await ask(name)).values())


@pytest.mark.parametrize("name", ["extract_nodes.extract_attributes", "extract_edges.extract_attributes"])
async def test_attributes_of_made_up_types_are_unknown(ask, name):
    """The language has none, so every field is null."""
    assert await ask(name, Employee) == {"title": None, "floor": None}


@pytest.mark.parametrize("kind", ["extract_message", "extract_text", "extract_json"])
async def test_entities_are_those_of_the_grammar(ask, kind):
    """A speaker is one in a message only."""
    answer = await ask(f"extract_nodes.{kind}")
    names = [each["name"] for each in answer["extracted_entities"]]
    assert names == (["Ada", "Initech", "Bob"] if kind == "extract_message" else ["Bob", "Ada"])


async def test_facts_have_the_dates_of_the_writer_s_clock(ask):
    """A day begins where the writer is; a fact without one begins when it was said."""
    edges = (await ask("extract_edges.edge"))["edges"]
    told = [(e["source_entity_name"], e["relation_type"], e["target_entity_name"], e["valid_at"]) for e in edges]
    assert told == [("Ada", "WORKS_AT", "Initech", DAY), ("Bob", "KNOWS", "Ada", NOON)]
    assert {e["invalid_at"] for e in edges} == {None}


async def test_dates_asked_for_apart_are_the_same(ask):
    """By fact alone, one or several; a past has both its days."""
    reference = AT.isoformat()
    assert await ask("extract_edges.extract_timestamps", reference_time=reference) == {
        "valid_at": DAY,
        "invalid_at": None,
    }
    facts = ["Ada worked at Initech from 2023-01-01 to 2023-02-01.", "Bob knows Ada.", "It rains."]
    answer = await ask(
        "extract_edges.extract_timestamps_batch", facts=[{"fact": f, "reference_time": reference} for f in facts]
    )
    assert [(each["valid_at"], each["invalid_at"]) for each in answer["timestamps"]] == [
        ("2022-12-31T22:00:00Z", "2023-01-31T22:00:00Z"),
        (NOON, None),
        (None, None),
    ]


async def test_an_end_is_a_fact_that_contradicts(ask):
    """It begins on the day of the end, since graphiti-core invalidates by starts only."""
    edges = (await ask("extract_edges.edge", episode_content="Ada left Initech on 2024-05-01."))["edges"]
    assert [(e["relation_type"], e["valid_at"], e["invalid_at"]) for e in edges] == [("NO_LONGER_WORKS_AT", DAY, None)]
    assert await resolved(ask, "Ada left Initech on 2024-05-01.", ["Ada works at Initech."]) == ([], [0])


async def test_combined_extraction_says_what_the_two_questions_say(ask):
    """Names and facts at once, without dates."""
    answer = await ask("extract_nodes_and_edges.extract_message")
    assert [each["name"] for each in answer["extracted_entities"]] == ["Ada", "Initech", "Bob"]
    assert [each["fact"] for each in answer["edges"]] == ["Ada works at Initech since 2024-05-01.", "Bob knows Ada."]


async def test_one_name_is_one_entity(ask):
    """And a name that is only like another is another."""
    answer = await ask("dedupe_nodes.nodes")
    assert [each["duplicate_candidate_id"] for each in answer["entity_resolutions"]] == [1, -1]
    assert (await ask("dedupe_nodes.node"))["duplicate_candidate_id"] == 1


async def resolved(ask, new, existing=(), others=()):
    """Duplicates and contradictions of a new fact among existing ones of its pair, and others."""
    answer = await ask(
        "dedupe_edges.resolve_edge",
        new_edge=new,
        existing_edges=[{"idx": n, "fact": fact} for n, fact in enumerate(existing)],
        edge_invalidation_candidates=[{"idx": len(existing) + n, "fact": fact} for n, fact in enumerate(others)],
    )
    return answer["duplicate_facts"], answer["contradicted_facts"]


@pytest.mark.parametrize(
    ("new", "existing", "others", "right"),
    [
        ("Ada works at X.", ["Ada works at X since 2020-01-01."], [], ([0], [])),
        ("Ada works at X.", ["Ada works at X since 2020-01-01.", "Ada works at X since 2022-01-01."], [], ([1, 0], [])),
        ("Ada works at X since 2021-01-01.", ["Ada works at X since 2020-01-01."], [], ([], [])),
        ("Ada knows Bob since 2021-01-01.", ["Ada knows Bob since 2020-01-01."], [], ([0], [])),
        ("Ada works at X.", ["Ada likes X."], ["Ada works at Y.", "Bob works at Y."], ([], [1])),
        ("Ada works at X.", ["Ada left X on 2020-01-01."], [], ([], [0])),
        ("Ada is the chair of X.", [], ["Bob is the chair of X.", "Ada is the chair of Y."], ([], [0])),
        ("Ada is married to Bob.", [], ["Cy is married to Ada.", "Cy knows Ada."], ([], [0])),
        ("It rains.", ["Ada knows Bob."], [], ([], [])),
    ],
)
async def test_facts_are_one_or_rivals_by_the_grammar_s_relations(ask, new, existing, others, right):
    """What one side can have only once is contradicted; what is said again is the same."""
    assert await resolved(ask, new, existing, others) == right


async def test_a_question_of_nobody_s_is_answered_as_before(ask):
    """Another schema than graphiti-core's gets what the grammar says of the last message."""
    model = create_model("Other", entities=(list, ...))
    answer = await ask("extract_nodes.extract_text", model, episode_content="Bob knows Ada.")
    assert set(answer) == {"entities", "facts"}
