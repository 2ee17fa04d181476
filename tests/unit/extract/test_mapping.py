"""JSON records by declared mappings: what is taken, what is left out and told, and two real sets against their gold."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consumer import inputs
from consumer.extract.mapping import mapped
from consumer.graph.assertions import AssertionRow, Triple
from consumer.graph.invalidate import history
from consumer.model.ids import name_key
from consumer.model.knowledge import Exclusive, Polarity
from consumer.ontology import Ontology, apply, examples
from consumer.ontology.load import read_file
from consumer.testing.episodes import episode_of

EXAMPLES = Path(examples.__path__[0])
DATA = Path(__file__).parents[4] / "shared" / "data"
OFFICES = read_file(EXAMPLES / "offices.yaml")
VULNERABILITIES = read_file(EXAMPLES / "vulnerabilities.yaml")


def ontology(*mappings):
    """An ontology of two types and a relation with these mappings."""
    return Ontology.model_validate(
        {
            "name": "o",
            "entity_types": {"A": {}, "B": {}},
            "relation_types": {"HAS": {}, "LIKES": {}},
            "mappings": [{"name": f"m{number}", **one} for number, one in enumerate(mappings)],
        }
    )


def episode(content, **fields):
    """A json episode."""
    event = {"group_id": "g", "event_id": "e", "source": "json", "content": content, **fields}
    return episode_of({"reference_time": "2024-05-01T00:00:00Z", **event})


FACT = {"subject": "a", "relation": "HAS", "object": "b"}


def test_the_first_mapping_that_fits_is_used():
    """By source description and by what the record holds; none that fits leaves the record to a model."""
    some = ontology(
        {"source_description": "feed", "facts": [FACT]},
        {"when": "kind == 'x'", "facts": [FACT | {"relation": "LIKES"}]},
        {"when": "length(kind) > `3`", "facts": [FACT]},
    )
    record = {"a": "1", "b": "2"}
    assert mapped(some, episode(record, source_description="feed")).mapping == "m0"
    assert mapped(some, episode(record | {"kind": "x"})).mapping == "m1"
    assert mapped(some, episode(record | {"kind": 5})) is None, "a condition that fails on the record does not fit"
    assert mapped(some, episode("no json", source_description="feed")) is None
    assert mapped(some, episode_of({"group_id": "g", "content": '{"kind": "x"}'})) is None
    assert mapped(ontology(), episode(record)) is None


def test_each_item_sees_itself_the_record_and_the_event():
    """Orders with lines: the order's id is above, the event's name beside."""
    some = ontology(
        {
            "each": "lines",
            "entities": [
                {"name": "sku", "type": "=kind", "summary": "{sku} of {_record.id}", "attributes": {"n": "n"}}
            ],
            "facts": [{**FACT, "subject": "_record.id", "object": "sku", "sentence": "{_subject} has {n} {_object}"}],
        },
    )
    lines = [{"sku": 7, "kind": "a", "n": 2}, {"sku": "Pen", "kind": "B", "n": [1]}]
    found = mapped(some, episode({"id": "O-1", "lines": lines}))
    assert [(one.name, one.type, one.summary, dict(one.attributes)) for one in found.knowledge.mentions] == [
        ("7", "A", "7 of O-1", {"n": 2}),
        ("Pen", "B", "Pen of O-1", {}),
        ("O-1", "Entity", "", {}),
    ]
    assert [one.sentence for one in found.knowledge.assertions] == ["O-1 has 2 7", "O-1 has Pen"]


def test_a_list_at_an_end_gives_a_fact_each():
    """And items that are no objects are `_value`."""
    found = mapped(ontology({"facts": [FACT]}), episode({"a": "x", "b": ["y", "z", "y"]}))
    assert [one.object for one in found.knowledge.assertions] == ["y", "z"]
    values = ontology({"each": "_value", "facts": [{**FACT, "subject": "_event.name", "object": "_value"}]})
    found = mapped(values, episode(["p", "q"], name="list"))
    assert [(one.subject, one.object) for one in found.knowledge.assertions] == [("list", "p"), ("list", "q")]


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"a": "x"}, "no subject or no object"),
        ({"a": "x", "b": {"c": 1}}, "no subject or no object"),
        ({"a": "x", "b": "X"}, "both"),
        ({"a": "x", "b": "y", "from": "soon"}, "'soon' is no ISO 8601 date"),
        ({"a": "x", "b": "y", "from": 2024}, "2024 is no ISO 8601 date"),
        ({"a": "x", "b": "y", "from": "2024", "to": "2023"}, "before it begins"),
    ],
)
def test_what_is_wrong_in_the_data_drops_its_fact_and_is_told(record, told):
    """M2: the other fact stays, and no fact is dated by guess."""
    some = ontology(
        {"facts": [{**FACT, "valid_at": "from", "invalid_at": "to"}, {**FACT, "relation": "LIKES", "object": "a2"}]}
    )
    found = mapped(some, episode(record | {"a2": "other"}))
    assert [one.relation for one in found.knowledge.assertions] == ["LIKES"]
    assert len(found.skips) == 1
    assert told in found.skips[0]


def test_expressions_that_fail_on_a_record_are_told():
    """An entity, a list of items, a word: each drops only itself."""
    some = ontology(
        {
            "each": "sort(items)",
            "entities": [{"name": "a", "type": "A"}],
        },
    )
    assert "sort(items)" in mapped(some, episode({"items": 3})).skips[0]
    some = ontology({"entities": [{"name": "sum(a)", "type": "A"}], "facts": [{**FACT, "relation": "=r"}]})
    assert len(mapped(some, episode({"a": "x", "b": "y"})).skips) == 2


def office_records():
    """The content of the shipped office events, in order."""
    lines = next(path for path in inputs.paths() if path.name == "offices.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in lines.splitlines()]


def facts_of(events, by):
    """The facts that the mapped events become, and what was left out or differed."""
    rows, odd = [], Counter()
    for number, event in enumerate(events):
        one = episode_of(event, number)
        found = mapped(by, one)
        kept, counts = apply(by, found.knowledge)
        odd.update(counts)
        odd["skips"] += len(found.skips)
        for ordinal, said in enumerate(kept.assertions):
            triple = Triple("g", said.subject, said.relation, said.object)
            rows.append(
                AssertionRow(
                    triple,
                    said.sentence,
                    said.valid_at,
                    said.invalid_at,
                    said.exclusive,
                    said.polarity,
                    one.uuid,
                    one.reference_time,
                    one.position,
                    ordinal,
                )
            )
    by_side = {}
    for row in rows:
        for side in (("s", row.triple.relation, row.triple.subject), ("o", row.triple.relation, row.triple.object)):
            by_side.setdefault(side, []).append(row)
    facts = set()
    for triple in {row.triple for row in rows}:
        near = by_side["s", triple.relation, triple.subject] + by_side["o", triple.relation, triple.object]
        facts |= {(*triple[1:4], fact.valid_at, fact.invalid_at) for fact in history(triple, near)}
    return facts, odd


def noon(day):
    """Noon in Washington, as the records' own events have it."""
    return datetime.fromisoformat(f"{day}T12:00:00-05:00").astimezone(UTC)


