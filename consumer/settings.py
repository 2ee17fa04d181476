"""Every setting of the product, in one place, each with its default and why.

Read once, at the composition root: `Settings()` takes the environment (`EPISODES_KAFKA__TOPIC=…`, section
and field joined by two underscores) and hands each section down. No other module reads the environment.
Secrets are `SecretStr`: they print as stars and are never logged.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class _Section(BaseModel):
    """A group of settings: unknown names are refused, values can't be changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


PositiveInt = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0)]


class KafkaSettings(_Section):
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
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
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


class Neo4jSettings(_Section):
    """The graph: where it is and how many connections we hold."""

    uri: str = Field("bolt://127.0.0.1:7687", description="bolt:// or neo4j:// (+s, +ssc) address")
    database: str | None = Field(None, description="the server's default when empty")
    username: str = "neo4j"
    password: SecretStr | None = Field(None, description="no authentication is sent when empty")
    max_connections: PositiveInt = Field(50, description="connection pool size")
    connect_timeout_s: PositiveFloat = Field(3.0, description="longest wait for the TCP connection")
    acquisition_timeout_s: PositiveFloat = Field(
        4.0, description="longest wait for a connection ready for use; how long one probe of a silent database takes"
    )
    liveness_check_s: PositiveFloat = Field(
        5.0, description="a pooled connection idle for longer is tried before it is used: it may have died unseen"
    )
    transaction_timeout_s: PositiveFloat = Field(
        30.0, description="server-side limit of one transaction; soon after it we give up a connection that is silent"
    )
    apply_schema: bool = Field(True, description="create missing constraints and indexes at start")


class Tier(StrEnum):
    """Which model a call is put to: by task, and for an extraction by what the text asks of its reader."""

    FAST = "fast"
    BALANCED = "balanced"
    ACCURATE = "accurate"
    CREATIVE = "creative"


class TierSettings(_Section):
    """What one tier has of its own; what is not named here is as in the section `llm`."""

    model: str | None = Field(None, description="its model, at the same endpoint")
    max_output_tokens: PositiveInt | None = Field(None, description="answers of a larger model may be longer")
    temperature: float | None = Field(None, description="null leaves it out of the request")
    reasoning_effort: Literal["minimal", "low", "medium", "high"] | None = Field(
        None, description="the same model may think less in one tier than in another"
    )
    timeout_s: PositiveFloat | None = Field(None, description="a larger model needs longer")


class RoutingSettings(_Section):
    """Which texts are simple, and which ask much of their reader; counts are of one episode's text."""

    fast_below_chars: int = Field(500, ge=0, description="fast: so many characters and more are not simple")
    fast_below_sentences: int = Field(5, ge=0, description="fast: nor are so many sentences")
    fast_most_dates: int = Field(2, ge=0, description="fast: dates, and words like `yesterday`, at most")
    fast_most_negations: int = Field(1, ge=0, description="fast: words like `not` and `never` at most")
    fast_scripts: tuple[str, ...] = Field(
        ("latin",),
        description="JSON list of scripts whose languages the fast model is trusted with: latin, cyrillic, greek, cjk, "
        "hiragana, katakana, hangul, arabic, hebrew, devanagari, thai, …: the first word of a letter's Unicode name",
    )
    accurate_from_chars: PositiveInt = Field(4_000, description="accurate: so many characters are long")
    accurate_from_sentences: PositiveInt = Field(25, description="accurate: so many sentences are")
    accurate_from_tokens: PositiveInt = Field(1_200, description="accurate: so are so many LLM tokens, as estimated")
    accurate_from_reasoning: PositiveInt = Field(
        3, description="accurate: words like `because` and `unless`; a single one is balanced"
    )
    accurate_from_relative_dates: PositiveInt = Field(
        3, description="accurate: words like `last Friday`, which have to be worked out"
    )
    accurate_from_json_depth: PositiveInt = Field(4, description="accurate: JSON nested so deep")


class Price(_Section):
    """What a model's LLM tokens cost, in USD a million."""

    input: float = Field(ge=0, description="of the prompt, or of texts that are embedded")
    cached_input: float | None = Field(
        None, ge=0, description="of that part of a prompt which the provider had cached; as `input` when empty"
    )
    output: float = Field(0.0, ge=0, description="of the answer, reasoning included")


