"""What a call will use, before it is made or when nobody told: LLM tokens by the one estimate of texts. Pure.

How long an answer is nobody knows before. Short episodes are dense, every sentence is knowledge; in long ones it thins
out. docs/guides/cost.md says how to find your own figure.
"""

from __future__ import annotations

import json

from consumer.llm.exchange import AnswerFormat, ChatRequest, Usage
from consumer.model.token_estimate import estimated_tokens

DENSE_RATIO = 7.0
"""LLM tokens answered for each of a content whose every sentence is a fact: measured on the right answers to the golden
cases, which are fourteen tokens long on average. Talk that says little is answered with less."""
DENSE_TOKENS = 100
THIN_RATIO = 1.0
"""Beyond the first `DENSE_TOKENS` of a content: some thirty facts in 2,000 tokens of prose. Taken, not measured."""
EMBEDDED_SHARE = 0.14
"""LLM tokens of names and sentences that are embedded, for each of the answer: measured on the same answers."""
_WEIGHT = 0.1
_LOWEST, _HIGHEST = 0.02, 4.0


def answer_tokens(content_tokens: float, parts: int = 1) -> int:
    """Return how long the answers to a content are expected to be that is read in `parts` of like size."""
    each = content_tokens / parts
    return round(parts * (DENSE_RATIO * min(each, DENSE_TOKENS) + THIN_RATIO * max(0.0, each - DENSE_TOKENS)))


class Expectation:
    """What the calls of one model use, corrected by each answer.

    X1: the prompt is the estimate of its texts; the answer goes by the user's text, and is at most what is allowed.
    X2: it is never less than a fiftieth of what `answer_tokens` says, or more than four times that, whatever a server
        claims.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._factor = 1.0

    def of(self, request: ChatRequest) -> Usage:
        """Return what asking `request` is expected to use, nothing cached."""
        user = estimated_tokens(request.user)
        given = estimated_tokens(request.system) + user + format_tokens(request.answer_format)
        answer = round(answer_tokens(user) * self._factor)
        return Usage(given, answer if request.max_output_tokens is None else min(answer, request.max_output_tokens))

    def learn(self, request: ChatRequest, output_tokens: int) -> None:
        """Take into account how long the answer to `request` was; 0 is not known."""
        if output_tokens > 0:
            seen = output_tokens / max(1, answer_tokens(estimated_tokens(request.user)))
            self._factor += _WEIGHT * (min(max(seen, _LOWEST), _HIGHEST) - self._factor)


def format_tokens(wanted: AnswerFormat | None) -> int:
    """Return the LLM tokens of a schema, which goes with the prompt."""
    return 0 if wanted is None else estimated_tokens(json.dumps(wanted.schema, ensure_ascii=False))
