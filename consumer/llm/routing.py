"""Which tier of models a call is put to: by its task, and for an extraction by what the text asks of its reader. Pure.

Counts what can be counted in any language (characters, sentences, LLM tokens, scripts) and some words of many
(`routing_words`). What is not clearly simple and not clearly hard is balanced.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain, islice

from consumer.llm.routing_words import DATE, NEGATION, REASONING, RELATIVE_DATE
from consumer.model.sentences import sentence_ends
from consumer.settings import RoutingSettings, Tier

__all__ = ["Choice", "Task", "Tier", "choose", "decide"]

_FOREIGN_SHARE = 0.1
"""Names in another script do not make a text one of that script."""
_TABLE_ROW = re.compile(r"^[^\n]*(?:\|[^\n|]+\||\t[^\n\t]+\t)", re.MULTILINE)
_TABLE_ROWS = 3
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_CODE_LINE = re.compile(r"^.*[;{}][ \t]*$", re.MULTILINE)
_CODE_LINES = 3
_JSON_PARTS = re.compile(r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)
"""Strings, so that brackets in them do not count (one without an end goes on to the end of the text), and brackets."""
_BY_TASK = {"adjudicate": Tier.FAST, "summarise": Tier.CREATIVE}


class Task(StrEnum):
    """What a call is for: knowledge of a text, a decision between few, or prose."""

    EXTRACT = "extract"
    ADJUDICATE = "adjudicate"
    SUMMARISE = "summarise"


@dataclass(frozen=True, slots=True)
class Choice:
    """A tier, and in a word why: one of a few, fit for a label."""

    tier: Tier
    reason: str


def choose(task: Task, text: str, tokens: int, settings: RoutingSettings | None = None) -> Tier:
    """Return the tier of a call about `text` of about `tokens` LLM tokens."""
    return decide(task, text, tokens, settings).tier


def decide(task: Task, text: str, tokens: int, settings: RoutingSettings | None = None) -> Choice:
    """Return the tier and why: deterministic, and in time linear in the text.

    R1: a text that is hard stays hard whatever is written below it.
    """
    if task in _BY_TASK:
        return Choice(_BY_TASK[task], "task")
    settings = settings or RoutingSettings()
    hard = _why_hard(text, tokens, settings)
    if hard is not None:
        return Choice(Tier.ACCURATE, hard)
    doubt = _why_not_simple(text, settings)
    return Choice(Tier.FAST, "simple") if doubt is None else Choice(Tier.BALANCED, doubt)


def _why_hard(text: str, tokens: int, settings: RoutingSettings) -> str | None:
    """Return the first of the reasons for the accurate tier, the cheapest to find first."""
    is_json = text.lstrip().startswith(("{", "["))
    return _first(
        ("long", lambda: len(text) >= settings.accurate_from_chars or tokens >= settings.accurate_from_tokens),
        ("code", lambda: _FENCE.search(text) is not None),
        ("code", lambda: not is_json and _at_least(_CODE_LINE.finditer(text), _CODE_LINES)),
        ("table", lambda: _at_least(_TABLE_ROW.finditer(text), _TABLE_ROWS)),
        ("nested", lambda: is_json and _is_deep(text, settings.accurate_from_json_depth)),
        ("sentences", lambda: _has_sentences(text, settings.accurate_from_sentences)),
        ("reasoning", lambda: _at_least(REASONING.finditer(text), settings.accurate_from_reasoning)),
        ("relative-dates", lambda: _at_least(RELATIVE_DATE.finditer(text), settings.accurate_from_relative_dates)),
    )


def _why_not_simple(text: str, settings: RoutingSettings) -> str | None:
    """Return the first of the reasons that keep a text from the fast tier."""
    dates = chain(DATE.finditer(text), RELATIVE_DATE.finditer(text))
    return _first(
        ("long", lambda: len(text) >= settings.fast_below_chars),
        ("sentences", lambda: _has_sentences(text, settings.fast_below_sentences)),
        ("reasoning", lambda: REASONING.search(text) is not None),
        ("dates", lambda: _at_least(dates, settings.fast_most_dates + 1)),
        ("negation", lambda: _at_least(NEGATION.finditer(text), settings.fast_most_negations + 1)),
        ("script", lambda: not _is_trusted_script(text, frozenset(settings.fast_scripts))),
    )


def _first(*reasons: tuple[str, Callable[[], bool]]) -> str | None:
    """Return the first that holds; those after it are not looked at."""
    return next((reason for reason, holds in reasons if holds()), None)


def _has_sentences(text: str, number: int) -> bool:
    """Whether `text` has at least so many sentences, a last one without an end counted."""
    return bool(text.strip()) and _at_least(sentence_ends(text.rstrip()), number - 1)


def _at_least(found: Iterator[object], number: int) -> bool:
    """Whether there are so many; looks no further than that."""
    return sum(1 for _ in islice(found, max(number, 0))) >= number


def _is_deep(text: str, depth: int) -> bool:
    """Whether the JSON `text` is nested so deep; it need not be valid."""
    now = 0
    for part in _JSON_PARTS.finditer(text):
        now += {"[": 1, "{": 1, "]": -1, "}": -1}.get(part[0], 0)
        if now >= depth:
            return True
    return False


def _is_trusted_script(text: str, trusted: frozenset[str]) -> bool:
    """Whether nearly all letters of `text` are of the scripts in `trusted`."""
    letters = [character for character in text if character.isalpha()]
    foreign = sum(_script(character) not in trusted for character in letters)
    return foreign <= len(letters) * _FOREIGN_SHARE


@lru_cache(maxsize=4_096)
def _script(letter: str) -> str:
    """Return the first word of the letter's name, as in `latin small letter a`."""
    return unicodedata.name(letter, "unknown").split(maxsplit=1)[0].lower()
