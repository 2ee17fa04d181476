"""Metrics of models: calls, LLM tokens, money, limits."""

from __future__ import annotations

from consumer.telemetry import names
from consumer.telemetry.catalogue.metric import (
    COST_BUCKETS,
    COUNT_BUCKETS,
    LARGE_COUNT_BUCKETS,
    TOKEN_BUCKETS,
    WAIT_BUCKETS,
    Metric,
)

_MODEL = (names.GEN_AI_REQUEST_MODEL,)
_CALL = (
    names.GEN_AI_OPERATION,
    names.GEN_AI_PROVIDER,
    names.GEN_AI_REQUEST_MODEL,
    names.GEN_AI_RESPONSE_MODEL,
    names.ERROR_TYPE,
)
_COUNTED = (names.GEN_AI_OPERATION, names.GEN_AI_REQUEST_MODEL, names.USAGE_SOURCE)

METRICS = (
    Metric(
        "histogram",
        names.GEN_AI_DURATION,
        "s",
        "Duration of one model call, attempts counted singly; its count is the number of calls.",
        "slow: another model or endpoint; errors (`error_type`): the provider's status page, your quota",
        _CALL,
    ),
    Metric(
        "histogram",
        names.GEN_AI_TOKENS,
        "{token}",
        "LLM tokens of one call, by type: input, output.",
        "what it costs; a jump in input: longer episodes or contexts",
        (*_CALL, names.GEN_AI_TOKEN_TYPE),
        TOKEN_BUCKETS,
    ),
    Metric(
        "counter",
        names.LLM_TOKENS,
        "{token}",
        "LLM tokens of all calls by type (input, cached, output; cached is part of input): what the server reported, "
        "and what we estimated for calls that may be billed without an answer.",
        "many `estimated`: calls time out or are given up, and are paid all the same; or the server reports no usage: "
        "[cost](guides/cost.md)",
        (*_COUNTED, names.GEN_AI_TOKEN_TYPE),
    ),
    Metric(
        "counter",
        names.LLM_COST,
        "{USD}",
        "What these calls cost in USD, where the model's price is known.",
        "compare it with the provider's bill once, and mend `EPISODES_LLM__PRICES`",
        _COUNTED,
    ),
    Metric(
        "counter",
        names.LLM_UNPRICED,
        "{call}",
        "Calls of models without a known price: their cost is in no figure.",
        "name the model in `EPISODES_LLM__PRICES`",
        _MODEL,
    ),
    Metric(
        "level",
        names.LLM_DAY_COST,
        "{USD}",
        "Spent since midnight UTC, as counted against the day's budget, `EPISODES_LLM__DAILY_BUDGET_USD`.",
        "alert at four fifths of the budget",
    ),
    Metric(
        "level",
        names.LLM_DAY_BUDGET,
        "{USD}",
        "The day's budget, where there is one.",
        "what the row above is compared with",
    ),
    Metric(
        "level",
        names.LLM_DAY_SPENT,
        "1",
        "1 while the day's budget is spent and extraction waits for midnight UTC.",
        "raise the budget and restart, or wait",
    ),
    Metric(
        "level",
        names.LLM_CACHED_SHARE,
        "1",
        "Share of the prompt's LLM tokens that the provider had cached, over the last hundred calls or so.",
        "near 0 though prompts have over 1,024 LLM tokens: the provider does not cache, or calls are too rare for it",
        _MODEL,
    ),
    Metric(
        "histogram",
        names.LLM_EPISODE_TOKENS,
        "{token}",
        "An episode's part of the LLM tokens of one call, input and output; once for each call that asks about it.",
        "by group with `EPISODES_TELEMETRY__GROUP_LABELS`. A group far above the others: long context or texts without "
        "end; `EPISODES_LLM__MAX_EPISODE_TOKENS` bounds it",
        (names.GROUP,),
        TOKEN_BUCKETS,
    ),
    Metric(
        "histogram",
        names.LLM_EPISODE_COST,
        "{USD}",
        "An episode's part of what one call costs in USD; once for each call that asks about it.",
        "as above; `EPISODES_LLM__MAX_EPISODE_USD`",
        (names.GROUP,),
        COST_BUCKETS,
    ),
    Metric(
        "level",
        names.LLM_CONCURRENCY,
        "{call}",
        "Calls at once that a model is found to bear.",
        "below `EPISODES_PIPELINE__CONCURRENCY` for long: the provider throttles or times out; set "
        "`EPISODES_LLM__REQUESTS_PER_MIN`, or ask for a higher limit",
        _MODEL,
    ),
    Metric(
        "level",
        names.LLM_IN_FLIGHT,
        "{call}",
        "Calls of a model that are under way.",
        "at `episodes.llm.concurrency` with calls waiting: the model is the narrow place",
        _MODEL,
    ),
    Metric(
        "level",
        names.LLM_WAITING,
        "{call}",
        "Calls that wait for the limits of a model before they begin.",
        "above 0 for long: the limits of the model set the pace: [models](guides/models.md)",
        _MODEL,
    ),
    Metric(
        "level",
        names.LLM_LIMIT,
        "1",
        "Limit of a model a minute, of requests and of LLM tokens, as set or as its server tells; absent while none is "
        "known.",
        "compare with the rate of calls and LLM tokens; what others use of the same key is not in ours",
        (names.GEN_AI_REQUEST_MODEL, names.LIMITED),
    ),
    Metric(
        "histogram",
        names.LLM_LIMIT_WAIT,
        "s",
        "Wait of a model call for its limits, before it begins.",
        "seconds: the limit of the model is the bottleneck: [models](guides/models.md)",
        _MODEL,
        WAIT_BUCKETS,
    ),
    Metric(
        "histogram",
        names.LLM_BATCH_SIZE,
        "{episode}",
        "Episodes that one extraction call asked about.",
        "near 1 under load: episodes are large, or arrive one by one; a larger `EPISODES_LLM__BATCH_LINGER_MS` saves "
        "calls and costs delay",
        buckets=COUNT_BUCKETS,
    ),
    Metric(
        "counter",
        names.LLM_PARTS_LOST,
        "{episode}",
        "Episodes whose part of an answer about several was missing or unusable: asked about again.",
        "above one in fifty: the model is not up to so many at once; lower `EPISODES_LLM__BATCH_EPISODES`",
    ),
    Metric(
        "histogram",
        names.EMBEDDING_BATCH_SIZE,
        "{text}",
        "Texts that one embedding call had.",
        "found between 4 and `EPISODES_EMBEDDING__MAX_BATCH_SIZE` by `EPISODES_EMBEDDING__BATCH_TARGET_S`. Small under "
        "load: the model is slow, or most texts were in the cache",
        buckets=LARGE_COUNT_BUCKETS,
    ),
    Metric(
        "counter",
        names.LLM_FALLBACKS,
        "{call}",
        "Calls put to another model, by that model, because one before it gave no answer.",
        "rising: the first model is down or too slow; its errors are in `gen_ai.client.operation.duration`",
        _MODEL,
    ),
    Metric(
        "counter",
        names.LLM_ROUTED,
        "{question}",
        "Questions to models by the tier that was chosen, those that the cache answers included.",
        "told also where all tiers are one model. All `accurate`: the texts are long or full of reasoning, or the "
        "thresholds of `EPISODES_LLM__ROUTING` are too low; the span of a call says why: `episodes.llm.tier.reason`",
        (names.LLM_TIER,),
    ),
    Metric(
        "counter",
        names.LLM_HEDGES,
        "{call}",
        "Calls sent a second time because the answer was late.",
        "what they cost; bounded by `EPISODES_LLM__HEDGE_BUDGET`",
        _MODEL,
    ),
    Metric(
        "counter",
        names.LLM_HEDGES_WON,
        "{call}",
        "Second calls whose answer was taken: it came before the first one's.",
        "under a fifth of `hedges`: the provider is evenly slow, and a second call does not help; lower the budget",
        _MODEL,
    ),
)
"""In the order in which docs/operations.md has them."""
