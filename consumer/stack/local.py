"""The local stack: the real Kafka and Neo4j, started together as child processes, gone when we are.

    async with LocalStack(StackOptions(ephemeral=True)) as stack:
        ...  # stack.kafka_bootstrap, stack.neo4j_uri

Holds nothing of an event loop: `start` and `stop` may run in different ones (see tests/plugins/stack.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from consumer.clock import Clock, SystemClock
from consumer.errors import UserError
from consumer.stack import kafka_service, neo4j_service
from consumer.stack.data_version import accept_version
from consumer.stack.display import Display, SilentDisplay
from consumer.stack.fetch import disk_error
from consumer.stack.folder_lock import FolderLock
from consumer.stack.jars import Service
from consumer.stack.options import Launch, Program, StackOptions
from consumer.stack.places import data_dir
from consumer.stack.probes import free_ports, is_free, kafka_answers, neo4j_answers
from consumer.stack.process import ServiceProcess
from consumer.stack.programs import Programs

_PREPARE = {Service.KAFKA: kafka_service.prepare, Service.NEO4J: neo4j_service.prepare}
_PROBES = {Service.KAFKA: kafka_answers, Service.NEO4J: neo4j_answers}

_WATCH_S = 0.5
_STOP_SPARE_S = 5.0


class LocalStack:
    """Starts and stops the services that `options` ask for; building it starts nothing.

    Invariants:
        L1: when `start` returns, every service has answered in its own protocol.
        L2: when `start` raises or is cancelled, nothing runs and an ephemeral folder is removed.
        L3: at most one stack writes a data folder.
    """

    def __init__(
        self, options: StackOptions | None = None, *, display: Display | None = None, clock: Clock | None = None
    ) -> None:
        self.options = options or StackOptions()
        self.ports: dict[Service, int] = {}
        self.folder: Path | None = None
        self._display = display or SilentDisplay()
        self._clock = clock or SystemClock()
        self._processes: dict[Service, ServiceProcess] = {}
        self._answered: set[Service] = set()
        self._lock: FolderLock | None = None

    @property
    def kafka_bootstrap(self) -> str:
        """`host:port` of the broker."""
        return f"127.0.0.1:{self.ports[Service.KAFKA]}"

    @property
    def neo4j_uri(self) -> str:
        """`bolt://host:port` of the database; it takes any credentials, or none."""
        return f"bolt://127.0.0.1:{self.ports[Service.NEO4J]}"

    @property
    def pids(self) -> dict[Service, int]:
        """Process ids of the guards, each the leader of its service's process group."""
        return {service: process.pid for service, process in self._processes.items()}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Fetch what is missing, start the services in parallel and return when all answer.

        Raises:
            UserError: what is in the way, in one line: a taken port, no network, no disk, a locked data folder, a
                service that ended.
        """
        services = sorted(self.options.services)
        try:
            self._take_ports(services)
            self._open_folder()
            programs = await self._have_jars(services)
            self._display.announce("starting " + " and ".join(service.value.capitalize() for service in services))
            async with asyncio.TaskGroup() as tasks:
                for service in services:
                    tasks.create_task(self._run(service, programs[service]), name=f"start {service}")
        except BaseExceptionGroup as group:
            await self.stop()
            error = first_error(group)
            raise error from error.__cause__
        except OSError as error:
            await self.stop()
            raise disk_error(self.folder or data_dir(self.options.settings), error) from error
        except BaseException:
            await self.stop()
            raise

    async def stop(self, *, in_order: bool | None = None) -> None:
        """Stop the services and remove an ephemeral folder; safe to call twice.

        In order when the data are kept, by killing when they are thrown away, unless `in_order` says otherwise.
        Cancelled while it waits, it kills the services and still leaves nothing behind.
        """
        in_order = not self.options.ephemeral if in_order is None else in_order
        processes = list(self._processes.values())
        for process in processes:
            process.ask_to_stop(kill=not in_order)
        try:
            await self._wait_stopped(processes)
        finally:
            self._processes.clear()
            self._answered.clear()
            if self._lock is not None:
                self._lock.release()
                self._lock = None
            if self.options.ephemeral and self.folder is not None:
                shutil.rmtree(self.folder, ignore_errors=True)  # the guards have removed all but the folder itself
            self.folder = None

    async def _wait_stopped(self, processes: list[ServiceProcess]) -> None:
        if not processes:
            return
        timeout_s = self.options.stop_grace_s + _STOP_SPARE_S
        loop = asyncio.get_running_loop()
        stopped = [loop.run_in_executor(None, process.wait_stopped, timeout_s) for process in processes]
        try:
            await asyncio.wait(stopped)
        except asyncio.CancelledError:
            for process in processes:
                process.ask_to_stop(kill=True)
            await asyncio.wait(stopped)
            raise

    async def watch(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set.

        Raises:
            UserError: a service ended by itself; the line has its last log lines.
        """
        while not stop.is_set():
            for process in self._processes.values():
                process.check_running()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _WATCH_S)

    def _take_ports(self, services: list[Service]) -> None:
        free = free_ports(len(services))
        for service in services:
            wanted = self.options.port(service)
            if wanted is not None and not is_free(wanted):
                raise UserError(
                    f"port {wanted} for {service} is taken: stop what listens there, or choose another with "
                    f"--{service}-port"
                )
            self.ports[service] = wanted or free.pop()

    def _open_folder(self) -> None:
        if self.options.ephemeral:
            self.folder = Path(tempfile.mkdtemp(prefix="episodes-"))
            return
        folder = data_dir(self.options.settings)
        self._lock = FolderLock.take(folder)
        self.folder = folder

    async def _have_jars(self, services: list[Service]) -> dict[Service, Program]:
        programs = Programs(self.options.settings, self._display, self.options.jvm_flags)
        try:
            return await asyncio.to_thread(programs.have, services)
        except asyncio.CancelledError:
            programs.stop.set()
            raise

    async def _run(self, service: Service, program: Program) -> None:
        if self.folder is None:
            raise UserError("the stack was stopped while it started")
        folder = self.folder / service
        folder.mkdir(parents=True, exist_ok=True)
        if not self.options.ephemeral:
            accept_version(folder, service, self.options.version(service))
        launch = Launch(folder, self.ports[service], program, self.options.settings)
        command = await asyncio.to_thread(_PREPARE[service], launch)
        process = ServiceProcess.start(
            service.value.capitalize(),
            command,
            folder,
            grace_s=self.options.stop_grace_s,
            remove_folder=self.options.ephemeral,
            niceness=self.options.niceness,
        )
        self._processes[service] = process
        await process.wait_ready(_PROBES[service], launch.port, self._clock, self.options.start_timeout_s)
        self._answered.add(service)
        waiting = [each.value.capitalize() for each in sorted(self.options.services - self._answered)]
        rest = f", waiting for {' and '.join(waiting)}" if waiting else ""
        self._display.announce(f"{process.name} answers on 127.0.0.1:{launch.port}{rest}")


def first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what to tell of several failures: a bug before a `UserError`, for its trace is needed."""
    errors = list(group.exceptions)
    return next((error for error in errors if not isinstance(error, UserError)), errors[0])
