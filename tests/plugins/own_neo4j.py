"""A Neo4j of a test's own: empty, with settings of its own, stopped in order and started again with its data."""

import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from consumer.clock import SystemClock
from consumer.settings import StackSettings
from consumer.stack import Service, neo4j_service
from consumer.stack.options import Launch
from consumer.stack.probes import free_ports, neo4j_answers
from consumer.stack.process import ServiceProcess
from consumer.stack.programs import Programs

LTS = "5.26.12"
"""As the target `lts` of the Makefile has it."""

START_S = 240.0
STOP_S = 60.0


class OwnNeo4j:
    """An async context manager, which starts it, and at the end kills it and removes its data; `folder` is its home."""

    def __init__(self, **lines):
        """Take lines of neo4j.conf that differ from the local stack's (a dict with **: names have dots)."""
        self._lines = lines
        self._process = None
        self.settings = StackSettings()
        self.folder = Path(tempfile.mkdtemp(prefix="episodes-own-"))
        (self._port,) = free_ports(1)

    @property
    def uri(self):
        """Where it is; it takes any credentials."""
        return f"bolt://127.0.0.1:{self._port}"

    @property
    def files(self):
        """Its database's files, as path and size, for a time when it is stopped and all is written."""
        data = self.folder / "data" / "databases" / "neo4j"
        return [(path.relative_to(data), path.stat().st_size) for path in data.rglob("*") if path.is_file()]

    async def start(self):
        """Return when it answers."""
        settings = self.settings
        program = Programs(settings).have([Service.NEO4J])[Service.NEO4J]
        command = neo4j_service.prepare(Launch(self.folder, self._port, program, settings, self._lines))
        self._process = ServiceProcess.start("Neo4j", command, self.folder, grace_s=STOP_S)
        await self._process.wait_ready(neo4j_answers, self._port, SystemClock(), START_S)

    def stop(self, *, kill=False):
        """Return when it has ended, in order unless `kill`; its data stay."""
        process, self._process = self._process, None
        if process is not None:
            process.ask_to_stop(kill=kill)
            process.wait_stopped(STOP_S + 5.0)

    async def __aenter__(self):
        try:
            await self.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_):
        # In a thread, so that a loop that is being closed can't stop halfway.
        ending = threading.Thread(target=self.stop, kwargs={"kill": True})
        ending.start()
        ending.join()
        shutil.rmtree(self.folder, ignore_errors=True)


def lts(java):
    """One of the 5.26 series, run by `java`."""
    own = OwnNeo4j()
    own.settings = StackSettings(neo4j_version=LTS, java=java)
    return own


def lts_java():
    """A Java that 5.26 runs on, 17 or 21: the stack's own setting, the PATH's, or an installed one; else None."""
    found = [StackSettings().java, shutil.which("java"), *sorted(Path("/usr/lib/jvm").glob("*/bin/java"))]
    return next((Path(java) for java in found if java and _major(java) in {17, 21}), None)


def _major(java):
    """The feature release of a Java, 0 when it says none."""
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603 - asked
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def settings_of(text):
    """The settings in the text of a neo4j.conf."""
    lines = [line.strip() for line in text.splitlines()]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
