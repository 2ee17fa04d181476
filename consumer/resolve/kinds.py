"""What kind of thing an entity type speaks of, as far as that can keep two names apart. Pure."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The kinds that rules know; every other type is `OTHER`, which keeps nothing apart."""

    PERSON = "person"
    ORGANISATION = "organisation"
    PLACE = "place"
    THING = "thing"
    OTHER = "other"


def _kinds() -> dict[str, Kind]:
    lists = {
        Kind.PERSON: "person people human speaker user politician employee author artist actor scientist character "
        "president",
        Kind.ORGANISATION: "organization organisation company corporation business vendor employer institution agency "
        "party team university school bank startup manufacturer supplier publisher ngo",
        Kind.PLACE: "place location city country state region town village river mountain island continent county "
        "address building",
        Kind.THING: "product software device technology programminglanguage language vehicle drug food document report "
        "work book film song event project vulnerability version model",
    }
    return {word: kind for kind, words in lists.items() for word in words.split()}


_KINDS = _kinds()


def kind_of(label: str) -> Kind:
    """Return the kind of an entity type, however it is written."""
    return _KINDS.get(label.casefold().replace("_", ""), Kind.OTHER)


def are_apart(one: Kind, other: Kind) -> bool:
    """Whether nothing can be of both kinds.

    An organisation can be told as a place (a country, a hospital) or as a thing (a service), a person as neither.
    """
    kinds = {one, other}
    return len(kinds) > 1 and Kind.OTHER not in kinds and (Kind.PERSON in kinds or kinds == {Kind.PLACE, Kind.THING})
