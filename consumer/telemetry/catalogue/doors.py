"""Metrics of questions, and of the doors through which they come."""

from __future__ import annotations

from consumer.telemetry import names
from consumer.telemetry.catalogue.metric import Metric

METRICS = (
    Metric(
        "histogram",
        names.QUESTION_DURATION,
        "s",
        "Duration of one whole question to the memory, embedding and all queries included, by kind and outcome.",
        "slow `search`: its parts are `gen_ai.client.operation.duration` (embeddings) and "
        "`db.client.operation.duration` by query: [search](guides/search.md). `failed`: the database or a model is "
        "down; `refused`: the question is out of bounds",
        (names.QUESTION, names.OUTCOME),
    ),
    Metric(
        "histogram",
        names.HTTP_DURATION,
        "s",
        "Duration of one request to the HTTP API, by route and status.",
        "[the API](guides/serve.md): 5xx are in the log under their request id, 503 are overload or a database that is "
        "away; slow searches: the row above",
        (names.HTTP_METHOD, names.HTTP_ROUTE, names.HTTP_STATUS, names.ERROR_TYPE),
    ),
    Metric(
        "level",
        names.HTTP_ACTIVE,
        "{request}",
        "Requests to the HTTP API in work.",
        "near `EPISODES_SERVE__MAX_REQUESTS`: more processes behind a load balancer",
    ),
    Metric(
        "histogram",
        names.MCP_DURATION,
        "s",
        "Duration of one call of a tool over MCP, by tool, with error.type when it failed.",
        "[MCP](guides/mcp.md), as for the HTTP API: both ask the same",
        (names.MCP_METHOD, names.TOOL, names.ERROR_TYPE),
    ),
)
"""In the order in which docs/operations.md has them."""
