"""Episodes of the test language as the store takes them, without Kafka and a model; what the graph then shows."""

from datetime import UTC, datetime, timedelta

import numpy as np

from consumer.model.episode import Embedded, Episode, LogPosition
from consumer.model.ids import episode_uuid
from consumer.model.instants import to_utc
from consumer.testing.sentences import parse

LOG_START = datetime(2024, 1, 1, tzinfo=UTC)


def embedded(event, offset, dimension=0):
    """An event with what it says, at its place in the log; vectors of the dimension, the same for all, or none."""
    reference = datetime.fromisoformat(event["reference_time"])
    said = parse(event["content"], reference, source=event["source"])
    group = event["group_id"]
    episode = Episode(
        uuid=episode_uuid(group, event["event_id"]),
        group_id=group,
        event_id=event["event_id"],
        name=event.get("name", ""),
        source=event["source"],
        source_description="",
        content=event["content"],
        reference_time=to_utc(reference),
        position=LogPosition(LOG_START + timedelta(milliseconds=offset), 0, offset),
        saga=event.get("saga"),
    )
    vector = np.ones(dimension, dtype=np.float32) / np.sqrt(dimension) if dimension else None
    texts = {m.name for m in said.mentions} | {a.sentence for a in said.assertions}
    return Embedded(episode, said, {} if vector is None else dict.fromkeys(texts, vector), f"same/{dimension}")


def event(number, content, on, group="g", **rest):
    """An event of the test language, told on a day."""
    return {
        "type": "episode.added",
        "event_id": f"{group}.{number}",
        "group_id": group,
        "source": "text",
        "content": content,
        "reference_time": f"{on.isoformat()}T00:00:00+00:00",
        **rest,
    }


def shown(database):
    """The facts of a graph in memory: subject, relation, object, valid_at, invalid_at; each as often as it is there."""
    names = {uuid: node["name"] for uuid, node in database.nodes["Entity"].items()}
    return sorted(
        (names[f["source"]], f["name"], names[f["target"]], _text(f["valid_at"]), _text(f["invalid_at"]))
        for f in database.facts.values()
    )


def wanted(graph):
    """The same of a gold graph."""
    return sorted((f.subject, f.relation, f.object, _iso(f.valid_at), _iso(f.invalid_at)) for f in graph.facts)


def _text(value):
    return value or ""


def _iso(instant):
    return "" if instant is None else instant.isoformat().replace("+00:00", "Z")
