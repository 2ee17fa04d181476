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


_WEIGHT = 0.1
_LOWEST, _HIGHEST = 0.05, 12.0


class Expectation:
    """What the calls of one model use, corrected by each answer.

    X1: the prompt is the estimate of its texts; the answer a share of the user's text, at most what the request allows.
    X2: the share begins at `OUTPUT_RATIO` and stays between a twentieth and twelve, whatever a server claims.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._ratio = OUTPUT_RATIO

    def of(self, request: ChatRequest) -> Usage:
        """Return what asking `request` is expected to use, nothing cached."""
        user = estimated_tokens(request.user)
        given = estimated_tokens(request.system) + user + format_tokens(request.answer_format)
        answer = round(user * self._ratio)
        return Usage(given, answer if request.max_output_tokens is None else min(answer, request.max_output_tokens))

    def learn(self, request: ChatRequest, output_tokens: int) -> None:
        """Take into account how long the answer to `request` was; 0 is not known."""
        if output_tokens > 0:
            seen = output_tokens / max(1, estimated_tokens(request.user))
            self._ratio += _WEIGHT * (min(max(seen, _LOWEST), _HIGHEST) - self._ratio)


def format_tokens(wanted: AnswerFormat | None) -> int:
    """Return the LLM tokens of a schema, which goes with the prompt."""
    return 0 if wanted is None else estimated_tokens(json.dumps(wanted.schema, ensure_ascii=False))
