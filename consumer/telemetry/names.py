"""Every span name, attribute and metric of the product, once, with unit and meaning.

Pinned to version 1.41 of OpenTelemetry's conventions for messaging, gen_ai and db (`SCHEMA_URL` says so to the
backend): the newer repository renames some gen_ai names, and a dashboard must not change under its reader.
Attributes in `Metric.attributes` are the only ones a measurement carries, so that no tenant, offset or text can
multiply time series.

Source: https://opentelemetry.io/docs/specs/semconv/ (1.41.0); docs/operations.md says what to do about each metric.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

SCHEMA_URL = "https://opentelemetry.io/schemas/1.41.0"
SCOPE = "consumer"
"""Instrumentation scope of all spans and metrics."""

# --- attributes -------------------------------------------------------------------------------------------------
ERROR_TYPE = "error.type"  # class of the exception, or `cancelled`; absent when all went well

MESSAGING_SYSTEM = "messaging.system"  # always `kafka`
MESSAGING_DESTINATION = "messaging.destination.name"  # topic
MESSAGING_PARTITION = "messaging.destination.partition.id"  # partition, as text
MESSAGING_CONSUMER_GROUP = "messaging.consumer.group.name"  # Kafka's consumer group
MESSAGING_OFFSET = "messaging.kafka.offset"  # the record's number in its partition
MESSAGING_KEY = "messaging.kafka.message.key"  # the record's key: our group
MESSAGING_TOMBSTONE = "messaging.kafka.message.tombstone"  # true when the record has no value
MESSAGING_BODY_SIZE = "messaging.message.body.size"  # bytes of the value
MESSAGING_BATCH_COUNT = "messaging.batch.message_count"  # records one call handled
MESSAGING_OPERATION_NAME = "messaging.operation.name"  # send, poll, process, commit
MESSAGING_OPERATION_TYPE = "messaging.operation.type"  # send, receive, process, settle

GEN_AI_OPERATION = "gen_ai.operation.name"  # chat, embeddings
GEN_AI_PROVIDER = "gen_ai.provider.name"  # openai, or `local`
GEN_AI_REQUEST_MODEL = "gen_ai.request.model"  # model asked for
GEN_AI_RESPONSE_MODEL = "gen_ai.response.model"  # model that answered
GEN_AI_INPUT_TOKENS = "gen_ai.usage.input_tokens"  # LLM tokens of the prompt
GEN_AI_OUTPUT_TOKENS = "gen_ai.usage.output_tokens"  # LLM tokens of the answer
GEN_AI_FINISH_REASONS = "gen_ai.response.finish_reasons"  # why the model stopped, one a choice
GEN_AI_TOKEN_TYPE = "gen_ai.token.type"  # noqa: S105 - kind of an LLM token: input, cached (part of input), output

DB_SYSTEM = "db.system.name"  # always `neo4j`
DB_NAMESPACE = "db.namespace"  # database
DB_BATCH_SIZE = "db.operation.batch.size"  # works in one transaction; absent when 1
DB_QUERY_SUMMARY = "db.query.summary"  # name of the query file
DB_OPERATION = "db.operation.name"  # read, write, schema

GEN_AI_SYSTEM_INSTRUCTIONS = "gen_ai.system_instructions"  # the fixed text as JSON; only when opted in
GEN_AI_INPUT_MESSAGES = "gen_ai.input.messages"  # the question as JSON; only when opted in
GEN_AI_OUTPUT_MESSAGES = "gen_ai.output.messages"  # the answer as JSON; only when opted in

SAMPLING = "episodes.sampling"  # `tail` on the first span of a trace that is not of the share (telemetry.sampling)
STAGE = "episodes.stage"  # intake, extract, embed, write
OUTCOME = "episodes.outcome"  # written, present, ignored, removed, rejected, discarded; a stage: ok, failed, cancelled
OUTCOME_DETAIL = "episodes.outcome.detail"  # reason of a rejection
QUEUE_WAIT = "episodes.queue.wait"  # seconds between being handed on and being taken
BATCH_SIZE = "episodes.batch.size"  # works that shared the stage's call
CACHE = "episodes.cache"  # what is cached: chat, vector
CACHE_TIER = "episodes.cache.tier"  # where a lookup ended: memory, redis, disk, none; a fault: redis, disk
POOL = "episodes.pool"  # whose connections: neo4j, llm, embeddings
POOL_STATE = "episodes.pool.state"  # in_use, idle
TOPIC = MESSAGING_DESTINATION
PARTITION = MESSAGING_PARTITION
GROUP = "episodes.group"  # group_id, of a few groups only (telemetry.group_labels); the rest `other`
USAGE_SOURCE = "episodes.usage.source"  # who counted LLM tokens: reported (the server), estimated (we)
LLM_TIER = "episodes.llm.tier"  # fast, balanced, accurate, creative
LLM_TIER_REASON = "episodes.llm.tier.reason"  # why: simple, sentences, reasoning, table, …, task; one of a few words
LLM_IS_HEDGE = "episodes.llm.is_hedge"  # true on a call sent because the first one was late
DEPENDENCY = "episodes.dependency"  # llm, embeddings, neo4j, kafka; a breaker: llm, neo4j-write, …

ATTEMPT = "episodes.attempt"  # of an event: which try it was that failed, from 1
WAIT = "episodes.wait"  # of an event: seconds that are waited for, or were
DETAIL = "episodes.detail"  # of an event: what was wrong, in our words

HTTP_METHOD = "http.request.method"  # GET, POST, …; of our API
HTTP_ROUTE = "http.route"  # the path with its parameters' names, e.g. /v1/groups/{group_id}; none for unknown paths
HTTP_STATUS = "http.response.status_code"  # 200, 404, …
REQUEST_ID = "episodes.request.id"  # what the answer's X-Request-Id says; on spans only
MCP_METHOD = "mcp.method.name"  # always `tools/call`
TOOL = "gen_ai.tool.name"  # the tool that was called

ONTOLOGY = "episodes.ontology"  # name of a registered ontology
DEVIATION = "episodes.ontology.deviation"  # unknown-type, unknown-relation, wrong-end, …, skipped-by-mapping


# --- span names -------------------------------------------------------------------------------------------------
def send(topic: str) -> str:
    """PRODUCER span of one published record, or of one dead letter."""
    return f"send {topic}"


def process(topic: str) -> str:
    """CONSUMER span of one episode, from intake to the commit of its offset."""
    return f"process {topic}"


def commit(topic: str) -> str:
    """CLIENT span from the end of an episode's last stage to the commit that covers it."""
    return f"commit {topic}"


