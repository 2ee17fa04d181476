"""Asks a chat model whether two names mean the same thing: twenty pairs a call, and nothing is taken on trust.

Off unless somebody asks for it (`episodes entities doubts --ask`): its answers are decisions, kept and undone like
those made by hand, and the write never waits for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from consumer.extract.answer import UnusableAnswer, load
from consumer.llm.exchange import AnswerFormat, ChatModel, ChatRequest, Finish
from consumer.resolve.doubts import Doubt, Thing

PROMPT_VERSION = "same-1"
_FILE = "same.v1.md"
_PAIRS_A_CALL = 20
_SUMMARY_CHARS = 300
_OUTPUT_TOKENS_A_PAIR = 30
_FENCE = "~~~~"

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["answers"],
    "properties": {
        "answers": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["pair", "answer"],
                "properties": {
                    "pair": {"type": "integer"},
                    "answer": {"type": "string", "enum": ["same", "different", "unknown"]},
                },
            },
        }
    },
}
_MEANING = {"same": True, "different": False}


class ChatAdjudicator:
    """Implements `resolve.doubts.Adjudicator`; a pair without a usable answer stays a doubt."""

    def __init__(self, chat: ChatModel) -> None:
        """Take the model, owned from now on."""
        self._chat = chat

    @property
    def name(self) -> str:
        """The model and the version of the question."""
        return f"{self._chat.name} ({PROMPT_VERSION})"

    async def answer(self, doubts: Sequence[Doubt]) -> list[bool | None]:
        """Return for each doubt whether the two are one; None when the model does not know or does not say.

        Raises:
            WorldFault: the model is down, throttled or too slow.
        """
        found: list[bool | None] = []
        for start in range(0, len(doubts), _PAIRS_A_CALL):
            found += await self._ask(doubts[start : start + _PAIRS_A_CALL])
        return found

    async def aclose(self) -> None:
        """Close the model."""
        await self._chat.aclose()

    async def _ask(self, doubts: Sequence[Doubt]) -> list[bool | None]:
        request = ChatRequest(
            system=_system(),
            user="\n\n".join(_section(number, doubt) for number, doubt in enumerate(doubts, start=1)),
            answer_format=AnswerFormat("same_thing", _SCHEMA),
            max_output_tokens=_OUTPUT_TOKENS_A_PAIR * len(doubts) + 100,
            is_usable=lambda text: bool(_read(text)),
            is_alone=True,
        )
        answer = await self._chat.complete(request)
        said = _read(answer.text) if answer.finish is Finish.STOP else {}
        return [said.get(number) for number in range(1, len(doubts) + 1)]


def _read(text: str) -> dict[int, bool | None]:
    """Return the answers by pair; a pair that is answered twice, in two ways, is not answered."""
    try:
        found = load(text)
    except UnusableAnswer:
        return {}
    rows = found.get("answers") if isinstance(found, dict) else None
    answers: dict[int, bool | None] = {}
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict) or not isinstance(number := row.get("pair"), int):
            continue
        meaning = _MEANING.get(str(row.get("answer")).casefold())
        answers[number] = meaning if answers.get(number, meaning) == meaning else None
    return answers


def _section(number: int, doubt: Doubt) -> str:
    return f"Pair {number}\n{_FENCE}\nA: {_told(doubt.one)}\nB: {_told(doubt.other)}\n{_FENCE}"


def _told(thing: Thing) -> str:
    """Return the thing on one line that cannot end its fence."""
    text = f"{thing.named.name} ({thing.named.type})"
    if thing.summary:
        text += f": {thing.summary[:_SUMMARY_CHARS]}"
    return " ".join(text.split()).replace("~~", "~ ~")


@cache
def _system() -> str:
    return (files("consumer.extract.prompts") / _FILE).read_text(encoding="utf-8").strip()
