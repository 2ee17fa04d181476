"""The sentences of the test language, and what each of them says.

A small language of English sentences with names of any script. Rendering and parsing stand side by side, so that the
simulator, the fake extractor and the gold graph read exactly what the generator writes. Knows no interval rules:
those are in `consumer.testing.gold`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from consumer.extract.speaker import SPEAKER_TYPE, split_speaker
from consumer.model.instants import to_utc
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Mention, Polarity, complete

_DATE = r"\d{4}-\d{2}-\d{2}"
_SENTENCE_END = re.compile(r"(?<=\.)\s+")


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation of the language: its words in the third and the first person, its types and exclusive side."""

    name: str
    present: str
    first_person: str
    past: str
    ended: str
    subject_type: str
    object_type: str
    exclusive: Exclusive


WORKS_AT = Relation("WORKS_AT", "works at", "work at", "worked at", "left", "Person", "Organization", Exclusive.SUBJECT)
LIVES_IN = Relation(
    "LIVES_IN", "lives in", "live in", "lived in", "moved away from", "Person", "Place", Exclusive.SUBJECT
)
CHAIR_OF = Relation(
    "CHAIR_OF",
    "is the chair of",
    "am the chair of",
    "was the chair of",
    "stepped down as the chair of",
    "Person",
    "Organization",
    Exclusive.OBJECT,
)
MARRIED_TO = Relation(
    "MARRIED_TO",
    "is married to",
    "am married to",
    "was married to",
    "is no longer married to",
    "Person",
    "Person",
    Exclusive.BOTH,
)
KNOWS = Relation("KNOWS", "knows", "know", "knew", "lost touch with", "Person", "Person", Exclusive.NONE)
LIKES = Relation("LIKES", "likes", "like", "liked", "no longer likes", "Person", "Work", Exclusive.NONE)

RELATIONS: tuple[Relation, ...] = (WORKS_AT, LIVES_IN, CHAIR_OF, MARRIED_TO, KNOWS, LIKES)
"""All relations, in the order in which they are looked for."""


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to say a relation: the words to look for and the pattern of the whole sentence."""

    relation: Relation
    words: str
    pattern: re.Pattern[str]
    polarity: Polarity


def _forms() -> Iterator[_Form]:
    """Yield the ends before the assertions, because `no longer likes` contains `likes`."""
    for relation in RELATIONS:
        words = f" {relation.ended} "
        yield _Form(
            relation,
            words,
            re.compile(rf"^(?P<s>.+?){words}(?P<o>.+?)(?: on (?P<until>{_DATE}))?(?:, not on (?P<wrong>{_DATE}))?\.$"),
            Polarity.ENDS,
        )
    for relation in RELATIONS:
        words = f" {relation.past} "
        yield _Form(
            relation,
            words,
            re.compile(rf"^(?P<s>.+?){words}(?P<o>.+?) from (?P<since>{_DATE}) to (?P<until>{_DATE})\.$"),
            Polarity.ASSERTS,
        )
    for relation in RELATIONS:
        for verb, subject in ((relation.present, ".+?"), (relation.first_person, "I")):
            words = f" {verb} "
            yield _Form(
                relation,
                words,
                re.compile(
                    rf"^(?P<s>{subject}){words}(?P<o>.+?)(?: since (?P<since>{_DATE}))?(?:, not (?P<wrong>{_DATE}))?\.$"
                ),
                Polarity.ASSERTS,
            )


_FORMS = tuple(_forms())


def asserts(subject: str, relation: Relation, object_: str, since: date | None = None) -> str:
    """Return the sentence that `relation` holds, since a day if given."""
    verb = relation.first_person if subject == "I" else relation.present
    return f"{subject} {verb} {object_}{f' since {since.isoformat()}' if since else ''}."


def corrects(subject: str, relation: Relation, object_: str, since: date, wrong: date) -> str:
    """Return the sentence that `relation` holds since one day and not since another, as was told."""
    return f"{subject} {relation.present} {object_} since {since.isoformat()}, not {wrong.isoformat()}."


def corrects_end(subject: str, relation: Relation, object_: str, on: date, wrong: date) -> str:
    """Return the sentence that `relation` was over on one day and not on another, as was told."""
    return f"{subject} {relation.ended} {object_} on {on.isoformat()}, not on {wrong.isoformat()}."


def asserts_between(subject: str, relation: Relation, object_: str, since: date, until: date) -> str:
    """Return the sentence that `relation` held from one day to another."""
    return f"{subject} {relation.past} {object_} from {since.isoformat()} to {until.isoformat()}."


def ends(subject: str, relation: Relation, object_: str, on: date | None = None) -> str:
    """Return the sentence that `relation` is over, on a day if given."""
    return f"{subject} {relation.ended} {object_}{f' on {on.isoformat()}' if on else ''}."


def parse(content: str, reference_time: datetime, *, source: str | None = None) -> Knowledge:
    """Return what `content` says; sentences outside the language say nothing.

    A day means its first instant in the zone of `reference_time` (UTC when it has none). With `source` other than
    `message` no speaker is looked for; with None there is one if the content reads like a message.
    """
    speaker, text = split_speaker(content) if source in {None, "message"} else (None, content)
    zone = reference_time.tzinfo or UTC

    def instant(day: str | None) -> datetime | None:
        return None if day is None else to_utc(datetime.fromisoformat(day).replace(tzinfo=zone))

    types: dict[str, str] = {} if speaker is None else {speaker: SPEAKER_TYPE}
    assertions: list[Assertion] = []
    for sentence in _SENTENCE_END.split(text.strip()):
        found = _read(sentence)
        if found is None:
            continue
        form, match = found
        subject, object_ = match["s"], match["o"]
        dates = match.groupdict()
        if subject == "I":
            if speaker is None:
                continue
            subject = speaker
            sentence = asserts(  # noqa: PLW2901 - the same statement, said of the speaker
                speaker, form.relation, object_, _day(dates.get("since"))
            )
        types.setdefault(subject, form.relation.subject_type)
        types.setdefault(object_, form.relation.object_type)
        assertions.append(
            Assertion(
                subject,
                form.relation.name,
                object_,
                sentence,
                instant(dates.get("since")),
                instant(dates.get("until")),
                form.relation.exclusive,
                form.polarity,
                instant(dates.get("wrong")),
            )
        )
    return complete(tuple(Mention(name, kind) for name, kind in types.items()), tuple(assertions))


def _read(sentence: str) -> tuple[_Form, re.Match[str]] | None:
    """Return the form of `sentence` and its parts, or None when it is not of the language."""
    for form in _FORMS:
        if form.words in sentence:
            match = form.pattern.match(sentence)
            if match is not None:
                return form, match
    return None


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
