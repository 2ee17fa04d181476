"""The API: answers, pages of lists, one form of errors, bounds on every input, headers of every answer."""

import asyncio
import json

import aiohttp
import pytest

from consumer.search import Kind, Leg, Reranker, SearchRequest
from consumer.serve.wire import SearchBody
from consumer.settings import SearchSettings, ServeSettings

SEARCH = {"query": "where does Ada work", "group_ids": ["a"]}


async def test_a_search_takes_every_field_of_the_request(api):
    """Each field of `SearchRequest` can be asked for over HTTP, and arrives."""
    body = {
        **SEARCH,
        "group_ids": ["a", "b", "a"],
        "limit": 7,
        "offset": 3,
        "kinds": ["fact", "entity"],
        "legs": ["vector"],
        "as_of": "2024-05-01",
        "known_at": "2024-06-01T10:00:00+02:00",
        "valid_from": "2024-01-01",
        "valid_until": "2024-02-01",
        "include_invalid": True,
        "entity_types": ["Person"],
        "relation_types": ["WORKS_AT"],
        "episodes": ["u1"],
        "sources": ["message"],
        "origins": ["n1"],
        "depth": 3,
        "ranking": {"reranker": "distance", "center": "n1", "weights": {"vector": 1}, "mmr_lambda": 0.25},
        "vector": [0.5, 0.5],
        "refresh": True,
        "explain": True,
    }
    status, _, found = await api.ask("POST", "/v1/search", json=body)
    assert (status, found["hits"][0]["uuid"]) == (200, "f1")
    (asked,) = api.search.asked
    assert asked.group_ids == ("a", "b")
    assert (asked.kinds, asked.legs) == ((Kind.FACT, Kind.ENTITY), (Leg.VECTOR,))
    assert asked.as_of.isoformat() == "2024-05-01T00:00:00+00:00"
    assert asked.known_at.isoformat() == "2024-06-01T10:00:00+02:00"
    assert asked.ranking.reranker is Reranker.DISTANCE
    assert (asked.ranking.center, dict(asked.ranking.weights)) == ("n1", {Leg.VECTOR: 1.0})
    assert asked.ranking.neighbour_bonus == SearchSettings().neighbour_bonus
    assert asked.vector.tolist() == [0.5, 0.5]
    unchanged = [
        name
        for name in SearchRequest.__dataclass_fields__
        if name not in {"query", "group_ids", "vector"}
        and getattr(asked, name) == getattr(SearchRequest("q", ()), name)
    ]
    assert unchanged == []
    assert set(SearchRequest.__dataclass_fields__) <= set(SearchBody.model_fields)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/query"),
        ({**SEARCH, "query": "  "}, ""),
        ({**SEARCH, "query": "x" * 4_001}, "/query"),
        ({**SEARCH, "limit": 0}, "/limit"),
        ({**SEARCH, "limit": 201}, "/limit"),
        ({**SEARCH, "group_ids": []}, "/group_ids"),
        ({**SEARCH, "group_ids": ["a b"]}, "/group_ids/0"),
        ({**SEARCH, "group_ids": [f"g{n}" for n in range(1_001)]}, "/group_ids"),
        ({**SEARCH, "as_of": "2024-05-01T12:00:00"}, "/as_of"),
        ({**SEARCH, "as_of": 1714550400}, "/as_of"),
        ({**SEARCH, "group": "a"}, "/group"),
        ({**SEARCH, "depth": 6}, "/depth"),
        ({**SEARCH, "offset": -1}, "/offset"),
        ({**SEARCH, "vector": []}, "/vector"),
        ({**SEARCH, "valid_from": "2024-05-02", "valid_until": "2024-05-01"}, ""),
    ],
)
async def test_what_a_search_may_not_say(api, body, pointer):
    """422 as problem details, with the place; nothing is asked of the graph."""
    status, headers, told = await api.ask("POST", "/v1/search", json=body)
    assert status == 422
    assert headers["Content-Type"].startswith("application/problem+json")
    assert pointer in {each["pointer"] for each in told["errors"]}
    assert api.search.asked == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null", b"{" * 100_000, b'{"query": 1e999}'])
async def test_a_body_that_is_no_request_is_a_problem(api, body):
    """Never a bug."""
    status, _, told = await api.ask("POST", "/v1/search", data=body, headers={"Content-Type": "application/json"})
    assert (status, told["title"]) == (422, "Unprocessable Entity")


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("world", 503, "neo4j: is down"),
        ("group", 503, "neo4j: is down"),
        ("bug", 500, "a bug in the server; its log has it under the request id"),
    ],
)
async def test_errors_have_one_form(api, query, status, said, caplog):
    """What is wrong outside says when to come again; a bug tells nothing of itself but its id, which the log has."""
    found = await api.ask("POST", "/v1/search", json={**SEARCH, "query": query}, headers={"X-Request-Id": "my-id-7"})
    assert found[0] == status
    assert found[2]["detail"] == said
    assert (found[2]["request_id"], found[1]["X-Request-Id"]) == ("my-id-7", "my-id-7")
    assert ("Retry-After" in found[1]) == (status == 503)
    assert "secret" not in json.dumps(found[2])
    if status == 500:
        assert "[my-id-7]" in caplog.text


