"""Fetching jars: whole, verified, once, and a clear line when it can't be done."""

import errno
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from consumer.errors import UserError
from consumer.stack import download, fetch
from consumer.stack.fetch import Cancelled, Fetcher
from consumer.stack.jars import Jar
from consumer.stack.probes import free_ports


@pytest.fixture
def fetcher(maven, tmp_path, monkeypatch):
    """Give a fetcher of the loopback repository that waits little between attempts."""
    monkeypatch.setattr(download, "_BACKOFF_S", 0.01)
    return Fetcher(maven.url, tmp_path / "cache")


def test_jars_are_fetched_in_the_order_asked_for_and_only_once(maven, fetcher):
    """The places come in class-path order; a second fetch asks the repository for nothing."""
    jars = [maven.add(f"g:jar{n}:1", bytes([n]) * (1_000 * n + 1)) for n in range(20)]
    places = fetcher.fetch(jars)
    assert [place.read_bytes()[:1] for place in places] == [bytes([n]) for n in range(20)]
    assert fetcher.fetch(jars) == places
    assert sum(maven.requests.values()) == 20
    assert fetcher.missing(jars) == []
    assert not list(fetcher.cache.rglob("*.part"))


def test_progress_ends_at_the_total(maven, fetcher):
    """Bytes done never pass the total and reach it."""
    seen = []
    fetcher.progress = lambda done, total: seen.append((done, total))
    fetcher.fetch([maven.add(f"g:jar{n}:1", b"x" * 200_000) for n in range(5)])
    assert seen[-1] == (1_000_000, 1_000_000)
    assert all(done <= total for done, total in seen)


def test_a_download_that_broke_off_goes_on_where_it_stopped(maven, fetcher):
    """After a cut connection only the missing bytes are asked for."""
    content = os.urandom(300_000)
    jar = maven.add("g:cut:1", content)
    maven.cut_after[maven.path(jar)] = 200_000
    assert fetcher.fetch([jar])[0].read_bytes() == content
    assert maven.ranges
    assert maven.ranges[0] != "bytes=0-"


