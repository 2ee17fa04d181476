"""What a call will use, before it is made or when nobody told: LLM tokens by the one estimate of texts. Pure.

How long an answer is nobody knows before; `OUTPUT_RATIO` is what it is taken for.
"""

from __future__ import annotations

import json

from consumer.llm.exchange import AnswerFormat, ChatRequest, Usage
from consumer.model.token_estimate import estimated_tokens

OUTPUT_RATIO = 3.0
"""LLM tokens of an answer for each of the content that is read.

Measured by the same estimate: 7 where every sentence is a fact (the test language); 1.6 for the shipped chat and 0.5
for prose as the local extractor reads them, which finds less than a model. docs/guides/cost.md: how to find your own.
"""

EMBEDDED_RATIO = 0.5
"""LLM tokens of names and facts that are embedded, for each of the content: 1.5, 0.2 and 0.1 in the same order."""


def expected_usage(request: ChatRequest) -> Usage:
    """Return what asking `request` is expected to use, nothing cached."""
    user = estimated_tokens(request.user)
    given = estimated_tokens(request.system) + user + format_tokens(request.answer_format)
    # A prompt holds more than the content it is about: context, headings.
    about = sum(characters for _, characters in request.about)
    share = min(1.0, about / max(1, len(request.user))) if request.about else 1.0
    answer = round(user * share * OUTPUT_RATIO)
    return Usage(given, answer if request.max_output_tokens is None else min(answer, request.max_output_tokens))


def format_tokens(wanted: AnswerFormat | None) -> int:
    """Return the LLM tokens of a schema, which goes with the prompt."""
    return 0 if wanted is None else estimated_tokens(json.dumps(wanted.schema, ensure_ascii=False))
