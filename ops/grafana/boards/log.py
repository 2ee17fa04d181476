"""Kafka as we see it: lag, partitions, rebalances, sends and commits."""

from __future__ import annotations

from boards.panels import Panel, Query, Row, board, quantiles, rate

_PARTITION = "messaging_destination_partition_id"

BOARD = board(
    "episodes-log",
    "Episodes: Kafka",
    "Where we are in the log, who has which partitions, and how the broker answers.",
    [
        Row(
            "Lag",
            [
                Panel(
                    "Lag by topic",
                    "Records that wait, over all partitions.",
                    "short",
                    [Query('episodes:lag:sum{job=~"$job"}', "{{messaging_destination_name}}")],
                ),
                Panel(
                    "Lag by partition",
                    "One alone that grows: a busy group, which is written in order.",
                    "short",
                    [
                        Query(
                            f"sum by (messaging_destination_name, {_PARTITION}) (episodes_lag{{@}})",
                            f"{{{{messaging_destination_name}}}} {{{{{_PARTITION}}}}}",
                        )
                    ],
                ),
                Panel(
                    "How fast lag changes",
                    "Records a second: above 0 more comes in than goes through.",
                    "short",
                    [Query('deriv(episodes:lag:sum{job=~"$job"}[10m])', "{{messaging_destination_name}}")],
                ),
                Panel(
                    "Delay",
                    "From a record's timestamp to the commit that covers it.",
                    "s",
                    quantiles("episodes_delay_seconds"),
                ),
                Panel(
                    "Records lost unread",
                    "Removed by retention before they were read, in the last hour. Any is an alert.",
                    "short",
                    [
                        Query(
                            "sum by (messaging_destination_name) (increase(episodes_unread_lost_total{@}[1h]))",
                            "{{messaging_destination_name}}",
                        )
                    ],
                ),
                Panel(
                    "Episodes finished",
                    "All pods chosen.",
                    "ops",
                    [rate("episodes_finished_total", "messaging_destination_name")],
                ),
            ],
        ),
        Row(
            "The consumer group",
            [
                Panel(
                    "Partitions by pod",
                    "Their sum is the topic's number. A pod with none stands by.",
                    "short",
                    [Query("max by (instance) (episodes_partitions_assigned{@})", "{{instance}}")],
                    is_stacked=True,
                ),
                Panel(
                    "Paused partitions",
                    "For minutes: an outage, a full budget, or halted.",
                    "short",
                    [Query("max by (instance) (episodes_partitions_paused{@})", "{{instance}}")],
                ),
                Panel(
                    "Assignments",
                    "In the last hour, by pod. Often without a deployment: pods die or miss heartbeats.",
                    "short",
                    [Query("sum by (instance) (increase(episodes_rebalances_total{@}[1h]))", "{{instance}}")],
                ),
                Panel(
                    "Time to drain",
                    "From revoke or stop to drained. Near the deadline: what is left is read again.",
                    "s",
                    quantiles("episodes_drain_duration_seconds", "", [0.5, 0.95]),
                    width=12,
                ),
                Panel(
                    "Discarded",
                    "Episodes that another pod reads again; some at each rebalance.",
                    "ops",
                    [rate("episodes_finished_total", "instance", 'episodes_outcome="discarded"')],
                    width=12,
                ),
            ],
        ),
        Row(
            "The broker",
            [
                Panel(
                    "Sends and commits, 95th percentile",
                    "Slow: the broker.",
                    "s",
                    quantiles("messaging_client_operation_duration_seconds", "messaging_operation_name", [0.5, 0.95]),
                ),
                Panel(
                    "Sends and commits that failed",
                    "By error. Dead letters that fail hold up their groups.",
                    "ops",
                    [rate("messaging_client_operation_duration_seconds_count", "error_type", 'error_type!=""')],
                ),
                Panel(
                    "Records sent",
                    "Dead letters, and what commands and doors publish.",
                    "ops",
                    [rate("messaging_client_sent_messages_total", "messaging_destination_name")],
                ),
            ],
        ),
    ],
)
