"""What a handful of plain statements look like in languages without a pipeline: words, no logic. Pure.

Living, working, being born, marrying and founding, with what denies them, ends them or leaves them open, and the
words of dates. Languages with capital letters for names and little inflection of what stands around them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from consumer.extract.words import words


@dataclass(frozen=True, slots=True)
class Statement:
    """A relation as a verb says it: its forms, those of the first person, those of the past, and its prepositions.

    `action` is the English verb and preposition that mean the same (`english_relations.verb_meaning`). Without
    prepositions the object follows directly.
    """

    action: tuple[str, str]
    verbs: frozenset[str]
    prepositions: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    past: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Language:
    """The words of one language. `not_` and `more` together say `no longer`; `open` leaves open whether it is so."""

    statements: tuple[Statement, ...]
    not_: frozenset[str]
    more: frozenset[str]
    open: frozenset[str]
    conditions: frozenset[str]
    me: frozenset[str]
    third: frozenset[str]
    articles: frozenset[str]
    since: frozenset[str]
    until: frozenset[str]
    at: frozenset[str]
    yesterday: frozenset[str]
    last_year: tuple[str, ...]
    months: Mapping[str, int]
    opening: frozenset[str]

    @cached_property
    def around(self) -> frozenset[str]:
        """Words that stand around the verbs."""
        own = self.articles | self.since | self.until | self.me | self.not_ | self.more | self.at | self.opening
        return own.union(self.months, *(one.prepositions for one in self.statements)) - self.verbs

    @cached_property
    def verbs(self) -> frozenset[str]:
        """All forms of all verbs."""
        return frozenset().union(*(one.verbs | one.own | one.past for one in self.statements))


_LIVE, _WORK, _BORN, _MARRY, _FOUND = ("live", "in"), ("work", "at"), ("bear", "in"), ("marry", ""), ("found", "")


def _says(action: tuple[str, str], verbs: str, prepositions: str = "", own: str = "", past: str = "") -> Statement:
    return Statement(action, words(verbs), words(prepositions), words(own), words(past))


def _months(names: str) -> dict[str, int]:
    return {name: number for number, forms in enumerate(names.split(), start=1) for name in forms.split("/")}


LANGUAGES: Mapping[str, Language] = {
    "de": Language(
        (
            _says(_LIVE, "wohnt lebt", "in", "wohne lebe", "wohnte lebte"),
            _says(_LIVE, "zog gezogen umgezogen", "nach"),
            _says(_WORK, "arbeitet", "bei beim für", "arbeite", "arbeitete"),
            _says(_BORN, "geboren", "in"),
            _says(_MARRY, "verheiratet", "mit"),
            _says(_MARRY, "heiratete geheiratet"),
            _says(_FOUND, "gründete gegründet"),
        ),
        words("nicht nie niemals kein keine"),
        words("mehr"),
        words(
            "will wird würde könnte möchte soll sollte vielleicht angeblich wahrscheinlich morgen nächste nächsten dass"
        ),
        words("wenn falls ob"),
        words("ich"),
        words("er sie"),
        words("der die das dem den des einer einem"),
        words("seit ab"),
        words("bis"),
        words("in im"),
        words("gestern"),
        ("letztes jahr", "im letzten jahr", "voriges jahr"),
        _months("januar februar märz april mai juni juli august september oktober november dezember"),
        words(
            "der die das ein eine heute gestern früher seit im in am nächste letztes dann und aber er sie ich wir es"
        ),
    ),
    "fr": Language(
        (
            _says(_LIVE, "habite vit", "à en au aux dans", "habite vis", "habitait vivait"),
            _says(_LIVE, "déménagé installé installée", "à en au"),
            _says(_WORK, "travaille", "chez pour à", "travaille", "travaillait"),
            _says(_BORN, "né née", "à en au"),
            _says(_MARRY, "marié mariée", "avec à"),
            _says(_MARRY, "épousé épousa"),
            _says(_FOUND, "fondé fonda"),
        ),
        words("ne n pas jamais"),
        words("plus"),
        words("peut-être voudrait veut pourrait aimerait demain prochain prochaine devrait que"),
        words("si s"),
        words("je j"),
        words("il elle"),
        words("la le les l"),
        words("depuis"),
        words("jusqu jusque"),
        words("en"),
        words("hier"),
        ("l'année dernière", "l'an dernier", "l’année dernière", "l’an dernier"),
        _months("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
        words("le la les un une hier est-ce que depuis en il elle je nous mais et aujourd'hui demain l"),
    ),
    "es": Language(
        (
            _says(_LIVE, "vive reside", "en", "vivo", "vivía residía"),
            _says(_LIVE, "mudó trasladó", "a"),
            _says(_WORK, "trabaja", "en para", "trabajo", "trabajaba"),
            _says(_BORN, "nació nacido nacida", "en"),
            _says(_MARRY, "casó casado casada", "con"),
            _says(_FOUND, "fundó"),
        ),
        words("no nunca jamás"),
        words("ya"),
        words("quizá quizás quiere querría podría mañana próximo próxima que acaso"),
        words("si"),
        words("yo"),
        words("él ella"),
        words("el la los las"),
        words("desde"),
        words("hasta"),
        words("en"),
        words("ayer"),
        ("el año pasado",),
        _months("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
        words("el la los las un una ayer desde en él ella yo pero y hoy mañana"),
    ),
    "it": Language(
        (
            _says(_LIVE, "vive abita risiede", "a in", "vivo abito", "viveva abitava"),
            _says(_LIVE, "trasferito trasferita", "a in"),
            _says(_WORK, "lavora", "a alla all al per presso da in", "lavoro", "lavorava"),
            _says(_BORN, "nato nata nacque", "a in"),
            _says(_MARRY, "sposato sposata sposò"),
            _says(_FOUND, "fondato fondò"),
        ),
        words("non mai"),
        words("più"),
        words("forse vuole vorrebbe potrebbe domani prossimo prossima che"),
        words("se"),
        words("io"),
        words("lui lei"),
        words("il la lo i gli le l"),
        words("dal da dall"),
        words("fino al"),
        words("nel in"),
        words("ieri"),
        ("l'anno scorso", "l’anno scorso"),
        _months("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
        words("il la lo un una ieri dal nel l l'anno lui lei io ma e oggi domani"),
    ),
    "pt": Language(
        (
            _says(_LIVE, "mora vive reside", "em no na", "moro vivo", "morava vivia"),
            _says(_LIVE, "mudou", "para"),
            _says(_WORK, "trabalha", "em no na para", "trabalho", "trabalhava"),
            _says(_BORN, "nasceu nascido nascida", "em no na"),
            _says(_MARRY, "casou casou-se casado casada", "com"),
            _says(_FOUND, "fundou"),
        ),
        words("não nunca"),
        words("já mais"),
        words("talvez quer queria poderia amanhã próximo próxima que"),
        words("se"),
        words("eu"),
        words("ele ela"),
        words("o a os as"),
        words("desde"),
        words("até"),
        words("em"),
        words("ontem"),
        ("no ano passado", "o ano passado"),
        _months("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
        words("o a os as um uma ontem desde em ele ela eu mas e hoje amanhã no na"),
    ),
    "nl": Language(
        (
            _says(_LIVE, "woont", "in", "woon", "woonde"),
            _says(_LIVE, "verhuisd verhuisde", "naar"),
            _says(_WORK, "werkt", "bij voor", "werk", "werkte"),
            _says(_BORN, "geboren", "in"),
            _says(_MARRY, "getrouwd trouwde", "met"),
            _says(_FOUND, "stichtte"),
        ),
        words("niet nooit geen"),
        words("meer"),
        words("misschien wil zou zal morgen volgende dat"),
        words("als indien of"),
        words("ik"),
        words("hij zij ze"),
        words("de het"),
        words("sinds vanaf"),
        words("tot"),
        words("in"),
        words("gisteren"),
        ("vorig jaar",),
        _months("januari februari maart april mei juni juli augustus september oktober november december"),
        words("de het een gisteren sinds in hij zij ze ik maar en vandaag vorig"),
    ),
    "sv": Language(
        (
            _says(_LIVE, "bor", "i", "bor", "bodde"),
            _says(_LIVE, "flyttade flyttat", "till"),
            _says(_WORK, "arbetar jobbar", "på hos för", "arbetar jobbar", "arbetade jobbade"),
            _says(_BORN, "född föddes", "i"),
            _says(_MARRY, "gift", "med"),
            _says(_FOUND, "grundade"),
        ),
        words("inte aldrig"),
        words("längre"),
        words("kanske vill ska skulle imorgon nästa att"),
        words("om ifall"),
        words("jag"),
        words("han hon"),
        words("den det"),
        words("sedan"),
        words("till tills"),
        words("i år"),
        words("igår"),
        ("förra året", "i fjol"),
        _months("januari februari mars april maj juni juli augusti september oktober november december"),
        words("den det en ett igår sedan han hon jag men och idag förra"),
    ),
    "pl": Language(
        (
            _says(_LIVE, "mieszka", "w we", "mieszkam", "mieszkał mieszkała"),
            _says(_LIVE, "przeprowadził przeprowadziła", "do"),
            _says(_WORK, "pracuje", "w we dla", "pracuję", "pracował pracowała"),
            _says(_BORN, "urodził urodziła", "w we"),
            _says(_FOUND, "założył założyła"),
        ),
        words("nie nigdy"),
        words("już"),
        words("może chce chciałby chciałaby jutro przyszłym że"),
        words("jeśli gdyby czy"),
        words("ja"),
        words("on ona"),
        frozenset(),
        words("od"),
        words("do"),
        words("w"),
        words("wczoraj"),
        ("w zeszłym roku",),
        _months(
            "stycznia/styczeń lutego/luty marca/marzec kwietnia/kwiecień maja/maj czerwca/czerwiec lipca/lipiec "
            "sierpnia/sierpień września/wrzesień października/październik listopada/listopad grudnia/grudzień"
        ),
        words("wczoraj od w on ona ja ale i dziś czy"),
    ),
    "ru": Language(
        (
            _says(_LIVE, "живёт живет проживает", "в во", "живу", "жил жила"),
            _says(_LIVE, "переехал переехала", "в во"),
            _says(_WORK, "работает", "в во на", "работаю", "работал работала"),
            _says(_BORN, "родился родилась", "в во"),
            _says(_MARRY, "замуж замужем", "за"),
            _says(_MARRY, "женился женат", "на"),
            _says(_FOUND, "основал основала"),
        ),
        words("не никогда"),
        words("больше уже"),
        words("может возможно хочет хотел хотела завтра следующем следующей бы что"),
        words("если ли"),
        words("я"),
        words("он она"),
        frozenset(),
        words("с со"),
        words("до"),
        words("в"),
        words("вчера"),
        ("в прошлом году",),
        _months(
            "января/январь февраля/февраль марта/март апреля/апрель мая/май июня/июнь июля/июль августа/август "
            "сентября/сентябрь октября/октябрь ноября/ноябрь декабря/декабрь"
        ),
        words("вчера с в он она я но и сегодня завтра"),
    ),
}

OPENING = frozenset().union(*(one.opening | one.verbs for one in LANGUAGES.values()))
"""Words that open a sentence with a capital and are no part of a name."""

MONTHS = frozenset().union(*(one.months for one in LANGUAGES.values()))
"""Names of months in all its languages."""
