"""Kafka in KRaft mode, one node that is broker and controller: its configuration, storage format and command."""

from __future__ import annotations

import base64
import subprocess
import uuid
from pathlib import Path

from consumer.errors import UserError
from consumer.stack.options import Launch
from consumer.stack.probes import free_ports

MAX_MESSAGE_BYTES = 2_097_152
"""Twice the largest record value the consumer takes: the limit that is met is the consumer's, with a dead letter."""

_LOG_FLAGS = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")


def prepare(launch: Launch) -> list[str]:
    """Write the configuration, format the storage once, and return the command that runs the broker.

    Raises:
        UserError: the storage can't be formatted; the line ends with Kafka's own last words.
    """
    properties = launch.folder / "server.properties"
    properties.write_text(_properties(launch), encoding="utf-8")
    if not (launch.folder / "data" / "meta.properties").exists():
        _format(launch, properties)
    flags = (f"-Xmx{launch.settings.kafka_heap_mb}m", *_LOG_FLAGS)
    return launch.program.command("kafka.Kafka", str(properties), flags=flags)


def _properties(launch: Launch) -> str:
    controller_port = next(port for port in free_ports(2) if port != launch.port)
    values = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{launch.port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{launch.port}",
        "log.dirs": str(launch.folder / "data"),
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(MAX_MESSAGE_BYTES),
        # One node: everything Kafka keeps for itself has one copy, and few partitions to open at start.
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "8",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "8",
        # A group of a test or a demo does not wait for members that never come.
        "group.initial.rebalance.delay.ms": "0",
        # Members may be as patient as ours: see KafkaSettings.session_timeout_ms and rebalance_timeout_ms.
        "group.min.session.timeout.ms": "1000",
    }
    return "".join(f"{name}={value}\n" for name, value in {**values, **launch.overrides}.items())


def _format(launch: Launch, properties: Path) -> None:
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes)[:22].decode()
    # One argument: an id may begin with a hyphen, and would be taken for an option.
    arguments = ("format", "--ignore-formatted", f"--cluster-id={cluster_id}", "-c", str(properties))
    command = launch.program.command("kafka.tools.StorageTool", *arguments)
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if result.returncode != 0:
        words = (result.stderr or result.stdout).strip().splitlines() or ["no output"]
        raise UserError(f"Kafka's storage in {launch.folder} can't be formatted: {words[-1]}")
