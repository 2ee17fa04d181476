"""English sentences into entities and facts, by the spaCy pipeline's names and dependencies.

Takes a parsed document, returns knowledge; loads nothing. What it asserts is deliberately little: questions,
negations, conditions, wishes, plans and reported thoughts assert nothing, and a pronoun is resolved only where it
cannot mean anybody else. docs/decisions/0005-local-engines.md tells the limits.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from consumer.extract.english_clauses import (
    correction,
    dates_between,
    interval,
    is_asserted,
    is_definite,
    is_former,
    is_past_state,
    is_used_to,
    negation,
    objects,
    targets,
)
from consumer.extract.english_dates import DateMention, dates_in
from consumer.extract.english_entities import Entities, noun_phrase
from consumer.extract.english_names import SUBJECTS, EnglishNames
from consumer.extract.english_relations import (
    BECOMING,
    ENDING_VERBS,
    HIRING,
    KIN,
    OFFICES,
    TOGETHER,
    Meaning,
    noun_meaning,
    says_enough,
    verb_meaning,
)
from consumer.extract.speaker import SPEAKER_TYPE
from consumer.model.ids import name_key
from consumer.model.knowledge import Assertion, Knowledge, Polarity, complete

MAX_SENTENCE_CHARS = 400


@dataclass(frozen=True, slots=True)
class _Said:
    """Where something is said: the sentence, the dates that belong to it, all of the sentence, whether it is over."""

    sentence: Any
    dates: Sequence[DateMention] = ()
    all_dates: Sequence[DateMention] = ()
    is_over: bool = False


class EnglishReader:
    """Reads one parsed passage. R1: every subject and object it asserts is a mention. R2: no pronoun is a name."""

    def __init__(
        self,
        speaker: str | None,
        reference_time: datetime,
        masks: Container[str] = (),
        persons_before: tuple[str, ...] = (),
    ) -> None:
        """Take who speaks, if anybody, the instant that relative dates count from, on the writer's clock.

        `masks` are made-up names, `persons_before` those who were named just before the passage.
        """
        self._known = EnglishNames(speaker, persons_before)
        self._masks = masks
        self._reference_time = reference_time
        self._assertions: list[Assertion] = []

    def read(self, doc: Any) -> Knowledge:
        """Return what `doc` (a spaCy Doc with sentences, tags, dependencies and names) says."""
        entities = Entities(doc, self._masks)
        self._known.begin(doc, entities)
        for sentence in doc.sents:
            self._sentence(sentence, entities)
            self._known.end_sentence(sentence, entities)
        return complete(self._known.mentions(), tuple(dict.fromkeys(self._assertions)))

    def _sentence(self, sentence: Any, entities: Entities) -> None:
        if sentence.text.rstrip().endswith("?"):
            return
        dates = dates_in(sentence.text, self._reference_time)
        verbs = [token for token in sentence if token.pos_ in {"VERB", "AUX"} and token.dep_ not in {"aux", "auxpass"}]
        for number, verb in enumerate(verbs):
            if not is_asserted(verb):
                continue
            until = verbs[number + 1].idx if number + 1 < len(verbs) else sentence.end_char
            own = dates_between(dates, sentence.start_char, verb.idx, until, is_first=number == 0)
            subjects = list(self._subjects(verb, entities))
            said = _Said(sentence, own, dates)
            if len(subjects) > 1 and verb.lemma_.lower() in TOGETHER and negation(verb, dates) != "not":
                for other in subjects[1:]:
                    self._assert(subjects[0], verb_meaning(verb.lemma_.lower(), "", SPEAKER_TYPE), other, "", said)
            for subject in subjects:
                self._clause(verb, subject, entities, said)
        for token in sentence:
            if token.dep_ == "appos":
                self._apposition(token, sentence, entities)

    def _subjects(self, verb: Any, entities: Entities) -> Iterator[str]:
        """Yield who does what `verb` says; a joined verb without a subject has that of the verb before it."""
        found = [child for child in verb.children if child.dep_ in SUBJECTS]
        is_joined = verb.dep_ == "conj" and verb.head.pos_ in {"VERB", "AUX"}
        if not found and (is_joined or is_used_to(verb)):
            found = [child for child in verb.head.children if child.dep_ in SUBJECTS]
        for child in found:
            if child.lower_ == "they":
                yield from self._known.they()
                continue
            for token in (child, *child.conjuncts):
                name = self._who(token, verb, entities)
                if name is not None:
                    yield name

    def _who(self, token: Any, verb: Any, entities: Entities) -> str | None:
        """Return the name that a subject stands for, or None."""
        lowered = token.lower_
        if lowered in {"i", "me"}:
            return self._known.first_person(token)
        if lowered in {"he", "she"}:
            return self._known.third_person(token, entities)
        if lowered in {"who", "that", "which"} and verb.dep_ == "relcl":
            token = verb.head
        named = entities.name_of(token)
        return None if named is None else self._known.note(*named)

    def _clause(self, verb: Any, subject: str, entities: Entities, said: _Said) -> None:
        """Assert what one verb says of one subject."""
        denial = negation(verb, said.all_dates)
        if denial == "not":
            return
        lemma = verb.lemma_.lower()
        is_over = denial == "no longer" or is_used_to(verb) or is_past_state(verb, said.dates)
        said = replace(said, is_over=is_over)
        if any(child.lower_ == "away" for child in verb.children):
            lemma = f"{lemma} away"
        for child in verb.children:
            if child.dep_ == "attr" and lemma in BECOMING:
                self._copula(subject, child, entities, said)
            elif child.dep_ == "agent":
                self._passive(subject, lemma, child, entities, said)
            elif child.dep_ == "prep" and child.lower_ == "as":
                self._role(subject, lemma, child, entities, said)
            else:
                for action, target in targets(lemma, child):
                    self._relate(subject, action, target, entities, said)

    def _passive(self, subject: str, lemma: str, by: Any, entities: Entities, said: _Said) -> None:
        """`X was founded by Y`: what Y did."""
        for target in objects(by):
            actor = self._known.own(target, entities)
            if actor is None:
                continue
            if lemma in HIRING:
                self._assert(subject, HIRING[lemma], actor, HIRING[lemma].object_type, said)
            else:
                meaning = verb_meaning(lemma, "", self._known.type_of(subject))
                self._assert(actor, meaning, subject, meaning.object_type, said)

    def _role(self, subject: str, lemma: str, preposition: Any, entities: Entities, said: _Said) -> None:
        """`serves as the chair of Y`, `stepped down as the chair of Y`."""
        said = replace(said, is_over=said.is_over or lemma in ENDING_VERBS)
        for noun in objects(preposition):
            meaning = noun_meaning(noun.lemma_.lower(), is_definite=is_definite(noun))
            for owner in self._owners(noun, entities):
                self._assert(subject, meaning, owner, "", said)

    def _relate(self, subject: str, action: tuple[str, str], target: Any, entities: Entities, said: _Said) -> None:
        """Assert a verb (lemma and preposition) between a subject and what `target` names or describes."""
        lemma, preposition = action
        named = entities.name_of(target)
        if named is None:
            phrase = noun_phrase(target) if says_enough(lemma, preposition) else None
            if phrase is None or (preposition and " " not in phrase):
                return
            named = (phrase, "Thing")
        name, kind = named
        meaning = verb_meaning(lemma, preposition, kind)
        if kind == "Thing" and meaning.object_type:
            return
        self._assert(subject, meaning, name, meaning.object_type or kind, said)

    def _copula(self, subject: str, attribute: Any, entities: Entities, said: _Said) -> None:
        """`X is the N of Y`, `X is Y's N`, `X is a N`."""
        if entities.own_name_of(attribute) is not None:
            return
        has_the = is_definite(attribute)
        noun = attribute.lemma_.lower()
        was_in_office = attribute.head.tag_ == "VBD" and attribute.head.lemma_ == "be" and noun in OFFICES
        if is_former(attribute) or (was_in_office and not said.dates):
            said = replace(said, is_over=True)
        for owner in self._owners(attribute, entities):
            self._assert(subject, noun_meaning(noun, is_definite=has_the), owner, "", said)
            return
        phrase = noun_phrase(attribute)
        if phrase is not None and not has_the and attribute.pos_ == "NOUN":
            self._assert(subject, Meaning("IS_A"), phrase, "Concept", said)

    def _owners(self, noun: Any, entities: Entities) -> Iterator[str]:
        """Yield whom a noun belongs to: `of Y`, `Y's`, `my`."""
        for child in noun.children:
            if child.dep_ == "poss":
                owner = self._known.possessor(child, entities)
                if owner is not None:
                    yield owner
            elif child.dep_ == "prep" and child.lower_ in {"of", "for", "at"}:
                for target in objects(child):
                    owner = self._known.own(target, entities)
                    if owner is not None:
                        yield owner

    def _apposition(self, token: Any, sentence: Any, entities: Entities) -> None:
        """`Ada Quill, the mayor of Bonn` and `my wife Maria`; a date in the sentence dates its verb, not this."""
        for name_token, noun in ((token.head, token), (token, token.head)):
            name = self._known.own(name_token, entities)
            if name is None or entities.own_name_of(noun) is not None or noun.pos_ != "NOUN":
                continue
            for owner in self._owners(noun, entities):
                meaning = noun_meaning(noun.lemma_.lower(), is_definite=is_definite(noun))
                if noun.lemma_.lower() in KIN or meaning.subject_type:
                    self._assert(name, meaning, owner, "", _Said(sentence, is_over=is_former(noun)))

    def _assert(self, subject: str, meaning: Meaning, object_: str, object_type: str, said: _Said) -> None:
        if name_key(subject) == name_key(object_):
            return
        if meaning.subject_type:
            self._known.note(subject, meaning.subject_type, overrides=True)
        object_ = self._known.note(object_, object_type, overrides=bool(meaning.object_type))
        polarity = Polarity.ENDS if said.is_over else meaning.polarity
        valid_at, invalid_at = interval(said.dates, polarity)
        text = " ".join(said.sentence.text.split())[:MAX_SENTENCE_CHARS]
        if self._known.speaker is not None:
            text = f"{self._known.speaker}: {text}"
        self._assertions.append(
            Assertion(
                subject,
                meaning.relation,
                object_,
                text,
                valid_at,
                invalid_at,
                meaning.exclusive,
                polarity,
                correction(said.dates, valid_at, invalid_at, polarity),
            )
        )
