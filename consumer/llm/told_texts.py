"""The texts of a model call on its span, where the operator opted in (`telemetry.prompts`): they hold tenants' data.

Source: OpenTelemetry's conventions for gen_ai 1.41, content on spans as JSON.
"""

from __future__ import annotations

import json

from consumer.llm.exchange import ChatAnswer, ChatRequest
from consumer.telemetry import names, providers
from consumer.telemetry.calls import Call

_MOST_CHARS = 32_000
"""Of each text; collectors refuse spans of megabytes."""


def tell_question(call: Call, request: ChatRequest) -> None:
    """Put the prompt on the span, if prompts are told."""
    if not providers.in_use.tells_prompts:
        return
    call.set(names.GEN_AI_SYSTEM_INSTRUCTIONS, _json([_part(request.system)]))
    call.set(names.GEN_AI_INPUT_MESSAGES, _json([{"role": "user", "parts": [_part(request.user)]}]))


def tell_answer(call: Call, answer: ChatAnswer) -> None:
    """Put the answer on the span, if prompts are told."""
    if not providers.in_use.tells_prompts:
        return
    message = {"role": "assistant", "parts": [_part(answer.text)], "finish_reason": answer.finish.value}
    call.set(names.GEN_AI_OUTPUT_MESSAGES, _json([message]))


def _part(text: str) -> dict[str, str]:
    return {"type": "text", "content": text[:_MOST_CHARS]}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
