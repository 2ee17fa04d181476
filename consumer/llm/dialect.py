"""What a chat server accepts: what is known of its model to begin with, and what is learned from its refusals.

OpenAI's newer models refuse `temperature` and `max_tokens`; many compatible servers refuse `max_completion_tokens` or
strict schemas. Nothing is asked of the server in advance: a 400 that names a parameter teaches us to do without it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import openai

from consumer.llm.exchange import AnswerFormat, ChatRequest
from consumer.llm.faults import said_by
from consumer.llm.quirks import UNKNOWN, Quirks

Refusal: TypeAlias = openai.BadRequestError | openai.UnprocessableEntityError
REFUSALS = (openai.BadRequestError, openai.UnprocessableEntityError)
"""How servers refuse a parameter: 400, or 422 where a validator does."""

_REFUSING = re.compile(
    r"unsupported|not supported|does not support|unrecognized|unknown|not permitted|extra inputs|unexpected|"
    r"only the default|must be",
    re.IGNORECASE,
)
_NO_SYSTEM_ROLE = re.compile(
    r"system\W+(role|messages?)\W.*?(not|un)\s?supported|role\W.*does not support\W+system\W", re.IGNORECASE | re.DOTALL
)


class Dialect:
    """What one server has been seen to refuse. D1: each refusal is learned once, so that learning ends."""

    def __init__(
        self,
        structured_output: Literal["json_schema", "json_object"],
        quirks: Quirks = UNKNOWN,
        effort: str | None = None,
    ) -> None:
        """Begin with what the model's row allows, in no stricter mode of structured output than the given one."""
        self.with_temperature = quirks.with_temperature
        self.with_system_role = quirks.with_system_role
        self.tokens_field: str | None = quirks.tokens_field
        self.effort_field = quirks.effort_field if effort else None
        self.structured_output: str | None = (
            structured_output if quirks.structured_output == "json_schema" else quirks.structured_output
        )
        self._effort = effort

    def learn(self, error: Refusal) -> bool:
        """Adapt to the parameter that `error` names; False when it names none that we can do without."""
        if self.with_temperature and _names(error, "temperature"):
            self.with_temperature = False
        elif self.with_system_role and _NO_SYSTEM_ROLE.search(said_by(error)):
            self.with_system_role = False
        elif self.effort_field is not None and _names(error, self.effort_field):
            self.effort_field = None
        elif self.tokens_field is not None and _names(error, self.tokens_field):
            self.tokens_field = "max_tokens" if self.tokens_field == "max_completion_tokens" else None
        elif self.structured_output is not None and (_names(error, "response_format") or _names(error, "json_schema")):
            self.structured_output = "json_object" if self.structured_output == "json_schema" else None
        else:
            return False
        return True

    def fields(self, request: ChatRequest, temperature: float | None, max_tokens: int) -> dict[str, Any]:
        """Return the messages of a request, and its optional fields, in this dialect."""
        fields: dict[str, Any] = {"messages": self._messages(request)}
        if self.effort_field is not None:
            fields[self.effort_field] = self._effort
        if self.with_temperature and temperature is not None:
            fields["temperature"] = temperature
        if self.tokens_field is not None:
            fields[self.tokens_field] = request.max_output_tokens or max_tokens
        if request.answer_format is not None and self.structured_output is not None:
            fields["response_format"] = _response_format(request.answer_format, self.structured_output)
        return fields

    def _messages(self, request: ChatRequest) -> list[dict[str, str]]:
        if self.with_system_role:
            return [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
        return [{"role": "user", "content": f"{request.system}\n\n{request.user}"}]


def _response_format(wanted: AnswerFormat, structured_output: str) -> Mapping[str, Any]:
    if structured_output == "json_object":
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": wanted.name, "strict": True, "schema": dict(wanted.schema)}}


def _names(error: Refusal, parameter: str) -> bool:
    """Whether `error` says that the server does not take `parameter`."""
    if error.param is not None and error.param.split(".")[0] == parameter:
        return True
    said = said_by(error)
    return parameter in said and _REFUSING.search(said) is not None
