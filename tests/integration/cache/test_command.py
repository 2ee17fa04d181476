"""`episodes cache` as its user sees it: figures, clearing, one clear line when something is wrong."""

import json
import os
import subprocess
import sys

import pytest

from consumer.cache.keys import cache_key
from consumer.cache.levels import tiered
from consumer.settings import CacheSettings


@pytest.fixture
def episodes(tmp_path):
    """Run the command with settings of its own; return exit code, output, errors."""

    def run(*words, **settings):
        environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
        environment |= {f"EPISODES_CACHE__{name.upper()}": str(value) for name, value in settings.items()}
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-c", "from consumer.cli.main import run; run()", "cache", *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


async def filled(**settings):
    """Keep two answers and a vector in the shared levels."""
    for kind, count in (("chat", 2), ("vector", 1)):
        cache = tiered(kind, 10_000, CacheSettings(**settings))
        await cache.multi_set([(cache_key(kind, [number]), b"x" * 50) for number in range(count)])
        await cache.close()


async def test_both_levels_are_told_and_cleared(episodes, redis_server, tmp_path):
    """Figures for people and as JSON; nothing is removed without --yes; the password is nowhere."""
    settings = {"redis_url": redis_server.url, "disk_dir": tmp_path / "cache"}
    await filled(**settings)
    code, out, err = episodes("stats", **settings)
    assert code == 0, err
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == ["level", "redis", "disk"]
    assert rows[1][1] == f"redis://127.0.0.1:{redis_server.port}/0"
    assert rows[1][2] == rows[2][2] == "2 answers, 1 vectors"
    levels = json.loads(episodes("stats", "--json", **settings)[1])["levels"]
    assert [level["entries"] for level in levels] == [3, 3]
    code, out, err = episodes("clear", **settings)
    assert (code, out) == (0, "redis: 3 entries would be removed\ndisk: 3 entries would be removed\n")
    assert "add --yes" in err
    assert json.loads(episodes("clear", "--yes", "--json", **settings)[1]) == {"removed": {"redis": 3, "disk": 3}}
    everything = episodes("stats", "--json", **settings)
    assert [level["entries"] for level in json.loads(everything[1])["levels"]] == [0, 0]
    assert "geheim" not in str(everything)


def test_without_a_shared_level_it_says_how_to_set_one(episodes, tmp_path):
    """Figures of nothing are no error, clearing nothing is; an empty variable is none, and makes no file."""
    code, out, err = episodes("stats", disk_dir="")
    assert (code, out) == (0, "")
    assert err.startswith("no shared cache is set: EPISODES_CACHE__DISK_DIR")
    assert json.loads(episodes("stats", "--json")[1]) == {"levels": []}
    code, _, err = episodes("clear", "--yes")
    assert code != 0
    assert err.startswith("error: no shared cache is set")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"redis_url": "redis://u:geheim@127.0.0.1:1/0"}, "error: redis: redis://127.0.0.1:1/0: "),
        ({"redis_url": "http://u:geheim@127.0.0.1:1"}, "error: settings: EPISODES_CACHE__REDIS_URL: "),
        ({"redis_url": "redis://u:geheim@h:port"}, "error: settings: EPISODES_CACHE__REDIS_URL: "),
        ({"disk_dir": "/dev/null/cache"}, "error: disk: /dev/null/cache/"),
    ],
)
def test_what_is_wrong_is_one_line(episodes, settings, says):
    """No stack trace, no password, and the setting to look at."""
    code, out, err = episodes("stats", **settings)
    assert code != 0
    assert out == ""
    assert err.startswith(says)
    assert "EPISODES_CACHE__" in err
    assert err.count("\n") == 1
    assert "geheim" not in err
