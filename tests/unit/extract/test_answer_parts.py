"""Answers about several episodes taken apart: each form that models give, and what is nobody's."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.extract.answer import parse_answer
from consumer.extract.answer_parts import EpisodeBinder
from consumer.extract.prompts import assemble, keys_of
from consumer.model.episode import ContextEpisode
from consumer.pipeline.context import ContextMemory
from consumer.testing.episodes import episode_of
from consumer.testing.generate import generate
from consumer.testing.sentences import parse
from consumer.testing.simulator_answers import as_answer

EVENT = {"event_id": "e", "group_id": "g", "source": "text", "content": "", "reference_time": "2024-05-06T10:00:00Z"}
TEXTS = ("Ada Quill works at Brightforge.", "Bo Reed lives in Lund.", "Cy Dahl knows Dee Ek.")
USERS = [assemble(replace(episode_of(EVENT), content=text)).user for text in TEXTS]
KEYS = keys_of(USERS)
SAID = [
    {"entities": [{"name": name, "type": "Person", "summary": ""}], "facts": []}
    for name in ("Ada Quill", "Bo Reed", "Cy Dahl")
]
PARTS = [{"key": key, **said} for key, said in zip(KEYS, SAID, strict=True)]
WHOLE = json.dumps({"episodes": PARTS})
SPLIT = EpisodeBinder().split


def names(texts):
    """The first entity of each part, None where there is no part."""
    return [None if text is None else json.loads(text)["entities"][0]["name"] for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        f"```json\n{WHOLE}\n```",
        f"Here you are:\n{WHOLE}\nAnything else?",
        json.dumps(PARTS),
        json.dumps(dict(zip(KEYS, SAID, strict=True))),
        json.dumps({"episodes": dict(zip(KEYS, SAID, strict=True))}),
        json.dumps({"episodes": PARTS[::-1]}),
        json.dumps({"episodes": [{**part, "key": f"# Episode {part['key'].upper()}"} for part in PARTS]}),
        json.dumps({"episodes": [*PARTS, {"key": "e0000f", **SAID[0]}]}),
        json.dumps({"episodes": [*PARTS, PARTS[0]]}),
    ],
)
def test_every_form_is_taken_apart(text):
    """By key, whatever stands around it and in whatever order."""
    assert names(SPLIT(text, USERS)) == ["Ada Quill", "Bo Reed", "Cy Dahl"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (json.dumps({"episodes": PARTS[1:]}), [None, "Bo Reed", "Cy Dahl"]),
        (json.dumps({"episodes": [{**PARTS[0], "key": "1"}, *PARTS[1:]]}), [None, "Bo Reed", "Cy Dahl"]),
        (json.dumps({"episodes": [*PARTS, {**PARTS[0], "entities": []}]}), [None, "Bo Reed", "Cy Dahl"]),
        (json.dumps({"episodes": [{**SAID[0]}, *PARTS[1:]]}), [None, "Bo Reed", "Cy Dahl"]),
        (json.dumps({"episodes": ["?", None, PARTS[1], 3]}), [None, "Bo Reed", None]),
        (json.dumps({"episodes": [{**said} for said in SAID]}), [None, None, None]),
        (json.dumps({"status": "done"}), [None, None, None]),
        ("I will not.", [None, None, None]),
        ("", [None, None, None]),
        ("[" * 100_000, [None, None, None]),
    ],
)
def test_what_is_not_surely_an_episodes_own_is_nobodys(text, left):
    """Missing, doubled with other words, under a wrong key or none: asked for again, and the others keep theirs."""
    assert names(SPLIT(text, USERS)) == left


@given(st.integers(0, len(WHOLE)))
def test_of_an_answer_cut_off_anywhere_the_whole_parts_are_taken(length):
    """A part is taken exactly if its closing brace got through, and then unchanged."""
    got = SPLIT(WHOLE[:length], USERS)
    ends = [WHOLE.index(json.dumps(part)) + len(json.dumps(part)) for part in PARTS]
    assert [text is not None for text in got] == [length >= end for end in ends]


def test_an_answer_with_a_neighbours_names_is_not_taken():
    """Two parts under each other's key show by their names; so does one fact too many about another group."""
    swapped = [{**PARTS[0], "key": KEYS[1]}, {**PARTS[1], "key": KEYS[0]}, PARTS[2]]
    assert names(SPLIT(json.dumps({"episodes": swapped}), USERS)) == [None, None, "Cy Dahl"]
    fact = {"subject": "Cy Dahl", "relation": "KNOWS", "object": "Bo Reed"}
    leaked = [PARTS[0], PARTS[1], {**PARTS[2], "facts": [fact]}]
    assert names(SPLIT(json.dumps({"episodes": leaked}), USERS)) == ["Ada Quill", "Bo Reed", None]


def test_a_name_that_stands_nowhere_is_the_models_own_reading():
    """A name resolved or spelt out by the model is in no text, and is taken."""
    told = [{**PARTS[0], "entities": [{"name": "Ada Quill-Brightforge", "type": "Person", "summary": ""}]}, *PARTS[1:]]
    assert names(SPLIT(json.dumps({"episodes": told}), USERS))[0] == "Ada Quill-Brightforge"


