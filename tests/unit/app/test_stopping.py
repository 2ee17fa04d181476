"""Told to stop: gracefully, at once, at the deadline, and by force."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from consumer.app.stopping import LEFT_BY_FORCE, run_until_stopped


class Runtime:
    """Ends when stopped and `takes_s` have passed."""

    def __init__(self, takes_s):
        self.takes_s = takes_s
        self.is_stopping = asyncio.Event()
        self.is_started = asyncio.Event()

    def stop(self):
        self.is_stopping.set()

    async def run(self, *, until_drained):
        self.is_started.set()
        await self.is_stopping.wait()
        await asyncio.sleep(self.takes_s)


async def stopped(runtime, *signals, deadline_s):
    """Send `signals` to this process while `runtime` runs; return what the run returned and seconds it took."""
    running = asyncio.ensure_future(run_until_stopped(runtime, deadline_s=deadline_s))
    await runtime.is_started.wait()
    began = time.monotonic()
    for number in signals:
        os.kill(os.getpid(), number)
        await asyncio.sleep(0.05)
    return await asyncio.wait_for(running, 60), time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_one_signal_lets_it_finish(number):
    """It has finished, in its own time."""
    is_finished, took_s = await stopped(Runtime(0.1), number, deadline_s=30)
    assert is_finished
    assert took_s < 20


async def test_a_second_signal_stops_at_once(caplog):
    """What is unfinished is read again."""
    is_finished, took_s = await stopped(Runtime(600), signal.SIGTERM, signal.SIGTERM, deadline_s=30)
    assert not is_finished
    assert took_s < 20
    assert "SIGTERM again: stopping at once" in caplog.text


async def test_the_deadline_stops_it_as_a_second_signal_does(caplog):
    """Nobody has to send it."""
    is_finished, took_s = await stopped(Runtime(600), signal.SIGTERM, deadline_s=0.2)
    assert not is_finished
    assert 0.1 < took_s < 20
    assert "not finished 0.2 s after SIGTERM: stopping at once" in caplog.text


HANGS = """
import asyncio, os, signal, time
from consumer.app import stopping

stopping.CLOSING_S = 0.3

class Runtime:
    def stop(self):
        pass
    async def run(self, *, until_drained):
        asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), signal.SIGTERM)
        try:
            await asyncio.sleep(600)
        finally:
            time.sleep(600)  # closing hangs, and the event loop with it

asyncio.run(stopping.run_until_stopped(Runtime(), deadline_s=0.2, owns_process=True))
"""


def test_a_process_whose_closing_hangs_leaves_by_force():
    """Even with the event loop held: the deadline of a stop is the pod's, not its clients'."""
    command = [sys.executable, "-c", HANGS]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own words
    assert ended.returncode == LEFT_BY_FORCE
    assert "leaving without it" in ended.stderr