def test_the_shipped_office_records_map_to_the_right_graph():
    """Against a walk over the records: who takes an office holds it until they leave or the next one takes it."""
    events = office_records()
    holder, wanted = {}, set()
    for record in (event["content"] for event in events):
        office, person, day = record["office"], record["person"], noon(record["effective"])
        if office in holder:
            before, since = holder.pop(office)
            wanted.add((before, "HOLDS_OFFICE", office, since, day))
        if record["event"] == "took office":
            holder[office] = (person, day)
    wanted |= {(person, "HOLDS_OFFICE", office, since, None) for office, (person, since) in holder.items()}
    facts, odd = facts_of(events, OFFICES)
    assert not +odd
    assert {fact for fact in facts if fact[1] == "HOLDS_OFFICE"} == wanted
    assert {fact[2] for fact in facts if fact[1] == "MEMBER_OF_PARTY"} == {"Republican", "Democrat"}


def test_the_mapping_says_what_the_shipped_given_facts_say():
    """The same entities, sentences, dates and sides that `ops/inputs/make.py` gave the events."""
    for number, event in enumerate(office_records()):
        one = episode_of(event, number)
        kept, _ = apply(OFFICES, mapped(OFFICES, one).knowledge)
        assert set(kept.assertions) == set(one.given.assertions)
        for said in kept.assertions:
            assert said.exclusive is (Exclusive.OBJECT if said.relation == "HOLDS_OFFICE" else Exclusive.SUBJECT)
            assert (said.polarity is Polarity.ENDS) == (event["content"]["event"] == "left office")


