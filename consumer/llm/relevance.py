"""A chat model as a judge of passages: is this one relevant to the question, and how sure is the model of that.

One call a passage with one token of answer, and the score is the probability that the token is "True": the log
probabilities of the first token say it without the model saying a word more.
Source: the way of Graphiti's reranker client, and of Nogueira et al., "Document Ranking with a Pretrained
Sequence-to-Sequence Model", 2020.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from json import JSONDecodeError
from typing import Any

import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion

from consumer.clock import Clock, SystemClock
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.llm.client import Endpoint, open_client
from consumer.llm.faults import family_of
from consumer.telemetry import names
from consumer.telemetry.calls import client_call

DEPENDENCY = "llm"
TOP = 5
"""Alternatives of the answer's token that are looked at: "True", " true" and "TRUE" are one answer."""

_SYSTEM = "You judge whether a passage helps to answer a question. You answer with one word: True or False."
_ASKED = "<QUESTION>\n{query}\n</QUESTION>\n<PASSAGE>\n{passage}\n</PASSAGE>"


class LogprobJudge:
    """Judges passages with an OpenAI-compatible chat model that gives log probabilities; bounded calls at once."""

    def __init__(self, endpoint: Endpoint, model: str, concurrency: int, clock: Clock | None = None) -> None:
        """Store whom to ask; nothing is opened before the first call."""
        self._endpoint = endpoint
        self._model = model
        self._places = asyncio.Semaphore(concurrency)
        self._clock = clock or SystemClock()
        self._client: AsyncOpenAI | None = None

    async def scores(self, query: str, passages: Sequence[str]) -> Sequence[float]:
        """Return the probability of relevance of each passage, in their order; equal passages are asked about once.

        Raises:
            UserError: the model gives no log probabilities, or the key or the model name is wrong.
            WorldFault: the model is down, throttled or too slow.
        """
        distinct = list(dict.fromkeys(passages))
        found = [0.0] * len(distinct)

        async def judge(number: int, passage: str) -> None:
            async with self._places:
                found[number] = await self._judged(query, passage)

        try:
            async with asyncio.TaskGroup() as group:
                for number, passage in enumerate(distinct):
                    group.create_task(judge(number, passage), name=f"judge passage {number}")
        except ExceptionGroup as failed:
            raise _first(failed) from failed
        by_text = dict(zip(distinct, found, strict=True))
        return [by_text[passage] for passage in passages]

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _judged(self, query: str, passage: str) -> float:
        if self._client is None:
            self._client = open_client(self._endpoint)
        body = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": _SYSTEM},
                {"role": "user", "content": _ASKED.format(query=query, passage=passage)},
            ],
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": True,
            "top_logprobs": TOP,
        }
        attributes = {
            names.GEN_AI_OPERATION: "chat",
            names.GEN_AI_PROVIDER: "openai",
            names.GEN_AI_REQUEST_MODEL: self._model,
        }
        with client_call(names.chat(self._model), attributes, metric=names.GEN_AI_DURATION):
            try:
                async with asyncio.timeout(self._endpoint.timeout_s):
                    completion: ChatCompletion = await self._client.post(
                        "/chat/completions",
                        cast_to=ChatCompletion,
                        body=body,
                        options={"security": {"bearer_auth": True}},
                    )
            except (openai.OpenAIError, TimeoutError, JSONDecodeError, UnicodeDecodeError) as error:
                family = family_of(error, DEPENDENCY, self._clock.now())
                if family is None:
                    raise
                if isinstance(family, EpisodeFault):
                    return 0.0  # too long or filtered: this passage alone cannot be judged
                raise family from error
        return _probability(completion, self._model)


def _probability(completion: Any, model: str) -> float:
    """Return how probable "True" is beside "False" as the answer's first token.

    Raises:
        UserError: the answer has no log probabilities.
    """
    try:
        alternatives = completion.choices[0].logprobs.content[0].top_logprobs
        weights = {"true": 0.0, "false": 0.0}
        for each in alternatives:
            word = each.token.strip().lower()
            if word in weights:
                weights[word] += math.exp(each.logprob)
    except (AttributeError, IndexError, TypeError) as error:
        raise UserError(
            f"{model} gives no log probabilities: choose another EPISODES_SEARCH__JUDGE_MODEL, or set "
            "EPISODES_SEARCH__RERANK_URL"
        ) from error
    total = sum(weights.values())
    return weights["true"] / total if total > 0 else 0.0


def _first(failed: ExceptionGroup[Exception]) -> Exception:
    """Return the first fault of a group, of the world's before others."""
    world = failed.subgroup(WorldFault)
    group = world or failed
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
