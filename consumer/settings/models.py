"""Settings of the models: chat and embeddings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator

from consumer.settings.section import PositiveFloat, PositiveInt, Section


class Tier(StrEnum):
    """Which model a call is put to: by task, and for an extraction by what the text asks of its reader."""

    FAST = "fast"
    BALANCED = "balanced"
    ACCURATE = "accurate"
    CREATIVE = "creative"


class Compression(StrEnum):
    """How much of a text is left out before a model is asked about it; each level takes what those before it take."""

    NONE = "none"
    LIGHT = "light"
    MEDIUM = "medium"
    STRONG = "strong"


class TierSettings(Section):
    """What one tier has of its own; what is not named here is as in the section `llm`."""

    model: str | None = Field(None, description="its model, at the same endpoint")
    max_output_tokens: PositiveInt | None = Field(None, description="answers of a larger model may be longer")
    temperature: float | None = Field(None, description="null leaves it out of the request")
    reasoning_effort: Literal["minimal", "low", "medium", "high"] | None = Field(
        None, description="the same model may think less in one tier than in another"
    )
    timeout_s: PositiveFloat | None = Field(None, description="a larger model needs longer")


class RoutingSettings(Section):
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


class Price(Section):
    """What a model's LLM tokens cost, in USD a million."""

    input: float = Field(ge=0, description="of the prompt, or of texts that are embedded")
    cached_input: float | None = Field(
        None, ge=0, description="of that part of a prompt which the provider had cached; as `input` when empty"
    )
    output: float = Field(0.0, ge=0, description="of the answer, reasoning included")


class LlmSettings(Section):
    """The chat model behind the `openai` extractor."""

    model: str = Field("gpt-4.1-mini", description="chat model of every call that no tier takes")
    timeout_s: PositiveFloat = Field(60.0, description="total limit of one call")
    max_output_tokens: PositiveInt = Field(
        8_192, description="LLM tokens of one answer at most; one cut off is asked for with twice as many"
    )
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
    max_connections: PositiveInt = Field(
        100,
        description="HTTP connections of one model's client at most, which has one host; embeddings: the same defaults",
    )
    keep_alive_s: PositiveFloat = Field(30.0, description="an idle HTTP connection is closed after so long")
    dns_ttl_s: PositiveFloat = Field(
        300.0, description="how long the host's address is kept; one that cannot be connected to is asked for anew"
    )
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
        3, ge=0, description="longest wait for company while no call is under way; else a tenth of a call at most"
    )
    batch_target_s: PositiveFloat = Field(
        15.0, description="full calls that take longer ask about fewer episodes, quick ones about more again"
    )
    truncate_tokens: PositiveInt | None = Field(
        None,
        description="of a longer content only the sentences within so many LLM tokens are read (2,000 say), the rest "
        "is lost to extraction; empty: all is read, in chunks of pipeline.chunk_tokens",
    )
    compression: Compression = Field(
        Compression.NONE,
        description="what is left out of texts before they are asked about: none; light: repeated spaces and lines; "
        "medium: fillers too; strong: articles and sentences without a name or number too. Loses facts",
    )
    tokenizer: Literal["estimate", "tiktoken"] = Field(
        "estimate",
        description="what truncate_tokens counts by: the estimate by script, or tiktoken where it is installed",
    )
    fallback_models: tuple[str, ...] = Field(
        (), description="JSON list of models at the same endpoint, asked in order where the first gives no answer"
    )
    fallback_after_s: PositiveFloat | None = Field(
        None,
        description="a model that has another behind it is given up after so long, and the call may be paid twice; an "
        "answer about several episodes takes its time; empty: after timeout_s",
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


class EmbeddingSettings(Section):
    """The embedding model; model and dimension are recorded per group and checked at every write."""

    model: str = Field("text-embedding-3-small", description="for the openai embedder")
    dimension: PositiveInt | None = Field(
        None, description="asked of the openai embedder; default 1024 there, the local model has its own"
    )
    batch_size: PositiveInt = Field(
        100, description="texts a call at first; how long a batch waits: pipeline.embed_linger_ms"
    )
    max_batch_size: PositiveInt = Field(
        1_000, description="texts a call at most, of a model that is quick; OpenAI takes 2,048, some servers 32"
    )
    batch_target_s: PositiveFloat = Field(
        2.0,
        description="full calls that take longer have fewer texts from then on, those under half of it twice as many",
    )
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
    embeds_episodes: bool = Field(
        default=True,
        description="episodes have a vector of their whole text too, so that they are found by meaning whatever facts "
        "were read out of them; off saves an embedding of each text",
    )
    timeout_s: PositiveFloat = Field(30.0, description="total limit of one call")
    requests_per_min: PositiveInt | None = Field(
        None, description="limit of the model; empty: what the server tells in x-ratelimit headers, if it does"
    )
    tokens_per_min: PositiveInt | None = Field(None, description="the same for LLM tokens")
    cache_bytes: PositiveInt = Field(32_000_000, description="bound of the in-memory embedding cache")
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
