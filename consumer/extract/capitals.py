"""Names in scripts and languages without a pipeline: by capital letters where there are any, else by brackets. Pure.

Finds entities, asserts nothing: what a sentence says of its names takes grammar, and guessing it would fill the graph
with wrong facts.
"""

from __future__ import annotations

import re

from consumer.extract.names import clean_name
from consumer.extract.phrasebook import MONTHS, OPENING
from consumer.extract.scripts import has_capital_nouns
from consumer.model.knowledge import DEFAULT_TYPE, Knowledge, Mention

_PARTICLES = r"(?:de|da|do|del|della|di|du|van|von|der|den|la|le|el|bin|ibn|al)"
_WORD = re.compile(r"[^\W\d_][\w’'ʼ-]*")
_PARTICLE = re.compile(rf"^{_PARTICLES}$")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:;»”\"]\s+|\n\s*|[-–—]\s+)[«“\"„¿¡(\s]*$")
_BRACKETED = re.compile(r"[「『《]([^「」『』《》\n]{2,40})[」』》]")
_KATAKANA_NAME = re.compile(r"[ァ-ヺー]{2,12}(?:[・＝][ァ-ヺー]{2,12})+")
_MAX_WORDS = 6
_LONGEST_ARTICLE = 3


def read_capitals(text: str) -> Knowledge:
    """Return the capitalised names of `text`.

    One capitalised word is a name only inside a sentence, and in German not even there. Of a run that opens a
    sentence the first word is left out, unless a particle follows it (`Ludwig van …`), or there are just two words
    and the first is no article; words that the phrasebook knows for openings are left out alone.
    """
    needs_two = has_capital_nouns(text)
    mentions: dict[str, Mention] = {}
    run: list[re.Match[str]] = []
    for match in [*_WORD.finditer(text), None]:
        if match is not None and run and not _joins(text[run[-1].end() : match.start()]):
            _close(text, run, mentions, needs_two=needs_two)
            run = []
        word = match.group() if match is not None else ""
        if match is not None and (word[0].isupper() or (run and not needs_two and _PARTICLE.match(word))):
            run.append(match)
            continue
        _close(text, run, mentions, needs_two=needs_two)
        run = []
    return Knowledge((*mentions.values(), *read_brackets(text).mentions))


def read_brackets(text: str) -> Knowledge:
    """Return titles in brackets, and katakana names with a middle dot, which only foreign persons have."""
    mentions = {clean_name(title): Mention(clean_name(title), "Work") for title in _BRACKETED.findall(text)}
    for name in _KATAKANA_NAME.findall(text):
        mentions.setdefault(name, Mention(name, "Person"))
    mentions.pop("", None)
    return Knowledge(tuple(mentions.values()))


def _joins(between: str) -> bool:
    return between in {" ", "\u00a0", "\n"}


def _without_opening(run: list[re.Match[str]]) -> list[re.Match[str]]:
    """Return a run that opens a sentence without its first word, unless it is a name: two full words, or a particle."""
    has_particle = any(_PARTICLE.match(word.group()) for word in run[1:-1])
    is_pair = len(run) == 2 and len(run[0].group()) > _LONGEST_ARTICLE  # noqa: PLR2004 - given and family name
    if has_particle or is_pair:
        return run
    return run[1:]


def _close(text: str, run: list[re.Match[str]], mentions: dict[str, Mention], *, needs_two: bool) -> None:
    """Take the run of capitalised words as a name, if it is one."""
    while run and not run[-1].group()[0].isupper():
        run.pop()
    if not run:
        return
    if _SENTENCE_START.search(text[: run[0].start()][-8:]) is not None or run[0].start() == 0:
        known = next((place for place, word in enumerate(run) if word.group().lower() not in OPENING), len(run))
        run = run[known:] if known else _without_opening(run)
    if not run or (needs_two and len(run) == 1) or len(run) > _MAX_WORDS or len(run[0].group()) == 1 == len(run):
        return
    if len(run) == 1 and run[0].group().lower() in MONTHS:
        return
    name = clean_name(text[run[0].start() : run[-1].end()])
    if not name.isupper() or len(run) > 1:
        mentions.setdefault(name, Mention(name, DEFAULT_TYPE))
