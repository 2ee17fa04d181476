"""A model that answers what an attacker wants, on the real services: nothing but data reaches the graph."""

import uuid

import neo4j
from corpus.hostile_answers import answers
from plugins.end_to_end import drained, pods

from consumer.model.knowledge import LABEL, RESERVED_LABELS
from consumer.testing.fake_models import FakeExtractor

GROUP = f"hostile-{uuid.uuid4().hex[:8]}"


class Talked(FakeExtractor):
    """Answers what the episode's name asks for."""

    async def extract(self, episode):
        return answers()[episode.name]


async def test_hostile_answers_are_written_within_bounds(make_log):
    """Every episode is written, none rejected; labels are types only, names are cut, no NUL is stored."""
    log = await make_log(pipeline={"max_facts": 50, "max_name_chars": 100, "max_attributes": 10})
    events = [
        {"group_id": GROUP, "event_id": f"e{number}", "name": name, "content": "x"}
        for number, name in enumerate(answers())
    ]
    async with pods(log, 1, extractor=Talked()) as (pod,):
        await log.publish(events)
        await drained(log)
        assert dict(pod.pipeline.outcomes) == {"written": len(events)}
    assert await log.dead_letters() == []
    async with neo4j.AsyncGraphDatabase.driver(log.settings.neo4j.uri) as driver:
        found = await driver.execute_query(
            "MATCH (n:Entity {group_id: $g}) RETURN n.name AS name, labels(n) AS labels, n {.*} AS properties", g=GROUP
        )
        facts = await driver.execute_query(
            "MATCH (:Entity {group_id: $g})-[f:RELATES_TO]->() "
            "RETURN f.name AS name, f.fact AS fact, startNode(f) = endNode(f) AS is_loop",
            g=GROUP,
        )
    assert len(found.records) > 100
    for row in found.records:
        assert 0 < len(row["name"]) <= 100
        assert "\x00" not in str(row["properties"].values())
        others = set(row["labels"]) - {"Entity"}
        assert len(others) <= 1
        assert all(LABEL.fullmatch(label) and label not in RESERVED_LABELS for label in others)
    assert len(facts.records) > 50
    for row in facts.records:
        assert len(row["name"]) <= 100
        assert len(row["fact"]) <= 4_000
        assert not row["is_loop"]