def test_the_answer_to_another_question_is_not_taken():
    """Keys are made of the sections, so that a proxy that mixes up its callers is found out, alone too."""
    assert SPLIT(WHOLE, [USERS[0].replace("Ada", "Eve")]) == [None]


@pytest.mark.parametrize(
    "text", [json.dumps(SAID[0]), json.dumps({"episodes": [SAID[0]]}), f"```\n{json.dumps(SAID[0])}```"]
)
def test_who_is_asked_about_alone_needs_no_key(text):
    """Servers without strict schemas leave it out, and there is nobody to confuse it with."""
    assert names(SPLIT(text, USERS[:1])) == ["Ada Quill"]


def test_a_bare_list_of_facts_is_read_for_one_episode():
    """As it was before several were asked about together."""
    text = SPLIT(json.dumps([{"subject": "Ada", "relation": "KNOWS", "object": "Bo"}]), USERS[:1])[0]
    said = parse_answer(text, episode_of(EVENT).reference_time)
    assert [(fact.subject, fact.object) for fact in said.assertions] == [("Ada", "Bo")]


@given(
    st.text(max_size=200)
    | st.recursive(
        st.none() | st.text(max_size=8),
        lambda one: (
            st.lists(one, max_size=4)
            | st.dictionaries(st.sampled_from(["key", "episodes", "entities", "facts", *KEYS]), one, max_size=4)
        ),
        max_leaves=12,
    ).map(json.dumps)
)
def test_no_answer_is_an_exception(text):
    """Whatever a model says, each episode gets a part or none."""
    for users in (USERS, USERS[:1]):
        assert len(SPLIT(text, users)) == len(users)


def test_parts_swapped_in_one_conversation_are_found_out():
    """Each knows the other's names from the earlier episodes, so that only the contents tell them apart."""
    texts = ("Ada Quill works at Brightforge.", "Ada Quill likes Solaris.", "Nothing today.")
    earlier = tuple(
        ContextEpisode("", text, datetime(2024, 5, 6, tzinfo=UTC)) for text in (*texts[:2], "Cy Dahl knows Dee Ek.")
    )
    users = [assemble(replace(episode_of(EVENT), content=text, context=earlier)).user for text in texts]
    keys = keys_of(users)
    said = [
        {"entities": [{"name": "Ada Quill"}, {"name": name}], "facts": []} if name else {"entities": [], "facts": []}
        for name in ("Brightforge", "Solaris", "")
    ]
    right = [{"key": key, **one} for key, one in zip(keys, said, strict=True)]
    assert None not in SPLIT(json.dumps({"episodes": right}), users)
    swapped = [{"key": key, **one} for key, one in zip(keys, [said[1], said[0], said[2]], strict=True)]
    assert SPLIT(json.dumps({"episodes": swapped}), users)[:2] == [None, None]
    turned = [{"key": key, **one} for key, one in zip(keys, [*said[1:], said[0]], strict=True)]
    assert SPLIT(json.dumps({"episodes": turned}), users) == [None, None, None]


def test_a_pronoun_for_somebody_of_the_message_before_is_no_confusion():
    """The episode before is often in the same call; its names are rightly those of "she"."""
    earlier = (ContextEpisode("", TEXTS[0], datetime(2024, 5, 6, tzinfo=UTC)),)
    users = [USERS[0], assemble(replace(episode_of(EVENT), content="She likes Solaris.", context=earlier)).user]
    said = [["Ada Quill", "Brightforge"], ["Ada Quill", "Solaris"]]
    parts = [
        {"key": key, "entities": [{"name": name} for name in names], "facts": []}
        for key, names in zip(keys_of(users), said, strict=True)
    ]
    assert None not in SPLIT(json.dumps({"episodes": parts}), users)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_parts_are_confused_nobody_gets_anothers(seed):
    """Eight episodes in a row of two conversations, each with those before it; the parts moved on by one place."""
    context = ContextMemory(4, 256, 2_000)
    episodes = []
    for number, event in enumerate(generate(seed, 8, 2)):
        episode = episode_of(event, number)
        episodes.append(replace(episode, context=context.before(("t", 0), number, episode.group_id)))
        context.add(("t", 0), number, episode)
    users = list(dict.fromkeys(assemble(episode).user for episode in episodes))
    keys = keys_of(users)
    said = [as_answer(parse(one.content, one.local_reference_time, source=one.source)) for one in episodes]
    right = [{"key": key, **one} for key, one in zip(keys, said, strict=True)]
    moved = [{"key": key, **one} for key, one in zip(keys, [*said[1:], said[0]], strict=True)]
    assert [json.loads(text) for text in SPLIT(json.dumps({"episodes": right}), users)] == right
    for text, wanted in zip(SPLIT(json.dumps({"episodes": moved}), users), right, strict=True):
        assert text is None or json.loads(text) == wanted
