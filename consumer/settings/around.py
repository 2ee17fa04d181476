"""Settings of what is around the stages: ontologies, communities, telemetry, health, caches."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from consumer.settings.section import PositiveFloat, PositiveInt, Section


class OntologySettings(Section):
    """Registered sets of entity and relation types, which events name; docs/guides/ontology.md."""

    dir: Path | None = Field(
        None, description="folder of ontology files; all its .yaml, .yml and .json are read at start"
    )
    files: tuple[Path, ...] = Field((), description="single ontology files beside it, as a JSON list")
    default: str | None = Field(None, description="the ontology of events that name none")


class CommunitySettings(Section):
    """How `episodes communities build` divides a group; docs/guides/communities.md. Each change makes all anew."""

    resolution: PositiveFloat = Field(1.0, description="more of it makes more and smaller communities")
    min_size: PositiveInt = Field(
        2, description="entities of a community at least; a smaller one joins the neighbour it has most facts with"
    )
    levels: int = Field(1, ge=1, le=10, description="above 1: communities of communities, as far as there are any")
    seed: int = Field(7, ge=0, description="of Leiden; fixed, so that equal graphs have equal communities")
    rounds: int = Field(3, ge=1, le=100, description="of Leiden, each beginning with what the one before found")
    sweeps: int = Field(50, ge=1, le=10_000, description="how often a round looks at every entity at most: it must end")
    max_facts: PositiveInt = Field(
        2_000_000, description="current facts of a group at most, some 700 bytes of our memory each; more are refused"
    )


class TelemetrySettings(Section):
    """Where spans, metrics and logs go; nothing leaves the process unless an endpoint is set."""

    otlp_endpoint: str | None = Field(
        None,
        description="OTLP/HTTP base address, e.g. http://127.0.0.1:4318; OTEL_EXPORTER_OTLP_ENDPOINT sets it too",
    )
    otlp_metrics: bool = Field(
        True, description="metrics go there too; switch off for a Jaeger, which takes traces only, and scrape /metrics"
    )
    export_timeout_s: PositiveFloat = Field(3.0, description="low, so that a dead collector cannot hold up a stop")
    service_name: str = Field("episodes", description="service.name of spans and metrics")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="the least that pods, `serve` and `mcp` log"
    )
    log_format: Literal["json", "text"] = Field("json", description="a line of JSON for collectors, or text to read")
    sample_ratio: float | None = Field(
        None,
        ge=0.0,
        le=1.0,
        description="share of the traces that begin here which is sent; what a producer began is as the producer "
        "decided. Empty: OTEL_TRACES_SAMPLER decides, all by default",
    )
    keep_errors: bool = Field(
        True, description="traces with an error in them are sent, also those that are not of the share"
    )
    keep_slow_s: PositiveFloat | None = Field(
        None,
        description="traces that take this long here or longer, from intake to commit, are sent too; off when empty",
    )
    prompts: bool = Field(
        False, description="the texts of prompts and answers are put on the spans of model calls: they hold your data"
    )
    group_labels: int = Field(
        0,
        ge=0,
        description="so many groups, the first seen, have LLM tokens and cost of their episodes told under their own "
        "name, the rest as `other`; 0: no group is named in metrics",
    )


class HealthSettings(Section):
    """The HTTP endpoint with /livez, /readyz, /metrics and /statz, and what counts as stuck."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 in a container")
    port: int | None = Field(None, ge=0, le=65_535, description="off when empty; 0 takes a free port")
    stuck_after_s: PositiveFloat = Field(
        300.0, description="lag without any progress for so long, no breaker open, fails liveness"
    )
    stall_s: PositiveFloat = Field(1.0, description="an event loop held for so long is warned about, with the stack")
    profiling: bool = Field(
        False,
        description="whether /debug/profile tells whoever reaches the port where the pod's time goes: names of "
        "functions, no data; costs a few percent of a core while it is asked",
    )


class CacheSettings(Section):
    """What the model said, kept: in memory, and in Redis and on disk where those are set."""

    memory_bytes: PositiveInt = Field(
        16_000_000, description="bound of the answers in memory; vectors: embedding.cache_bytes"
    )
    memory_ttl_s: PositiveFloat = Field(3_600.0, description="how long memory keeps an answer or a vector")
    redis_url: SecretStr | None = Field(
        None, description="redis://user:password@host:6379/0 (or rediss://, unix://): shared by pods; off when empty"
    )
    redis_ttl_s: PositiveFloat = Field(3_600.0, description="how long Redis keeps an entry")
    redis_timeout_s: PositiveFloat = Field(0.5, description="a slower answer of Redis is a miss")
    disk_dir: Path | None = Field(
        None, description="folder of the cache on disk: outlives the pod, shared by pods of a machine; off when empty"
    )
    disk_max_bytes: PositiveInt = Field(
        1_000_000_000, description="bound of what is kept there; the least recently used goes first"
    )
    disk_ttl_s: PositiveFloat = Field(2_592_000.0, description="how long the disk keeps an entry: 30 days")
    disk_timeout_s: PositiveFloat = Field(1.0, description="a slower answer of the disk is a miss")
    cool_down_s: PositiveFloat = Field(
        2.0, description="how long a level that failed is left alone; doubles up to a minute while it keeps failing"
    )

    @field_validator("disk_dir", mode="before")
    @classmethod
    def _empty_is_off(cls, folder: object) -> object:
        """Take an empty variable for none, not for the folder we stand in."""
        return folder or None

    @field_validator("redis_url")
    @classmethod
    def _is_an_address_of_redis(cls, url: SecretStr | None) -> SecretStr | None:
        """Refuse an address of another kind; the message quotes nothing of it, for it may hold a password."""
        if url is None or not url.get_secret_value():
            return None
        try:
            parts = urlsplit(url.get_secret_value())
            is_whole = parts.scheme == "unix" or (parts.scheme in {"redis", "rediss"} and bool(parts.hostname))
            is_whole = is_whole and (parts.scheme == "unix" or parts.port != 0)
        except ValueError:
            is_whole = False
        if not is_whole:
            raise ValueError("an address of Redis looks like redis://127.0.0.1:6379/0 (or rediss://, unix://)")
        return url
