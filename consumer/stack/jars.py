"""The jars a service is made of, each with its size and SHA-256: what the lock files say.

A lock file names coordinates only, never a host: the repository is chosen at run time. The committed
`jars.lock.json` holds the default versions; other versions get one each in the user's cache (`consumer.stack.lock`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import IO

from consumer.errors import UserError

COMMITTED_LOCK = Path(__file__).with_name("jars.lock.json")


class Service(StrEnum):
    """The two services of the stack."""

    KAFKA = "kafka"
    NEO4J = "neo4j"


# slf4j-simple is the logger Kafka's own artifact leaves out: without one a failing broker says nothing.
_ENDPOINTS = {
    Service.KAFKA: "org.apache.kafka:kafka_2.13:{version}+org.slf4j:slf4j-simple:1.7.36",
    Service.NEO4J: "org.neo4j:neo4j:{version}+org.neo4j.app:neo4j-server:{version}",
}


def endpoint(service: Service, version: str) -> str:
    """Return the Maven coordinates, joined by `+`, whose closure runs `service`."""
    return _ENDPOINTS[service].format(version=version)


@dataclass(frozen=True, slots=True)
class Jar:
    """One artifact; `sha256` and `size_bytes` are None only while a lock is being made."""

    coordinate: str
    sha256: str | None = None
    size_bytes: int | None = None

    @property
    def path(self) -> PurePosixPath:
        """Place in a Maven repository, relative to its root."""
        group, artifact, version, *classifier = self.coordinate.split(":")
        name = "-".join([artifact, version, *classifier])
        return PurePosixPath(*group.split("."), artifact, version, f"{name}.jar")


@dataclass(frozen=True, slots=True)
class Lock:
    """All jars of one version of one service, in class-path order."""

    service: Service
    version: str
    jars: Sequence[Jar]

    @property
    def size_bytes(self) -> int:
        """Sum of the jars' sizes."""
        return sum(jar.size_bytes or 0 for jar in self.jars)


def read_locks(file: Path) -> list[Lock]:
    """Return the locks in `file`, none when there is no such file.

    Raises:
        UserError: the file is there and is not a lock file.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        return [
            Lock(
                Service(entry["service"]),
                entry["version"],
                [Jar(jar["coordinate"], jar["sha256"], jar["size_bytes"]) for jar in entry["jars"]],
            )
            for entry in json.loads(text)["locks"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} is not a lock file of jars: remove it and run the command again") from error


def write_locks(file: Path, locks: Iterable[Lock]) -> None:
    """Write `locks` to `file`, one jar a line so that a change of version reads well, replacing it atomically."""
    entries = []
    for lock in locks:
        jars = ",\n".join(
            "   " + json.dumps({"coordinate": jar.coordinate, "sha256": jar.sha256, "size_bytes": jar.size_bytes})
            for jar in lock.jars
        )
        head = f'  {{"service": {json.dumps(lock.service.value)}, "version": {json.dumps(lock.version)}, "jars": ['
        entries.append(f"{head}\n{jars}\n  ]}}")
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".new")
    partial.write_text('{"locks": [\n' + ",\n".join(entries) + "\n]}\n", encoding="utf-8")
    partial.replace(file)


def sha256_of(file: IO[bytes]) -> str:
    """Return the SHA-256 of all of `file`, in hexadecimal."""
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()
