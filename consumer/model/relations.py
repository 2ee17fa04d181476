"""The usual name of a relation, whatever words a text has for it; which relations hold both ways. Tables, pure.

Only what is read out of a text is brought to its usual name: what a producer gives or an ontology declares is taken at
its word. A name is changed only where the result says the same of every pair of things; what is in no table keeps its
words. `docs/decisions/0013` tells why tables and no vectors, `tests/golden/facts` measures them.

    U1: the usual name of a usual name is itself, with its ends as they are.
    U2: a name that denies, or puts a fact into the past (`FORMER_`, `NO_LONGER_`), is left as it is.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from consumer.model.knowledge import Assertion

_CACHED = 4_096


class Usual(NamedTuple):
    """The usual name of a relation; `is_turned`: its subject is the object of what was said."""

    name: str
    is_turned: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SYMMETRIC = _words(
    "MARRIED_TO ENGAGED_TO SIBLING_OF TWIN_OF COUSIN_OF RELATIVE_OF FRIEND_OF COLLEAGUE_OF CLASSMATE_OF NEIGHBOR_OF "
    "BORDERS ADJACENT_TO SAME_AS EQUIVALENT_TO OPPOSITE_OF COLLABORATES_WITH COMPETES_WITH COOPERATES_WITH "
    "DIVORCED_FROM DATING ROOMMATE_OF TEAMMATE_OF"
)
"""Relations that hold both ways, whoever is named first. Not KNOWS: people know whom nobody introduced them to."""

_SAME: dict[str, str] = {
    "WORKS_AT": "WORKS_FOR EMPLOYED_AT EMPLOYED_BY EMPLOYED_WITH EMPLOYEE_OF EMPLOYEE_AT HAS_JOB_AT",
    "LIVES_IN": "RESIDES_IN RESIDENT_OF HAS_RESIDENCE_IN HAS_HOME_IN DOMICILED_IN",
    "LOCATED_IN": "SITUATED_IN LOCATED_AT LOCATED_WITHIN",
    "HEADQUARTERED_IN": "HAS_HEADQUARTERS_IN HAS_ITS_HEADQUARTERS_IN HEADQUARTERS_IN",
    "BORN_IN": "HAS_BIRTHPLACE BIRTHPLACE",
    "DIED_IN": "PASSED_AWAY_IN",
    "MARRIED_TO": "MARRIED MARRY MARRIES MARRYING MARRIED_WITH SPOUSE_OF SPOUSE HAS_SPOUSE HUSBAND_OF WIFE_OF WED",
    "ENGAGED_TO": "FIANCE_OF FIANCEE_OF",
    "SIBLING_OF": "HAS_SIBLING SIBLING SIBLINGS_WITH",
    "FRIEND_OF": "FRIEND FRIENDS FRIENDS_WITH FRIEND_WITH HAS_FRIEND",
    "COLLEAGUE_OF": "COLLEAGUE COLLEAGUES_WITH COWORKER_OF CO_WORKER_OF WORKS_WITH HAS_COLLEAGUE",
    "NEIGHBOR_OF": "NEIGHBOUR_OF HAS_NEIGHBOR HAS_NEIGHBOUR",
    "PARENT_OF": "HAS_CHILD",
    "KNOWS": "ACQUAINTED_WITH",
    "FOUNDED": "FOUNDER_OF CO_FOUNDED COFOUNDED CO_FOUNDER_OF COFOUNDER_OF",
    "WROTE": "AUTHOR_OF AUTHORED WRITER_OF",
    "CREATED": "CREATOR_OF",
    "INVENTED": "INVENTOR_OF",
    "DISCOVERED": "DISCOVERER_OF",
    "OWNS": "OWNER_OF",
    "LEADS": "LEADER_OF",
    "MANAGES": "MANAGER_OF",
    "CEO_OF": "CHIEF_EXECUTIVE_OF CHIEF_EXECUTIVE_OFFICER_OF SERVES_AS_CEO_OF",
    "CTO_OF": "CHIEF_TECHNOLOGY_OFFICER_OF SERVES_AS_CTO_OF",
    "CFO_OF": "CHIEF_FINANCIAL_OFFICER_OF SERVES_AS_CFO_OF",
    "CHAIR_OF": "CHAIRMAN_OF CHAIRWOMAN_OF CHAIRPERSON_OF CHAIRS",
    "PRESIDENT_OF": "SERVES_AS_PRESIDENT_OF",
    "MAYOR_OF": "SERVES_AS_MAYOR_OF",
    "CAPITAL_OF": "CAPITAL_CITY_OF",
    "MEMBER_OF": "HAS_MEMBERSHIP_IN",
    "PART_OF": "COMPONENT_OF",
    "STUDIES_AT": "STUDENT_AT ENROLLED_AT ENROLLED_IN_UNIVERSITY",
    "GRADUATED_FROM": "GRADUATE_OF ALUMNUS_OF ALUMNA_OF ALUMNI_OF",
    "TEACHES_AT": "TEACHER_AT",
    "USES": "USER_OF MAKES_USE_OF",
    "LIKES": "FOND_OF",
    "SPEAKS": "SPEAKER_OF",
    "BORDERS": "SHARES_BORDER_WITH SHARES_A_BORDER_WITH",
    "COLLABORATES_WITH": "COLLABORATOR_OF IN_COLLABORATION_WITH",
    "COMPETES_WITH": "COMPETITOR_OF COMPETITOR",
    "NAMED_AFTER": "NAMED_FOR",
    "SAME_AS": "IDENTICAL_TO",
}
"""Usual names, each with other names that say the same."""

_TURNED: dict[str, str] = {
    "WORKS_AT": "EMPLOYS EMPLOYER_OF HAS_EMPLOYEE",
    "LIVES_IN": "HAS_RESIDENT HOME_OF",
    "BORN_IN": "BIRTHPLACE_OF",
    "PARENT_OF": "CHILD_OF HAS_PARENT",
    "FOUNDED": "HAS_FOUNDER",
    "WROTE": "HAS_AUTHOR",
    "OWNS": "HAS_OWNER",
    "LEADS": "HAS_LEADER",
    "MANAGES": "HAS_MANAGER",
    "CEO_OF": "HAS_CEO HAS_CHIEF_EXECUTIVE",
    "CHAIR_OF": "HAS_CHAIR CHAIRED_BY",
    "MAYOR_OF": "HAS_MAYOR",
    "PRESIDENT_OF": "HAS_PRESIDENT",
    "CAPITAL_OF": "HAS_CAPITAL",
    "MEMBER_OF": "HAS_MEMBER HAS_AS_MEMBER",
    "PART_OF": "HAS_PART HAS_COMPONENT",
    "SUBSIDIARY_OF": "HAS_SUBSIDIARY PARENT_COMPANY_OF",
    "GRADUATED_FROM": "HAS_GRADUATE",
}
"""Usual names, each with names that say the same from the other end."""

_STATES = _words(
    "WORK LIVE RESIDE LEAD OWN MANAGE TEACH STUDY KNOW LIKE LOVE HATE PREFER USE NEED WANT SUPPORT SPONSOR EMPLOY "
    "CONTAIN INCLUDE SUPPLY PRODUCE MAKE REPRESENT GOVERN ADVISE COACH PLAY SPEAK ATTEND BELONG BORDER COLLABORATE "
    "COMPETE COOPERATE OPERATE REPORT DEPEND REQUIRE COVER FOLLOW POSSESS RENT SERVE CHAIR MENTOR SUPERVISE MAINTAIN "
    "FUND FINANCE HOST"
)
"""Verbs of what lasts; the usual name has them in the present."""

_EVENTS = _words(
    "FOUND ACQUIRE BUY PURCHASE SELL WRITE DIRECT CREATE INVENT DISCOVER DESIGN BUILD DEVELOP PUBLISH JOIN LEAVE VISIT "
    "MEET WIN LOSE LAUNCH RELEASE COMPOSE PAINT APPOINT HIRE KILL DEFEAT SIGN PROPOSE RECEIVE GRADUATE "
    "ESTABLISH DONATE ANNOUNCE ATTACK TRAVEL"
)
"""Verbs of what happens; the usual name has them in the past."""

_WITH_PREPOSITION = _words(
    "WORK LIVE RESIDE STUDY TEACH PLAY SERVE BELONG COLLABORATE COMPETE COOPERATE REPORT DEPEND SPEAK GRADUATE TRAVEL "
    "OPERATE"
)
"""Those verbs of both that take a preposition in the active: `worked at`. Others in the past are passive: `made in`."""

_AMBIGUOUS = _words("FOUND SPONSOR HOST COACH MENTOR LEAD CHAIR FUND STUDY")
"""Verbs that alone may be something else: the past of `find`, a noun of which nobody knows who it is."""

_IRREGULAR: dict[str, tuple[str, str]] = {
    "LEAD": ("LED", "LED"),
    "TEACH": ("TAUGHT", "TAUGHT"),
    "KNOW": ("KNEW", "KNOWN"),
    "MAKE": ("MADE", "MADE"),
    "SPEAK": ("SPOKE", "SPOKEN"),
    "BUY": ("BOUGHT", "BOUGHT"),
    "SELL": ("SOLD", "SOLD"),
    "WRITE": ("WROTE", "WRITTEN"),
    "BUILD": ("BUILT", "BUILT"),
    "LEAVE": ("LEFT", "LEFT"),
    "MEET": ("MET", "MET"),
    "WIN": ("WON", "WON"),
    "LOSE": ("LOST", "LOST"),
    "PREFER": ("PREFERRED", "PREFERRED"),
}
"""Past and participle of the verbs above that don't just take an ED."""