def poll(topic: str) -> str:
    """CLIENT span of one fetch that brought records, linked to the producers' spans of those that were taken."""
    return f"poll {topic}"


def chat(model: str) -> str:
    """CLIENT span of one chat completion."""
    return f"chat {model}"


def embeddings(model: str) -> str:
    """CLIENT span of one embedding call."""
    return f"embeddings {model}"


def cached(kind: str) -> str:
    """Attribute of a stage's span: the level of the cache that the last lookup for `kind` ended in."""
    return f"episodes.cache.{kind}"


def served(method: str, route: str) -> str:
    """SERVER span of one request to the HTTP API."""
    return f"{method} {route}"


def tool(name: str) -> str:
    """SERVER span of one call of a tool over MCP."""
    return f"tools/call {name}"


INTAKE, EXTRACT, EMBED, WRITE = "intake", "extract", "embed", "write"
"""INTERNAL spans of the stages, one a work, children of its `process` span."""

# --- events of spans --------------------------------------------------------------------------------------------
RETRY = "retry"  # a call failed and is made again after a wait; on the spans of the stage
BREAKER_OPEN = "breaker.opened"  # a dependency is taken to be down; on the spans of the stage whose call showed it
BREAKER_WAIT = "breaker.waited"  # a call waited until the breaker of its dependency let it go
FALLBACK = "model.fallback"  # another model is asked, for this one gave no answer
HEDGE = "model.hedge"  # the answer is late: a second call is made
UNUSABLE = "answer.unusable"  # the model's answer could not be used, and it is asked again
PART_LOST = "answer.part_lost"  # an answer about several episodes had nothing usable about this one


