"""What is looked at first: the three numbers, then where the time goes."""

from __future__ import annotations

from boards.panels import BLUE, GREEN, ORANGE, RED, Panel, Query, Row, board, quantiles, rate

BOARD = board(
    "episodes-pipeline",
    "Episodes: pipeline",
    "From the log to the graph. The first line is enough to know whether all is well.",
    [
        Row(
            "Three numbers first",
            [
                Panel(
                    "Delay, 95th percentile",
                    "From a record's timestamp to the commit that covers it. What you promise your users. A replay of "
                    "old records raises it.",
                    "s",
                    [Query('max(episodes:delay_seconds:p95_5m{job=~"$job"})')],
                    "stat",
                    6,
                    5,
                    steps=[(None, GREEN), (10, ORANGE), (60, RED)],
                ),
                Panel(
                    "Lag",
                    "Records that wait in the log. Growing for long: more comes in than goes through.",
                    "short",
                    [Query("sum(episodes_lag{@})")],
                    "stat",
                    6,
                    5,
                    steps=[(None, GREEN), (1_000, ORANGE), (100_000, RED)],
                ),
                Panel(
                    "Rejected",
                    "Share of the episodes that go to the dead letters. `episodes dead-letters list` says why.",
                    "percentunit",
                    [
                        Query(
                            'sum(rate(episodes_finished_total{@,episodes_outcome="rejected"}[15m])) '
                            "/ sum(rate(episodes_finished_total{@}[15m])) or vector(0)"
                        )
                    ],
                    "stat",
                    6,
                    5,
                    steps=[(None, GREEN), (0.001, ORANGE), (0.01, RED)],
                ),
                Panel(
                    "Episodes finished",
                    "Of all outcomes, all pods chosen.",
                    "ops",
                    [Query("sum(rate(episodes_finished_total{@}[$__rate_interval]))")],
                    "stat",
                    6,
                    5,
                    steps=[(None, BLUE)],
                ),
            ],
        ),
        Row(
            "Where the time goes",
            [
                Panel(
                    "Utilisation",
                    "Share of a stage's workers that are in a call. The stage near 100 % is the narrow place, and the "
                    "only one worth more workers.",
                    "percentunit",
                    [Query('episodes:stage_utilisation:ratio5m{job=~"$job"}', "{{episodes_stage}}")],
                    most=1,
                ),
                Panel(
                    "Wait before a stage, 95th percentile",
                    "Long before one stage: that one is the narrow place.",
                    "s",
                    quantiles("episodes_stage_queue_wait_seconds", "episodes_stage", [0.95]),
                ),
                Panel(
                    "Time in a stage, 95th percentile",
                    "One call of a stage, batches counted once. extract is the model, write is Neo4j. A dot leads to a "
                    "trace.",
                    "s",
                    quantiles("episodes_stage_duration_seconds", "episodes_stage", [0.95]),
                ),
                Panel(
                    "Delay",
                    "End to end. A dot leads to the trace of such an episode.",
                    "s",
                    quantiles("episodes_delay_seconds"),
                ),
                Panel(
                    "Works before a stage",
                    "Bounded: a full queue holds up the stage before it, which is meant.",
                    "short",
                    [Query("sum by (episodes_stage) (episodes_queue_depth{@})", "{{episodes_stage}}")],
                    is_stacked=True,
                ),
                Panel(
                    "In flight",
                    "Admitted and not finished, and how many of those wait for an earlier one of their group.",
                    "short",
                    [
                        Query("sum(episodes_in_flight{@})", "in flight"),
                        Query("sum(episodes_resequencer_buffered{@})", "wait for their group's turn"),
                    ],
                ),
                Panel(
                    "Oldest in flight",
                    "Above a few model timeouts with no breaker open: something is stuck.",
                    "s",
                    [Query("max by (instance) (episodes_in_flight_oldest_age_seconds{@})", "{{instance}}")],
                ),
                Panel(
                    "Works that share a call, median",
                    "write: episodes a transaction. Near 10 under load: Neo4j takes too long for more.",
                    "short",
                    quantiles("episodes_stage_batch_size", "episodes_stage", [0.5]),
                ),
                Panel(
                    "Bytes in flight and waiting",
                    "Bounded by EPISODES_PIPELINE__BUDGET_BYTES.",
                    "bytes",
                    [
                        Query("sum(episodes_in_flight_bytes{@})", "in flight"),
                        Query("sum by (episodes_stage) (episodes_queue_bytes{@})", "before {{episodes_stage}}"),
                    ],
                ),
            ],
        ),
        Row(
            "What becomes of episodes",
            [
                Panel(
                    "Finished, by outcome",
                    "present: the graph had it (a replay). discarded: read again by whoever has the partition.",
                    "ops",
                    [rate("episodes_finished_total", "episodes_outcome")],
                    is_stacked=True,
                ),
                Panel(
                    "Dead letters by reason",
                    "One reason at once: a producer changed, or the model did.",
                    "ops",
                    [rate("episodes_dead_letters_total", "episodes_reason")],
                    is_stacked=True,
                ),
                Panel(
                    "Calls tried again",
                    "A few are normal. Steady ones: the dependency is slow or throttles.",
                    "ops",
                    [rate("episodes_retries_total", "episodes_dependency")],
                ),
                Panel(
                    "Breakers",
                    "Open: calls of that dependency are held back and intake is paused. Pods go on by themselves.",
                    "none",
                    [Query("max by (episodes_dependency) (episodes_breaker_state{@})", "{{episodes_dependency}}")],
                    "state-timeline",
                    mappings=[("0", "closed", GREEN), ("1", "probing", ORANGE), ("2", "open", RED)],
                ),
                Panel(
                    "Outages",
                    "Times that a breaker opened, in the last hour.",
                    "short",
                    [
                        Query(
                            "sum by (episodes_dependency) (increase(episodes_breaker_opened_total{@}[1h]))",
                            "{{episodes_dependency}}",
                        )
                    ],
                ),
                Panel(
                    "Halted",
                    "1: a burst of dead letters has halted intake until a restart. The log and /statz say why.",
                    "none",
                    [Query("max by (instance) (episodes_intake_halted{@})", "{{instance}}")],
                    "state-timeline",
                    mappings=[("0", "reads", GREEN), ("1", "halted", RED)],
                ),
            ],
        ),
        Row(
            "Records by the ontology",
            [
                Panel(
                    "Mapped without a model call",
                    "JSON records that a mapping turned into facts.",
                    "ops",
                    [rate("episodes_ontology_mapped_total", "episodes_ontology")],
                    width=12,
                ),
                Panel(
                    "Deviations",
                    "What extracted knowledge has that its ontology does not declare. Steady ones: declare them.",
                    "ops",
                    [rate("episodes_ontology_deviations_total", "episodes_ontology_deviation")],
                    width=12,
                ),
            ],
        ),
        Row(
            "Processes",
            [
                Panel(
                    "Memory",
                    "Resident memory, and what is held on purpose (episodes in flight and caches). The gap is the "
                    "interpreter and its libraries; a gap that grows is a leak.",
                    "bytes",
                    [
                        Query("max(process_resident_memory_bytes{@})", "largest pod"),
                        Query("max(episodes_memory_bytes{@})", "held on purpose"),
                        Query("max(episodes_memory_limit_bytes{@})", "held at most"),
                    ],
                ),
                Panel(
                    "CPU",
                    "Cores in use by each pod. A pod is one process and uses about one core at most.",
                    "short",
                    [Query("sum by (instance) (rate(process_cpu_seconds_total{@}[$__rate_interval]))", "{{instance}}")],
                ),
                Panel(
                    "Event loop: how late",
                    "99th percentile above 50 ms: too little CPU, or large episodes are parsed.",
                    "s",
                    quantiles("episodes_loop_lag_seconds", "", [0.5, 0.99]),
                ),
                Panel(
                    "Works through a stage that failed",
                    "Failed without retries beside it is a bug: the log has it.",
                    "ops",
                    [rate("episodes_stage_works_total", "episodes_stage", 'episodes_outcome="failed"')],
                ),
                Panel(
                    "Event loop held",
                    "Times in the last hour that something held it for a second or longer; the log names who.",
                    "short",
                    [Query("sum by (instance) (increase(episodes_loop_stall_seconds_count{@}[1h]))", "{{instance}}")],
                ),
                Panel(
                    "Memory by holder",
                    "A cache at its bound evicts, which is meant.",
                    "bytes",
                    [
                        Query(
                            "sum by (episodes_memory_holder) (episodes_memory_part_bytes{@})",
                            "{{episodes_memory_holder}}",
                        )
                    ],
                    is_stacked=True,
                ),
            ],
        ),
    ],
)
