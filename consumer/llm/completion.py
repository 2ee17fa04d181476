"""What a chat completion says, wherever its server puts it. Pure.

The text is in the message's content, or in parts of it; in the arguments of a tool call, where a server makes strict
output out of tools; in the reasoning, where a server takes the whole answer for it. Thoughts that stand before the
answer, in a block of their own, are left out: a model that drafts its JSON there is not to be taken at its draft.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from openai.types.chat import ChatCompletion

from consumer.errors import WorldFault
from consumer.llm.exchange import ChatAnswer, Finish, Usage

_FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH, "content_filter": Finish.REFUSED}
_THINKS = re.compile(r"\s*<(think|thinking|thought|reasoning)>", re.IGNORECASE)
_THOUGHT = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_ANSWERS = re.compile(r"\s*(?:[{\[]|```)")
_REASONING = ("reasoning_content", "reasoning")


def read_completion(completion: ChatCompletion, dependency: str) -> ChatAnswer:
    """Return what the first choice says.

    Raises:
        WorldFault: no answer of the API, or one without a choice, as overloaded proxies give.
    """
    if not getattr(completion, "choices", None):  # a page of HTML comes back from openai as a str
        raise WorldFault(dependency, "an answer without choices")
    # Fields are not checked by openai: one that is missing, or of another type, shows when it is read.
    try:
        choice = completion.choices[0]
        finish = _FINISHES.get(choice.finish_reason, Finish.STOP)
        refusal = getattr(choice.message, "refusal", None)
        text = refusal or _said(choice.message, finish)
        usage = _usage(completion)
        model = completion.model or ""
    except (AttributeError, TypeError, LookupError) as error:
        raise WorldFault(dependency, "a body that is no API answer") from error
    if not isinstance(text, str):
        raise WorldFault(dependency, f"an answer whose text is a {type(text).__name__}")
    if refusal:
        return ChatAnswer(text, Finish.REFUSED, model, usage)
    return ChatAnswer(without_thoughts(text), finish, model, usage)


def without_thoughts(text: str) -> str:
    """Return `text` behind a block of thoughts that it begins with.

    Some servers keep the opening mark for themselves. A mark inside JSON is content, and thoughts that do not end are
    left as they are: they were cut off, or what follows is the reader's to find.
    """
    if _THINKS.match(text) is None and _ANSWERS.match(text) is not None:
        return text
    end = _THOUGHT.search(text)
    return text if end is None else text[end.end() :]


def _said(message: Any, finish: Finish) -> Any:
    """Return the text of a message, of whatever type the server sent; an empty one if it has none."""
    content = message.content
    if isinstance(content, list):
        content = _parts(content)
    if content and (not isinstance(content, str) or content.strip()):
        return content
    called = _arguments(message)
    if called:
        return called
    if finish is not Finish.STOP:
        return ""  # it was still thinking
    return next((told for name in _REASONING if isinstance(told := getattr(message, name, None), str)), "")


def _parts(content: list[Any]) -> str:
    """Return the text of a content that comes in parts, its thoughts left out.

    Raises:
        TypeError: a part is none.
    """
    if not all(isinstance(part, Mapping) for part in content):
        raise TypeError("a part of the content is no object")
    return "".join(str(part["text"]) for part in content if part.get("type") in {"text", "output_text"})


def _arguments(message: Any) -> str | None:
    """Return the arguments of the first tool call that has any, as JSON text; servers differ in whether it is text."""
    calls = [getattr(call, "function", None) for call in getattr(message, "tool_calls", None) or ()]
    for function in [*calls, getattr(message, "function_call", None)]:
        arguments = getattr(function, "arguments", None)
        if isinstance(arguments, str) and arguments.strip():
            return arguments
        if isinstance(arguments, Mapping):
            return json.dumps(arguments, ensure_ascii=False)
    return None


def _usage(completion: ChatCompletion) -> Usage:
    used = completion.usage
    if used is None:
        return Usage()
    cached = used.prompt_tokens_details.cached_tokens if used.prompt_tokens_details else 0
    return Usage(used.prompt_tokens or 0, used.completion_tokens or 0, cached or 0)
