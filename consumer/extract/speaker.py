"""Who speaks in a message: the prefix of `speaker: text`, told apart from clock times, addresses and plain sentences.

Pure. A speaker's type is always `Person`: a bot or a call sign speaks in the role of a person, and one type for all
speakers keeps a name that speaks in one episode and is spoken of in the next from becoming two kinds of thing.
"""

from __future__ import annotations

import re

SPEAKER_TYPE = "Person"
"""Entity type of every speaker."""

MAX_SPEAKER_CHARS = 80
MAX_SPEAKER_WORDS = 8
_SENTENCE_WORDS = 3

_COLON = re.compile(r"[:：]")
_SENTENCE_MARK = re.compile(r"[?!？！。…]|\.\s*$")
_LONG_WORD_STOP = re.compile(r"\w{5,}\.\s")
_EDGES = " \t\"'“”‘’*<>[]"


def split_speaker(content: str) -> tuple[str | None, str]:
    """Return the speaker of a message and what was said; `(None, content)` when there is no speaker.

    The speaker is what stands before the first colon (`:` or the full-width `：`) of the first line, if it reads
    like a name: a letter in it, no longer than 80 characters or 8 words, no sentence inside it, and from three words
    on not mostly in lower case.
    """
    stripped = content.lstrip()
    first_line = stripped.split("\n", 1)[0]
    match = _COLON.search(first_line)
    if match is None:
        return None, content
    prefix, rest = first_line[: match.start()].strip(_EDGES), stripped[match.end() :]
    if not _is_name(prefix) or not _opens_speech(rest, match.group()):
        return None, content
    return " ".join(prefix.split()), rest.strip(" \t*")


def _opens_speech(rest: str, colon: str) -> bool:
    """Whether the text after the colon can be speech: not the rest of an address, a path or a clock time."""
    if colon == "：" or not rest:
        return True
    return not rest.startswith(("//", "\\", ":")) and not rest[0].isdigit()


def _is_name(prefix: str) -> bool:
    """Whether `prefix` reads like a name rather than like the start of a sentence."""
    words = prefix.split()
    if not words or len(prefix) > MAX_SPEAKER_CHARS or len(words) > MAX_SPEAKER_WORDS:
        return False
    if not any(character.isalpha() for character in prefix):
        return False
    if _SENTENCE_MARK.search(prefix) or _LONG_WORD_STOP.search(prefix):
        return False
    head, comma, tail = prefix.partition(",")
    if comma and tail.strip()[:1].islower():
        return False
    lower = sum(word[0].islower() for word in head.split())
    return len(head.split()) < _SENTENCE_WORDS or 2 * lower <= len(head.split())
