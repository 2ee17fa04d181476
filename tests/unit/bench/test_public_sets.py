"""Public sets: read where they are, scored by whole facts or by triples a turn, skipped where they are not."""

import gzip
import json

import pytest

from consumer.bench.asking import Asking
from consumer.bench.public_sets import run_set
from consumer.bench.tally import Tally
from consumer.extract.chinese import read_chinese
from consumer.extract.passage import merged, passages_of
from consumer.extract.records import read_record
from consumer.testing.fakes import FakeClock, FakeExtractor


class Rules(FakeExtractor):
    """The local rules without their worker process."""

    async def extract(self, episode):
        await super().extract(episode)
        if episode.source == "json":
            return read_record(episode.content).knowledge
        return merged([read_chinese(passage) for passage in passages_of(episode)], None)


def office(number, event, person, day):
    """A record of the register."""
    content = {"event": event, "person": person, "office": "Mayor of Bonn", "party": "Greens", "effective": day}
    return row(number, content, f"{day}T12:00:00-05:00", source="json", name="record")


def row(number, content, reference_time, **fields):
    """An event as the sets have it."""
    plain = {"event_id": f"e{number}", "group_id": "g", "source": "message", "name": "film", "content": content}
    return plain | {"reference_time": reference_time} | fields


def write(folder, gold, events, rows):
    """Lay out a set as it is kept."""
    folder.mkdir()
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in events)
    (folder / "episodes.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows).encode()
    (folder / gold).write_bytes(gzip.compress(lines) if gold.endswith(".gz") else lines)


async def test_offices_are_scored_by_whole_facts(tmp_path):
    """Subject, relation, object, first and last day; one wrong day is a wrong and a missed fact."""
    events = [
        office(1, "took office", "Ada Quill", "2001-01-01"),
        office(2, "left office", "Ada Quill", "2005-01-01"),
        office(3, "took office", "Bo Reed", "2005-02-01"),
    ]
    held = {"relation": "HOLDS_OFFICE", "object": "Mayor of Bonn", "invalid_at": None}
    facts = [
        held | {"subject": "Ada Quill", "valid_at": "2001-01-01T12:00:00-05:00", "invalid_at": "2005-01-01T12:00Z"},
        held | {"subject": "Bo Reed", "valid_at": "2005-02-02T12:00:00-05:00"},
    ]
    write(tmp_path / "us-offices", "facts.jsonl", events, facts)
    report = await run_set("us-offices", tmp_path, Asking(Rules(), FakeClock(), 2), limit=10)
    assert report.episodes == 3
    assert report.tallies == {"HOLDS_OFFICE": Tally(1, 1, 1), "MEMBER_OF_PARTY": Tally(0, 2, 0)}
    assert (await run_set("us-offices", tmp_path, Asking(Rules(), FakeClock()), limit=1)).episodes == 1


async def test_dialogues_are_scored_by_triples_a_turn(tmp_path):
    """Attributes count, brackets do not; a list is several objects; a description is no triple."""
    events = [
        row(1, "甲: 看过《我是山姆》吗？", "2019-09-02T09:00:00+08:00"),
        row(2, "乙: 导演是杰茜·尼尔森，片长132分钟。", "2019-09-02T09:00:30+08:00"),
    ]
    triples = [
        {"event_id": "e2", "subject": "我是山姆", "relation": "片长", "object": "132 分钟"},
        {"event_id": "e2", "subject": "《我是山姆》(美国电影)", "relation": "导演", "object": "杰茜·尼尔森,某人"},
        {"event_id": "e2", "subject": "我是山姆", "relation": "Information", "object": "很长的介绍"},
        {"event_id": "e2", "subject": "我是山姆", "relation": "类型", "object": "家庭"},
    ]
    write(tmp_path / "kdconv", "triples.jsonl.gz", events, triples)
    report = await run_set("kdconv", tmp_path, Asking(Rules(), FakeClock()), limit=10)
    assert report.tallies == {"triple": Tally(2, 0, 2)}


@pytest.mark.parametrize("name", ["us-offices", "kdconv"])
async def test_a_set_that_is_not_there_is_skipped_with_the_reason(tmp_path, name):
    """No set is shipped."""
    report = await run_set(name, tmp_path, Asking(Rules(), FakeClock()), limit=10)
    assert report.tallies is None
    assert report.skipped.endswith("is not there")
