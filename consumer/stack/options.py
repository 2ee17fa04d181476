"""What a stack is asked to be: which services, where, how large."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from consumer.settings import StackSettings
from consumer.stack.jars import Service


@dataclass(frozen=True, slots=True)
class StackOptions:
    """One stack; the defaults start both services on free ports and keep their data.

    Attributes:
        services: which of the two to start.
        ephemeral: data in a temporary folder that is removed at the end; any number of such stacks can run at once.
        kafka_port: port on 127.0.0.1; a free one when None.
        neo4j_port: port on 127.0.0.1; a free one when None.
        start_timeout_s: longest wait until a started service answers, in seconds.
        stop_grace_s: how long a service may take to stop in order before it is killed, in seconds.
        jvm_flags: more flags for the services' JVMs.
        niceness: above 0, the services leave the processor to others.
        settings: versions, heap sizes, folders and the Maven repository.
    """

    services: frozenset[Service] = frozenset(Service)
    ephemeral: bool = False
    kafka_port: int | None = None
    neo4j_port: int | None = None
    start_timeout_s: float = 180.0
    stop_grace_s: float = 20.0
    jvm_flags: tuple[str, ...] = ()
    niceness: int = 0
    settings: StackSettings = field(default_factory=StackSettings)

    def port(self, service: Service) -> int | None:
        """Return the port asked for `service`, None for any free one."""
        return self.kafka_port if service is Service.KAFKA else self.neo4j_port

    def version(self, service: Service) -> str:
        """Return the version of `service`."""
        return self.settings.kafka_version if service is Service.KAFKA else self.settings.neo4j_version


# Flags that somebody has set for all Javas may contradict ours, and then no JVM starts.
_CLEAN_ENVIRONMENT = ("/usr/bin/env", "-u", "JAVA_TOOL_OPTIONS", "-u", "JDK_JAVA_OPTIONS", "-u", "_JAVA_OPTIONS")


@dataclass(frozen=True, slots=True)
class Program:
    """What runs a service: a Java, its flags and the class path."""

    java: Path
    flags: tuple[str, ...]
    class_path: tuple[Path, ...]

    def command(self, main_class: str, *arguments: str, flags: tuple[str, ...] = ()) -> list[str]:
        """Return the command line that runs `main_class`, with more `flags` for the JVM."""
        path = os.pathsep.join(str(jar) for jar in self.class_path)
        return [*_CLEAN_ENVIRONMENT, str(self.java), *self.flags, *flags, "-cp", path, main_class, *arguments]


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of a service: its own folder, its port, its program."""

    folder: Path
    port: int
    program: Program
    settings: StackSettings
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Lines of the service's configuration that differ from ours: a second listener, a small memory."""
