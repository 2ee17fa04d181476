"""Who is let in: token, names of the host, pages of other origins, and where it listens at all."""

import contextlib

import pytest

from consumer.app.access import is_loopback
from consumer.errors import UserError
from consumer.serve.guard import Guard
from consumer.serve.problems import Problem
from consumer.serve.server import check_settings
from consumer.settings import ServeSettings

TOKEN = "a-token-of-sixteen-and-more"
SEARCH = {"query": "q", "group_ids": ["a"]}


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer \udcff",
    ],
)
def test_a_wrong_token_is_refused(given):
    """401 with how to do it; whatever bytes were sent."""
    guard = Guard(ServeSettings(token=TOKEN))
    with pytest.raises(Problem) as refused:
        guard.check("GET", "/v1/groups", {"Authorization": given})
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_token_is_taken_in_any_case_of_the_scheme():
    """As RFC 9110 has it."""
    guard = Guard(ServeSettings(token=TOKEN))
    guard.check("GET", "/v1/groups", {"Authorization": f"bearer {TOKEN}"})
    guard.check("GET", "/v1/groups", {"Authorization": f"Bearer  {TOKEN}"})


def test_the_token_is_compared_in_constant_time(monkeypatch):
    """Digests of one length, by the function made for it, whatever the length of what was sent."""
    import hmac

    seen = []
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: seen.append((len(one), len(other))) or one == other)
    guard = Guard(ServeSettings(token=TOKEN))
    for sent in ("x", "x" * 5_000, TOKEN):
        with contextlib.suppress(Problem):
            guard.check("GET", "/v1/groups", {"Authorization": f"Bearer {sent}"})
    assert seen == [(32, 32)] * 3
    assert TOKEN not in repr(vars(guard))


async def test_g1_nothing_of_the_memory_without_the_token(api):
    """Every route but the open ones: 401."""
    open_paths = {"/", "/openapi.json", "/livez", "/readyz", "/assets/{name}"}
    for route in api.server._api.app.router.routes():
        path = route.resource.canonical
        if path in open_paths or route.method == "HEAD":
            continue
        filled = path.replace("{group_id}", "a").replace("{uuid}", "u1")
        status, _, _ = await api.ask(route.method, filled, token=None, json={})
        assert status == 401, path
    assert api.log.events == []


@pytest.mark.parametrize(
    ("host", "is_fine"),
    [
        ("127.0.0.1:8088", True),
        ("localhost:8088", True),
        ("LOCALHOST", True),
        ("[::1]:8088", True),
        ("memory.example", True),
        ("evil.example:8088", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_g2_without_a_token_only_known_names_are_answered(host, is_fine):
    """A page that has its own name resolve to this machine is refused."""
    guard = Guard(ServeSettings(allowed_hosts=("memory.example",)))
    if is_fine:
        guard.check("GET", "/v1/groups", {"Host": host})
        return
    with pytest.raises(Problem, match="allowed_hosts"):
        guard.check("GET", "/v1/groups", {"Host": host})


def test_with_a_token_any_name_is_answered():
    """The token is what a foreign page does not have."""
    Guard(ServeSettings(token=TOKEN)).check("GET", "/v1/groups", {"Host": "x", "Authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "application/json", "Origin": "https://evil.example"}, 403),
        ({"Content-Type": "application/json", "Origin": "null"}, 403),
        ({"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "application/json", "Origin": "http://localhost:9999"}, 403),
    ],
)
def test_g3_a_page_of_another_origin_changes_nothing(headers, status):
    """By its origin, and by what browsers send without asking."""
    guard = Guard(ServeSettings())
    with pytest.raises(Problem) as refused:
        guard.check("POST", "/v1/search", {"Host": "localhost:8088"} | headers)
    assert refused.value.status == status


def test_our_own_page_and_programs_may():
    """The page sends its own origin; a program none."""
    guard = Guard(ServeSettings(cors_origins=("https://app.example",)))
    body = {"Host": "localhost:8088", "Content-Type": "application/json; charset=utf-8"}
    guard.check("POST", "/v1/search", body)
    guard.check("POST", "/v1/search", body | {"Origin": "http://localhost:8088", "Sec-Fetch-Site": "same-origin"})
    guard.check("POST", "/v1/search", body | {"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site"})
    guard.check("DELETE", "/v1/groups/a", {"Host": "localhost:8088"})


async def test_cors_is_off_until_an_origin_is_named(serving):
    """Then it is for that one, and its preflight says what may be sent."""
    ask = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    api = await serving()
    _, headers, _ = await api.ask("GET", "/v1/groups", headers={"Origin": "https://app.example"})
    assert "Access-Control-Allow-Origin" not in headers
    assert (await api.ask("OPTIONS", "/v1/search", token=None, headers=ask))[0] == 405
    api = await serving(cors_origins=("https://app.example",))
    status, headers, _ = await api.ask("OPTIONS", "/v1/search", token=None, headers=ask)
    assert (status, headers["Access-Control-Allow-Origin"]) == (204, "https://app.example")
    assert "Authorization" in headers["Access-Control-Allow-Headers"]
    status, _, _ = await api.ask("OPTIONS", "/v1/search", token=None, headers=ask | {"Origin": "https://evil.example"})
    assert status == 403
    _, headers, _ = await api.ask("GET", "/v1/groups", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - looked at, not bound
        ("::", False),
        ("192.0.2.1", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_s1_where_others_reach_it_asks_for_a_token(host, here):
    """Without one it does not even start there, unless it is told so."""
    assert is_loopback(host) is here
    if here:
        check_settings(ServeSettings(host=host))
    else:
        with pytest.raises(UserError, match="EPISODES_SERVE__TOKEN"):
            check_settings(ServeSettings(host=host))
    check_settings(ServeSettings(host=host, token=TOKEN))
    check_settings(ServeSettings(host=host, open_without_token=True))


async def test_a_port_in_use_is_one_line(serving):
    """With the setting to change."""
    api = await serving()
    with pytest.raises(UserError, match="EPISODES_SERVE__PORT"):
        await serving(port=api.server.port)
