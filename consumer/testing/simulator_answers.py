"""What the simulated model says: the grammar's reading of the episode in the prompt. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from consumer.extract.prompts import read_back
from consumer.model.instants import iso
from consumer.model.knowledge import Knowledge
from consumer.testing.sentences import parse
from consumer.testing.simulator_profile import Fault

_CHARS_PER_TOKEN = 4


def answer_for(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return the answer to a chat: the fenced episode by the grammar; without a fence, the last message."""
    user = next((_text(m.get("content")) for m in reversed(messages) if m.get("role") == "user"), "")
    episode = read_back(user)
    if episode is None:
        return as_answer(parse(user, datetime(1970, 1, 1, tzinfo=UTC)))
    return as_answer(parse(episode.content, episode.reference_time, source=episode.source))


def as_answer(said: Knowledge) -> str:
    """Return `said` as the JSON a model would answer with."""
    return json.dumps(
        {
            "entities": [
                {"name": mention.name, "type": mention.type, "summary": mention.summary} for mention in said.mentions
            ],
            "facts": [
                {
                    "subject": assertion.subject,
                    "relation": assertion.relation,
                    "object": assertion.object,
                    "fact": assertion.sentence,
                    "valid_at": iso(assertion.valid_at) if assertion.valid_at else None,
                    "invalid_at": iso(assertion.invalid_at) if assertion.invalid_at else None,
                    "exclusive": assertion.exclusive.value,
                    "polarity": assertion.polarity.value,
                }
                for assertion in said.assertions
            ],
        },
        ensure_ascii=False,
    )


def completion(model: str, answer: str, prompt_chars: int, fault: Fault, number: int) -> dict[str, Any]:
    """Return the body of a chat completion that says `answer`, spoilt by `fault`."""
    finish, refusal, text = "stop", None, answer
    match fault:
        case Fault.BAD_JSON:
            text = answer[: len(answer) // 2] + " ...and so on"
        case Fault.FENCES:
            text = f"Here is the result:\n```json\n{answer}\n```\nLet me know if you need more."
        case Fault.TRUNCATED:
            text, finish = answer[: max(len(answer) * 2 // 3, 1)], "length"
        case Fault.REFUSAL:
            text, refusal = "", "I'm sorry, but I can't help with that."
        case Fault.WRONG_SCHEMA:
            text = json.dumps({"result": {"status": "done", "characters": len(answer)}})
        case _:
            pass
    used_in, used_out = _tokens(prompt_chars), _tokens(len(text))
    choice = {
        "index": 0,
        "finish_reason": finish,
        "logprobs": None,
        "message": {"role": "assistant", "content": None if refusal else text, "refusal": refusal},
    }
    return {
        "id": f"chatcmpl-sim-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [] if fault is Fault.EMPTY_CHOICES else [choice],
        "usage": {
            "prompt_tokens": used_in,
            "completion_tokens": used_out,
            "total_tokens": used_in + used_out,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }


def prompt_chars(messages: Sequence[Mapping[str, Any]]) -> int:
    """Return the characters of all messages."""
    return sum(len(_text(message.get("content"))) for message in messages)


def _text(content: Any) -> str:
    """Return a message's content as text, whether it is a string or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def _tokens(chars: int) -> int:
    """Return a plausible number of LLM tokens; no tokenizer is needed to test accounting."""
    return max(chars // _CHARS_PER_TOKEN, 1)
