"""What ingestion is measured with: valid events of the sizes told, whose right graph is known."""

import json
from itertools import islice

import pytest

from consumer.bench.loads import ONTOLOGY, Kind, events_of, gold_of, items_of, ontology_text
from consumer.model.ids import episode_uuid
from consumer.model.token_estimate import estimated_tokens
from consumer.ontology.load import read_file
from consumer.testing.episodes import episode_of
from consumer.testing.sentences import parse


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_valid_and_says_what_its_gold_has(kind):
    """Decoded as intake decodes it: the uuid is the one that is looked for; equal arguments give equal events."""
    events = list(islice(events_of(kind, "load", 3), 60))
    assert events == list(islice(events_of(kind, "load", 3), 60))
    items = list(items_of(events))
    episodes = [episode_of(event, offset) for offset, event in enumerate(events)]
    assert [item.uuid for item in items] == [episode_uuid(e.group_id, e.event_id) for e in episodes]
    assert {item.group_id for item in items} == {"load-0", "load-1", "load-2"}
    graphs = gold_of(items)
    assert set(graphs) == {"load-0", "load-1", "load-2"}
    assert sum(len(graph.facts) for graph in graphs.values()) > 30


@pytest.mark.parametrize(("kind", "low", "high"), [(Kind.TEXT, 100, 500), (Kind.LONG, 500, 2_000)])
def test_texts_are_of_the_baselines_sizes(kind, low, high):
    """In LLM tokens, as the pipeline estimates them."""
    for event in islice(events_of(kind, "load", 2), 20):
        assert low < estimated_tokens(event["content"]) < high


def test_json_for_the_model_says_the_same_as_the_text():
    """The model reads the compact JSON; a sentence is in it as it was, and nobody says it."""
    texts = islice(events_of(Kind.CHAT, "load", 2), 80)
    for text, record in zip(texts, islice(events_of(Kind.JSON, "load", 2), 80), strict=True):
        episode = episode_of(record)
        said = parse(episode.content, episode.reference_time, source="json").assertions
        meant = parse(text["content"], episode_of(text).reference_time, source=text["source"]).assertions
        assert [(a.subject, a.relation, a.object, a.valid_at, a.invalid_at) for a in said] == [
            (a.subject, a.relation, a.object, a.valid_at, a.invalid_at) for a in meant
        ]


def test_the_mapping_reads_the_records(tmp_path):
    """Without a model, and into the facts of the gold."""
    path = tmp_path / "records.json"
    path.write_text(ontology_text())
    ontology = read_file(path)
    assert ontology.name == ONTOLOGY
    event = next(events_of(Kind.MAPPED, "load", 1))
    assert event["ontology"] == ONTOLOGY
    (fact,) = gold_of(list(items_of([event])))["load-0"].facts
    assert (fact.subject, fact.object) == (event["content"]["person"], event["content"]["employer"])
    assert json.loads(next(items_of([event])).value) == event
