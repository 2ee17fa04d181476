"""What is wrong before a field is read: bytes, encodings, JSON syntax, sizes, keys, headers, timestamps."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

from corpus.case import REMOVED, WRITTEN, Case, Maker

BAD_JSON = {
    "empty value": b"",
    "one space": b" ",
    "text": b"hello there",
    "HTML": b"<!doctype html><title>502 Bad Gateway</title>",
    "YAML": b"group_id: g\ncontent: x\n",
    "Avro of a schema registry": b"\x00\x00\x00\x00\x2a\x06abc\x04xy",
    "protobuf": b"\x0a\x03abc\x12\x07content",
    "only NULs": b"\x00" * 64,
    "random bytes": bytes(range(256)),
    "cut in a string": b'{"group_id": "g", "conte',
    "cut in an escape": b'{"group_id": "g", "content": "\\u12',
    "single quotes": b"{'group_id': 'g'}",
    "trailing comma": b'{"group_id": "g",}',
    "comment": b'{"group_id": "g" /* tenant */}',
    "unquoted key": b'{group_id: "g"}',
    "raw newline in a string": b'{"group_id": "g", "content": "a\nb"}',
    "raw NUL in a string": b'{"group_id": "g", "content": "a\x00b"}',
    "raw escape character in a string": b'{"group_id": "g", "content": "\x1b[2J"}',
    "bad escape": b'{"group_id": "g", "content": "\\x41"}',
    "latin-1": '{"group_id": "g", "content": "Müller"}'.encode("latin-1"),
    "windows-1252": '{"group_id": "g", "content": "“quoted”"}'.encode("cp1252"),
    "shift-jis": '{"group_id": "g", "content": "東京"}'.encode("shift-jis"),
    "overlong slash": b'{"group_id": "g", "content": "\xc0\xaf"}',
    "overlong NUL": b'{"group_id": "g", "content": "\xc0\x80"}',
    "surrogate as bytes": b'{"group_id": "g", "content": "\xed\xa0\x80"}',
    "beyond Unicode": b'{"group_id": "g", "content": "\xf4\x90\x80\x80"}',
    "cut character": b'{"group_id": "g", "content": "\xe6\x9d"}',
    "byte-order mark": b'\xef\xbb\xbf{"group_id": "g"}',
    "UTF-16 little": '{"group_id": "g"}'.encode("utf-16-le"),
    "UTF-16 big with mark": b"\xfe\xff" + '{"group_id": "g"}'.encode("utf-16-be"),
    "UTF-32": '{"group_id": "g"}'.encode("utf-32"),
    "gzip": gzip.compress(b'{"group_id": "g"}', mtime=0),
    "two documents on two lines": b'{"group_id": "g"}\n{"group_id": "g"}',
    "trailing text": b'{"group_id": "g"} and so on',
    "a megabyte of white space": b" \n\t\r" * 249_000,
    "lone high surrogate": b'{"group_id": "g", "content": "\\ud800"}',
    "lone low surrogate": b'{"group_id": "g", "content": "\\udc00 x"}',
    "surrogates the wrong way round": b'{"group_id": "g", "content": "\\udc00\\ud800"}',
    "lone surrogate in a key": b'{"group_id": "g", "\\ud83d": 1}',
    "NaN": b'{"group_id": "g", "source": "json", "content": [NaN]}',
    "Infinity": b'{"group_id": "g", "source": "json", "content": {"a": -Infinity}}',
    "integer of 10,000 digits": b'{"group_id": "g", "source": "json", "content": ' + b"7" * 10_000 + b"}",
    "hexadecimal number": b'{"group_id": "g", "source": "json", "content": 0xff}',
    "leading zero": b'{"group_id": "g", "source": "json", "content": 007}',
}

NOT_AN_EVENT = {
    "null document": b"null",
    "true": b"true",
    "a number": b"12.5",
    "a string": b'"episode"',
    "a list of events": b'[{"group_id": "g", "content": "x"}]',
    "an empty object": b"{}",
    "an empty list": b"[]",
}


def cases(make: Maker) -> Iterator[Case]:
    """Yield the cases."""
    for name, value in BAD_JSON.items():
        yield make.raw(name, "invalid-json", value)
    for name, value in NOT_AN_EVENT.items():
        yield make.raw(name, "invalid-event", value)
    yield from _shapes(make)
    yield from _sizes(make)
    yield from _keys(make)
    yield from _headers(make)
    yield from _tombstones(make)


def _shapes(make: Maker) -> Iterator[Case]:
    nested = '{GROUP,EVENT,"source":"json","content":%s}'
    yield make.raw("depth 63 of content", WRITTEN, nested % ("[" * 63 + "]" * 63))
    yield make.raw("depth 64 of content", "too-deep", nested % ("[" * 64 + "]" * 64))
    yield make.raw("depth by objects", "too-deep", nested % ('{"a":' * 80 + "1" + "}" * 80))
    yield make.raw("100,000 brackets", "too-deep", "[" * 100_000)
    yield make.raw("100,000 braces", "too-deep", '{"a":' * 100_000)
    yield make.raw("deep unknown field", "too-deep", '{GROUP,EVENT,"x":' + "[" * 300 + "]" * 300 + "}")
    yield make.raw("brackets in a string", WRITTEN, '{GROUP,EVENT,"content":"%s"}' % ("[" * 500))
    yield make.raw("brackets behind escaped quotes", WRITTEN, '{GROUP,EVENT,"content":"%s"}' % ('\\"[\\\\' * 300))
    yield make.raw("closing brackets first", "invalid-json", "]" * 200 + "[" * 100)
    yield make.raw("60,000 empty lists", "too-many-values", nested % ("[" + "[]," * 60_000 + "1]"))
    yield make.raw("20,000 empty lists", WRITTEN, nested % ("[" + "[]," * 20_000 + "1]"))
    yield make.raw("a number beyond a float", "invalid-event", nested % "[1e999]")
    yield make.raw("a number below a float", WRITTEN, nested % "[1e-999]")
    yield make.raw("an integer of 1,000 digits", WRITTEN, nested % ("7" * 1_000))
    yield make.raw("the last of two contents counts", WRITTEN, '{GROUP,EVENT,"content":"first","content":"last"}')
    yield make.raw("the last of two groups counts", "wrong-key", '{GROUP,EVENT,"group_id":"another"}')
    yield make.raw("white space around", WRITTEN, "\r\n\t {GROUP,EVENT} \n")
    yield make.raw("surrogate pair", WRITTEN, '{GROUP,EVENT,"content":"\\ud83d\\ude00"}')
    unknown = "".join(f',"k{number}":1' for number in range(80_000))
    yield make.raw("80,000 unknown fields", WRITTEN, "{GROUP,EVENT" + unknown + "}")
    yield make.raw("prototype fields", WRITTEN, '{GROUP,EVENT,"__proto__":{},"__class__":"x","model_config":{}}')


def _sizes(make: Maker) -> Iterator[Case]:
    yield make.event("content at the limit", WRITTEN, content="x" * 400_000)
    yield make.event("content over the limit", "content-too-long", content="x" * 400_001)
    yield make.event("JSON content over the limit", "content-too-long", source="json", content=["x" * 400_000])
    yield make.event("value of 1.2 MB", "value-too-large", content="y" * 1_200_000)
    yield make.raw("value of 1.9 MB that is no JSON", "value-too-large", b"z" * 1_900_000)
    yield make.raw("value at the limit", "invalid-json", b"z" * 1_000_000)
    yield make.event("name at the limit", WRITTEN, name="n" * 512)
    for field in ("name", "event_id", "saga", "source_description", "ontology"):
        yield make.event(f"{field} too long", "name-too-long", **{field: "n" * 513})
    yield make.event("removal with an id too long", "name-too-long", type="episode.removed", event_id="n" * 513)
    yield make.event("group too long", "invalid-event", group_id="g" * 201)


def _keys(make: Maker) -> Iterator[Case]:
    value = json.dumps(make.fields("key")).encode()
    for name, key in {
        "no key": None,
        "empty key": b"",
        "key of another group": b"someone-else",
        "key that is not UTF-8": b"\xff\xfe",
        "key with a newline": make.key + b"\n",
        "key with a NUL": make.key + b"\x00",
        "key with a path": b"../" + make.key,
        "key in capitals": make.key.upper(),
        "key of 100 kB": b"k" * 100_000,
        "key with terminal escapes": b"\x1b[31m" + make.key,
    }.items():
        yield Case(name, key, value, "wrong-key")
    for name, group in {
        "group with a space": "a b",
        "group with a slash": "a/b",
        "group with a newline": f"{make.group}\n",
        "group with a NUL": f"{make.group}\x00",
        "group of dots": "..",
        "group of another script": "группа",
        "group with a quote": "g' OR 1=1 //",
        "empty group": "",
        "group that is a number": 7,
        "group that is null": None,
        "group that is a list": [make.group],
        "group with Cypher": "g'}) DETACH DELETE n //",
    }.items():
        yield make.event(name, "invalid-event", group_id=group)


def _headers(make: Maker) -> Iterator[Case]:
    for name, headers in {
        "no header value": [("x", None)],
        "empty header name": [("", b"x"), ("", b"")],
        "500 headers": [(f"h{n}", b"v") for n in range(500)],
        "header that is not UTF-8": [("x", b"\xff\xfe\x00")],
        "header name with emoji and newline": [("é😀\n\x00", b"x")],
        "traceparent broken": [("traceparent", b"00-zz-zz-01"), ("tracestate", b"\xff=\xff")],
        "traceparent without a value": [("traceparent", None), ("tracestate", None)],
        "traceparent of 60 kB": [("traceparent", b"0" * 60_000)],
        "the body's event_id counts": [("event_id", b"another")],
        "event_id header twice": [("event_id", b"a"), ("event_id", b"b")],
        "event_id header without value": [("event_id", None)],
        "headers like a dead letter's": [("episodes.dead_letter.reason", b"forged"), ("episodes.origin.offset", b"-1")],
        "content-encoding that is not so": [("content-encoding", b"gzip")],
    }.items():
        yield make.event(name, WRITTEN, headers=headers)
    yield make.event("header value of 70 kB", "headers-too-large", headers=[("x", b"v" * 70_000)])
    yield make.event("header name of 70 kB", "headers-too-large", headers=[("n" * 70_000, b"")])
    yield make.event("9,000 headers", "headers-too-large", headers=[(f"h{n:05}", b"vv") for n in range(9_000)])
    for name, timestamp_ms in {
        "no timestamp": -1,
        "before 1970": -86_400_000,
        "year 10,000": 253_402_300_800_000,
    }.items():
        value = json.dumps(make.fields(name)).encode()
        yield make.raw(name, "invalid-timestamp", value, timestamp_ms=timestamp_ms, is_refused_by_broker=True)
    most = 2**63 - 1
    yield make.raw("last millisecond", "invalid-timestamp", b"{}", timestamp_ms=most, is_refused_by_broker=True)
    yield make.event("timestamp zero", WRITTEN, timestamp_ms=0)


def _tombstones(make: Maker) -> Iterator[Case]:
    missing = "tombstone-without-event-id"
    yield make.raw("tombstone without header", missing, None)
    yield make.raw(
        "tombstone without key", missing, None, key=None, headers=(("event_id", b"x"),), is_refused_by_broker=True
    )
    yield make.raw("tombstone with an empty id", missing, None, headers=(("event_id", b""),))
    yield make.raw("tombstone with a null id", missing, None, headers=(("event_id", None),))
    yield make.raw("tombstone of something unseen", REMOVED, None, headers=(("event_id", b"never seen"),))
    yield make.raw("tombstone with an id in latin-1", REMOVED, None, headers=(("event_id", b"M\xfcller"),))
    yield make.raw("tombstone with two ids: the last", REMOVED, None, headers=(("event_id", b"1"), ("event_id", b"2")))
    yield make.raw("tombstone with a long id", "name-too-long", None, headers=(("event_id", b"i" * 513),))
    yield make.raw("tombstone with a NUL in its id", "nul-character", None, headers=(("event_id", b"a\x00"),))
    yield make.raw("tombstone of a bad group", "invalid-event", None, key=b"a b", headers=(("event_id", b"x"),))
    yield make.event("removal of something unseen", REMOVED, type="episode.removed", event_id="never seen either")
    yield make.event("removal with Cypher as id", REMOVED, type="episode.removed", event_id="'}) DETACH DELETE n //")
