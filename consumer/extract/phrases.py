"""Plain statements in languages with capital letters but no pipeline: `Anna Schäfer wohnt seit 2021 in Leipzig`. Pure.

P1 A sentence is read only in a language of the phrasebook whose verb it has, and only if it is no question, no
   condition, no plan and no denial; what `no longer` holds is told as over.
P2 Subject, verb and object stand in one clause, between commas. The object is the name behind the verb's preposition
   or, where there is none, right behind the verb; the subject the first name that stands behind no preposition, the
   first person, or a pronoun for the only person of the sentence before. A clause in which one is missing says nothing.
   One capitalised word that opens a sentence may be any word: it is no subject.
P3 A date belongs to the only verb of its sentence; beside two verbs it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consumer.extract.english_clauses import correction, interval
from consumer.extract.english_dates import DateMention
from consumer.extract.english_relations import verb_meaning
from consumer.extract.names import clean_name
from consumer.extract.passage import Passage
from consumer.extract.phrasebook import LANGUAGES, Language, Statement
from consumer.extract.speaker import SPEAKER_TYPE
from consumer.extract.words import words
from consumer.model.ids import name_key
from consumer.model.knowledge import Assertion, Knowledge, Mention, Polarity, complete

_SENTENCE = re.compile(r"(?:[^\n.!?;]|(?<=\d)\.(?= \w))+[.!?;]*")
_WORD = re.compile(r"[^\W\d_][\w-]*|\d{1,4}")
_PARTICLES = words("de da do dos del della di du van von der den la le el bin ibn al")
_MAX_NAME_WORDS = 5
_YEARS = range(1000, 2200)
_LAST_DAY = 31
_CLAUSE_END = re.compile(r"[,;:–—()]")


@dataclass(frozen=True, slots=True)
class _Name:
    """A run of capitalised words: its text, the places of its first and last word, and the word before it."""

    text: str
    first: int
    last: int
    before: str
    has_article: bool


def language_of(sentence: str) -> tuple[str | None, int]:
    """Return the phrasebook's language of `sentence`, and how many of its words it has; `(None, 0)` if there is none.

    One verb alone is little (`vive`, `gift` are words elsewhere): another word of the language must stand by.
    """
    found = {word.lower() for word in _WORD.findall(sentence)}
    best, most = None, 0
    for name, language in LANGUAGES.items():
        if not language.verbs.isdisjoint(found):
            common = len(found & language.verbs) + len(found & language.around)
            if common > max(most, 1):
                best, most = name, common
    return best, most


def read_phrases(passage: Passage) -> Knowledge:
    """Return what the plain statements in `passage` say."""
    said: list[Knowledge] = []
    persons: tuple[str, ...] = ()
    for match in _SENTENCE.finditer(passage.text):
        sentence = match.group()
        name, _ = language_of(sentence)
        if name is None:
            persons = ()
            continue
        found = _Sentence(sentence, LANGUAGES[name], passage, persons, is_german=name == "de").read()
        said.append(found)
        persons = tuple(mention.name for mention in found.mentions if mention.type == SPEAKER_TYPE)
    mentions: dict[str, Mention] = {}
    for mention in (mention for one in said for mention in one.mentions):
        mentions.setdefault(name_key(mention.name), mention)
    assertions = dict.fromkeys(assertion for one in said for assertion in one.assertions)
    return complete(tuple(mentions.values()), tuple(assertions))


class _Sentence:
    """One sentence under reading."""

    def __init__(
        self, text: str, language: Language, passage: Passage, persons: tuple[str, ...], *, is_german: bool
    ) -> None:
        self._text = text
        self._language = language
        self._passage = passage
        self._persons = persons
        self._is_german = is_german
        self._spans = list(_WORD.finditer(text))
        self._words = [match.group().lower() for match in self._spans]
        self._names = list(self._runs())

    def read(self) -> Knowledge:
        """Return what the sentence says (P1 to P3)."""
        statements = [
            (one, place)
            for one in self._language.statements
            for place, word in enumerate(self._words)
            if word in one.verbs | one.own | one.past
        ]
        mentions: list[Mention] = []
        assertions: list[Assertion] = []
        for one, place in statements:
            names = [name for name in self._names if self._is_in_clause(name, place)]
            target = self._object(one, place, names)
            subject = None if target is None else self._subject(one, place, target, names)
            if target is None or subject is None or name_key(subject) == name_key(target.text):
                continue
            meaning = verb_meaning(*one.action, "")
            mentions += [Mention(subject, meaning.subject_type or SPEAKER_TYPE)]
            mentions += [Mention(target.text, meaning.object_type or "Entity")]
            dates = self._dates() if len(statements) == 1 else []
            polarity = self._polarity(corrects=self._is_corrected(dates))
            if polarity is None:
                continue
            if polarity is Polarity.ASSERTS and self._has(one.past) and not dates:
                polarity = Polarity.ENDS
            valid_at, invalid_at = interval(dates, polarity)
            said = " ".join(self._text.split())
            sentence = said if self._passage.speaker is None else f"{self._passage.speaker}: {said}"
            assertions.append(
                Assertion(
                    subject,
                    meaning.relation,
                    target.text,
                    sentence,
                    valid_at,
                    invalid_at,
                    meaning.exclusive,
                    polarity,
                    correction(dates, valid_at, invalid_at, polarity),
                )
            )
        return Knowledge(tuple(mentions), tuple(assertions))

    def _has(self, listed: frozenset[str]) -> bool:
        return not listed.isdisjoint(self._words)

    def _runs(self) -> Iterator[_Name]:
        """Yield the names of the sentence; words that open sentences, and months, are none."""
        run: list[int] = []
        for place, match in enumerate([*self._spans, None]):
            word = match.group() if match is not None else ""
            is_known = (
                word.lower() in self._language.opening | self._language.verbs or word.lower() in self._language.months
            )
            starts = word[:1].isupper() and not (is_known and not run)
            joins = (
                bool(run) and match is not None and self._text[self._spans[run[-1]].end() : match.start()] in {" ", "-"}
            )
            if run and not (joins and (starts or word.lower() in _PARTICLES)):
                yield from self._name(run)
                run = []
            if starts or (run and word.lower() in _PARTICLES):
                run.append(place)

    def _name(self, run: Sequence[int]) -> Iterator[_Name]:
        kept = list(run)
        while kept and not self._spans[kept[-1]].group()[0].isupper():
            kept.pop()
        if not kept or len(kept) > _MAX_NAME_WORDS:
            return
        before = kept[0] - 1
        has_article = before >= 0 and self._words[before] in self._language.articles
        if has_article:
            before -= 1
        text = clean_name(self._text[self._spans[kept[0]].start() : self._spans[kept[-1]].end()])
        yield _Name(text, kept[0], kept[-1], self._words[before] if before >= 0 else "", has_article)

    def _is_in_clause(self, name: _Name, verb: int) -> bool:
        """Whether no comma stands between a name and the verb."""
        first, last = sorted((name.first, verb))
        return _CLAUSE_END.search(self._text[self._spans[first].start() : self._spans[last].start()]) is None

    def _object(self, one: Statement, verb: int, names: Sequence[_Name]) -> _Name | None:
        """Return the name that the verb's preposition governs; without prepositions the one right behind the verb.

        German has it in front of a verb that ends the clause: `hat Jens Kolb geheiratet`.
        """
        if not one.prepositions:
            behind = [name for name in names if name.first - name.has_article == verb + 1]
            is_last = self._is_german and not any(name.first > verb for name in names)
            return behind[0] if behind else names[1] if is_last and len(names) > 1 else None
        for name in names:
            is_common_noun = self._is_german and name.has_article and name.first == name.last
            if name.before in one.prepositions and not is_common_noun:
                return name
        return None

    def _subject(self, one: Statement, verb: int, target: _Name, names: Sequence[_Name]) -> str | None:
        if self._has(self._language.me) or self._words[verb] in one.own - one.verbs:
            return self._passage.speaker
        prepositions = frozenset().union(*(other.prepositions for other in self._language.statements))
        for name in names:
            may_be_any_word = name.first == name.last == 0
            if name is not target and name.before not in prepositions | self._language.at and not may_be_any_word:
                return name.text
        if self._has(self._language.third) and len(self._persons) == 1:
            return self._persons[0]
        return None

    def _is_corrected(self, dates: Sequence[DateMention]) -> bool:
        """Whether all that is denied is a date, and another one is told in its place."""
        roles = [date.role for date in dates]
        denials = sum(word in self._language.not_ for word in self._words)
        return "wrong" in roles and len(set(roles)) > 1 and denials == roles.count("wrong")

    def _polarity(self, *, corrects: bool = False) -> Polarity | None:
        """Return whether the sentence says that it is so, that it is over, or (None) neither."""
        language = self._language
        clauses = {clause.split()[0].lower() for clause in re.split(r"[,:]", self._text) if clause.split()}
        is_conditional = bool({re.split(r"['’]", word)[0] for word in clauses} & language.conditions)
        if self._text.rstrip().endswith("?") or is_conditional or self._has(language.open):
            return None
        if self._has(language.not_) and not corrects:
            return Polarity.ENDS if self._has(language.more) else None
        return Polarity.ASSERTS

    def _dates(self) -> list[DateMention]:
        """Return the dates of the sentence on the writer's clock."""
        day = self._passage.reference_time.replace(hour=0, minute=0, second=0, microsecond=0)
        found: list[DateMention] = []
        lowered = self._text.lower()
        if self._has(self._language.yesterday):
            found.append(DateMention((day - timedelta(days=1)).astimezone(UTC), 0, 0, "at"))
        if any(phrase in lowered for phrase in self._language.last_year):
            found.append(DateMention(day.replace(year=day.year - 1, month=1, day=1).astimezone(UTC), 0, 0, "at"))
        for place, word in enumerate(self._words):
            if len(word) == 4 and word.isdigit() and int(word) in _YEARS:  # noqa: PLR2004 - the digits of a year
                date = self._date(place, day)
                if date is not None:
                    found.append(date)
        return found

    def _date(self, place: int, day: datetime) -> DateMention | None:
        """Return the date that ends with the year at `place`: `3 de mayo de 2020`, `März 2021`, `2021`."""
        at, month, number = place - 1, 1, 1
        while at >= 0 and self._words[at] in {"de", "del"}:
            at -= 1
        if at >= 0 and self._words[at] in self._language.months:
            month = self._language.months[self._words[at]]
            at -= 1
            while at >= 0 and self._words[at] in {"de", "del"}:
                at -= 1
            if at >= 0 and self._words[at].isdigit() and 0 < int(self._words[at]) <= _LAST_DAY:
                number = int(self._words[at])
                at -= 1
        while at >= 0 and self._words[at] in self._language.articles:
            at -= 1
        before = self._words[at] if at >= 0 else ""
        is_named = before in self._language.since | self._language.until | self._language.at
        is_denied = at >= is_named and self._words[at - is_named] in self._language.not_
        role = (
            "wrong"
            if is_denied
            else "since"
            if before in self._language.since
            else "until"
            if before in self._language.until
            else "at"
        )
        try:
            instant = day.replace(year=int(self._words[place]), month=month, day=number).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return DateMention(instant, self._spans[place].start(), self._spans[place].end(), role)
