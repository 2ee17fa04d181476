"""Which script and, for Latin letters, whether English: decides who may read a sentence. Pure.

The English model is never shown what it would turn into garbage.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from enum import StrEnum
from functools import lru_cache

from consumer.extract.phrases import language_of
from consumer.extract.words import words


class Reader(StrEnum):
    """Who reads a sentence: the English pipeline, the Chinese rules, capital letters, or brackets alone."""

    ENGLISH = "english"
    CHINESE = "chinese"
    CAPITALS = "capitals"
    BRACKETS = "brackets"


_CASED = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"})
_HAN = re.compile(r"[㐀-䶿一-鿿]")
_KANA_HANGUL = re.compile(r"[぀-ヿ가-힯]")
_HAN_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{9}")
_FOREIGN_LETTER = re.compile(r"(?![A-Za-zÀ-ɏ])[^\W\d_]")
_PARTICLES = re.compile(
    r"\b([A-ZÀ-Þ][\w’'-]+)(?: (?:de|da|do|dos|del|della|di|du|van|von|der|den|la|le|el|los|las)){1,2}(?= [A-ZÀ-Þ])"
)
"""Small words inside names, which tell no language: `Maria van den Berg`."""
_FRAME_SHARE = 0.25
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = words(
    "the a an and or but of to in on at by for with from as is are was were be been am do does did have has had "
    "i you he she it we they me him her us them my your his its our their this that these those not no yes so "
    "what who when where why how there here if then than just will would can could should about into over out up "
    "down after before since until very all some any more most other new one two hey hi hello thanks thank oh okay "
    "don't i'm it's that's you're we're lives works knows likes left moved married chair"
)
_GERMAN = words("der die das und ist nicht ein eine mit von zu den dem des im auf für sich auch als wir ich")
_OTHER = (
    words(
        "el la los las y es un una de que en por con para del se su le les et est des du une dans qui sur pour pas "
        "au il o os e é um uma do da no na não em het een van niet dat och att det som är på og ikke jest nie w się "
        "che non per sono"
    )
    | _GERMAN
)


def reader_of(sentence: str, *, is_english_around: bool = True) -> Reader:
    """Return who should read `sentence`; what is too short to tell goes by what stands around it."""
    if _has_english_frame(sentence):
        return Reader.ENGLISH
    scripts = Counter(_script(character) for character in sentence if character.isalpha())
    if not scripts:
        return Reader.BRACKETS
    script, _ = scripts.most_common(1)[0]
    if script == "CJK":
        return Reader.BRACKETS if _KANA_HANGUL.search(sentence) else Reader.CHINESE
    if script not in _CASED:
        return Reader.BRACKETS
    if script != "LATIN":
        return Reader.CAPITALS
    is_english = _is_english(sentence, is_english_around) and not _is_in_phrasebook(sentence)
    return Reader.ENGLISH if is_english else Reader.CAPITALS


def _is_in_phrasebook(sentence: str) -> bool:
    """Whether a plain statement has more words of another language than of English."""
    _, count = language_of(sentence)
    return count > len({word for word in _WORD.findall(sentence.lower()) if word in _ENGLISH})


def _has_english_frame(sentence: str) -> bool:
    """Whether English words hold together a sentence with names in other scripts: `王小明 lives in 北京`."""
    if not _FOREIGN_LETTER.search(sentence) or _HAN_RUN.search(sentence):
        return False
    found = sentence.split()
    english = sum(word.lower().strip(".,;:!?") in _ENGLISH for word in found)
    return english >= len(found) * _FRAME_SHARE


def has_capital_nouns(text: str) -> bool:
    """Whether `text` looks German, where every noun has a capital."""
    found = [word.lower() for word in _WORD.findall(text)]
    return sum(word in _GERMAN for word in found) >= max(2, len(found) // 8)


def is_english(text: str) -> bool:
    """Whether the Latin words of a whole text look English; yes when there is nothing to go by."""
    return _is_english(text, True)


def _is_english(sentence: str, otherwise: bool) -> bool:
    found = [word.lower() for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", _PARTICLES.sub(r"\1", sentence))]
    english = sum(word.replace("’", "'") in _ENGLISH for word in found)
    other = sum(word in _OTHER for word in found)
    if english == other:
        return otherwise
    return english > other


@lru_cache(maxsize=4_096)
def _script(character: str) -> str:
    name = unicodedata.name(character, "")
    if _HAN.match(character) or _KANA_HANGUL.match(character):
        return "CJK"
    return name.split(" ", 1)[0]
