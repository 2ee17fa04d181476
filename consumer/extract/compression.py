"""Prompts made shorter at the price of what is in them, at three levels. Pure.

C1: a level takes away all that the levels before it do, so a text never grows.
C2: no level takes away a denial, a doubt, a plan or a condition: without `not`, `maybe`, `will` or `if` no fact is left
    that was never stated.
C3: `light` takes no word away but in a line that is told a second time.

Off by default: words that carry a fact go with those that carry none. What it costs is measured: docs/benchmarks.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from consumer.extract.words import words
from consumer.model.sentences import sentence_ends
from consumer.settings import Compression

_SPACES = re.compile(r"(?<=\S)[^\S\n]{2,}|(?<=\S)\t")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")
_RULE = re.compile(r"[-=_*+.·•~#\s]{3,}")
_LOOK_BACK = 20
_NEXT = re.compile(r"[^\S\n]*(\w)")
_FENCE = re.compile(r"\s*(?:~{3,}|`{3,})")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_GAP = re.compile(r"[^\S\n]+(?=[,.;:!?…)\]])|(?<=[(\[])[^\S\n]+")
_MARKS = re.compile(r"^[^\S\n]*[,;.!?…]+(?=[^\S\n]|$)[^\S\n]*|(?<=[,;:.!?…])[^\S\n]*[,;.!?…]+", re.MULTILINE)
"""What stands alone where words are gone."""

_PHRASES = re.compile(
    r"\b(?:you know|i mean|by the way|of course|as a matter of fact|in fact|to be honest|kind of|sort of|thank you|"
    r"good (?:morning|afternoon|evening)|best regards|kind regards|übrigens|im grunde|liebe grüße|par ailleurs|"
    r"bien sûr|por supuesto|por cierto)\b",
    re.IGNORECASE,
)
_FILLERS = words(
    # English, German, French, Spanish: what says how much, or greets; nothing that says whether
    "very really just quite simply basically actually literally totally absolutely definitely certainly indeed please "
    "thanks hello hi hey ok okay well anyway also too so oh ah um uh lol haha btw "
    "sehr wirklich ganz eigentlich halt eben bitte danke hallo tja naja "
    "très vraiment simplement bonjour merci "
    "muy realmente bastante hola gracias"
)
_FUNCTION_WORDS = words(
    "the a an this that these those there here "
    "der das den dem des ein eine einen einem einer "  # not `die`, which is a verb in English
    "le la les l un une du des "
    "el los las una unos unas"
)
"""Articles and the like, which `strong` drops too."""

_STATED = words("i we my our ich wir je j yo me")
"""Somebody speaks of himself: such a sentence is kept by `strong` whatever else it has."""

_OPENING = words(
    "it he she they you what who when where why how then now and but or if yes no that as in on at for with "
    "es er sie und aber oder wenn ja nein il elle ils et mais ou si oui non y o pero"
)
"""Words that open a sentence and are no name."""

_DENIALS = words("not never n't nicht nie pas no")
"""What stands behind one of these is left: `not just Ada` is not `not Ada`."""


def compressed(text: str, level: Compression) -> str:
    """Return `text` without what `level` takes away; the text itself when that is everything.

    `light`: repeated spaces, blank lines, rules, and lines like the one before. `medium`: fillers and greetings too, in
    four languages. `strong`: articles too, and sentences in which nothing has a name, a number or a date.
    """
    match level:
        case Compression.NONE:
            return text
        case Compression.LIGHT:
            weaker = text
            shorter = _light(text)
        case Compression.MEDIUM:
            weaker = compressed(text, Compression.LIGHT)
            shorter = _light(_without(_PHRASES.sub("", weaker), _FILLERS))
        case Compression.STRONG:
            weaker = compressed(text, Compression.MEDIUM)
            telling = "".join(sentence for sentence in _sentences(weaker) if _may_tell(sentence))
            shorter = _light(_without(telling, _FUNCTION_WORDS))
    return shorter if shorter.strip() else weaker


def _light(text: str) -> str:
    kept: list[str] = []
    before = ""
    for line in _INVISIBLE.sub("", text).split("\n"):
        told = _SPACES.sub(" ", line.rstrip())
        if _RULE.fullmatch(told) and not _FENCE.match(told):
            told = ""
        if told != before or (not told and not kept):
            kept.append(told)
        before = told
    return "\n".join(kept).strip("\n") if text.strip() else text


def _sentences(text: str) -> Iterator[str]:
    """Yield the sentences, line by line, with what stands behind them: together they are the text."""
    for line in text.splitlines(keepends=True):
        start = 0
        for end in (*sentence_ends(line), len(line)):
            if end > start:
                yield line[start:end]
                start = end


def _may_tell(sentence: str) -> bool:
    """Whether something in it has a name, a number or a date, or it is in a script without capitals."""
    if any(letter.isdigit() or (letter.isalpha() and letter.lower() == letter.upper()) for letter in sentence):
        return True
    found = _WORD.findall(sentence)
    if any(word.lower() in _STATED for word in found):
        return True
    return any(word[0].isupper() for word in found[1:]) or not found or _is_name(found[0])


def _is_name(word: str) -> bool:
    """Whether the word that opens a sentence is capitalised beyond that, or no filler: it may be a name."""
    return word[0].isupper() and word.lower() not in _FILLERS | _FUNCTION_WORDS | _OPENING


def _without(text: str, dropped: frozenset[str]) -> str:
    """Return `text` without the words `dropped`; capitalised ones only where no name begins with them."""

    def kept(match: re.Match[str]) -> str:
        word = match.group()
        if word.lower() not in dropped:
            return word
        before = _WORD.findall(text[max(0, match.start() - _LOOK_BACK) : match.start()])
        if before and (before[-1].lower() in _DENIALS or before[-1].lower().endswith(("n't", "n’t"))):
            return word
        behind = _NEXT.match(text, match.end())
        begins_name = not word.islower() and behind is not None and behind[1].isupper()
        return word if begins_name else ""

    return _MARKS.sub("", _GAP.sub("", _WORD.sub(kept, text)))