class LlmSettings(_Section):
    """The chat model behind the `openai` extractor."""

    model: str = "gpt-4.1-mini"
    timeout_s: PositiveFloat = Field(60.0, description="total limit of one call")
    max_output_tokens: PositiveInt = 8_192
    temperature: float | None = Field(0.0, description="left out of the request when empty")
    reasoning_effort: Literal["minimal", "low", "medium", "high"] | None = Field(
        None, description="for reasoning models; the model's own default when empty"
    )
    max_attempts: PositiveInt = Field(
        3, description="tries for an answer that is unusable before the episode is rejected"
    )
    structured_output: Literal["json_schema", "json_object"] = Field(
        "json_schema", description="json_object for servers without strict schemas"
    )
    max_connections: PositiveInt = 100
    prices: dict[str, Price] = Field(
        {},
        description='JSON of model to price in USD a million LLM tokens, {"name*": {"input": 0.4, "cached_input": 0.1, '
        '"output": 1.6}}, embedding models too; counts before the known ones of consumer/llm/prices.py',
    )
    daily_budget_usd: PositiveFloat | None = Field(
        None,
        description="what all calls of a UTC day may cost; then extraction waits until midnight. Counted over all pods "
        "with cache.redis_url, over a machine's with cache.disk_dir, else for each process and from zero at its start",
    )
    max_episode_usd: PositiveFloat | None = Field(
        None, description="an episode whose extraction is estimated to cost more is a dead letter, before any call"
    )
    max_episode_tokens: PositiveInt | None = Field(
        None, description="the same for LLM tokens, prompts and answers of all its chunks together"
    )
    requests_per_min: PositiveInt | None = Field(
        None, description="limit of the model; empty: what the server tells in x-ratelimit headers, if it does"
    )
    tokens_per_min: PositiveInt | None = Field(None, description="the same for LLM tokens, input and output together")
    batch_episodes: PositiveInt = Field(
        8, description="small episodes asked about in one call, at most; 1 asks about each alone"
    )
    batch_tokens: PositiveInt = Field(
        3_000, description="LLM tokens of the episodes in one call, estimated; a larger one has a call of its own"
    )
    batch_linger_ms: int = Field(
        10, ge=0, description="longest wait for company while no call is under way; else a tenth of a call at most"
    )
    batch_target_s: PositiveFloat = Field(
        15.0, description="full calls that take longer ask about fewer episodes, quick ones about more again"
    )
    fallback_models: tuple[str, ...] = Field(
        (), description="JSON list of models at the same endpoint, asked in order where the first gives no answer"
    )
    fallback_on_refusal: bool = Field(False, description="an answer that refuses is put to the fallback models too")
    tiers: dict[Tier, TierSettings] = Field(
        {},
        description="JSON of tiers (fast, balanced, accurate, creative) with model, max_output_tokens, temperature, "
        "reasoning_effort, timeout_s; a tier that is not named is the model above; empty: no routing",
    )
    routing: RoutingSettings = RoutingSettings()
    hedge_budget: float = Field(
        0.05,
        ge=0,
        le=1,
        description="share of calls that may be sent a second time when the answer is late; 0 never",
    )
    hedge_quantile: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="an answer is late when it takes longer than this share of the latest calls took"
    )


class EmbeddingSettings(_Section):
    """The embedding model; model and dimension are recorded per group and checked at every write."""

    model: str = Field("text-embedding-3-small", description="for the openai embedder")
    dimension: PositiveInt | None = Field(
        None, description="asked of the openai embedder; default 1024 there, the local model has its own"
    )
    batch_size: PositiveInt = Field(100, description="texts a call; how long a batch waits: pipeline.embed_linger_ms")
    max_text_tokens: PositiveInt = Field(
        8_191, description="LLM tokens of one text that the model takes; a longer one is cut, for its vector only"
    )
    max_request_tokens: PositiveInt = Field(
        50_000, description="LLM tokens of one call, estimated; providers refuse a request of too many"
    )
    importance_threshold: float = Field(
        0.0,
        ge=0,
        le=1,
        description="entity names that score less get no vector: name .3, summary over 50 characters .3, a type .2, "
        "over 5 facts in the episode .2; 0 embeds all names; facts are always embedded",
    )
    timeout_s: PositiveFloat = 30.0
    requests_per_min: PositiveInt | None = Field(
        None, description="limit of the model; empty: what the server tells in x-ratelimit headers, if it does"
    )
    tokens_per_min: PositiveInt | None = Field(None, description="the same for LLM tokens")
    cache_bytes: PositiveInt = Field(64_000_000, description="bound of the in-memory embedding cache")
    vector_bits: int = Field(
        16, description="8, 16 or 32: bits of each number of a vector, in the cache and as it is written to the graph"
    )

    @field_validator("vector_bits")
    @classmethod
    def _is_a_size_we_pack(cls, bits: int) -> int:
        """Refuse other sizes."""
        if bits not in {8, 16, 32}:
            raise ValueError("vector_bits is 8, 16 or 32")
        return bits