# --- metrics ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: kind, name, UCUM unit, meaning, and the attributes that a measurement may carry.

    `labels` are those of a gauge, in the order in which `observe_gauges` takes their values. A `level` is a gauge that
    is set when it changes; a `gauge` is read when metrics are collected.
    """

    kind: Literal["histogram", "counter", "gauge", "level"]
    name: str
    unit: str
    description: str
    attributes: frozenset[str] = field(default_factory=frozenset)
    labels: tuple[str, ...] = ()


_MESSAGING = frozenset({MESSAGING_SYSTEM, MESSAGING_DESTINATION, MESSAGING_OPERATION_NAME, ERROR_TYPE})
_GEN_AI = frozenset({GEN_AI_OPERATION, GEN_AI_PROVIDER, GEN_AI_REQUEST_MODEL, GEN_AI_RESPONSE_MODEL, ERROR_TYPE})
_COUNTED = frozenset({GEN_AI_OPERATION, GEN_AI_REQUEST_MODEL, USAGE_SOURCE})
_DB = frozenset({DB_SYSTEM, DB_NAMESPACE, DB_OPERATION, DB_QUERY_SUMMARY, ERROR_TYPE})

GEN_AI_DURATION = "gen_ai.client.operation.duration"
GEN_AI_TOKENS = "gen_ai.client.token.usage"
DB_DURATION = "db.client.operation.duration"
MESSAGING_DURATION = "messaging.client.operation.duration"
MESSAGING_SENT = "messaging.client.sent.messages"
STAGE_DURATION = "episodes.stage.duration"
STAGE_WORKS = "episodes.stage.works"
STAGE_QUEUE_WAIT = "episodes.stage.queue_wait"
FINISHED = "episodes.finished"
DELAY = "episodes.delay"
RETRIES = "episodes.retries"
REBALANCES = "episodes.rebalances"
UNREAD_LOST = "episodes.unread_lost"
DRAIN_DURATION = "episodes.drain.duration"
IN_FLIGHT = "episodes.in_flight"
IN_FLIGHT_BYTES = "episodes.in_flight.bytes"
OLDEST_IN_FLIGHT = "episodes.in_flight.oldest_age"
QUEUE_DEPTH = "episodes.queue.depth"
QUEUE_BYTES = "episodes.queue.bytes"
LAG = "episodes.lag"
PAUSED = "episodes.partitions.paused"
ASSIGNED = "episodes.partitions.assigned"
BUFFERED = "episodes.resequencer.buffered"
BREAKER_STATE = "episodes.breaker.state"
BREAKER_OPENED = "episodes.breaker.opened"
HALTED = "episodes.intake.halted"
LOOP_STALL = "episodes.loop.stall"
ONTOLOGY_MAPPED = "episodes.ontology.mapped"
ONTOLOGY_DEVIATIONS = "episodes.ontology.deviations"
LLM_CONCURRENCY = "episodes.llm.concurrency"
LLM_LIMIT_WAIT = "episodes.llm.limit_wait"
LLM_FALLBACKS = "episodes.llm.fallbacks"
LLM_TOKENS = "episodes.llm.tokens"
LLM_COST = "episodes.llm.cost"
LLM_UNPRICED = "episodes.llm.unpriced_calls"
LLM_CACHED_SHARE = "episodes.llm.cached_share"
LLM_EPISODE_TOKENS = "episodes.llm.episode_tokens"
LLM_EPISODE_COST = "episodes.llm.episode_cost"
LLM_DAY_COST = "episodes.llm.day_cost"
LLM_DAY_SPENT = "episodes.llm.day_spent"
LLM_ROUTED = "episodes.llm.routed"
LLM_HEDGES = "episodes.llm.hedges"
LLM_HEDGES_WON = "episodes.llm.hedges_won"
LLM_BATCH_SIZE = "episodes.llm.batch_size"
LLM_PARTS_LOST = "episodes.llm.parts_lost"
POOL_CONNECTIONS = "episodes.pool.connections"
POOL_LIMIT = "episodes.pool.limit"
EMBEDDING_BATCH_SIZE = "episodes.embedding.batch_size"
STAGE_BATCH_SIZE = "episodes.stage.batch_size"
CACHE_LOOKUPS = "episodes.cache.lookups"
CACHE_FAULTS = "episodes.cache.faults"
HTTP_DURATION = "http.server.request.duration"
HTTP_ACTIVE = "http.server.active_requests"
MCP_DURATION = "mcp.server.operation.duration"

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("histogram", GEN_AI_DURATION, "s", "Duration of one model call, attempts counted singly.", _GEN_AI),
        Metric(
            "histogram",
            GEN_AI_TOKENS,
            "{token}",
            "LLM tokens of one call, by type.",
            _GEN_AI | {GEN_AI_TOKEN_TYPE},
        ),
        Metric("histogram", DB_DURATION, "s", "Duration of one Neo4j transaction or query.", _DB),
        Metric("histogram", MESSAGING_DURATION, "s", "Duration of one send or commit.", _MESSAGING),
        Metric("counter", MESSAGING_SENT, "{message}", "Records sent, failed ones with error.type.", _MESSAGING),
        Metric(
            "histogram",
            STAGE_DURATION,
            "s",
            "Duration of one call of a stage, batches counted once.",
            frozenset({STAGE, ERROR_TYPE}),
        ),
        Metric("counter", STAGE_WORKS, "{episode}", "Works through a stage, by outcome.", frozenset({STAGE, OUTCOME})),
        Metric("histogram", STAGE_QUEUE_WAIT, "s", "Wait between two stages.", frozenset({STAGE})),
        Metric("counter", FINISHED, "{episode}", "Episodes by what became of them.", frozenset({TOPIC, OUTCOME})),
        Metric(
            "histogram",
            DELAY,
            "s",
            "From the record's timestamp to the commit that covers it: end to end.",
            frozenset({TOPIC}),
        ),
        Metric(
            "counter",
            RETRIES,
            "{retry}",
            "Calls tried again because something outside failed.",
            frozenset({STAGE, DEPENDENCY}),
        ),
        Metric("counter", REBALANCES, "{rebalance}", "Assignments received.", frozenset({TOPIC})),
        Metric(
            "counter",
            UNREAD_LOST,
            "{record}",
            "Offsets that retention or an operator removed from the log before they were read.",
            frozenset({TOPIC}),
        ),
        Metric("histogram", DRAIN_DURATION, "s", "Time from revoke or stop to drained.", frozenset({TOPIC})),
        Metric("gauge", IN_FLIGHT, "{episode}", "Episodes admitted and not finished."),
        Metric("gauge", IN_FLIGHT_BYTES, "By", "Bytes of record keys and values in flight."),
        Metric("gauge", OLDEST_IN_FLIGHT, "s", "Age of the oldest episode in flight since its intake."),
        Metric("gauge", QUEUE_DEPTH, "{episode}", "Works waiting in front of a stage.", labels=(STAGE,)),
        Metric("gauge", QUEUE_BYTES, "By", "Bytes waiting in front of a stage.", labels=(STAGE,)),
        Metric(
            "gauge",
            LAG,
            "{record}",
            "Records between the watermark and the log's end, per assigned partition.",
            labels=(TOPIC, PARTITION),
        ),
        Metric("gauge", PAUSED, "{partition}", "Assigned partitions that backpressure has paused."),
        Metric("gauge", ASSIGNED, "{partition}", "Partitions assigned to this process."),
        Metric("gauge", BUFFERED, "{episode}", "Works the resequencer holds until their group's turn."),
        Metric(
            "gauge", BREAKER_STATE, "1", "Breaker of a dependency: 0 closed, 1 probing, 2 open.", labels=(DEPENDENCY,)
        ),
        Metric("counter", BREAKER_OPENED, "{outage}", "Times a breaker opened.", frozenset({DEPENDENCY})),
        Metric("gauge", HALTED, "1", "1 when a burst of dead letters has halted intake until a restart."),
        Metric("histogram", LOOP_STALL, "s", "How long something held the event loop, when it was too long."),
        Metric(
            "counter", ONTOLOGY_MAPPED, "{episode}", "JSON records mapped without a model call.", frozenset({ONTOLOGY})
        ),
        Metric(
            "counter",
            ONTOLOGY_DEVIATIONS,
            "{deviation}",
            "What extracted knowledge has that its ontology does not declare, by kind.",
            frozenset({ONTOLOGY, DEVIATION}),
        ),
        Metric(
            "level",
            LLM_CONCURRENCY,
            "{call}",
            "Calls at once that a model is found to bear.",
            frozenset({GEN_AI_REQUEST_MODEL}),
        ),
        Metric(
            "histogram",
            LLM_LIMIT_WAIT,
            "s",
            "Wait of a model call for its limits, before it begins.",
            frozenset({GEN_AI_REQUEST_MODEL}),
        ),
        Metric(
            "counter",
            LLM_FALLBACKS,
            "{call}",
            "Calls put to another model, by that model, because one before it gave no answer.",
            frozenset({GEN_AI_REQUEST_MODEL}),
        ),
        Metric(
            "counter",
            LLM_ROUTED,
            "{question}",
            "Questions to models by the tier that was chosen, those that the cache answers included.",
            frozenset({LLM_TIER}),
        ),
        Metric(
            "counter",
            LLM_HEDGES,
            "{call}",
            "Calls sent a second time because the answer was late.",
            frozenset({GEN_AI_REQUEST_MODEL}),
        ),
        Metric(
            "counter",
            LLM_HEDGES_WON,
            "{call}",
            "Second calls whose answer was taken: it came before the first one's.",
            frozenset({GEN_AI_REQUEST_MODEL}),
        ),
        Metric("histogram", LLM_BATCH_SIZE, "{episode}", "Episodes that one extraction call asked about."),
        Metric(
            "gauge",
            POOL_CONNECTIONS,
            "{connection}",
            "Connections of a client's pool, in a call or idle.",
            labels=(POOL, POOL_STATE),
        ),
        Metric("gauge", POOL_LIMIT, "{connection}", "Connections that a client's pool may have.", labels=(POOL,)),
        Metric("histogram", EMBEDDING_BATCH_SIZE, "{text}", "Texts that one embedding call had."),
        Metric(
            "histogram",
            STAGE_BATCH_SIZE,
            "{episode}",
            "Works that shared one call of a stage: of write, one transaction.",
            frozenset({STAGE}),
        ),
        Metric(
            "counter",
            LLM_PARTS_LOST,
            "{episode}",
            "Episodes whose part of an answer about several was missing or unusable: asked about again.",
        ),
        Metric(
            "counter",
            LLM_TOKENS,
            "{token}",
            "LLM tokens of all calls, failed ones that may be billed included, by type; cached is part of input.",
            _COUNTED | {GEN_AI_TOKEN_TYPE},
        ),
        Metric("counter", LLM_COST, "{USD}", "What these calls cost, where the model's price is known.", _COUNTED),
        Metric(
            "counter",
            LLM_UNPRICED,
            "{call}",
            "Calls of models without a known price: their cost is in no figure.",
            frozenset({GEN_AI_REQUEST_MODEL}),
        ),
        Metric(
            "level",
            LLM_CACHED_SHARE,
            "1",
            "Share of the prompt's LLM tokens that the provider had cached, over the last hundred calls or so.",
            frozenset({GEN_AI_REQUEST_MODEL}),
        ),
        Metric(
            "histogram",
            LLM_EPISODE_TOKENS,
            "{token}",
            "An episode's part of the LLM tokens of one call, input and output; once for each call that asks about it.",
            frozenset({GROUP}),
        ),
        Metric(
            "histogram",
            LLM_EPISODE_COST,
            "{USD}",
            "An episode's part of what one call costs; once for each call that asks about it.",
            frozenset({GROUP}),
        ),
        Metric("level", LLM_DAY_COST, "{USD}", "Spent since midnight UTC, as counted against the day's budget."),
        Metric("level", LLM_DAY_SPENT, "1", "1 while the day's budget is spent and extraction waits for midnight UTC."),
        Metric(
            "counter",
            CACHE_LOOKUPS,
            "{lookup}",
            "Values looked up in the cache, by the level that had them; none: by no level.",
            frozenset({CACHE, CACHE_TIER}),
        ),
        Metric("counter", CACHE_FAULTS, "{fault}", "Calls of a cache level that failed.", frozenset({CACHE_TIER})),
        Metric(
            "histogram",
            HTTP_DURATION,
            "s",
            "Duration of one request to the HTTP API.",
            frozenset({HTTP_METHOD, HTTP_ROUTE, HTTP_STATUS, ERROR_TYPE}),
        ),
        Metric("level", HTTP_ACTIVE, "{request}", "Requests to the HTTP API in work."),
        Metric(
            "histogram",
            MCP_DURATION,
            "s",
            "Duration of one call of a tool over MCP.",
            frozenset({MCP_METHOD, TOOL, ERROR_TYPE}),
        ),
    )
}
"""All metrics by name."""

SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
"""Upper bounds of duration histograms, seconds: model calls and drains reach 60."""
DELAY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200, 604_800)
"""Upper bounds of the end-to-end delay, seconds: a replay reads days-old records."""
TOKEN_BUCKETS = (1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576)
"""Upper bounds of token usage. Source: gen_ai metrics, conventions 1.41."""
COST_BUCKETS = (0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
"""Upper bounds of an episode's cost, USD: from a hundredth of a thousandth for a chat line to a book."""
COUNT_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)
"""Upper bounds of how many share a call."""
LARGE_COUNT_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
"""Upper bounds of how many share a call that may be large."""
