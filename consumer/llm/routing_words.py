"""Words by which a text shows what it asks of its reader, in some twenty languages. Data.

Only what means the same wherever its letters occur: French `hier` is German for here, Spanish `si` is Italian for yes;
such words are left out. Scripts without spaces are looked for inside words. A word too few makes a text look simpler
than it is, one too many costs a larger model: neither makes a wrong graph by itself.
"""

from __future__ import annotations

import re

_Words = re.Pattern[str]
_LETTER = r"\w\u0900-\u0963"
"""`\\b` takes the vowel signs of Devanagari for the end of a word."""


def _any_of(spaced: str, unspaced: str) -> _Words:
    """Return a pattern of whole words or phrases (`/` between), and of strings that count inside words too."""
    whole = "|".join(re.escape(phrase.strip()).replace(r"\ ", r"\s+") for phrase in spaced.split("/"))
    inside = "|".join(re.escape(string) for string in unspaced.split())
    return re.compile(rf"(?<![{_LETTER}])(?:{whole})(?![{_LETTER}])|{inside}", re.IGNORECASE)


REASONING: _Words = _any_of(
    "because/therefore/hence/thus/however/although/though/whereas/unless/otherwise/nevertheless/nonetheless/despite"
    "/in spite of/consequently/as a result/due to/provided that/in case/except/instead of/rather than/compared to"
    "/assuming/suppose/depends on/either/neither/whether/on the other hand/explain/analyze/analyse/compare"
    "/weil/deshalb/daher/obwohl/trotzdem/jedoch/hingegen/außer/sondern/infolge/aufgrund/anstatt/je nachdem"
    "/parce que/puisque/donc/cependant/toutefois/pourtant/bien que/quoique/sauf si/tandis que/malgré/en raison de"
    "/porque/por lo tanto/sin embargo/aunque/a pesar de/a menos que/mientras que/debido a/no obstante"
    "/portanto/entretanto/embora/apesar de/a menos que/enquanto que/devido a/no entanto"
    "/perché/poiché/quindi/tuttavia/sebbene/nonostante/a meno che/mentre/a causa di"
    "/omdat/daarom/hoewel/echter/tenzij/terwijl/ondanks/eftersom/därför/såvida/fordi/derfor/dersom"
    "/ponieważ/dlatego/jednak/chociaż/pomimo/chyba że/protože/proto/ačkoli/přesto"
    "/çünkü/bu nedenle/ancak/rağmen/karena/oleh karena itu/namun/meskipun/kecuali"
    "/потому что/поэтому/однако/хотя/несмотря на/если только/тогда как/вследствие/тому що/проте"
    "/επειδή/ωστόσο/παρόλο/εκτός αν/כי/לכן/למרות/אולם/אלא אם"
    "/لأن/لذلك/لكن/رغم/إلا إذا/بسبب/क्योंकि/इसलिए/हालांकि/लेकिन/यद्यपि",
    "因为 因為 所以 因此 但是 然而 虽然 雖然 尽管 儘管 除非 否则 否則 由于 由於 "
    "なぜなら しかし けれど ため、 にもかかわらず したがって ただし "
    "때문에 그러나 하지만 따라서 그럼에도 만약 เพราะ ดังนั้น แม้ว่า",
)
"""Cause, contrast, condition, comparison."""

NEGATION: _Words = _any_of(
    "not/no/never/none/nobody/nothing/neither/nor/cannot/without/no longer/isn't/aren't/wasn't/weren't/don't/doesn't"
    "/didn't/won't/wouldn't/can't/couldn't/hasn't/haven't/hadn't/isn’t/aren’t/wasn’t/don’t/doesn’t/didn’t/won’t/can’t"
    "/hasn’t/haven’t/nicht/kein/keine/keinen/keiner/nie/niemals/ohne/pas/jamais/aucun/aucune/sans/nunca/jamás"
    "/ninguno/ninguna/não/sem/nenhum/non/nessuno/senza/niet/geen/nooit/inte/ingen/aldrig/ikke/aldri/nie ma/bez"
    "/değil/yok/tidak/bukan/не/нет/никогда/без/ні/немає/δεν/όχι/לא/אין/لا/ليس/لم/لن/नहीं/मत",
    "没有 沒有 不是 不再 不会 不會 从不 從不 无法 無法 ない ません なかった 않 없 ไม่",
)
"""What a model has to turn round, or leave out."""

RELATIVE_DATE: _Words = _any_of(
    "yesterday/tomorrow/today/tonight/ago/last night/last week/last month/last year/next week/next month/next year"
    "/last monday/last tuesday/last wednesday/last thursday/last friday/last saturday/last sunday/next monday"
    "/next tuesday/next wednesday/next thursday/next friday/next saturday/next sunday/this week/this month/this year"
    "/the day before/the day after/earlier this/later this"
    "/gestern/vorgestern/übermorgen/heute/letzte woche/letzten monat/letztes jahr/nächste woche/nächsten monat"
    "/nächstes jahr/avant-hier/aujourd'hui/demain/la semaine dernière/le mois dernier/l'année dernière"
    "/la semaine prochaine/il y a/ayer/anteayer/la semana pasada/el mes pasado/el año pasado/la próxima semana/hace"
    "/ontem/amanhã/semana passada/mês passado/ano passado/próxima semana/ieri/domani/la settimana scorsa/il mese scorso"
    "/l'anno scorso/la settimana prossima/gisteren/vandaag/vorige week/volgende week/igår/imorgon/förra veckan"
    "/wczoraj/jutro/zeszłym tygodniu/včera/zítra/dün/yarın/geçen hafta/kemarin/besok/minggu lalu"
    "/вчера/завтра/сегодня/назад/на прошлой неделе/в прошлом году/на следующей неделе"
    "/вчора/χθες/αύριο/אתמול/מחר/שבוע שעבר"
    "/أمس/غدا/غدًا/الأسبوع الماضي/العام الماضي/कल/परसों/पिछले/अगले",
    "昨天 今天 明天 前天 后天 後天 上周 上週 下周 下週 上个月 下个月 去年 明年 "
    "昨日 今日 明日 先週 来週 先月 来月 年前 어제 오늘 내일 지난 다음 "
    "เมื่อวาน พรุ่งนี้",
)
"""Dates that only the reference time makes absolute."""

DATE: _Words = re.compile(
    r"\b\d{4}-\d{1,2}-\d{1,2}|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b(?:1[5-9]|20|21)\d\d\b|\d{1,4}\s?[年月]|\d{4}년"
)
"""Written dates: ISO, numeric, a bare year, Chinese, Japanese, Korean."""
