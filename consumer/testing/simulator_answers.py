"""What the simulated model says: the grammar's reading of the episode in the prompt. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from consumer.extract.prompts import read_back
from consumer.model.instants import iso
from consumer.model.knowledge import Knowledge
from consumer.testing.sentences import parse
from consumer.testing.simulator_profile import Fault

_CHARS_PER_TOKEN = 4


class Book(Protocol):
    """Reads a content as a model should."""

    def __call__(self, content: str, reference_time: datetime, *, source: str | None = None) -> Knowledge:
        """Return what `content`, written at `reference_time`, says."""
        ...


def answer_for(messages: Sequence[Mapping[str, Any]], fault: Fault = Fault.NONE, book: Book = parse) -> str:
    """Return the answer to a chat: each fenced episode by the grammar; without one, the last message by it.

    `fault` is one of those that spoil the parts of an answer. `book` is who reads a content: the grammar, or a set of
    cases whose right answers are known.
    """
    user = next((_text(m.get("content")) for m in reversed(messages) if m.get("role") == "user"), "")
    episodes = read_back(user)
    if not episodes:
        return json.dumps(as_answer(parse(user, datetime(1970, 1, 1, tzinfo=UTC))), ensure_ascii=False)
    parts = [
        {"key": one.key, **as_answer(book(one.content, one.reference_time, source=one.source))} for one in episodes
    ]
    return json.dumps(_spoilt(parts, fault), ensure_ascii=False)


def questions_in(messages: Sequence[Mapping[str, Any]]) -> int:
    """Return how many episodes a chat asks about; 1 for any other."""
    return max(1, sum(len(read_back(_text(m.get("content")))) for m in messages if m.get("role") == "user"))


def _spoilt(parts: list[dict[str, Any]], fault: Fault) -> Any:
    """Return the answer's value, its parts spoilt by `fault`."""
    match fault:
        case Fault.MISSING_PART:
            parts = parts[1:]
        case Fault.DOUBLED_PART:
            parts = [*parts, {**parts[0], "entities": [], "facts": []}]
        case Fault.WRONG_KEY:
            parts = [{**parts[0], "key": "1"}, *parts[1:]]
        case Fault.MIXED_PARTS if len(parts) > 1:
            told = [{key: value for key, value in part.items() if key != "key"} for part in parts]
            parts = [{"key": part["key"], **other} for part, other in zip(parts, told[1:] + told[:1], strict=True)]
        case Fault.OTHER_ANSWER:
            parts = [{**part, "key": "e" + part["key"][:0:-1]} for part in parts]
        case Fault.BARE_LIST:
            return parts
        case _:
            pass
    return {"episodes": parts}


def as_answer(said: Knowledge) -> dict[str, Any]:
    """Return `said` as the fields of an answer about one episode."""
    return {
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
                "instead_of": iso(assertion.instead_of) if assertion.instead_of else None,
            }
            for assertion in said.assertions
        ],
    }


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
        case Fault.TOOL_CALL:
            text = ""
        case Fault.WRONG_SCHEMA:
            text = json.dumps({"result": {"status": "done", "characters": len(answer)}})
        case _:
            pass
    used_in, used_out = _tokens(prompt_chars), _tokens(len(text))
    choice: dict[str, Any] = {
        "index": 0,
        "finish_reason": finish,
        "logprobs": None,
        "message": {"role": "assistant", "content": None if refusal else text, "refusal": refusal},
    }
    if fault is Fault.TOOL_CALL:
        function = {"name": "episode_knowledge", "arguments": answer}
        calls = [{"id": f"call-{number}", "type": "function", "function": function}]
        choice["message"] = {"role": "assistant", "content": None, "refusal": None, "tool_calls": calls}
        choice["finish_reason"] = "tool_calls"
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
