"""Words that say how a name is written, not whom it names: tables, kept small, each entry a habit seen in texts."""

from __future__ import annotations

import re


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LEGAL_FORMS: dict[str, str] = {
    **dict.fromkeys(("inc", "incorporated"), "inc"),
    **dict.fromkeys(("corp", "corporation"), "corp"),
    **dict.fromkeys(("ltd", "limited"), "ltd"),
    **dict.fromkeys(("co", "company"), "co"),
    **dict.fromkeys(("gmbh", "mbh"), "gmbh"),
    **dict.fromkeys(("spa", "sarl", "srl", "llc", "llp", "plc", "pty", "pte", "ag", "kgaa", "oyj", "aps"), ""),
    **dict.fromkeys(("ohg", "bv", "sas", "ab", "as", "sa", "se", "lp", "nv", "ev", "kk", "ug", "kg", "oy"), ""),
    **dict.fromkeys(("株式会社", "有限会社", "有限公司", "股份有限公司", "ооо", "оао", "пао", "зао", "주식회사"), ""),
}
"""Word of a legal form → the form; empty: itself."""

WEAK_FORMS = frozenset(
    {"co", "company", "ab", "as", "sa", "se", "sas", "lp", "nv", "ev", "kk", "ug", "kg", "oy", "aps"}
)
"""Legal forms that are also other words (iPhone SE, 5 kg): folded only for what is known to be an organisation."""

COURTESY = frozenset(
    _words("mr dr prof professor sir dame rev reverend hon herr dott ing dipl mag don sheikh mister doctor monsieur")
)
"""Titles that a person keeps or not from one text to the next."""

OFFICES = {
    "sen": "senator",
    "rep": "representative",
    "gov": "governor",
    "pres": "president",
    "gen": "general",
    "col": "colonel",
    "capt": "captain",
    "lt": "lieutenant",
    "sgt": "sergeant",
    **{
        word: word
        for word in _words(
            "senator president governor general colonel captain lieutenant sergeant chancellor secretary minister "
            "ambassador congressman congresswoman judge justice mayor admiral representative bishop archbishop cardinal"
        )
    },
}
"""Titles of an office: two different ones are no agreement."""

DEGREES = frozenset(_words("phd md mba esq cpa msc bsc ma jd dds dphil frs obe cbe kbe"))
GENERATIONS = {"jr": "jr", "junior": "jr", "jnr": "jr", "sr": "sr", "senior": "sr", "snr": "sr"}

ABBREVIATIONS = {
    "mt": "mount",
    "ft": "fort",
    "intl": "international",
    "univ": "university",
    "dept": "department",
    "natl": "national",
    "assn": "association",
    "assoc": "association",
    "bros": "brothers",
    "govt": "government",
    "ave": "avenue",
    "blvd": "boulevard",
    "rd": "road",
    "hwy": "highway",
    "inst": "institute",
    "mfg": "manufacturing",
    "mgmt": "management",
    "tech": "technology",
    "centre": "center",
    "theatre": "theater",
    "labour": "labor",
    "defence": "defense",
    "organisation": "organization",
    "harbour": "harbor",
    "programme": "program",
}
"""Word → the word it stands for. `st` is decided by its place: saint before a word, street at the end."""

NUMBER_WORDS = {
    word: number
    for number, word in enumerate(_words("one two three four five six seven eight nine ten eleven twelve"), start=1)
}
ORDINAL_WORDS = {
    word: number
    for number, word in enumerate(
        _words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"), start=1
    )
}
ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)\Z")
ROMAN = re.compile(r"(?=[xvi])(x{0,3})(ix|iv|v?i{0,3})\Z")
_ROMAN_UNITS = {"": 0, "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}


def roman_value(word: str) -> int | None:
    """Return the value of a Roman numeral up to 39, None for another word."""
    found = ROMAN.match(word)
    return len(found[1]) * 10 + _ROMAN_UNITS[found[2]] if found and word else None


_NICKNAMES = """
alexander alex sandy xander sasha|alexandra alex sandra sasha|andrew andy drew|anthony tony|barbara barb barbie|
benjamin ben benny|catherine cathy cate kate katie|katherine kathy kate katie kat|katharine kathy kate katie|
charles charlie chuck chas|christopher chris topher kit|christine chris chrissy tina|daniel dan danny|david dave davey|
deborah deb debbie|donald don donnie|dorothy dot dottie|edward ed eddie ted ned|elizabeth liz lizzie beth betty eliza|
eugene gene|francis frank|franklin frank|frederick fred freddie|gerald gerry jerry|gregory greg|harold harry hal|
henry harry hank|jacob jake|james jim jimmy jamie|jeffrey jeff|jennifer jen jenny|jessica jess|john jack johnny|
jonathan jon|joseph joe joey|joshua josh|judith judy|kenneth ken kenny|lawrence larry|leonard len lenny|
margaret maggie meg peggy margie|matthew matt|michael mike mick mickey|nathaniel nate nat|nicholas nick|
patricia pat patty trish|patrick pat|peter pete|philip phil|rebecca becky|richard rick dick rich richie|
robert bob rob bobby robbie bert|ronald ron ronnie|samuel sam sammy|stephen steve|steven steve|susan sue susie|
theodore ted teddy theo|thomas tom tommy|timothy tim|victoria vicky|vincent vince|walter walt|
william bill will billy liam willy|zachary zach
"""


def _nicknames() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in _NICKNAMES.split("|"):
        full, *short = group.split()
        for name in (full, *short):
            found.setdefault(name, set()).add(full)
    return {name: frozenset(fulls) for name, fulls in found.items()}


FULL_NAMES = _nicknames()
"""Given name → the full names that it can stand for, itself included if it is one."""
