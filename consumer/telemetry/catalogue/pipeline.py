"""Metrics of episodes and stages."""

from __future__ import annotations

from consumer.telemetry import names
from consumer.telemetry.catalogue.metric import DELAY_BUCKETS, LARGE_COUNT_BUCKETS, WAIT_BUCKETS, Metric

METRICS = (
    Metric(
        "histogram",
        names.DELAY,
        "s",
        "From the record's timestamp to the commit that covers it: end to end.",
        "the promise to your users; alert on its 95th percentile. A replay reads old records and raises it",
        (names.TOPIC,),
        DELAY_BUCKETS,
    ),
    Metric(
        "counter",
        names.FINISHED,
        "{episode}",
        "Episodes by what became of them: written, present, ignored, removed, rejected, discarded.",
        "`rejected` rising: `episodes dead-letters list`. `present` is a replay. `discarded` is read again by whoever "
        "has the partition",
        (names.TOPIC, names.OUTCOME),
    ),
    Metric(
        "counter",
        names.DEAD_LETTERS,
        "{episode}",
        "Episodes rejected, by the stage that rejected them and the reason.",
        "[dead letters](guides/dead-letters.md) explains each reason. One reason at once: a producer changed, or the "
        "model did",
        (names.TOPIC, names.STAGE, names.REASON),
    ),
    Metric(
        "histogram",
        names.STAGE_DURATION,
        "s",
        "Duration of one call of a stage, batches counted once.",
        "compare stages; `extract` is the model, `write` is Neo4j",
        (names.STAGE, names.ERROR_TYPE),
    ),
    Metric(
        "counter",
        names.STAGE_WORKS,
        "{episode}",
        "Works through a stage, by outcome: ok, failed, cancelled.",
        "`failed` without retries beside it is a bug: the log has it",
        (names.STAGE, names.OUTCOME),
    ),
    Metric(
        "histogram",
        names.STAGE_QUEUE_WAIT,
        "s",
        "Wait between two stages, by the later one.",
        "long before one stage: that stage is the narrow place",
        (names.STAGE,),
        WAIT_BUCKETS,
    ),
    Metric(
        "histogram",
        names.STAGE_BATCH_SIZE,
        "{episode}",
        "Works that shared one call of a stage: of write, one transaction.",
        "`extract` is 1, its calls are in `episodes.llm.batch_size`; `write` near 10 under load: Neo4j takes longer "
        "than `EPISODES_PIPELINE__WRITE_TARGET_S` for more",
        (names.STAGE,),
        LARGE_COUNT_BUCKETS,
    ),
    Metric(
        "gauge",
        names.STAGE_WORKERS,
        "{worker}",
        "Workers of a stage: how many calls of it can be under way at once.",
        "the other half of utilisation, see the next row",
        (names.STAGE,),
    ),
    Metric(
        "total",
        names.STAGE_BUSY,
        "s",
        "Time that workers of a stage spent in a call, added up, calls under way included.",
        "its rate, divided by the workers, is the stage's utilisation (`episodes:stage_utilisation:ratio5m`). The "
        "stage near 1 is the narrow place: more `EPISODES_PIPELINE__CONCURRENCY`, `__EMBED_WORKERS` or "
        "`__WRITE_WORKERS`, unless what it calls is the one that is full",
        (names.STAGE,),
    ),
    Metric(
        "gauge",
        names.QUEUE_DEPTH,
        "{episode}",
        "Works waiting in front of a stage.",
        "as the wait between two stages",
        (names.STAGE,),
    ),
    Metric(
        "gauge",
        names.QUEUE_BYTES,
        "By",
        "Bytes waiting in front of a stage.",
        "near `EPISODES_PIPELINE__QUEUE_BYTES`: large episodes; the queue holds the stage before it up, which is meant",
        (names.STAGE,),
    ),
    Metric(
        "gauge",
        names.IN_FLIGHT,
        "{episode}",
        "Episodes admitted and not finished.",
        "at `EPISODES_PIPELINE__BUDGET_ITEMS` intake pauses; fine while episodes finish",
    ),
    Metric(
        "gauge",
        names.IN_FLIGHT_BYTES,
        "By",
        "Bytes of record keys and values in flight.",
        "bounds memory: `EPISODES_PIPELINE__BUDGET_BYTES`",
    ),
    Metric(
        "gauge",
        names.OLDEST_IN_FLIGHT,
        "s",
        "Age of the oldest episode in flight since its intake.",
        "above a few model timeouts with no breaker open: `/statz` says where it is; liveness follows",
    ),
    Metric(
        "gauge",
        names.BUFFERED,
        "{episode}",
        "Works the resequencer holds until their group's turn.",
        "high: one slow episode holds up its group. Many groups spread this",
    ),
    Metric(
        "counter",
        names.RETRIES,
        "{retry}",
        "Calls tried again because something outside failed, by stage and dependency.",
        "a few are normal; steady ones: the dependency is slow or throttles",
        (names.STAGE, names.DEPENDENCY),
    ),
    Metric(
        "gauge",
        names.BREAKER_STATE,
        "1",
        "Breaker of a dependency: 0 closed, 1 probing, 2 open.",
        "2 for over a minute: bring the dependency back; the pod goes on by itself within seconds",
        (names.DEPENDENCY,),
    ),
    Metric(
        "counter",
        names.BREAKER_OPENED,
        "{outage}",
        "Times a breaker opened.",
        "often and short: limits of the dependency are near",
        (names.DEPENDENCY,),
    ),
    Metric(
        "gauge",
        names.HALTED,
        "1",
        "1 when a burst of dead letters has halted intake until a restart.",
        "alert on 1: the log and `/statz` say why. Mend the cause, restart, then replay the dead letters",
    ),
    Metric(
        "counter",
        names.ONTOLOGY_MAPPED,
        "{episode}",
        "JSON records that a mapping turned into facts without a model call.",
        "0 where records are mapped: the mapping's `when` or `source_description` does not fit them; "
        "`episodes ontology check FILE --against EVENTS.jsonl`",
        (names.ONTOLOGY,),
    ),
    Metric(
        "counter",
        names.ONTOLOGY_DEVIATIONS,
        "{deviation}",
        "What extracted knowledge has that its ontology does not declare, by kind.",
        "steady `unknown-relation` or `wrong-end`: declare them, or add an alias. `skipped-by-mapping`: records "
        "changed their form",
        (names.ONTOLOGY, names.DEVIATION),
    ),
)
"""In the order in which docs/operations.md has them."""
