"""`episodes top`: what is asked, what is shown, and that it fits a narrow terminal."""

import contextlib
import io
import json
import socket

import pytest
from rich.console import Console
from typer.testing import CliRunner

from consumer.app.pod_view import PodView, Rates, rates
from consumer.app.pods import PodState
from consumer.cli.main import build
from consumer.cli.top import addressed, looks, resolved
from consumer.cli.top_output import Frame, amount, drawn, duration, money
from consumer.errors import UserError
from consumer.health.server import HealthServer
from consumer.settings import HealthSettings, Settings

STATE = {
    "version": "0.1.0",
    "uptime_s": 3_700.0,
    "state": "running",
    "rss_bytes": 212_000_000,
    "partitions": [{"partition": number, "lag": 1_234_567} for number in range(12)],
    "paused_partitions": 12,
    "in_flight": {"items": 480, "bytes": 123_456_789, "budget_items": 500, "oldest_age_s": 312.4},
    "stages": [
        {"name": name, "done": 1_234_567, "in_flight": 20, "queued": 480, "workers": 20, "busy_s": 73_000.0}
        for name in ("intake", "extract", "embed", "write")
    ],
    "outcomes": {"written": 1_234_567, "rejected": 321, "present": 98_765, "removed": 12, "ignored": 3},
    "retries": {"llm": 4_321},
    "breakers": {
        "llm": {"state": "open", "since_s": 754.0, "failures": 9, "last_error": "connection \x1b[31mrefused\nby peer"}
    },
    "halted": "",
    "models": {
        "chat": {"calls": 456_789, "input_tokens": 987_654_321, "output_tokens": 45_678_901, "cost_usd": 1_234.5}
    },
    "memory": {"held_bytes": 98_765_432},
}


class Pod:
    """A pod with a fixed state."""

    def __init__(self, **changes):
        self.state = {**STATE, **changes}

    def live(self):
        raise AssertionError("a view of a pod asks for its state alone")

    ready = live

    def statistics(self):
        return self.state


@contextlib.asynccontextmanager
async def served(*pods):
    """Serve each as a pod does; yields their addresses."""
    async with contextlib.AsyncExitStack() as open_pods:
        ports = []
        for pod in pods:
            server = await open_pods.enter_async_context(HealthServer(HealthSettings(port=0), pod))
            ports.append(server.port)
        yield [f"http://127.0.0.1:{port}" for port in ports]


def frame(*states):
    """A frame of pods with these states; None is a silent one."""
    views = [
        PodView.of(
            PodState(
                f"http://pod-{number}.a-rather-long-name.of-a-service.example:8080",
                is_reachable=False,
                why="no answer in time",
            )
            if state is None
            else PodState(
                f"http://pod-{number}.a-rather-long-name.of-a-service.example:8080", is_reachable=True, state=state
            )
        )
        for number, state in enumerate(states)
    ]
    return Frame(tuple(views), tuple(rates(view, None, 0.0) for view in views))