def test_a_part_of_an_earlier_run_is_used(maven, fetcher):
    """What a killed fetch left behind is not fetched again."""
    content = os.urandom(100_000)
    jar = maven.add("g:old:1", content)
    part = fetcher.place(jar).with_name(fetcher.place(jar).name + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(content[:60_000])
    assert fetcher.fetch([jar])[0].read_bytes() == content
    assert maven.ranges == ["bytes=60000-"]


@pytest.mark.parametrize("rest", [b"z" * 50, b"z" * 100_000, b"z" * 100_001])
def test_a_damaged_part_is_thrown_away(maven, fetcher, rest):
    """A part with wrong bytes, of any length, costs one more download and not an error."""
    content = os.urandom(100_000)
    jar = maven.add("g:damaged:1", content)
    part = fetcher.place(jar).with_name(fetcher.place(jar).name + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(rest)
    maven.faults[maven.path(jar)] = [416] if len(rest) > 100_000 else []
    assert fetcher.fetch([jar])[0].read_bytes() == content


def test_a_jar_of_the_wrong_size_is_fetched_again(maven, fetcher):
    """A cache that was cut off by something else mends itself."""
    jar = maven.add("g:short:1", b"content")
    fetcher.place(jar).parent.mkdir(parents=True)
    fetcher.place(jar).write_bytes(b"con")
    assert fetcher.fetch([jar])[0].read_bytes() == b"content"


def test_a_busy_repository_is_asked_again(maven, fetcher):
    """Throttling and server faults are retried."""
    jar = maven.add("g:busy:1", b"content")
    maven.faults[maven.path(jar)] = [429, 503]
    assert fetcher.fetch([jar])[0].read_bytes() == b"content"
    assert maven.requests[maven.path(jar)] == 3


def test_a_wrong_checksum_is_one_line_that_names_the_jar(maven, fetcher):
    """Nothing with wrong bytes gets its final name, and the next run starts from nothing."""
    jar = replace(maven.add("g:evil:1", b"content"), sha256="0" * 64)
    with pytest.raises(UserError, match=r"checksum of g:evil:1 is wrong.*run the command again") as caught:
        fetcher.fetch([jar])
    assert "\n" not in str(caught.value)
    assert fetcher.missing([jar]) == [jar]


def test_a_jar_that_is_not_there_is_named(maven, fetcher):
    """An unknown version is not retried: the line says what to check."""
    with pytest.raises(UserError, match=r"has no g:none:1 \(HTTP 404\): check the version"):
        fetcher.fetch([Jar("g:none:1", "0" * 64, 1)])
    assert sum(maven.requests.values()) == 1


def test_no_network_is_one_line_that_says_what_to_do(tmp_path, monkeypatch):
    """A closed port, as without a network: tried a few times, then told."""
    monkeypatch.setattr(download, "_BACKOFF_S", 0.01)
    fetcher = Fetcher(f"http://127.0.0.1:{free_ports(1)[0]}", tmp_path)
    with pytest.raises(UserError, match=r"cannot fetch g:a:1 .*no connection.*check the network") as caught:
        fetcher.fetch([Jar("g:a:1", "0" * 64, 1)])
    assert "\n" not in str(caught.value)


def test_too_little_disk_is_told_before_anything_is_fetched(maven, fetcher, monkeypatch):
    """The line says how much is needed and how much is free."""
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(UserError, match=r"not enough disk space.*are needed and 1 MB are free"):
        fetcher.fetch([maven.add("g:a:1", b"content")])
    assert not maven.requests


def test_a_disk_that_fills_up_is_told(maven, fetcher, monkeypatch):
    """ENOSPC in the middle is the same kind of line."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.Download, "run", full)
    with pytest.raises(UserError, match="no disk space left"):
        fetcher.fetch([maven.add("g:a:1", b"content")])


def test_a_cache_that_cannot_be_written_is_told(maven, tmp_path):
    """A file where the folder should be, as an example."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write to"):
        Fetcher(maven.url, tmp_path / "file" / "cache").fetch([maven.add("g:a:1", b"content")])


def test_a_stopped_fetch_ends_soon_and_keeps_its_part(maven, fetcher):
    """Stop takes effect in the middle of a body; the next fetch completes the jar."""
    content = os.urandom(500_000)
    jar = maven.add("g:slow:1", content)
    maven.is_gated = True

    def stop_at_first_byte(done, total):
        fetcher.stop.set()
        maven.gate.set()

    fetcher.progress = stop_at_first_byte
    with pytest.raises(Cancelled):
        fetcher.fetch([jar])
    assert fetcher.missing([jar]) == [jar]
    assert Fetcher(maven.url, fetcher.cache).fetch([jar])[0].read_bytes() == content


_FETCH = """
import sys
from pathlib import Path
from consumer.stack.fetch import Fetcher
from consumer.stack.jars import Jar
url, cache, *jars = sys.argv[1:]
Fetcher(url, Path(cache)).fetch([Jar(*jar.split("|")[:2], int(jar.split("|")[2])) for jar in jars])
"""


def _start(maven, cache, jars):
    arguments = [f"{jar.coordinate}|{jar.sha256}|{jar.size_bytes}" for jar in jars]
    command = [sys.executable, "-c", _FETCH, maven.url, str(cache), *arguments]
    return subprocess.Popen(command)  # noqa: S603 - our own code


def test_two_processes_that_fetch_at_once_share_the_work(maven, fetcher):
    """Both end well, every jar is whole, and none is fetched twice."""
    jars = [maven.add(f"g:jar{n}:1", os.urandom(50_000)) for n in range(12)]
    processes = [_start(maven, fetcher.cache, jars) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert fetcher.missing(jars) == []
    assert max(maven.requests.values()) == 1


def test_a_killed_fetch_blocks_nobody(maven, fetcher):
    """Its lock goes with it: the next one completes the jars."""
    jars = [maven.add("g:big:1", os.urandom(900_000))]
    maven.is_gated = True
    process = _start(maven, fetcher.cache, jars)
    started = threading.Event()
    while not started.wait(0.02):
        if maven.requests:
            started.set()
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    maven.is_gated = False
    maven.gate.set()
    assert len(fetcher.fetch(jars)[0].read_bytes()) == 900_000