class PipelineSettings(_Section):
    """Bounds and concurrency of the stages."""

    concurrency: PositiveInt = Field(10, description="extract calls at once; SEMAPHORE_LIMIT overrides it")
    budget_items: PositiveInt = Field(
        12_000,
        description="episodes in flight at most, all stages together; how deep a tenant's backlog may be for another's "
        "episode behind it in the partition to pass it",
    )
    budget_bytes: PositiveInt = Field(64_000_000, description="bytes of record values in flight at most")
    resume_below: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.7, description="share of the budget under which paused partitions resume"
    )
    group_window: PositiveInt = Field(
        600, description="episodes between extraction and write; each group gets an equal share, one more is left free"
    )
    group_weights: dict[str, PositiveFloat] = Field(
        {}, description="JSON object of groups that get more (2.0) or less (0.5) than an equal share of the stages"
    )
    queue_items: PositiveInt = Field(256, description="works a queue between two stages holds at most")
    queue_bytes: PositiveInt = Field(16_000_000, description="bytes a queue between two stages holds at most")
    embed_workers: PositiveInt = Field(2, description="embedding batches at once")
    embed_batch_works: PositiveInt = Field(64, description="episodes whose texts are embedded together")
    embed_linger_ms: int = Field(10, ge=0, description="longest wait to fill an embedding batch")
    embed_backlog_linger_ms: int = Field(
        500,
        ge=0,
        description="the same while episodes wait to be extracted: fewer calls, and nothing ends later for it",
    )
    write_workers: PositiveInt = Field(2, description="write transactions at once; a group always has the same worker")
    write_batch_works: PositiveInt = Field(100, description="episodes a transaction")
    write_batch_bytes: PositiveInt = Field(
        4_000_000, description="bytes of record values a transaction; a larger episode has one of its own"
    )
    write_linger_ms: int = Field(20, ge=0, description="longest wait to fill a transaction")
    context_episodes: int = Field(4, ge=0, description="earlier episodes of the group shown to the extractor")
    context_span: int = Field(
        256, ge=0, description="context comes from at most so many offsets back, which an assignment re-reads"
    )
    context_chars: PositiveInt = Field(2_000, description="characters kept of one context episode")
    max_value_bytes: PositiveInt = Field(1_000_000, description="a larger record value is a dead letter")
    max_content_chars: PositiveInt = Field(
        400_000, description="longer content (about 100,000 tokens) is a dead letter"
    )
    chunk_tokens: PositiveInt = Field(
        2_000, description="longer content is extracted in chunks of about so many LLM tokens, estimated by script"
    )
    chunk_concurrency: PositiveInt = Field(
        4, description="calls for chunks at once, of all large episodes together, beside pipeline.concurrency"
    )
    max_name_chars: PositiveInt = Field(
        512, description="a longer name in an event is a dead letter; one a model made is cut"
    )
    resolves_names: bool = Field(
        True,
        description="names that the rules call the same (Acme Inc. and Acme) are one entity; off: only equal names and "
        "what somebody merged",
    )
    max_facts: PositiveInt = Field(
        1_000, description="more facts in one event is a dead letter; more in a model's answer are left out"
    )
    max_attributes: PositiveInt = Field(64, description="more attributes of one given entity is a dead letter")
    max_text_chars: PositiveInt = Field(
        4_000, description="a longer fact sentence, summary or attribute value is a dead letter; a model's is cut"
    )
    max_depth: Annotated[int, Field(gt=0, le=150)] = Field(
        64, description="an event nested deeper is a dead letter; the JSON parser itself ends at 200"
    )
    max_containers: PositiveInt = Field(
        25_000, description="an event with more JSON objects and arrays is a dead letter: each costs time and memory"
    )
    max_header_bytes: PositiveInt = Field(
        65_536, description="a record with more, names and values together, is a dead letter"
    )
    max_unexpected_attempts: PositiveInt = Field(3, description="tries for an exception no table knows")
    max_lone_attempts: PositiveInt = Field(
        20, description="tries for an episode whose calls keep failing while those of others succeed"
    )
    retry_initial_s: PositiveFloat = Field(
        0.5, description="first wait before a call is tried again; doubles, with jitter"
    )
    retry_max_s: PositiveFloat = Field(30.0, description="longest such wait, unless the provider asks for more")
    breaker_failures: PositiveInt = Field(
        5, description="failures in a row of one dependency that open its breaker: intake pauses"
    )
    breaker_probe_s: PositiveFloat = Field(
        0.5, description="first wait of an open breaker before one call probes; doubles"
    )
    breaker_probe_max_s: PositiveFloat = Field(
        5.0, description="longest wait between probes: how late the end of an outage may be noticed"
    )
    burst_consecutive: int = Field(
        100, ge=0, description="dead letters in a row that halt intake until a restart; 0 never"
    )
    burst_ratio: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5, description="share of dead letters in the last burst_window episodes that halts intake"
    )
    burst_window: int = Field(500, ge=0, description="episodes that burst_ratio looks at; 0 switches it off")
    burst_unexpected: int = Field(
        10, ge=0, description="dead letters in a row for exceptions no table knows (bugs) that halt intake; 0 never"
    )


