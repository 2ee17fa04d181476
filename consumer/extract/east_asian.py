"""Plain statements in Chinese, Japanese and Korean, where no capital letter shows a name. Pure.

Who lives, works or was born where, and who married whom: a person with a common family name (in Japanese: what stands
before は and is no word for people) and a verb that says it. Narrow on purpose: a wrong name is worse than none.

A1 Questions, conditions, plans, wishes and hearsay assert nothing, but their names are entities.
A2 `no longer` is over, and so is a Japanese past state without a date; plain denials assert nothing.
A3 A date belongs to its sentence if there is one statement in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consumer.extract.english_clauses import interval
from consumer.extract.english_dates import DateMention
from consumer.extract.english_relations import verb_meaning
from consumer.extract.passage import Passage
from consumer.model.knowledge import Assertion, Knowledge, Mention, Polarity, complete

_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")
_HAN = "[一-鿿々]"
_DATE = re.compile(
    r"(?P<since>从|自)?(?P<year>[12]\d{3})\s?[年년](?:\s?(?P<month>\d{1,2})\s?[月월](?:\s?(?P<day>\d{1,2})\s?[日号일])?)?"
    r"(?P<after>起|以来|开始|から|より|부터)?"
)
_SURNAMES_ZH = (
    "欧阳|司马|上官|诸葛|[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白"
    "崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文]"
)
_SURNAMES_KO = "[김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민진]"
_PEOPLE_JA = re.compile(r"(?:人|者|達|員|族|家族|学生|子供|彼女|全員|会社|社員|住民|国民|動物)$")
_PERSON_ZH = rf"(?:{_SURNAMES_ZH}){_HAN}{{1,2}}?"
_PERSON_JA = rf"(?:{_HAN}{{3,5}}|[ァ-ヺー]{{2,}}・[ァ-ヺー]{{2,}})"
_THING_ZH = r"(?P<object>[一-鿿A-Za-z0-9]{2,12}?)"
_THING_JA = r"(?P<object>[一-鿿々ァ-ヺーA-Za-z0-9]{2,12})"
_THING_KO = r"(?P<object>[가-힣A-Za-z0-9]{2,12}?)"
_END_ZH = r"(?=[了吗呢吧，。！？；,;!?\s]|$)"

_LIVE, _WORK, _BORN, _MARRY = ("live", "in"), ("work", "at"), ("bear", "in"), ("marry", "")


@dataclass(frozen=True, slots=True)
class _Language:
    """How one language says it. `subject` has a group of that name; `own` are the words for I."""

    subject: re.Pattern[str]
    own: frozenset[str]
    statements: tuple[tuple[tuple[str, str], re.Pattern[str]], ...]
    no_longer: re.Pattern[str]
    denial: re.Pattern[str]
    past: re.Pattern[str] | None
    unasserted: re.Pattern[str]
    days: tuple[tuple[re.Pattern[str], int], ...]
    last_year: re.Pattern[str]


_CHINESE = _Language(
    subject=re.compile(rf"(?P<subject>{_PERSON_ZH}|我)(?=[于在从自住已不也现就出搬和跟与嫁娶生昨今前去，,\d])"),
    own=frozenset({"我"}),
    statements=(
        (_LIVE, re.compile(rf"(?:居住|定居|住)在{_THING_ZH}{_END_ZH}")),
        (_LIVE, re.compile(rf"搬(?:到|去)了?{_THING_ZH}{_END_ZH}")),
        (_WORK, re.compile(rf"在{_THING_ZH}(?:工作|上班|任职|就职)")),
        (_BORN, re.compile(rf"(?:出生(?:在|于)|生于){_THING_ZH}{_END_ZH}")),
        (
            _MARRY,
            re.compile(rf"(?:和|跟|与)(?P<object>{_PERSON_ZH})结婚|(?:嫁给|娶)了?(?P<other>{_PERSON_ZH}){_END_ZH}"),
        ),
    ),
    no_longer=re.compile(r"已经不|不再|不(?:在|住)[^，。]*了"),
    denial=re.compile(r"不|没|并非"),
    past=None,
    unasserted=re.compile(
        r"[?？吗呢]|谁|什么|哪|如果|要是|假如|打算|计划|准备|希望|想|可能|也许|或许|听说|据说|将|要去|会[在住搬]|明天|明年|下周|下个月"
    ),
    days=((re.compile("昨天|昨日"), 1), (re.compile("前天"), 2), (re.compile("今天"), 0)),
    last_year=re.compile("去年"),
)
_JAPANESE = _Language(
    subject=re.compile(rf"(?:^|[、，\s])(?P<subject>{_PERSON_JA}|私|僕|俺)は"),
    own=frozenset({"私", "僕", "俺"}),
    statements=(
        (_LIVE, re.compile(rf"{_THING_JA}に(?:住んで(?:い|お)|暮らして(?:い|お))")),
        (_LIVE, re.compile(rf"{_THING_JA}に引っ越(?:した|しました)")),
        (_WORK, re.compile(rf"{_THING_JA}(?:で働いて(?:い|お)|に勤めて(?:い|お)|で勤務して(?:い|お))")),
        (_BORN, re.compile(rf"{_THING_JA}で生まれ(?:た|ました)")),
        (_MARRY, re.compile(rf"(?P<object>{_PERSON_JA})と結婚(?:した|しました|して)")),
    ),
    no_longer=re.compile(r"もう.*(?:いない|いません|おりません)"),
    denial=re.compile(r"(?:い|おり)?(?:ない|ません|なかった)"),
    past=re.compile(r"(?:住んで|働いて|暮らして|勤めて)い(?:た|ました)"),
    unasserted=re.compile(
        r"[?？]|か[。]?$|たい|つもり|予定|かもしれ|らしい|そうだ|そうです|なら|れば|たら|来週|来月|来年|明日|だろう|でしょう"
    ),
    days=((re.compile("昨日|きのう"), 1), (re.compile("一昨日|おととい"), 2), (re.compile("今日|きょう"), 0)),
    last_year=re.compile("昨年|去年"),
)
_KOREAN = _Language(
    subject=re.compile(
        rf"(?:^|\s)(?:(?P<subject>{_SURNAMES_KO}[가-힣]{{2}})(?:은|는|이|가)|(?P<me>저는|나는|제가|내가))\s"
    ),
    own=frozenset(),
    statements=(
        (_LIVE, re.compile(rf"{_THING_KO}에서?\s(?:산다|살고\s있|삽니다|살아요|살지\s않)")),
        (_LIVE, re.compile(rf"{_THING_KO}(?:으로|로)\s이사(?:했|하였)")),
        (
            _WORK,
            re.compile(
                rf"{_THING_KO}에서?\s(?:일한다|일하고\s있|일합니다|일해요|일하지\s않|근무한다|근무하고\s있|근무합니다)"
            ),
        ),
        (_BORN, re.compile(rf"{_THING_KO}에서\s태어났")),
    ),
    no_longer=re.compile(r"더\s?이상.*않|이제.*않"),
    denial=re.compile(r"않|못|아니"),
    past=None,
    unasserted=re.compile(r"[?？]|싶|만약|라면|것\s같|예정|계획|다음\s주|내일|내년|대요|까요"),
    days=((re.compile("어제"), 1), (re.compile("오늘"), 0)),
    last_year=re.compile("작년"),
)
_KANA, _HANGUL = re.compile(r"[぀-ヿ]"), re.compile(r"[가-힯]")


def read_east_asian(passage: Passage) -> Knowledge:
    """Return what the plain statements in `passage` say."""
    mentions: dict[str, Mention] = {}
    assertions: dict[Assertion, None] = {}
    for match in _SENTENCE.finditer(passage.text):
        language = _language_of(match.group())
        for mention, other, assertion in _statements(match.group().strip(), language, passage):
            mentions.setdefault(mention.name, mention)
            mentions.setdefault(other.name, other)
            if assertion is not None:
                assertions.setdefault(assertion)
    return complete(tuple(mentions.values()), tuple(assertions))


def _language_of(sentence: str) -> _Language:
    if _HANGUL.search(sentence):
        return _KOREAN
    return _JAPANESE if _KANA.search(sentence) else _CHINESE


def _statements(
    sentence: str, language: _Language, passage: Passage
) -> Iterator[tuple[Mention, Mention, Assertion | None]]:
    """Yield subject, object and, when it is asserted or over, the fact of each statement of one sentence."""
    who = language.subject.search(sentence)
    subject = None if who is None else _subject(who, language, passage.speaker)
    if who is None or subject is None:
        return
    found = [
        (action, thing)
        for action, pattern in language.statements
        for match in pattern.finditer(sentence, who.end())
        if (thing := next(filter(None, match.groups()), None)) is not None and thing != subject
    ]
    polarity = _polarity(sentence, language)
    dates = list(_dates(sentence, language, passage.reference_time)) if len(found) == 1 else []
    if polarity is Polarity.ASSERTS and language.past is not None and language.past.search(sentence) and not dates:
        polarity = Polarity.ENDS
    for action, thing in found:
        meaning = verb_meaning(*action, "")
        ends = Mention(subject, meaning.subject_type), Mention(thing, meaning.object_type)
        if polarity is None:
            yield *ends, None
            continue
        valid_at, invalid_at = interval(dates, polarity)
        said = sentence if passage.speaker is None else f"{passage.speaker}: {sentence}"
        yield (
            *ends,
            Assertion(subject, meaning.relation, thing, said, valid_at, invalid_at, meaning.exclusive, polarity),
        )


def _subject(who: re.Match[str], language: _Language, speaker: str | None) -> str | None:
    name = who["subject"]
    if name is None or name in language.own:
        return speaker
    return None if language is _JAPANESE and _PEOPLE_JA.search(name) else name


def _polarity(sentence: str, language: _Language) -> Polarity | None:
    if language.unasserted.search(sentence):
        return None
    if language.no_longer.search(sentence):
        return Polarity.ENDS
    return None if language.denial.search(sentence) else Polarity.ASSERTS


def _dates(sentence: str, language: _Language, reference_time: datetime) -> Iterator[DateMention]:
    """Yield the dates of a sentence on the writer's clock."""
    day = reference_time.replace(hour=0, minute=0, second=0, microsecond=0)
    for pattern, days in language.days:
        if pattern.search(sentence):
            yield DateMention((day - timedelta(days=days)).astimezone(UTC), 0, 0, "at")
            break
    if language.last_year.search(sentence) and day.year > 1:
        yield DateMention(day.replace(year=day.year - 1, month=1, day=1).astimezone(UTC), 0, 0, "at")
    for match in _DATE.finditer(sentence):
        role = "since" if match["since"] or match["after"] else "at"
        try:
            instant = day.replace(
                year=int(match["year"]), month=int(match["month"] or 1), day=int(match["day"] or 1)
            ).astimezone(UTC)
        except ValueError:
            continue
        yield DateMention(instant, match.start(), match.end(), role)