async def test_a_request_id_that_could_break_a_log_is_not_taken(api):
    """One of ours is given in its place."""
    _, headers, _ = await api.ask("GET", "/livez", headers={"X-Request-Id": "a b"})
    assert len(headers["X-Request-Id"]) == 32


async def test_a_slow_request_is_given_up(serving):
    """504 after serve.request_timeout_s."""
    api = await serving(request_timeout_s=0.05)
    status, _, told = await api.ask("POST", "/v1/search", json={**SEARCH, "query": "slow"})
    assert (status, told["title"]) == (504, "Gateway Timeout")


async def test_more_requests_than_may_be_in_work_are_refused_at_once(serving):
    """503, while probes go on being answered."""
    api = await serving(max_requests=2, request_timeout_s=200)
    async with asyncio.TaskGroup() as tasks:
        slow = [tasks.create_task(api.ask("POST", "/v1/search", json={**SEARCH, "query": "slow"})) for _ in range(2)]
        while api.server._api.in_work < 2:
            await asyncio.sleep(0.01)
        assert (await api.ask("POST", "/v1/search", json=SEARCH))[0] == 503
        assert (await api.ask("GET", "/livez"))[0] == 200
        api.search.answers_slow.set()
    assert [task.result()[0] for task in slow] == [200, 200]


async def test_a_large_body_is_refused(serving):
    """413, in the same form."""
    api = await serving(max_body_bytes=1_000)
    status, _, told = await api.ask("POST", "/v1/search", json={**SEARCH, "query": "x" * 2_000})
    assert (status, told["detail"]) == (413, "the body is over serve.max_body_bytes")


