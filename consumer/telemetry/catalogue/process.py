"""Metrics of the process and what it holds: graph client, connections, caches, memory, event loop."""

from __future__ import annotations

from consumer.telemetry import names
from consumer.telemetry.catalogue.metric import Metric

METRICS = (
    Metric(
        "histogram",
        names.DB_DURATION,
        "s",
        "Duration of one Neo4j transaction or query.",
        "slow writes: memory and disk of Neo4j; fewer `EPISODES_PIPELINE__WRITE_BATCH_WORKS` for shorter locks",
        (names.DB_SYSTEM, names.DB_NAMESPACE, names.DB_OPERATION, names.DB_QUERY_SUMMARY, names.ERROR_TYPE),
    ),
    Metric(
        "gauge",
        names.POOL_CONNECTIONS,
        "{connection}",
        "Connections of a client's pool, in a call or idle.",
        "neo4j in use near its limit: queries are slow, or `EPISODES_NEO4J__MAX_CONNECTIONS` is too low for write "
        "workers and searches; llm never exceeds the calls at once",
        (names.POOL, names.POOL_STATE),
    ),
    Metric(
        "gauge",
        names.POOL_LIMIT,
        "{connection}",
        "Connections that a client's pool may have.",
        "raise it only when `in_use` stands at it: [connections](#connections)",
        (names.POOL,),
    ),
    Metric(
        "counter",
        names.CACHE_LOOKUPS,
        "{lookup}",
        "Values looked up in the cache, by the level that had them: memory, redis, disk; none: had to be asked for.",
        "many `none` in a replay: the cache is too small or its entries too old; `episodes cache stats`, "
        "[caching](guides/caching.md)",
        (names.CACHE, names.CACHE_TIER),
    ),
    Metric(
        "counter",
        names.CACHE_FAULTS,
        "{fault}",
        "Calls of the Redis or disk level of the cache that failed.",
        "work goes on without it, at the model's price: bring the level back; the log says what it said",
        (names.CACHE_TIER,),
    ),
    Metric(
        "gauge",
        names.MEMORY,
        "By",
        "What the process holds on purpose, in one figure: records in flight and all caches in memory.",
        "the process's memory (`process_resident_memory_bytes`) stands above it by the interpreter and its libraries, "
        "some 150 MB; if that gap grows, report it as a leak",
    ),
    Metric(
        "gauge",
        names.MEMORY_PART,
        "By",
        "The same by who holds it: in_flight, and the caches chat, vector, search.",
        "a cache at its bound evicts, which is meant: `episodes.cache.lookups` says whether it should be larger",
        (names.HOLDER,),
    ),
    Metric(
        "gauge",
        names.MEMORY_LIMIT,
        "By",
        "What all of these may hold at most, together.",
        "the memory limit of the container should be this and 250 MB more",
    ),
    Metric(
        "histogram",
        names.LOOP_LAG,
        "s",
        "How late the event loop came to what was due, looked at ten times a second.",
        "its 99th percentile above 50 ms: the pod has too little CPU, or large episodes are parsed",
    ),
    Metric(
        "histogram",
        names.LOOP_STALL,
        "s",
        "How long something held the event loop, when it was too long.",
        "any: the warning in the log names who; report it",
    ),
)
"""In the order in which docs/operations.md has them."""
