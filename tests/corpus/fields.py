"""What is wrong in the fields of an event: types, dates, facts, attributes."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.case import WRITTEN, Case, Maker

WRONG_TYPES = {
    "event_id": [7, "", [], {}],
    "name": [7, None, ["a"]],
    "source": ["smell", None, 3, "TEXT"],
    "source_description": [None, 1.5],
    "content": [None, 7, {"a": 1}, ["x"], True],
    "saga": ["", 7, {}],
    "extract": ["yes", 1, [], "true"],
    "facts": [{}, "none", None, [1], [[]], [{}]],
    "ontology": [7, []],
}

BAD_TIMES = [
    "", "yesterday", "2024-01-01", "2024-01-01T00:00:00", "2024-02-30T00:00:00Z", "2024-13-01T00:00:00Z",
    "2024-06-30T24:00:00Z", "2024-06-30T23:59:60Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-01-01T00:00:00+25:00", 1_700_000_000,
    1_700_000_000_000, 1.5, "1700000000", True, [], "2024-01-01T00:00:00Z; DROP", "٢٠٢٤-٠١-٠١T00:00:00Z",
]  # fmt: skip
GOOD_TIMES = [
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-01-01T00:00:00.123456789Z", "2024-01-01t00:00:00z",
    "1969-07-20T20:17:40-05:00", "2024-02-29T23:59:59+14:00",
]  # fmt: skip


def cases(make: Maker) -> Iterator[Case]:
    """Yield the cases."""
    for field, values in WRONG_TYPES.items():
        for value in values:
            yield make.event(f"{field}={value!r}", "invalid-event", **{field: value})
    for kind in ("episode.exploded", "", 7, None, [], {"a": 1}, "Episode.Added", "episode.added\n", "x" * 5_000):
        yield make.event(f"type={str(kind)[:20]!r}", "unknown-type", type=kind)
    yield make.event("removal without id", "invalid-event", type="episode.removed", event_id=...)
    yield make.event("removal with a null id", "invalid-event", type="episode.removed", event_id=None)
    for time in BAD_TIMES:
        yield make.event(f"reference_time={time!r}", "invalid-event", reference_time=time)
    for time in GOOD_TIMES:
        yield make.event(f"reference_time={time!r}", WRITTEN, reference_time=time)
    yield make.event("event_id is null", WRITTEN, event_id=None, reference_time="2024-01-01T00:00:00Z")
    yield make.event("empty content", WRITTEN, content="")
    yield make.event("no content", WRITTEN, content=...)
    yield make.event("source json with text", WRITTEN, source="json", content="just a text")
    yield make.event("source json with null", WRITTEN, source="json", content=None)
    yield make.event("NUL in content", "nul-character", content="a\x00b")
    yield make.event("NUL in JSON content", WRITTEN, source="json", content={"a": "\x00"})
    for field in ("name", "event_id", "saga", "source_description", "ontology"):
        yield make.event(f"NUL in {field}", "nul-character", **{field: "a\x00b"})
    yield from _facts(make)
    yield from _entities(make)


def _facts(make: Maker) -> Iterator[Case]:
    bad = "invalid-event"
    for side in ("subject", "object", "relation"):
        yield make.fact(f"fact without {side}", bad, **{side: ...})
        for value in ("", " ", "\u200b\u202e", "\t\n", 7, None, [], True):
            yield make.fact(f"{side}={value!r}", bad, **{side: value})
        yield make.fact(f"{side} too long", "name-too-long", **{side: "n" * 513})
        yield make.fact(f"NUL in {side}", "nul-character", **{side: "a\x00b"})
    yield make.fact("relation that is an object", bad, relation={"name": "KNOWS"})
    for relation in ("!!!", "🤝", "...", "`", "works at", "работает в", "R" * 512):
        yield make.fact(f"relation={relation[:12]!r}", WRITTEN, relation=relation)
    yield make.fact("subject is object", WRITTEN, object="Ada")
    yield make.fact("polarity unknown", bad, polarity="maybe")
    yield make.fact("exclusive unknown", bad, exclusive="always")
    yield make.fact("ends before it begins", bad, valid_at="2024-01-01T00:00:00Z", invalid_at="2020-01-01T00:00:00Z")
    yield make.fact(
        "ends as it begins", WRITTEN, valid_at="2024-01-01T00:00:00Z", invalid_at="2024-01-01T02:00:00+02:00"
    )
    yield make.fact("begins in year 1, far east", bad, valid_at="0001-01-01T00:00:00+14:00")
    yield make.fact("valid_at without zone", bad, valid_at="2024-01-01T00:00:00")
    yield make.fact("valid_at as number", bad, valid_at=0)
    yield make.fact("sentence too long", "text-too-long", fact="s" * 4_001)
    yield make.fact("NUL in the sentence", "nul-character", fact="a\x00b")
    yield make.fact("sentence that is a number", bad, fact=7)
    facts = [{"subject": f"S{n}", "relation": "R", "object": "O"} for n in range(1_001)]
    yield make.event("1,001 facts", "too-many-facts", facts=facts)
    yield make.event("300 equal facts", WRITTEN, facts=facts[:1] * 300)
    yield make.event("20,000 facts that are none", "too-many-facts", facts=[0] * 20_000)


def _entities(make: Maker) -> Iterator[Case]:
    bad = "invalid-event"
    yield make.entity("entity without a name", bad, name=...)
    for name in ("", "  ", "\u200d", None, 7, {"name": "x"}):
        yield make.entity(f"entity name={name!r}", bad, name=name)
    yield make.entity("entity name too long", "name-too-long", name="n" * 513)
    yield make.entity("entity type too long", "name-too-long", type="t" * 513)
    yield make.entity("entity type that is a list", bad, type=["Person"])
    yield make.entity("NUL in the entity type", "nul-character", type="Per\x00son")
    yield make.entity("summary too long", "text-too-long", summary="s" * 4_001)
    yield make.entity("NUL in the summary", "nul-character", summary="\x00")
    for name, value in {"map": {"a": 1}, "list": [1, "a"], "null": None, "empty map": {}, "deep": [[[1]]]}.items():
        yield make.entity(f"attribute that is a {name}", bad, attributes={"a": value})
    yield make.raw(
        "attribute beyond a float", bad,
        '{GROUP,EVENT,"facts":[{"subject":{"name":"x","attributes":{"a":-1e999}},"relation":"r","object":"y"}]}',
    )  # fmt: skip
    yield make.entity("attributes that are a list", bad, attributes=["a"])
    yield make.entity("64 attributes", WRITTEN, attributes={f"a{n}": n for n in range(64)})
    yield make.entity("65 attributes", "too-many-attributes", attributes={f"a{n}": n for n in range(65)})
    yield make.entity("attribute key too long", "name-too-long", attributes={"k" * 513: 1})
    yield make.entity("attribute value too long", "text-too-long", attributes={"a": "v" * 4_001})
    yield make.entity("NUL in an attribute", "nul-character", attributes={"a": "v\x00"})
    yield make.entity("NUL in an attribute's key", "nul-character", attributes={"a\x00": "v"})
    numbers = {"big": 2**63, "small": -(2**63) - 1, "huge": 10**400, "edge": 2**63 - 1, "half": 0.5, "minus": -0.0}
    yield make.entity("attributes over 64 bits", WRITTEN, attributes=numbers)
    yield make.entity("empty attribute keys", WRITTEN, attributes={"": 1, " ": 2, "\n": 3})
    ours = ("uuid", "name", "group_id", "summary", "created_at", "name_embedding", "labels", "attributes")
    yield make.entity("attributes named like ours", WRITTEN, attributes=dict.fromkeys(ours, "forged"))
