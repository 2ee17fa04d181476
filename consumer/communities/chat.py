"""Names and summaries by a chat model: some communities a call, and what it costs is told before it is asked.

Nothing is taken on trust: an answer is bounded, on one line, and a community without a usable one is told by rule.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from consumer.communities.material import Material
from consumer.communities.telling import NAME_CHARS, SUMMARY_CHARS, Telling, day, short
from consumer.errors import EpisodeFault
from consumer.llm.exchange import AnswerFormat, ChatModel, ChatRequest, Finish, Usage
from consumer.model.token_estimate import estimated_tokens

logger = logging.getLogger(__name__)

PROMPT_VERSION = "community-1"
_FILE = "community.v1.md"
COMMUNITIES_A_CALL = 8
OUTPUT_TOKENS_A_COMMUNITY = 250
_SENTENCE_CHARS = 300
_NAME_CHARS = 80
_FENCE = "~~~~"

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["communities"],
    "properties": {
        "communities": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["community", "name", "summary"],
                "properties": {
                    "community": {"type": "integer"},
                    "name": {"type": "string"},
                    "summary": {"type": "string"},
                },
            },
        }
    },
}


@dataclass(frozen=True, slots=True)
class Question:
    """A community that is to be told, with the sentences of its facts by uuid."""

    material: Material
    sentences: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What asking takes at most: calls, and LLM tokens as they are estimated."""

    calls: int
    usage: Usage


class ChatTeller:
    """Tells communities by a chat model, which is its own from now on."""

    def __init__(self, chat: ChatModel) -> None:
        self._chat = chat

    @property
    def name(self) -> str:
        """The model and the version of the question."""
        return f"{self._chat.name} ({PROMPT_VERSION})"

    @property
    def model(self) -> str:
        """The model."""
        return self._chat.name

    async def tell(
        self, questions: Sequence[Question], on_progress: Callable[[int], None] = lambda _done: None
    ) -> list[Telling | None]:
        """Return name and summary of each community, in order; None where the model gave none that is usable.

        Raises:
            WorldFault: the model is down, throttled or too slow.
        """
        found: list[Telling | None] = []
        for start in range(0, len(questions), COMMUNITIES_A_CALL):
            part = questions[start : start + COMMUNITIES_A_CALL]
            try:
                found += await self._ask(part)
            except EpisodeFault as fault:  # filtered, or too long: these are told by rule
                logger.warning("the model does not answer about %d communities: %s", len(part), fault)
                found += [None] * len(part)
            on_progress(len(found))
        return found

    async def aclose(self) -> None:
        """Close the model."""
        await self._chat.aclose()

    async def _ask(self, questions: Sequence[Question]) -> list[Telling | None]:
        answer = await self._chat.complete(_request(questions))
        said = _read(answer.text) if answer.finish is Finish.STOP else {}
        return [said.get(number) for number in range(1, len(questions) + 1)]


def forecast(questions: Sequence[Question]) -> Forecast:
    """Return what telling these takes at most; answers are counted as long as they may be."""
    starts = range(0, len(questions), COMMUNITIES_A_CALL)
    requests = [_request(questions[start : start + COMMUNITIES_A_CALL]) for start in starts]
    return Forecast(
        len(requests),
        Usage(
            sum(estimated_tokens(request.system) + estimated_tokens(request.user) for request in requests),
            OUTPUT_TOKENS_A_COMMUNITY * len(questions),
        ),
    )


def _request(questions: Sequence[Question]) -> ChatRequest:
    return ChatRequest(
        system=_system(),
        user="\n\n".join(_section(number, question) for number, question in enumerate(questions, start=1)),
        answer_format=AnswerFormat("communities", _SCHEMA),
        max_output_tokens=OUTPUT_TOKENS_A_COMMUNITY * len(questions) + 100,
        is_usable=lambda text: bool(_read(text)),
        is_alone=True,
    )


def _section(number: int, question: Question) -> str:
    material = question.material
    lines = [
        f"entities: {material.size}",
        "central: " + "; ".join(f"{short(each.name, _NAME_CHARS)} ({each.type})" for each in material.central),
        "kinds: " + ", ".join(f"{name} {count}" for name, count in material.kinds),
        "relations: " + ", ".join(f"{name} {count}" for name, count in material.relations),
    ]
    if material.since_ms is not None and material.latest_ms is not None:
        lines.append(f"facts began: {day(material.since_ms)} to {day(material.latest_ms)}")
    lines += [
        f"fact: {short(question.sentences[uuid], _SENTENCE_CHARS)}"
        for uuid in material.facts
        if question.sentences.get(uuid)
    ]
    data = "\n".join(lines).replace("~~", "~ ~")
    return f"Community {number}\n{_FENCE}\n{data}\n{_FENCE}"


def _read(text: str) -> dict[int, Telling]:
    """Return the tellings by number; one that is told twice is not told."""
    start, end = text.find("{"), text.rfind("}")
    try:
        found = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return {}
    rows = found.get("communities") if isinstance(found, dict) else None
    told: dict[int, Telling] = {}
    twice: set[int] = set()
    for row in rows if isinstance(rows, list) else ():
        telling = _telling(row)
        if telling is None:
            continue
        number = row["community"]
        if number in told:
            twice.add(number)
        told[number] = telling
    return {number: telling for number, telling in told.items() if number not in twice}


def _telling(row: object) -> Telling | None:
    if not isinstance(row, dict) or not isinstance(row.get("community"), int):
        return None
    name, summary = row.get("name"), row.get("summary")
    if not isinstance(name, str) or not isinstance(summary, str) or not name.strip() or not summary.strip():
        return None
    return Telling(short(_clean(name), NAME_CHARS), short(_clean(summary), SUMMARY_CHARS))


def _clean(text: str) -> str:
    """Return `text` without what no database holds: lone surrogates and NUL."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


@cache
def _system() -> str:
    return (files("consumer.communities") / _FILE).read_text(encoding="utf-8").strip()