class OntologySettings(_Section):
    """Registered sets of entity and relation types, which events name; docs/guides/ontology.md."""

    dir: Path | None = Field(
        None, description="folder of ontology files; all its .yaml, .yml and .json are read at start"
    )
    files: tuple[Path, ...] = Field((), description="single ontology files beside it, as a JSON list")
    default: str | None = Field(None, description="the ontology of events that name none")


class TelemetrySettings(_Section):
    """Where spans, metrics and logs go; nothing leaves the process unless an endpoint is set."""

    otlp_endpoint: str | None = Field(
        None,
        description="OTLP/HTTP base address, e.g. http://127.0.0.1:4318; OTEL_EXPORTER_OTLP_ENDPOINT sets it too",
    )
    export_timeout_s: PositiveFloat = Field(3.0, description="low, so that a dead collector cannot hold up a stop")
    service_name: str = "episodes"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] = "json"
    group_labels: int = Field(
        0,
        ge=0,
        description="so many groups, the first seen, have LLM tokens and cost of their episodes told under their own "
        "name, the rest as `other`; 0: no group is named in metrics",
    )


class HealthSettings(_Section):
    """The HTTP endpoint with /livez, /readyz, /metrics and /statz, and what counts as stuck."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 in a container")
    port: int | None = Field(None, ge=0, le=65_535, description="off when empty; 0 takes a free port")
    stuck_after_s: PositiveFloat = Field(
        300.0, description="lag without any progress for so long, no breaker open, fails liveness"
    )
    stall_s: PositiveFloat = Field(1.0, description="an event loop held for so long is warned about, with the stack")


class CacheSettings(_Section):
    """What the model said, kept: in memory, and in Redis and on disk where those are set."""

    memory_bytes: PositiveInt = Field(
        32_000_000, description="bound of the answers in memory; vectors: embedding.cache_bytes"
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


class StackSettings(_Section):
    """The local stack: real Kafka and Neo4j as child processes."""

    kafka_version: str = "4.4.0"
    neo4j_version: str = "2026.08.1"
    maven_url: str | None = Field(None, description="Maven repository to fetch jars from; Maven Central when empty")
    cache_dir: Path | None = Field(
        None, description="where fetched jars are kept; the platform's user cache when empty"
    )
    data_dir: Path | None = Field(
        None, description="where the services keep data; the platform's user data folder when empty"
    )
    kafka_heap_mb: PositiveInt = 384
    neo4j_heap_mb: PositiveInt = 1_024
    neo4j_page_cache_mb: PositiveInt = 256


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
    telemetry: TelemetrySettings = TelemetrySettings()
    health: HealthSettings = HealthSettings()
    cache: CacheSettings = CacheSettings()
    stack: StackSettings = StackSettings()
    extractor: Engine = Engine.AUTO
    embedder: Engine = Engine.AUTO
    startup_wait_s: float = Field(
        60.0, ge=0, description="how long a pod that starts waits for a Neo4j or Kafka that is down, before it ends"
    )
    stop_deadline_s: PositiveFloat = Field(
        25.0, description="from SIGTERM to the end of the process: drain, commit, leave the group, close"
    )
    debug: bool = Field(False, description="a command shows the stack trace of an unexpected error")
    openai_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices("EPISODES_OPENAI_API_KEY", "OPENAI_API_KEY")
    )
    openai_base_url: str | None = Field(
        None, validation_alias=AliasChoices("EPISODES_OPENAI_BASE_URL", "OPENAI_BASE_URL")
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
        None, validation_alias=AliasChoices("EPISODES_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    )

    @property
    def concurrency(self) -> int:
        """Extract calls at once."""
        return self.semaphore_limit or self.pipeline.concurrency

    @property
    def extract_workers(self) -> int:
        """Episodes in extraction at once: with a chat model, what its calls hold and as much ready for the next."""
        if self.engine(self.extractor) is Engine.LOCAL:
            return self.concurrency
        return self.concurrency * self.llm.batch_episodes * (2 if self.llm.batch_episodes > 1 else 1)

    def engine(self, wanted: Engine) -> Engine:
        """Return `openai` or `local` for `wanted`, deciding `auto` by whether a key is there."""
        if wanted is not Engine.AUTO:
            return wanted
        return Engine.OPENAI if self.openai_api_key else Engine.LOCAL