_BE = _words("IS ARE WAS WERE BE BEEN BEING AM")
_HAVE = _words("HAS HAVE HAD")
_NOW = _words("CURRENTLY NOW STILL ALSO ALREADY")
_ARTICLES = _words("A AN THE")
_NOT = _words("NOT NO NEVER NOR FORMER FORMERLY EX ONCE PREVIOUSLY")
_FUNCTION = _words("OF IN AT ON BY TO FROM WITH FOR LIKE AS A AN THE ABOUT INTO UNDER OVER NEAR") | _NOT
_VERBS_WITH_OF = _words("CONSISTS DREAMS HEARS THINKS APPROVES DISPOSES DIES SPEAKS SMELLS TASTES")
_WORDS_IN_A_PASSIVE = 2


@lru_cache(maxsize=_CACHED)
def usual_relation(name: str) -> Usual:
    """Return the usual name of a relation that was read out of a text; `name` as `relation_name` makes it."""
    words = name.split("_")
    if not _NOT.isdisjoint(words) or words[:2] == ["USED", "TO"]:
        return Usual(name)
    bare = _bare(words)
    found = _KNOWN.get("_".join(bare))
    if found is not None:
        return found
    if len(bare) == _WORDS_IN_A_PASSIVE and bare[1] == "BY" and bare[0] in _PASSIVES:
        active = _listed(_usual_form(_PASSIVES[bare[0]]))
        return Usual(active.name, not active.is_turned)
    if _is_active(bare):
        return _listed("_".join((_usual_form(_FORMS[bare[0]]), *bare[1:])))
    return _listed("_".join(_singular(bare)))


