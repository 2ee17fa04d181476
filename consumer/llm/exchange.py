"""Chat models: the interface that limits, routing and caches will wrap, and what travels through it.

Knows nothing of episodes or prompts' contents, and nothing of any client: `consumer.llm.chat` has the first
implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Finish(StrEnum):
    """Why the model stopped: it was done, ran out of output tokens, or would not answer."""

    STOP = "stop"
    LENGTH = "length"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """The JSON Schema that an answer must have, under a name the provider can cache it by."""

    name: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question: a fixed `system` text, a `user` text, the wanted format and the most output tokens.

    `is_usable` says of an answer's text whether the asker can use it: a cache keeps, and gives, such answers only.
    Without it nothing is cached, so an answer that was unusable is asked for anew. `about` names the episodes that the
    question is asked for, by their group, with the characters each adds to it: who accounts for tokens divides by them.
    `is_alone`: not to be asked together with others (`consumer.llm.batching`).
    """

    system: str
    user: str
    answer_format: AnswerFormat | None = None
    max_output_tokens: int | None = None
    is_usable: Callable[[str], bool] | None = field(default=None, compare=False, repr=False)
    about: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    is_alone: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """LLM tokens of one call; `cached_tokens` are those input tokens that the provider had cached."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What the model said. With `Finish.REFUSED` the text is its reason, if it gave one."""

    text: str
    finish: Finish = Finish.STOP
    model: str = ""
    usage: Usage = field(default_factory=Usage)


class ChatModel(Protocol):
    """Answers one request at a time per call; calls may run concurrently."""

    @property
    def name(self) -> str:
        """Provider and model, e.g. `openai/gpt-4.1-mini`."""
        ...

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer; a refusal is an answer too. Cancellation leaves the model usable.

        Raises:
            EpisodeFault: this request can never be answered (too long, filtered).
            WorldFault: the model is down, throttled or too slow.
            UserError: the key or the model name is wrong.
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...
