"""Every span name, attribute and metric name of the product, once; `catalogue` says of each metric what it is.

Pinned to version 1.41 of OpenTelemetry's conventions for messaging, gen_ai and db (`SCHEMA_URL` says so to the
backend): the newer repository renames some gen_ai names, and a dashboard must not change under its reader.
Source: https://opentelemetry.io/docs/specs/semconv/ (1.41.0).
"""

from __future__ import annotations

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
REASON = "episodes.reason"  # why an episode was rejected: one of consumer.pipeline.decode.REASONS, or `other`
LIMITED = "episodes.llm.limited"  # what a limit is of: requests, tokens
HOLDER = "episodes.memory.holder"  # who holds memory: in_flight, or a cache: chat, vector, search
QUESTION = "episodes.question"  # what was asked: search, context, entity, neighbours, paths, timeline, snapshot, diff
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


def ask(question: str) -> str:
    """INTERNAL span of one whole question to the memory."""
    return f"ask {question}"


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


# --- metrics: what each means, its unit and its labels are in consumer.telemetry.catalogue -----------------------
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
DEAD_LETTERS = "episodes.dead_letters"
STAGE_WORKERS = "episodes.stage.workers"
STAGE_BUSY = "episodes.stage.busy"
LOOP_LAG = "episodes.loop.lag"
LLM_DAY_BUDGET = "episodes.llm.day_budget"
LLM_IN_FLIGHT = "episodes.llm.in_flight"
LLM_WAITING = "episodes.llm.waiting"
LLM_LIMIT = "episodes.llm.limit"
MEMORY = "episodes.memory"
MEMORY_PART = "episodes.memory.part"
MEMORY_LIMIT = "episodes.memory.limit"
QUESTION_DURATION = "episodes.question.duration"
