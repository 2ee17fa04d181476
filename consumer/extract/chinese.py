"""Chinese by rules: titles, attributes of what is spoken of, speakers. Pure; no model.

No Chinese pipeline with weights and a clear licence is in the package index, so this reads only what a rule can read
honestly: `《…》` is a work; `导演是…`, `由…主演`, `X是Y的导演` relate; `上映时间`, `片长` are attributes. The
subject of a bare `导演是…` is the title that was spoken of last, in this passage or before it.
"""

from __future__ import annotations

import re

from consumer.extract.names import clean_name
from consumer.extract.passage import Passage
from consumer.model.knowledge import Assertion, Knowledge, Mention, complete

_SENTENCE = re.compile(r"[^。！？；\n!?]+[。！？；!?]?")
_TITLE = re.compile(r"《([^《》\n]{1,60})》")
_FOREIGN_NAME = re.compile(r"[一-鿿]{1,8}(?:[·・•][一-鿿A-Z]{1,8}){1,3}")
_QUESTION = re.compile(r"[?？吗呢]|谁|什么|哪|几|多少|怎么|是不是|有没有")
_DENIAL = re.compile(r"不是|没有|并非|不算")
_STOP = r"，。！？；,;!?、\s的了吧啊呢吗呀哦嘛"

_PEOPLE = {
    "导演": "Person",
    "编剧": "Person",
    "主演": "Person",
    "演员": "Person",
    "作者": "Person",
    "制片人": "Person",
    "歌手": "Person",
    "原唱": "Person",
    "演唱者": "Person",
    "作曲": "Person",
    "作词": "Person",
    "编曲": "Person",
    "配音": "Person",
    "主持人": "Person",
    "出版社": "Organization",
    "经纪公司": "Organization",
    "唱片公司": "Organization",
    "毕业院校": "Organization",
    "出品公司": "Organization",
    "代表作品": "Work",
    "代表作": "Work",
    "国籍": "Place",
    "出生地": "Place",
    "制片地区": "Place",
    "所在城市": "Place",
    "类型": "Concept",
    "职业": "Concept",
}
_OF_WORK = "上映时间|片长|票房|出版时间|发行时间|门票|票价|开放时间|电话|评分|字数"
_OF_PERSON = "出生日期|生日|身高|体重|年龄"
_PERSON_KEYS = frozenset({"代表作品", "代表作", "国籍", "出生地", "职业", "毕业院校", "经纪公司", "唱片公司"})
_BY_VERB = {
    "执导": "导演",
    "导演": "导演",
    "主演": "主演",
    "编剧": "编剧",
    "演唱": "演唱者",
    "作曲": "作曲",
    "作词": "作词",
}
_NAME = rf"(?P<name>[^{_STOP}《》是由]{{2,24}}(?:[、和与][^{_STOP}《》是由]{{2,24}})*|《[^《》]+》)"
_KEYS = "|".join(sorted(_PEOPLE, key=len, reverse=True))
_OF = rf"(?P<of>《[^《》]+》|它|他|她|这部\w{{1,3}}|这首歌|这本书|[^{_STOP}《》]{{2,12}})的"
_IS = rf"(?:{_OF})?(?P<key>(?:{_KEYS})(?:[，、和](?:{_KEYS}))*)(?:都|就|也)?(?:是|为|：|:|有|叫){_NAME}"
_IS_OF = rf"(?P<name>[^{_STOP}《》是]{{2,24}})是(?P<of>《[^《》]+》|它|这部\w{{1,3}})的(?P<key>{_KEYS})"
_BY = rf"(?:是)?由{_NAME}(?P<verb>{'|'.join(_BY_VERB)})"
_ATTRIBUTE = re.compile(
    rf"(?P<key>{_OF_WORK}|{_OF_PERSON})(?:是|为|：|:|有|大概|约)?(?P<value>\d[^，。！？；,;!?\s了吧啊呢的]{{0,30}})"
)
_RELEASED = re.compile(r"(?P<value>\d{4}年(?:\d{1,2}月)?(?:\d{1,2}[日号])?)(?:在\w{1,6})?(?P<key>上映|出版|发行|出生)")
_LENGTH = re.compile(r"(?P<value>\d{1,3}分钟)")
_EVENT_KEYS = {"上映": "上映时间", "出版": "出版时间", "发行": "发行时间", "出生": "出生日期"}
_TAIL = re.compile(r"(?:联袂|联合|共同|等人?|担任|两人|二人)+$")
_ONE_KEY = re.compile(_KEYS)
_PATTERNS = tuple(re.compile(pattern) for pattern in (_IS, _IS_OF, _BY))
_LIST = re.compile(r"[、]|(?<=[一-鿿])[和与](?=[一-鿿])")
_NO_NAME = re.compile(
    r"^(?:同一|自己|大家|别人|这|那|我|你|他|她|它|一|很|非常|都|也|还|不|挺|真|个|位|部|首|本|可以|应该|就|好像|比较)|\d"
)


