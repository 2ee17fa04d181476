"""Every setting of the product, in one place, each with its default and why.

Read once, at the composition root: `Settings()` takes the environment (`EPISODES_KAFKA__TOPIC=…`, section
and field joined by two underscores) and hands each section down. No other module reads the environment.
Secrets are `SecretStr`: they print as stars and are never logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from consumer.settings.around import (
    CacheSettings,
    CommunitySettings,
    HealthSettings,
    OntologySettings,
    TelemetrySettings,
)
from consumer.settings.models import (
    Compression,
    EmbeddingSettings,
    LlmSettings,
    Price,
    RoutingSettings,
    Tier,
    TierSettings,
)
from consumer.settings.pipeline import PipelineSettings
from consumer.settings.search import SearchSettings
from consumer.settings.section import PositiveFloat, PositiveInt
from consumer.settings.serve import McpSettings, ServeSettings
from consumer.settings.services import KafkaSettings, Neo4jSettings, StackSettings
from consumer.settings.strategy import Strategy, with_preset

__all__ = [
    "CacheSettings",
    "CommunitySettings",
    "Compression",
    "EmbeddingSettings",
    "Engine",
    "HealthSettings",
    "KafkaSettings",
    "LlmSettings",
    "McpSettings",
    "Neo4jSettings",
    "OntologySettings",
    "PipelineSettings",
    "Price",
    "RoutingSettings",
    "SearchSettings",
    "ServeSettings",
    "Settings",
    "StackSettings",
    "Strategy",
    "TelemetrySettings",
    "Tier",
    "TierSettings",
]


class Engine(StrEnum):
    """Who extracts and who embeds: `auto` takes the models when a key is there, else what runs locally."""

    AUTO = "auto"
    OPENAI = "openai"
    LOCAL = "local"


class Settings(BaseSettings):
    """All settings; `EPISODES_<SECTION>__<FIELD>` in the environment overrides a default."""

    model_config = SettingsConfigDict(
        env_prefix="EPISODES_",
        env_nested_delimiter="__",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    kafka: KafkaSettings = KafkaSettings()
    neo4j: Neo4jSettings = Neo4jSettings()
    llm: LlmSettings = LlmSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    pipeline: PipelineSettings = PipelineSettings()
    ontology: OntologySettings = OntologySettings()
    communities: CommunitySettings = CommunitySettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    health: HealthSettings = HealthSettings()
    cache: CacheSettings = CacheSettings()
    search: SearchSettings = SearchSettings()
    serve: ServeSettings = ServeSettings()
    mcp: McpSettings = McpSettings()
    stack: StackSettings = StackSettings()
    strategy: Strategy = Field(
        Strategy.BALANCED,
        description="how much is done at once: aggressive, balanced, conservative or sequential; it sets what is not "
        "set by itself, and the graph is the same with each",
    )
    extractor: Engine = Field(
        Engine.AUTO,
        description="who reads episodes: auto takes the model when OPENAI_API_KEY is set, else what runs locally",
    )
    embedder: Engine = Field(Engine.AUTO, description="who makes vectors, chosen in the same way")
    startup_wait_s: float = Field(
        60.0, ge=0, description="how long a pod that starts waits for a Neo4j or Kafka that is down, before it ends"
    )
    stop_deadline_s: PositiveFloat = Field(
        25.0, description="from SIGTERM to the end of the process: drain, commit, leave the group, close"
    )
    debug: bool = Field(False, description="a command shows the stack trace of an unexpected error")
    openai_api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("EPISODES_OPENAI_API_KEY", "OPENAI_API_KEY"),
        description="of the chat and the embedding model; without it both engines are local",
    )
    openai_base_url: str | None = Field(
        None,
        validation_alias=AliasChoices("EPISODES_OPENAI_BASE_URL", "OPENAI_BASE_URL"),
        description="any other endpoint with OpenAI's interface; OpenAI itself when empty",
    )
    openai_api_version: str | None = Field(
        None,
        description="for Azure's deployments: sent as `api-version`, with the key as `api-key`; needs OPENAI_BASE_URL",
    )
    semaphore_limit: PositiveInt | None = Field(
        None,
        validation_alias=AliasChoices("EPISODES_SEMAPHORE_LIMIT", "SEMAPHORE_LIMIT"),
        description="Graphiti's name for pipeline.concurrency",
    )
    otlp_endpoint: str | None = Field(
        None,
        validation_alias=AliasChoices("EPISODES_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="the usual name of telemetry.otlp_endpoint; goes before it",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_the_strategy(cls, values: Any) -> Any:
        """Take from the strategy what is not set by itself; one that is none is refused later, with its name."""
        if not isinstance(values, Mapping) or values.get("strategy") not in set(Strategy):
            return values
        return with_preset(values, Strategy(values["strategy"]))

    @property
    def concurrency(self) -> int:
        """Extract calls at once."""
        return self.semaphore_limit or self.pipeline.concurrency

    @property
    def extract_workers(self) -> int:
        """Episodes in extraction at once: with a chat model, what its calls hold, and what the next ones will.

        A quarter more, two calls at least: else the next call would wait for those whom the last one answered.
        """
        if self.engine(self.extractor) is Engine.LOCAL:
            return self.concurrency
        return (self.concurrency + max(2, self.concurrency // 4)) * self.llm.batch_episodes

    def engine(self, wanted: Engine) -> Engine:
        """Return `openai` or `local` for `wanted`, deciding `auto` by whether a key is there."""
        if wanted is not Engine.AUTO:
            return wanted
        return Engine.OPENAI if self.openai_api_key else Engine.LOCAL
