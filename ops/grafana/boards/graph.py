"""Neo4j as we see it, and the questions that are asked of it."""

from __future__ import annotations

from boards.panels import Panel, Query, Row, board, quantiles, rate

BOARD = board(
    "episodes-graph",
    "Episodes: graph and questions",
    "Transactions with Neo4j, connections, searches and other questions, the doors through which they come.",
    [
        Row(
            "Neo4j",
            [
                Panel(
                    "Transactions, 95th percentile",
                    "By kind. Slow writes: Neo4j's memory and disk.",
                    "s",
                    quantiles("db_client_operation_duration_seconds", "db_operation_name", [0.5, 0.95]),
                ),
                Panel(
                    "Slowest queries, 95th percentile",
                    "The ten slowest, by the name of the query's file in consumer/graph/queries.",
                    "s",
                    [
                        Query(
                            "topk(10, histogram_quantile(0.95, sum by (le, db_query_summary) "
                            "(rate(db_client_operation_duration_seconds_bucket{@}[$__rate_interval]))))",
                            "{{db_query_summary}}",
                            has_exemplars=True,
                        )
                    ],
                ),
                Panel(
                    "Queries by time taken",
                    "Seconds of database time a second: what the database is busy with for us.",
                    "short",
                    [
                        Query(
                            "topk(10, sum by (db_query_summary) "
                            "(rate(db_client_operation_duration_seconds_sum{@}[$__rate_interval])))",
                            "{{db_query_summary}}",
                        )
                    ],
                    is_stacked=True,
                ),
                Panel(
                    "Transactions that failed",
                    "By error; deadlocks are tried again by the driver and are not among them.",
                    "ops",
                    [rate("db_client_operation_duration_seconds_count", "error_type", 'error_type!=""')],
                ),
                Panel(
                    "Connections",
                    "In use at the limit: queries are slow, or EPISODES_NEO4J__MAX_CONNECTIONS is too low.",
                    "short",
                    [
                        Query(
                            "sum by (episodes_pool, episodes_pool_state) (episodes_pool_connections{@})",
                            "{{episodes_pool}} {{episodes_pool_state}}",
                        ),
                        Query("sum by (episodes_pool) (episodes_pool_limit{@})", "{{episodes_pool}} limit"),
                    ],
                ),
                Panel(
                    "Episodes a transaction",
                    "Adapted to EPISODES_PIPELINE__WRITE_TARGET_S.",
                    "short",
                    [
                        Query(
                            "histogram_quantile(0.5, sum by (le) "
                            '(rate(episodes_stage_batch_size_bucket{@,episodes_stage="write"}[$__rate_interval])))',
                            "median",
                        ),
                        Query(
                            "histogram_quantile(0.95, sum by (le) "
                            '(rate(episodes_stage_batch_size_bucket{@,episodes_stage="write"}[$__rate_interval])))',
                            "p95",
                        ),
                    ],
                ),
            ],
        ),
        Row(
            "Questions",
            [
                Panel(
                    "Questions",
                    "By kind: search, context, neighbours, paths, timeline and others.",
                    "ops",
                    [rate("episodes_question_duration_seconds_count", "episodes_question")],
                    is_stacked=True,
                ),
                Panel(
                    "Questions, 95th percentile",
                    "Whole: embedding and all queries. A dot leads to a trace.",
                    "s",
                    quantiles("episodes_question_duration_seconds", "episodes_question", [0.95]),
                ),
                Panel(
                    "How questions end",
                    "cached: nobody wrote to the group meanwhile. refused: out of bounds. failed: our matter.",
                    "ops",
                    [rate("episodes_question_duration_seconds_count", "episodes_outcome")],
                    is_stacked=True,
                ),
                Panel(
                    "Searches",
                    "Percentiles of search alone, cached answers included.",
                    "s",
                    [
                        Query(
                            f"histogram_quantile({share}, sum by (le) (rate(episodes_question_duration_seconds_bucket"
                            '{@,episodes_question="search"}[$__rate_interval])))',
                            f"p{share * 100:g}",
                            has_exemplars=share == 0.99,  # noqa: PLR2004 - the last one
                        )
                        for share in (0.5, 0.95, 0.99)
                    ],
                    width=12,
                ),
                Panel(
                    "Searches that the cache of results answers",
                    "By level. A group that is written to all the time has no use of it.",
                    "ops",
                    [rate("episodes_cache_lookups_total", "episodes_cache_tier", 'episodes_cache="search"')],
                    width=12,
                ),
            ],
        ),
        Row(
            "Doors",
            [
                Panel(
                    "HTTP API, 95th percentile",
                    "By route.",
                    "s",
                    quantiles("http_server_request_duration_seconds", "http_route", [0.95]),
                ),
                Panel(
                    "HTTP API by status",
                    "503: overload, or the database is away.",
                    "ops",
                    [rate("http_server_request_duration_seconds_count", "http_response_status_code")],
                    is_stacked=True,
                ),
                Panel(
                    "Requests in work",
                    "Near EPISODES_SERVE__MAX_REQUESTS: more processes behind a load balancer.",
                    "short",
                    [Query("sum by (instance) (http_server_active_requests{@})", "{{instance}}")],
                ),
                Panel(
                    "Tools over MCP, 95th percentile",
                    "By tool.",
                    "s",
                    quantiles("mcp_server_operation_duration_seconds", "gen_ai_tool_name", [0.95]),
                    width=12,
                ),
                Panel(
                    "Tools over MCP",
                    "Calls, by tool.",
                    "ops",
                    [rate("mcp_server_operation_duration_seconds_count", "gen_ai_tool_name")],
                    width=12,
                ),
            ],
        ),
    ],
)