def screen(shown, width=80):
    """What a terminal of so many columns shows, line by line."""
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False, highlight=False).print(drawn(shown))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("states", [(STATE,), (STATE, None, STATE)], ids=["one", "three"])
def test_it_fits_the_terminal(width, states):
    """No line is longer, and no number is cut."""
    lines = screen(frame(*states), width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    assert ("1.23M" if len(states) == 1 else "2.47M") in text
    for heading in ("stage", "done", "busy"):
        assert heading in text
    table = [line for line in lines if "$/h" in line or line.startswith(("pod-", "all"))]
    assert not [line for line in table if "…" in line.split(maxsplit=1)[-1]]


def test_one_pod_is_told_in_detail():
    """State, stages, log, flight, models and money; what a pod told is obeyed by no terminal."""
    text = "\n".join(screen(frame(STATE), 120))
    assert "running  version 0.1.0, up for 1h01m" in text
    assert "lag 14.8M on 12 partitions, 12 paused" in text
    assert "480 of 500, 123.5 MB, oldest 5m12s" in text
    assert "$1234.50 since the start" in text
    assert "llm open for 12m34s: connection [31mrefused by peer" in text
    assert "\x1b" not in text


def test_several_pods_are_rows_with_their_sum():
    """A silent one is shown as such, and adds nothing."""
    lines = screen(frame(STATE, None, STATE), 100)
    assert sum("running" in line for line in lines) == 2
    assert any("silent" in line for line in lines)
    (total,) = [line for line in lines if line.startswith("all")]
    assert "2 of 3" in total
    assert "29.6M" in total
    assert any(line.endswith("no answer in time") for line in lines)


def test_a_halted_pod_says_why():
    """In a line of its own."""
    lines = screen(frame(STATE | {"state": "halted", "halted": "20 dead letters in a row"}), 120)
    assert any(line.endswith("halted: 20 dead letters in a row") for line in lines)


def test_a_pod_that_has_just_started_is_shown():
    """It tells three fields only."""
    text = "\n".join(screen(frame({"version": "0.1.0", "uptime_s": 0.4, "state": "starting"})))
    assert "starting" in text
    assert "lag not known yet on 0 partitions" in text


async def test_rates_are_those_between_two_looks():
    """Asked of a real endpoint, twice."""
    pod = Pod(outcomes={"written": 100})
    async with served(pod) as addresses, contextlib.aclosing(looks(addresses, 2.0, 0.3)) as frames:
        first = await anext(frames)
        assert first.rates[0].over_s == 3_700.0
        pod.state = pod.state | {"outcomes": {"written": 160}, "uptime_s": 3_700.3}
        second = await anext(frames)
    over_s = second.rates[0].over_s
    assert 0.25 < over_s < 3
    assert second.rates[0].episodes_per_s == pytest.approx(60 / over_s)


async def test_a_pod_that_goes_silent_is_shown_and_not_raised():
    """The others go on being told."""
    async with served(Pod(), Pod()) as (one, other):
        silent = "http://127.0.0.1:9"
        async with contextlib.aclosing(looks([one, silent, other], 2.0, 0.1)) as frames:
            shown = await anext(frames)
    assert [view.is_reachable for view in shown.views] == [True, False, True]
    assert shown.total.state == "2 of 3"
    assert shown.total.partitions == 24


async def test_each_address_of_a_name_is_a_pod(monkeypatch):
    """As those of a headless service; a name that nobody knows stays."""

    def told(host, port, *_, **__):
        if host != "pods.example":
            raise socket.gaierror
        v4 = [(socket.AF_INET, 1, 6, "", (address, port)) for address in ("10.0.0.2", "10.0.0.1")]
        return [*v4, (socket.AF_INET6, 1, 6, "", ("fd00::1", port, 0, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", told)
    found = await resolved(["http://pods.example:8080", "http://no-such-name.example:1"])
    assert found == [
        "http://10.0.0.1:8080",
        "http://10.0.0.2:8080",
        "http://[fd00::1]:8080",
        "http://no-such-name.example:1",
    ]


def test_addresses_are_those_given_or_those_of_the_settings():
    """With a scheme, each once."""
    assert addressed(["a:1", "http://a:1/", "https://b"], Settings()) == ["http://a:1", "https://b"]
    base = Settings()
    named = base.model_copy(update={"serve": base.serve.model_copy(update={"pods": ("http://p:1",)})})
    assert addressed([], named) == ["http://p:1"]
    here = base.model_copy(update={"health": HealthSettings(port=8080, host="0.0.0.0")})  # noqa: S104 - where a pod may listen
    assert addressed([], here) == ["http://127.0.0.1:8080"]


@pytest.mark.parametrize("urls", [[], ["ftp://a"], ["http://"], ["http://a:99999"], ["http://[::1"]])
def test_what_is_no_address_is_refused_in_one_line(urls):
    """With exit code 2, for it is the usage that is wrong."""
    with pytest.raises(UserError) as refused:
        addressed(urls, Settings())
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)


def test_no_pod_that_answers_is_one_line():
    """With --once; nothing is printed."""
    result = CliRunner().invoke(build(), ["top", "--once", "127.0.0.1:9"])
    assert isinstance(result.exception, UserError)
    assert "no pod answers: http://127.0.0.1:9 (cannot be reached)" in str(result.exception)
    assert result.stdout == ""


def test_the_frame_is_json():
    """All pods and their sum, with rates."""
    told = json.loads(json.dumps(frame(STATE, None).as_json()))
    assert [pod["is_reachable"] for pod in told["pods"]] == [True, False]
    assert told["pods"][0]["rates"]["episodes_per_s"] > 0
    assert told["sum"]["finished"] == sum(STATE["outcomes"].values())
    assert told["pods"][0]["stages"][0]["name"] == "intake"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.25, "0.25"), (9.876, "9.88"), (999, "999"), (1_000, "1k"), (1_234_567, "1.23M"), (12e12, "12000G")],
)
def test_amounts_are_short(value, text):
    """Three digits and a unit."""
    assert amount(value) == text


@pytest.mark.parametrize(
    ("usd", "text"), [(0, "$0.00"), (1_234.5, "$1234.50"), (0.0123, "$0.012"), (0.0001, "<$0.001")]
)
def test_money_says_something(usd, text):
    """Small sums too."""
    assert money(usd) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0s"), (59, "59s"), (61, "1m01s"), (3_700, "1h01m"), (90_000, "1d01h")]
)
def test_durations_have_two_units(seconds, text):
    """The two largest."""
    assert duration(seconds) == text


def test_rates_add_up_to_nothing_without_pods():
    """An empty frame can be drawn."""
    assert Rates(0.0) + Rates(0.0) == Rates(0.0)