@pytest.mark.skipif(not (DATA / "us-offices").exists(), reason=f"no register to compare with: {DATA}/us-offices")
def test_the_whole_office_register_maps_to_its_gold():
    """All 440 records since 1789: each term as the register's own list of facts has it."""
    with gzip.open(DATA / "us-offices" / "episodes.jsonl.gz", "rt", encoding="utf-8") as lines:
        facts, odd = facts_of([json.loads(line) for line in lines], OFFICES)
    wanted = set()
    for line in (DATA / "us-offices" / "facts.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        dates = (row[key] and datetime.fromisoformat(row[key]).astimezone(UTC) for key in ("valid_at", "invalid_at"))
        wanted.add((row["subject"], row["relation"], row["object"], *dates))
    held = {fact for fact in facts if fact[1] == "HOLDS_OFFICE"}
    assert not +odd
    assert held == {fact for fact in wanted if fact[1] == "HOLDS_OFFICE"}


KEV = {
    "cveID": "CVE-2012-0158",
    "vendorProject": "Microsoft",
    "product": "MSCOMCTL.OCX",
    "vulnerabilityName": "Microsoft MSCOMCTL.OCX Remote Code Execution Vulnerability",
    "dateAdded": "2021-11-03",
    "shortDescription": "Allows an attacker to take control.",
    "requiredAction": "Apply updates per vendor instructions.",
    "dueDate": "2022-05-03",
    "knownRansomwareCampaignUse": "Unknown",
    "cwes": ["CWE-94", "CWE-20"],
}


def test_a_vulnerability_record_maps():
    """A record of the catalogue (CC0): entities with attributes, a dated fact, one fact a weakness."""
    kept, counts = apply(VULNERABILITIES, mapped(VULNERABILITIES, episode(KEV)).knowledge)
    assert not counts
    assert {one.name: one.type for one in kept.mentions} == {
        "CVE-2012-0158": "Vulnerability",
        "Microsoft MSCOMCTL.OCX": "Product",
        "Microsoft": "Vendor",
        "CWE-94": "Weakness",
        "CWE-20": "Weakness",
    }
    assert kept.mentions[0].attributes["due_date"] == "2022-05-03"
    assert [(one.relation, one.object) for one in kept.assertions] == [
        ("AFFECTS", "Microsoft MSCOMCTL.OCX"),
        ("MADE_BY", "Microsoft"),
        ("HAS_WEAKNESS", "CWE-94"),
        ("HAS_WEAKNESS", "CWE-20"),
    ]
    assert kept.assertions[0].valid_at == datetime(2021, 11, 3, tzinfo=UTC)


@pytest.mark.skipif(not (DATA / "kev").exists(), reason=f"no catalogue of vulnerabilities: {DATA}/kev is not there")
def test_the_whole_catalogue_of_vulnerabilities_maps():
    """Every record, nothing left out, the counts as a plain walk over the records gives them."""
    with gzip.open(DATA / "kev" / "episodes.jsonl.gz", "rt", encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    wanted, got = set(), set()
    for event in events:
        record = json.loads(event["content"])
        cve, vendor = record["cveID"], record["vendorProject"]
        product = name_key(f"{vendor} {record['product']}")
        wanted |= {(cve, "AFFECTS", product), (product, "MADE_BY", name_key(vendor))}
        wanted |= {(cve, "HAS_WEAKNESS", name_key(cwe)) for cwe in record["cwes"]}
        found = mapped(VULNERABILITIES, episode_of(event))
        kept, counts = apply(VULNERABILITIES, found.knowledge)
        assert not found.skips
        assert not counts
        for one in kept.assertions:
            subject = one.subject if one.subject == cve else name_key(one.subject)
            got.add((subject, one.relation, name_key(one.object)))
    assert got == wanted
