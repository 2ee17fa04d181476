"""A real Kafka and a real Neo4j that can be stopped and killed one by one, and come back with their data.

`LocalStack` starts and stops its services together and throws an ephemeral folder away; here each service has its own
life. The parts are the stack's: the same jars, the same configuration, the same guard.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from consumer.clock import SystemClock
from consumer.settings import StackSettings
from consumer.stack import Service, kafka_service, neo4j_service
from consumer.stack.options import Launch, Program
from consumer.stack.probes import Probe, free_ports, kafka_answers, neo4j_answers
from consumer.stack.process import ServiceProcess
from consumer.stack.programs import Programs

_START_S = 400.0
_STOP_S = 25.0

NEO4J_TRANSACTION_MEMORY = "96m"
"""What all transactions of the chaos Neo4j share: little, so that one of them can take it from the others."""


class OneService:
    """One service with a folder and a port that stay the same from start to start.

    A stop waits for a start under way: on a busy machine the end of one fault may reach into the next one.
    """

    def __init__(self, launch: Launch, name: str, prepare: Callable[[Launch], list[str]], probe: Probe) -> None:
        self.port = launch.port
        self.starts = 0
        self._launch, self._name, self._prepare, self._probe = launch, name, prepare, probe
        self._process: ServiceProcess | None = None
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Start it and return when it answers."""
        async with self._changing:
            if self._process is not None:
                return
            self._launch.folder.mkdir(parents=True, exist_ok=True)
            command = await asyncio.to_thread(self._prepare, self._launch)
            self._process = ServiceProcess.start(self._name, command, self._launch.folder, grace_s=_STOP_S)
            self.starts += 1
            await self._process.wait_ready(self._probe, self.port, SystemClock(), _START_S)

    async def stop(self, *, kill: bool = False) -> None:
        """Stop it in order, or with kill -9; its data stay."""
        async with self._changing:
            process, self._process = self._process, None
            if process is not None:
                process.ask_to_stop(kill=kill)
                await asyncio.to_thread(process.wait_stopped, _STOP_S + 5.0)


class Services:
    """Kafka and Neo4j of one chaos session, in a temporary folder; an async context manager.

    Clients of Kafka follow the address that the broker tells them. So it has two listeners: `kafka_bootstrap` for the
    conductor, and `kafka_behind_proxy` that tells its clients to come to the proxy.
    """

    def __init__(self, kafka_proxy: str) -> None:
        """Take the address of the proxy that will stand before Kafka's second listener."""
        self._kafka_proxy = kafka_proxy
        self._folder: Path | None = None

    async def __aenter__(self) -> Self:
        """Start both, in parallel."""
        settings = StackSettings()
        kafka_port, proxied, controller, neo4j_port = free_ports(4)
        self.kafka_bootstrap = f"127.0.0.1:{kafka_port}"
        self.kafka_behind_proxy = f"127.0.0.1:{proxied}"
        self.neo4j_address = f"127.0.0.1:{neo4j_port}"
        self._folder = Path(tempfile.mkdtemp(prefix="episodes-chaos-"))
        programs = await asyncio.to_thread(Programs(settings).have, sorted(Service))

        def launch(service: Service, port: int, program: Program, overrides: Mapping[str, str]) -> Launch:
            assert self._folder is not None
            return Launch(self._folder / service, port, program, settings, overrides)

        kafka = launch(Service.KAFKA, kafka_port, programs[Service.KAFKA], self._kafka_lines(proxied, controller))
        memory = {"dbms.memory.transaction.total.max": NEO4J_TRANSACTION_MEMORY}
        neo4j = launch(Service.NEO4J, neo4j_port, programs[Service.NEO4J], memory)
        self.kafka = OneService(kafka, "Kafka", kafka_service.prepare, kafka_answers)
        self.neo4j = OneService(neo4j, "Neo4j", neo4j_service.prepare, neo4j_answers)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.kafka.start())
                tasks.create_task(self.neo4j.start())
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Kill both and remove their data."""
        try:
            await self.kafka.stop(kill=True)
            await self.neo4j.stop(kill=True)
        finally:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _kafka_lines(self, proxied: int, controller: int) -> dict[str, str]:
        return {
            "listeners": f"PLAINTEXT://{self.kafka_bootstrap},PROXIED://127.0.0.1:{proxied},"
            f"CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.kafka_bootstrap},PROXIED://{self._kafka_proxy}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        }