def read_chinese(passage: Passage) -> Knowledge:
    """Return what the rules find in `passage`; questions and denials assert nothing."""
    mentions: dict[str, Mention] = {}
    assertions: list[Assertion] = []
    topic, person = passage.topic, None
    for match in _SENTENCE.finditer(passage.text):
        sentence = match.group()
        titles = [clean_name(title) for title in _TITLE.findall(sentence)]
        for title in titles:
            mentions.setdefault(title, Mention(title, "Work"))
        for name in _FOREIGN_NAME.findall(_TITLE.sub("", sentence)):
            mentions.setdefault(name, Mention(name, "Person"))
            person = name
        if titles:
            topic = titles[0]
        if _QUESTION.search(sentence) or _DENIAL.search(sentence):
            continue
        said = sentence.strip() if passage.speaker is None else f"{passage.speaker}: {sentence.strip()}"
        for subject, key, name in _relations(sentence, topic, person):
            kind = _PEOPLE[key]
            mentions.setdefault(subject, Mention(subject, "Person" if key in _PERSON_KEYS else "Work"))
            mentions.setdefault(name, Mention(name, kind))
            assertions.append(Assertion(subject, key, name, said))
        _note_attributes(mentions, topic, person, sentence)
    return complete(tuple(mentions.values()), tuple(dict.fromkeys(assertions)))


def _relations(sentence: str, topic: str | None, person: str | None) -> list[tuple[str, str, str]]:
    """Return (subject, relation, object) of one sentence."""
    found: list[tuple[str, str, str]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(sentence):
            parts = match.groupdict()
            names = [clean_name(_TAIL.sub("", name)) for name in _LIST.split(parts["name"] or "")]
            for key in _ONE_KEY.findall(parts.get("key") or _BY_VERB[parts["verb"] or ""]):
                subject = _subject(parts.get("of"), person if key in _PERSON_KEYS else topic)
                if subject is not None:
                    found += [(subject, key, name) for name in names if _is_name(name) and name != subject]
    return found


def _subject(of: str | None, topic: str | None) -> str | None:
    """Return whom a relation belongs to: the named title, or what (for some relations, who) was spoken of last."""
    if of is None or not of.startswith("《"):
        is_pronoun = of is None or of in {"它", "他", "她"} or of.startswith("这")
        return topic if is_pronoun else None
    return clean_name(of)


def _is_name(name: str) -> bool:
    return 2 <= len(name) <= 24 and ("·" in name or not _NO_NAME.search(name))  # noqa: PLR2004 - one character is no name


def _note_attributes(mentions: dict[str, Mention], topic: str | None, person: str | None, sentence: str) -> None:
    """Put dates, lengths and the like on the title or the person spoken of; without one they are left."""
    found = {match["key"]: match["value"] for match in _ATTRIBUTE.finditer(sentence)}
    found |= {_EVENT_KEYS[match["key"]]: match["value"] for match in _RELEASED.finditer(sentence)}
    length = _LENGTH.search(sentence)
    if length is not None:
        found["片长"] = length["value"]
    persons_own = set(_OF_PERSON.split("|"))
    for owner, kind, keys in (
        (topic, "Work", found.keys() - persons_own),
        (person, "Person", found.keys() & persons_own),
    ):
        if owner is not None and keys:
            known = mentions.get(owner, Mention(owner, kind))
            own = {key: found[key] for key in sorted(keys)}
            mentions[owner] = Mention(known.name, known.type, known.summary, {**known.attributes, **own})
