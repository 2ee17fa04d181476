"""A service under its guard: it ends when it is told to, and when its parent is gone in whatever way."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from consumer.clock import SystemClock
from consumer.errors import UserError
from consumer.stack.process import ServiceProcess

_FOREVER = "import pathlib, time; pathlib.Path('started').touch(); time.sleep(1000)"
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _FOREVER
_WITH_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_STUBBORN!r}]).wait()"


def start(folder, code=_FOREVER, **options):
    """Start Python code as a service."""
    folder.mkdir(exist_ok=True)
    return ServiceProcess.start("Service", [sys.executable, "-c", code], folder, **options)


async def started(process, folder):
    """Return when the code runs."""
    await process.wait_ready(lambda port, timeout_s: (folder / "started").exists(), 0, SystemClock(), 120)


def group(pid):
    """Return the live processes of a process group."""
    alive = []
    for each in psutil.process_iter():
        try:
            if os.getpgid(each.pid) == pid and each.status() != psutil.STATUS_ZOMBIE:
                alive.append(each.pid)
        except (ProcessLookupError, psutil.Error):
            continue
    return alive


def gone_within(pid, seconds):
    """Say whether the group is empty before so many seconds have passed."""
    deadline = time.monotonic() + seconds
    while group(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("kill", [False, True])
async def test_a_service_stops_when_told(tmp_path, kill):
    """In order and at once: afterwards neither it nor its guard runs."""
    process = start(tmp_path)
    await started(process, tmp_path)
    assert process.is_running
    process.ask_to_stop(kill=kill)
    process.wait_stopped(60)
    assert not process.is_running
    assert group(process.pid) == []


async def test_a_service_that_ignores_sigterm_is_killed_after_its_grace(tmp_path):
    """The guard does not wait for ever."""
    process = start(tmp_path, _STUBBORN, grace_s=0.2)
    await started(process, tmp_path)
    process.ask_to_stop(kill=False)
    process.wait_stopped(60)
    assert group(process.pid) == []


async def test_a_second_order_cuts_the_grace_short(tmp_path):
    """Asked in order first, then at once: the long grace does not hold us up."""
    process = start(tmp_path, _STUBBORN, grace_s=1_000)
    await started(process, tmp_path)
    process.ask_to_stop(kill=False)
    process.ask_to_stop(kill=True)
    process.wait_stopped(60)
    assert group(process.pid) == []


async def test_what_the_service_started_ends_too(tmp_path):
    """The whole group goes, also a grandchild that ignores SIGTERM."""
    process = start(tmp_path, _WITH_CHILD)
    await started(process, tmp_path)
    assert len(group(process.pid)) == 3
    process.ask_to_stop(kill=False)
    process.wait_stopped(60)
    assert gone_within(process.pid, 60)


async def test_a_killed_guard_leaves_nothing_behind(tmp_path):
    """Its service is found through the group."""
    process = start(tmp_path, _STUBBORN)
    await started(process, tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait_stopped(60)
    assert gone_within(process.pid, 60)


_PARENT = """
import sys, time
from pathlib import Path
from consumer.stack.process import ServiceProcess
folder = Path(sys.argv[1])
process = ServiceProcess.start("Service", [sys.executable, "-c", sys.argv[2]], folder, remove_folder=True)
(folder.parent / "pid.new").write_text(str(process.pid))
(folder.parent / "pid.new").rename(folder.parent / "pid")
time.sleep(1000)
"""


@pytest.mark.parametrize("code", [_FOREVER, _STUBBORN, _WITH_CHILD], ids=["plain", "stubborn", "with-child"])
async def test_kill_9_of_the_parent_leaves_nothing_running(tmp_path, code):
    """Service and guard end by themselves, and the ephemeral folder is removed."""
    folder = tmp_path / "base" / "service"
    folder.mkdir(parents=True)
    command = [sys.executable, "-c", _PARENT, str(folder), code]
    parent = subprocess.Popen(command)  # noqa: S603, ASYNC220 - our own code
    pid_file = folder.parent / "pid"
    while not (pid_file.exists() and (folder / "started").exists()):
        assert parent.poll() is None
        await asyncio.sleep(0.02)
    pid = int(pid_file.read_text())
    pid_file.unlink()
    assert group(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone_within(pid, 60)
    assert not folder.parent.exists()


async def test_a_service_that_dies_is_told_with_its_last_lines(tmp_path):
    """Stack frames are left out: they are not what tells the reason."""
    code = "print('first'); print('Port is in use'); print('\\tat some.Frame(1)'); raise SystemExit(3)"
    process = start(tmp_path, code)
    with pytest.raises(UserError, match=r"Service ended \(exit code 3\): first \| Port is in use \(log: ") as caught:
        await process.wait_ready(lambda port, timeout_s: False, 0, SystemClock(), 120)
    assert "\n" not in str(caught.value)
    process.wait_stopped(60)


async def test_a_service_that_never_answers_is_told(tmp_path):
    """After the timeout the line says how long we waited."""
    process = start(tmp_path)
    with pytest.raises(UserError, match=r"did not answer within 0 s: it said nothing"):
        await process.wait_ready(lambda port, timeout_s: False, 0, SystemClock(), 0.1)
    process.ask_to_stop(kill=True)
    process.wait_stopped(60)


async def test_the_log_of_the_run_before_is_kept(tmp_path):
    """One run back, so that a crash can be looked into after the next start."""
    for word in ("one", "two"):
        process = start(tmp_path, f"print({word!r})")
        process.wait_stopped(60)
    assert (tmp_path / "console.1.log").read_text() == "one\n"
    assert (tmp_path / "console.log").read_text() == "two\n"


async def test_a_low_priority_is_passed_on(tmp_path):
    """Recording for the next start leaves the processor to others."""
    process = start(tmp_path, niceness=19)
    await started(process, tmp_path)
    service = next(pid for pid in group(process.pid) if pid != process.pid)
    assert psutil.Process(service).nice() == 19
    process.ask_to_stop(kill=True)
    process.wait_stopped(60)


def test_the_guard_imports_the_standard_library_only():
    """It must stay small: one runs beside every service."""
    guard = Path(sys.modules["consumer.stack.process"].__file__).with_name("guard.py")
    assert "consumer." not in guard.read_text().split("\nimport ", 1)[1]
