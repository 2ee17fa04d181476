"""Metrics of our place in the log: partitions, lag, rebalances, the broker's answers."""

from __future__ import annotations

from consumer.telemetry import names
from consumer.telemetry.catalogue.metric import Metric

_MESSAGING = (names.MESSAGING_SYSTEM, names.MESSAGING_DESTINATION, names.MESSAGING_OPERATION_NAME, names.ERROR_TYPE)

METRICS = (
    Metric(
        "gauge",
        names.LAG,
        "{record}",
        "Records between the watermark and the log's end, per assigned partition.",
        "growing for long: look at the stages for the slowest, raise its concurrency, or add pods up to the number of "
        "partitions",
        (names.TOPIC, names.PARTITION),
    ),
    Metric(
        "gauge",
        names.ASSIGNED,
        "{partition}",
        "Partitions assigned to this process.",
        "the sum over pods is the topic's number; less for longer than a rebalance: a pod is not joining",
    ),
    Metric(
        "gauge",
        names.PAUSED,
        "{partition}",
        "Assigned partitions that backpressure has paused.",
        "for minutes: see breakers, `in_flight` and `halted`",
    ),
    Metric(
        "counter",
        names.REBALANCES,
        "{rebalance}",
        "Assignments received.",
        "often without a deployment: pods die or miss heartbeats; see loop stalls, memory, "
        "`EPISODES_KAFKA__SESSION_TIMEOUT_MS`",
        (names.TOPIC,),
    ),
    Metric(
        "histogram",
        names.DRAIN_DURATION,
        "s",
        "Time from revoke or stop to drained.",
        "near `EPISODES_KAFKA__DRAIN_DEADLINE_S`: slow calls; what is left is read again",
        (names.TOPIC,),
    ),
    Metric(
        "counter",
        names.UNREAD_LOST,
        "{record}",
        "Offsets that retention or an operator removed from the log before they were read.",
        "alert on any: data is lost to the graph. Raise the topic's retention, then publish again from the source",
        (names.TOPIC,),
    ),
    Metric(
        "histogram",
        names.MESSAGING_DURATION,
        "s",
        "Duration of one send or commit.",
        "slow or failing: the broker",
        _MESSAGING,
    ),
    Metric(
        "counter",
        names.MESSAGING_SENT,
        "{message}",
        "Records sent (dead letters), failed ones with error.type.",
        "failures: dead letters wait, and so do their groups",
        _MESSAGING,
    ),
)
"""In the order in which docs/operations.md has them."""
