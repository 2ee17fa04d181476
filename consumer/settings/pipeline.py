"""Settings of the stages: bounds, concurrency, limits, retries."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from consumer.settings.section import PositiveFloat, PositiveInt, Section


class PipelineSettings(Section):
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
        240,
        description="episodes from extraction to write; each group gets an equal share, one more is left free; a stop "
        "waits until they are written",
    )
    group_weights: dict[str, PositiveFloat] = Field(
        {}, description="JSON object of groups that get more (2.0) or less (0.5) than an equal share of the stages"
    )
    queue_items: PositiveInt = Field(256, description="works a queue between two stages holds at most")
    queue_bytes: PositiveInt = Field(16_000_000, description="bytes a queue between two stages holds at most")
    embed_workers: PositiveInt = Field(2, description="embedding batches at once")
    embed_batch_works: PositiveInt = Field(64, description="episodes whose texts are embedded together")
    embed_linger_ms: int = Field(
        10, ge=0, description="longest wait to fill an embedding batch, while an episode is on its way to it"
    )
    embed_backlog_linger_ms: int = Field(
        500,
        ge=0,
        description="the same while episodes wait to be extracted: fewer calls, and nothing ends later for it",
    )
    write_workers: PositiveInt = Field(2, description="write transactions at once; a group always has the same worker")
    write_batch_works: PositiveInt = Field(100, description="episodes a transaction, at most")
    write_target_s: PositiveFloat = Field(
        0.5, description="a transaction takes as many episodes as were lately written in so many seconds"
    )
    write_batch_bytes: PositiveInt = Field(
        4_000_000, description="bytes of record values a transaction; a larger episode has one of its own"
    )
    write_linger_ms: int = Field(
        20, ge=0, description="longest wait to fill a transaction, while an episode is on its way to it"
    )
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
    sums_up_entities: bool = Field(
        True,
        description="an entity's summary has the sentences of its current facts, not only what episodes say of it: "
        "found by search, at the cost of writing it again with each fact; alike on all pods, or summaries differ",
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