async def test_lists_come_in_pages(api):
    """Each item once, in order, by the cursor of the page before."""
    seen, cursor = [], None
    while True:
        _, _, page = await api.ask("GET", "/v1/groups", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        seen += [item["group_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["a", "b", "c"]
    assert (await api.ask("GET", "/v1/groups/a"))[2]["first_at"] == "2024-05-01T00:00:00Z"
    assert (await api.ask("GET", "/v1/groups/b"))[0] == 404
    _, _, first = await api.ask("GET", "/v1/groups/a/episodes", params={"limit": 2})
    _, _, rest = await api.ask("GET", "/v1/groups/a/episodes", params={"cursor": first["next_cursor"]})
    assert [item["uuid"] for item in first["items"] + rest["items"]] == ["u3", "u2", "u1"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "!!", "e30", "WzFd", "bnVsbA", "WyJhIiwgImIiXQ", "A" * 2_001])
async def test_a_cursor_of_nobody_is_a_problem(api, cursor):
    """Also one of another list."""
    status, _, _ = await api.ask("GET", "/v1/groups", params={"cursor": cursor})
    assert status == 422
    assert (await api.ask("GET", "/v1/groups/a/episodes", params={"cursor": cursor}))[0] == 422


async def test_query_parameters_are_checked(api):
    """Unknown ones and doubled ones are told."""
    assert (await api.ask("GET", "/v1/groups", params={"limits": 2}))[0] == 422
    status, _, told = await api.ask("GET", "/v1/groups", params=[("limit", "2"), ("limit", "3")])
    assert (status, told["detail"]) == (400, "query parameter 'limit' is given 2 times")
    assert (await api.ask("GET", "/v1/groups/a/snapshot", params=[("relation", "R"), ("relation", "S")]))[0] == 200
    assert (await api.ask("GET", "/v1/groups/a%20b/snapshot"))[0] == 404
    assert (await api.ask("GET", "/v1/groups/a/paths", params={"source": "Ada"}))[0] == 422
    status, _, told = await api.ask("GET", "/v1/groups/a/paths", params={"source": "Ada", "target": "Bob"})
    assert (status, told["detail"]) == (422, "group 'a' has no name 'Ada'")


async def test_an_episode_is_published_in_the_group_of_the_path(api):
    """202 with where it is; only what was given is in the event."""
    status, _, told = await api.ask("POST", "/v1/groups/a/episodes", json={"content": "hello", "event_id": "x"})
    assert (status, told["group_id"], told["event_id"], told["episode_uuid"]) == (202, "a", "x", "u1")
    assert api.log.events == [{"group_id": "a", "content": "hello", "event_id": "x"}]
    status, _, told = await api.ask("POST", "/v1/groups/a/episodes", json={"content": "bad"})
    assert (status, told["reason"]) == (422, "invalid-event")
    assert (await api.ask("POST", "/v1/groups/a/episodes", json={"group_id": "b"}))[0] == 422


async def test_removals_are_published(api):
    """Of an episode by its uuid, of a group when its name is said twice."""
    assert (await api.ask("DELETE", "/v1/groups/a/episodes/u1"))[0] == 202
    assert (await api.ask("DELETE", "/v1/groups/b/episodes/u1"))[0] == 404
    assert (await api.ask("DELETE", "/v1/groups/a/episodes/none"))[0] == 404
    status, _, told = await api.ask("DELETE", "/v1/groups/a/episodes/u-graphiti")
    assert (status, "did not come from the log" in told["detail"]) == (422, True)
    assert (await api.ask("DELETE", "/v1/groups/a"))[0] == 422
    assert (await api.ask("DELETE", "/v1/groups/a", params={"confirm": "b"}))[0] == 422
    assert (await api.ask("DELETE", "/v1/groups/a", params={"confirm": "a"}))[0] == 202
    assert api.log.events == [
        {"type": "episode.removed", "group_id": "a", "event_id": "e1"},
        {"type": "group.removed", "group_id": "a"},
    ]


async def test_a_read_only_api_publishes_nothing(serving):
    """403 for each that would; everything else answers."""
    api = await serving(read_only=True)
    assert (await api.ask("POST", "/v1/groups/a/episodes", json={"content": "hello"}))[0] == 403
    assert (await api.ask("DELETE", "/v1/groups/a/episodes/u1"))[0] == 403
    assert (await api.ask("DELETE", "/v1/groups/a", params={"confirm": "a"}))[0] == 403
    assert (await api.ask("POST", "/v1/search", json=SEARCH))[0] == 200
    assert api.log.events == []


async def test_what_is_not_there_is_not_found(api):
    """In one form, whether path, node or method."""
    for path in ("/nope", "/v1/groups/a/entities/n", "/v1/groups/a/facts/f", "/v1/groups/b/episodes/u1", "/assets/x"):
        status, headers, _ = await api.ask("GET", path)
        assert (status, headers["Content-Type"].split(";")[0]) == (404, "application/problem+json"), path
    status, headers, told = await api.ask("GET", "/v1/search")
    assert (status, headers["Allow"], "POST" in told["detail"]) == (405, "POST", True)


async def test_probes_and_metrics(api):
    """Ready while the graph answers; metrics ask for the token."""
    assert (await api.ask("GET", "/livez", token=None))[2] == {"status": "ok", "why": ""}
    assert (await api.ask("GET", "/readyz", token=None))[0] == 200
    api.library.is_down = True
    assert (await api.ask("GET", "/readyz", token=None))[2]["why"] == "neo4j: cannot be reached"
    assert (await api.ask("GET", "/livez", token=None))[0] == 200
    assert (await api.ask("GET", "/metrics", token=None))[0] == 401
    assert (await api.ask("GET", "/metrics"))[2] == "episodes_lag 0\n"
    _, _, status = await api.ask("GET", "/v1/status")
    assert (status["graph"], status["why"], status["embedder"]) == (False, "neo4j: cannot be reached", "fake/3")


@pytest.mark.parametrize("path", ["/", "/nope", "/v1/groups", "/openapi.json", "/livez", "/assets/app.css"])
async def test_every_answer_has_the_headers(api, path):
    """No outside host, no inline script, no frame, nothing sniffed or kept; and the request's id."""
    _, headers, _ = await api.ask("GET", path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] in {"no-store", "no-cache"}
    assert headers["X-Request-Id"]
    assert headers["Server"] == "episodes"


async def test_the_page_and_its_files(serving):
    """Served with their types and ETags; nothing beside them, and nothing when it is off."""
    api = await serving()
    status, headers, body = await api.ask("GET", "/", token=None)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<title>" in body
    again = await api.ask("GET", "/", token=None, headers={"If-None-Match": headers["ETag"]})
    assert again[0] == 304
    for name in ("../server.py", "..%2fserver.py", "%2e%2e/server.py", "server.py"):
        assert (await api.ask("GET", f"/assets/{name}"))[0] == 404
    off = await serving(page=False)
    assert (await off.ask("GET", "/"))[0] == 404


async def test_a_stop_lets_requests_in_work_finish(serving):
    """The answer comes, then the port is closed."""
    api = await serving(request_timeout_s=0.3)
    async with asyncio.TaskGroup() as tasks:
        slow = tasks.create_task(api.ask("POST", "/v1/search", json={**SEARCH, "query": "slow"}))
        while not api.search.asked:
            await asyncio.sleep(0.01)
        await api.server.__aexit__(None, None, None)
    assert slow.result()[0] == 504
    with pytest.raises(aiohttp.ClientConnectorError):
        await api.ask("GET", "/livez")


async def test_a_connection_that_says_nothing_is_closed(serving):
    """After serve.header_timeout_s; one that asked and waits stays."""
    api = await serving(header_timeout_s=0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", api.server.port)
    writer.write(b"GET /livez HTTP/1.1\r\nHost: local")
    assert await asyncio.wait_for(reader.read(), 60) == b""
    writer.close()


def test_the_settings_refuse_a_token_that_can_be_guessed():
    """Short ones, and those that no header can carry; an empty variable is none."""
    for token in ("short", "é" * 20, "with spaces in between", "line\nbreak-and-more-text"):
        with pytest.raises(ValueError, match="16 or more"):
            ServeSettings(token=token)
    assert ServeSettings(token="").token is None
