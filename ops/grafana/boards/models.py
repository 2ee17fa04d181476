"""Models: what they cost, how fast they answer, and what holds them up."""

from __future__ import annotations

from boards.panels import BLUE, GREEN, ORANGE, RED, Panel, Query, Row, board, quantiles, rate

_MODEL = "gen_ai_request_model"

BOARD = board(
    "episodes-models",
    "Episodes: models and cost",
    "Model calls: money, LLM tokens, latency, limits, caches.",
    [
        Row(
            "Money",
            [
                Panel(
                    "Now",
                    "USD an hour at the pace of the last minutes, all models with a known price.",
                    "currencyUSD",
                    [Query('sum(episodes:llm_cost:usd_per_hour{job=~"$job"})')],
                    "stat",
                    6,
                    5,
                    steps=[(None, BLUE)],
                ),
                Panel(
                    "Spent today",
                    "Since midnight UTC, as counted against EPISODES_LLM__DAILY_BUDGET_USD. Empty without a budget.",
                    "currencyUSD",
                    [
                        Query("max(episodes_llm_day_cost{@})", "spent"),
                        Query("max(episodes_llm_day_budget{@})", "budget"),
                    ],
                    "stat",
                    6,
                    5,
                    steps=[(None, BLUE)],
                ),
                Panel(
                    "A thousand episodes",
                    "USD for a thousand episodes that were written, by the last hour.",
                    "currencyUSD",
                    [
                        Query(
                            "1000 * sum(increase(episodes_llm_cost_total{@}[1h])) "
                            '/ (sum(increase(episodes_finished_total{@,episodes_outcome="written"}[1h])) > 0)'
                        )
                    ],
                    "stat",
                    6,
                    5,
                    steps=[(None, BLUE)],
                ),
                Panel(
                    "Budget",
                    "Spent: extraction waits for midnight UTC, and then goes on by itself.",
                    "none",
                    [Query("max(episodes_llm_day_spent{@})")],
                    "stat",
                    6,
                    5,
                    steps=[(None, GREEN), (1, RED)],
                    mappings=[("0", "not spent", GREEN), ("1", "spent", RED)],
                ),
                Panel(
                    "Cost by model",
                    "USD an hour.",
                    "currencyUSD",
                    [
                        Query(
                            'sum by (gen_ai_request_model) (episodes:llm_cost:usd_per_hour{job=~"$job"})',
                            f"{{{{{_MODEL}}}}}",
                        )
                    ],
                    is_stacked=True,
                ),
                Panel(
                    "An episode's part of a call",
                    "By group with EPISODES_TELEMETRY__GROUP_LABELS; one far above the others has long contexts.",
                    "currencyUSD",
                    quantiles("episodes_llm_episode_cost", "episodes_group", [0.5, 0.95]),
                ),
                Panel(
                    "Calls without a known price",
                    "They are in no figure above: name the model in EPISODES_LLM__PRICES.",
                    "ops",
                    [rate("episodes_llm_unpriced_calls_total", _MODEL)],
                ),
            ],
        ),
        Row(
            "LLM tokens",
            [
                Panel(
                    "LLM tokens by type",
                    "A second. cached is part of input, and cheaper.",
                    "short",
                    [rate("episodes_llm_tokens_total", "gen_ai_token_type")],
                ),
                Panel(
                    "Estimated, not reported",
                    "Calls given up or without usage in the answer are paid all the same. Much of it: timeouts.",
                    "short",
                    [rate("episodes_llm_tokens_total", _MODEL, 'episodes_usage_source="estimated"')],
                ),
                Panel(
                    "Cached by the provider",
                    "Share of the prompt. Near 0 though prompts are long: calls are too rare, or it does not cache.",
                    "percentunit",
                    [Query("avg by (gen_ai_request_model) (episodes_llm_cached_share{@})", f"{{{{{_MODEL}}}}}")],
                    most=1,
                ),
                Panel(
                    "LLM tokens of a call, 95th percentile",
                    "A jump in input: longer episodes or contexts.",
                    "short",
                    quantiles("gen_ai_client_token_usage", "gen_ai_token_type", [0.95]),
                ),
                Panel(
                    "An episode's LLM tokens",
                    "Input and output, its part of one call.",
                    "short",
                    quantiles("episodes_llm_episode_tokens", "", [0.5, 0.95]),
                ),
                Panel(
                    "Questions by tier",
                    "All accurate: texts are long or full of reasoning, or the thresholds are too low.",
                    "ops",
                    [rate("episodes_llm_routed_total", "episodes_llm_tier")],
                    is_stacked=True,
                ),
            ],
        ),
        Row(
            "Calls",
            [
                Panel(
                    "Model calls",
                    "Attempts, by model.",
                    "ops",
                    [rate("gen_ai_client_operation_duration_seconds_count", _MODEL)],
                    is_stacked=True,
                ),
                Panel(
                    "Latency, median and 95th percentile",
                    "One call, by model. A dot leads to a trace.",
                    "s",
                    quantiles("gen_ai_client_operation_duration_seconds", _MODEL, [0.5, 0.95]),
                ),
                Panel(
                    "Model calls that failed",
                    "By error. Those that we gave up are not among them.",
                    "ops",
                    [
                        rate(
                            "gen_ai_client_operation_duration_seconds_count",
                            "error_type",
                            'error_type!="",error_type!="cancelled"',
                        )
                    ],
                ),
                Panel(
                    "Errors, share",
                    "Above 10 %: an alert.",
                    "percentunit",
                    [Query('episodes:llm_errors:ratio5m{job=~"$job"}', f"{{{{{_MODEL}}}}}")],
                    steps=[(None, GREEN), (0.02, ORANGE), (0.1, RED)],
                ),
                Panel(
                    "Calls to another model, and second calls",
                    "Fallbacks rising: the first model is down or slow. Second calls that do not win are wasted.",
                    "ops",
                    [
                        Query("sum(rate(episodes_llm_fallbacks_total{@}[$__rate_interval]))", "fallbacks"),
                        Query("sum(rate(episodes_llm_hedges_total{@}[$__rate_interval]))", "second calls"),
                        Query("sum(rate(episodes_llm_hedges_won_total{@}[$__rate_interval]))", "that won"),
                    ],
                ),
                Panel(
                    "Episodes and texts that share a call, median",
                    "Near 1 under load: episodes are large, or arrive one by one.",
                    "short",
                    [
                        *quantiles("episodes_llm_batch_size", "", [0.5]),
                        Query(
                            "histogram_quantile(0.5, sum by (le) "
                            "(rate(episodes_embedding_batch_size_bucket{@}[$__rate_interval])))",
                            "texts an embedding call",
                        ),
                        Query("sum(rate(episodes_llm_parts_lost_total{@}[$__rate_interval]))", "asked again, a second"),
                    ],
                ),
            ],
        ),
        Row(
            "Limits",
            [
                Panel(
                    "Calls under way, waiting, and borne",
                    "Under way at what is borne, with calls waiting: the model is the narrow place.",
                    "short",
                    [
                        Query(
                            "sum by (gen_ai_request_model) (episodes_llm_in_flight{@})", f"{{{{{_MODEL}}}}} under way"
                        ),
                        Query("sum by (gen_ai_request_model) (episodes_llm_waiting{@})", f"{{{{{_MODEL}}}}} waiting"),
                        Query("sum by (gen_ai_request_model) (episodes_llm_concurrency{@})", f"{{{{{_MODEL}}}}} borne"),
                    ],
                ),
                Panel(
                    "Wait for limits, 95th percentile",
                    "Seconds: the limit of the model sets the pace.",
                    "s",
                    quantiles("episodes_llm_limit_wait_seconds", _MODEL, [0.95]),
                ),
                Panel(
                    "Used of the limit a minute",
                    "Share of requests that we make; others under the same key are not in it.",
                    "percentunit",
                    [
                        Query(
                            "60 * sum by (gen_ai_request_model) "
                            "(rate(gen_ai_client_operation_duration_seconds_count{@}[$__rate_interval])) "
                            "/ on (gen_ai_request_model) max by (gen_ai_request_model) "
                            '(episodes_llm_limit{@,episodes_llm_limited="requests"})',
                            f"{{{{{_MODEL}}}}} requests",
                        )
                    ],
                ),
            ],
        ),
        Row(
            "Our caches",
            [
                Panel(
                    "Answered by a cache",
                    "Share of lookups, by what is cached.",
                    "percentunit",
                    [Query('episodes:cache_hit:ratio5m{job=~"$job"}', "{{episodes_cache}}")],
                    most=1,
                ),
                Panel(
                    "Lookups by level",
                    "none: had to be asked for.",
                    "ops",
                    [rate("episodes_cache_lookups_total", "episodes_cache_tier")],
                    is_stacked=True,
                ),
                Panel(
                    "Faults of Redis and disk",
                    "Work goes on without that level, and pays the model again.",
                    "ops",
                    [rate("episodes_cache_faults_total", "episodes_cache_tier")],
                ),
            ],
        ),
    ],
)
