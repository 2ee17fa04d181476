"""What known families of models do not take, by the model's name: a table, so that no call is spent on finding out.

A model in no row is asked as OpenAI's own are today, and what it refuses is learned (`consumer.llm.dialect`). The first
row that fits counts; the name is compared without a provider's prefix (`azure/`, `openrouter/openai/`), in lower case.
A row is needed most where a server ignores what it does not know: a limit of output tokens under the newer name, say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Structured: TypeAlias = Literal["json_schema", "json_object"]


@dataclass(frozen=True, slots=True)
class Quirks:
    """How the models whose name begins as `pattern` says are asked; the defaults are OpenAI's newer models'.

    `structured_output` None: no `response_format` at all. Without a system role the system text goes in front of the
    user's. `effort_field` is where a reasoning model takes its effort.
    """

    pattern: str = ""
    with_temperature: bool = True
    tokens_field: str = "max_completion_tokens"
    structured_output: Structured | None = "json_schema"
    with_system_role: bool = True
    effort_field: str | None = None


TABLE: tuple[Quirks, ...] = (
    Quirks("o1-(mini|preview)", with_temperature=False, structured_output=None, with_system_role=False),
    Quirks(r"o\d", with_temperature=False, effort_field="reasoning_effort"),
    Quirks(r"gpt-5(\.\d+)?-chat"),
    Quirks("gpt-5", with_temperature=False, effort_field="reasoning_effort"),
    Quirks("gpt-oss", tokens_field="max_tokens", effort_field="reasoning_effort"),
    Quirks(r"gpt-(3\.5|4-turbo|4-1106|4-0125|4o-2024-05)", structured_output="json_object"),
    Quirks(r"gpt-4(-0\d+|-32k.*)?$", structured_output=None),
    Quirks("deepseek-reasoner", with_temperature=False, tokens_field="max_tokens", structured_output="json_object"),
    Quirks("deepseek", tokens_field="max_tokens", structured_output="json_object"),
    Quirks("(code)?gemma([-:]?[12]([^0-9]|$)|[-:][^23]|$)", tokens_field="max_tokens", with_system_role=False),
    Quirks(r"gemini-(2\.5|[3-9])", tokens_field="max_tokens", effort_field="reasoning_effort"),
    Quirks("(open-)?(mistral|ministral|mixtral|codestral|magistral|pixtral|devstral)", tokens_field="max_tokens"),
    Quirks("(meta-)?(llama|codellama)|qw[eq]|phi|gemma|gemini|glm|granite|smollm|yi|claude", tokens_field="max_tokens"),
)
"""Sources: OpenAI's guides "Reasoning models" and "Structured outputs"; the API references of Mistral, DeepSeek, Google
and Anthropic for OpenAI's SDK; Ollama's "OpenAI compatibility"; the chat template of Gemma 1 and 2."""

UNKNOWN = Quirks(effort_field="reasoning_effort")
"""A model of no row: everything is tried, what is refused is learned."""


def quirks_of(model: str) -> Quirks:
    """Return the row of `model`, or that of a model of which nothing is known."""
    name = model.lower().rsplit("/", 1)[-1]
    return next((row for row in TABLE if re.match(row.pattern, name)), UNKNOWN)
