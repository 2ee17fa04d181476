"""A small process between us and one service: starts it, and ends it when we are gone, however we went.

Run as a script (`python -I guard.py <grace_s> <folder to remove, or empty> <console file> -- <command…>`), it
imports the standard library only: some 13 MB and 40 ms. Its standard input is a pipe whose other end its parent
holds. Protocol: the byte `t` means stop in order (SIGTERM, SIGKILL after `grace_s`), `k` means SIGKILL at once, also
after a `t`; end of file (the parent is gone, even by kill -9) means `t` with a short grace. It ends when the service
has ended, and then removes the folder, unless the service ended by itself: the parent wants to read its log.
Works on Linux and macOS: no prctl, no polling.

Invariants:
    G1: the service is started by the guard, so there is no moment at which it runs unwatched.
    G2: guard and service share a process group led by the guard, which is not the parent's: Ctrl-C does not reach it.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

_ORPHAN_GRACE_S = 2.0
_STOP, _KILL = b"t", b"k"


def _obey(service: subprocess.Popen[bytes], grace_s: float, ordered: threading.Event) -> None:
    """Wait for an order or the parent's end, then end the service."""
    order = os.read(0, 1)
    ordered.set()
    if order != _KILL:
        with contextlib.suppress(subprocess.TimeoutExpired):
            service.terminate()
            if order == _STOP and select.select([0], [], [], grace_s)[0]:
                order = os.read(0, 1)  # a second order while the service stops: be quick
            if not order:
                service.wait(_ORPHAN_GRACE_S)
    service.kill()


def main(arguments: list[str]) -> int:
    """Run the command until it ends or the parent does; return its exit code (128 + signal when killed)."""
    grace_s, folder, console, _, *command = arguments
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with Path(console).open("ab") as output:
        service = subprocess.Popen(  # noqa: S603 - the command comes from our own parent
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_default_signals,  # noqa: PLW1509 - no thread runs yet
        )
    ordered = threading.Event()
    threading.Thread(target=_obey, args=(service, float(grace_s), ordered), daemon=True).start()
    code = service.wait()
    if ordered.is_set():
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                Path(folder).parent.rmdir()
        os.killpg(0, signal.SIGKILL)  # us too, and whatever the service started
    return 128 - code if code < 0 else code


def _default_signals() -> None:
    """Undo in the child what the guard ignores."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