def under_its_usual_name(said: Assertion) -> Assertion:
    """Return a claim under the usual name of its relation; under its own if an ontology declares that."""
    if said.is_declared:
        return said
    usual = usual_relation(said.relation)
    named = said if usual.name == said.relation else replace(said, relation=usual.name)
    return named.turned() if usual.is_turned else named


def _bare(words: list[str]) -> list[str]:
    """Return a name without auxiliaries, adverbs of now and articles around it: `MEMBER_OF` of `IS_A_MEMBER_OF`."""
    rest = list(words)
    while len(rest) > 1:
        is_perfect = rest[0] in _HAVE and rest[1] in _BE
        if not (rest[0] in _BE | _NOW | _ARTICLES or is_perfect) or all(word in _FUNCTION for word in rest[1:]):
            break
        if rest[1] in _FUNCTION and rest[1] not in _ARTICLES:
            break
        rest = rest[1:]
    while len(rest) > 1 and rest[-1] in _ARTICLES and rest[0] not in _BE:
        rest.pop()
    return rest


def _is_active(words: list[str]) -> bool:
    """Whether a name begins with a verb whose subject is the one that does it."""
    form, *rest = words
    verb = _FORMS.get(form)
    if verb is None:
        return False
    if not rest:
        return form not in _AMBIGUOUS
    if rest[0] in {"OF", "BY"}:
        return False
    return verb in _WITH_PREPOSITION or form not in {verb, _past(verb)[1]}


def _singular(words: list[str]) -> list[str]:
    """Return `MEMBERS_OF` as `MEMBER_OF`; verbs that take an `of`, and what only looks like a plural, stay."""
    noun, *rest = words
    if rest != ["OF"] or noun in _VERBS_WITH_OF or not noun.endswith("S") or noun.endswith(("SS", "US", "IS")):
        return words
    if noun.endswith("IES"):
        return [f"{noun[:-3]}Y", *rest]
    stem = noun[:-2] if noun.endswith(("CHES", "SHES", "XES", "SSES", "ZES")) else noun[:-1]
    return [stem or noun, *rest]


def _listed(name: str) -> Usual:
    return _KNOWN.get(name, Usual(name))


def _usual_form(verb: str) -> str:
    return _past(verb)[0] if verb in _EVENTS else _third_person(verb)


def _third_person(verb: str) -> str:
    if verb.endswith(("S", "SH", "CH", "X", "Z")):
        return f"{verb}ES"
    return f"{verb[:-1]}IES" if verb.endswith("Y") and verb[-2] not in "AEIOU" else f"{verb}S"


def _past(verb: str) -> tuple[str, str]:
    """Return past and participle."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("E"):
        return f"{verb}D", f"{verb}D"
    regular = f"{verb[:-1]}IED" if verb.endswith("Y") and verb[-2] not in "AEIOU" else f"{verb}ED"
    return regular, regular


def _progressive(verb: str) -> str:
    if verb == "WIN":
        return "WINNING"
    return f"{verb[:-1]}ING" if verb.endswith("E") and not verb.endswith("EE") else f"{verb}ING"


_VERBS = _STATES | _EVENTS
_PASSIVES = {_past(verb)[1]: verb for verb in sorted(_VERBS - _WITH_PREPOSITION | {"TEACH", "PLAY", "SPEAK"})}
"""By participle."""
_FORMS = {
    form: verb for verb in sorted(_VERBS) for form in (verb, _third_person(verb), _progressive(verb), _past(verb)[0])
}

_KNOWN = {
    **{name: Usual(name) for name in (*_SAME, *_TURNED, *SYMMETRIC)},
    **{other: Usual(name) for name, others in _SAME.items() for other in others.split()},
    **{other: Usual(name, is_turned=True) for name, others in _TURNED.items() for other in others.split()},
}
