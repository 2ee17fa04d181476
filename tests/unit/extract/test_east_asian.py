"""Plain statements in Chinese, Japanese and Korean: what is asserted, and above all what is not."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.extract.east_asian import read_east_asian
from consumer.extract.passage import Passage

REFERENCE = datetime.fromisoformat("2024-05-20T01:00:00+08:00")


def facts(text, speaker=None):
    """Facts as one line each, days on the writer's clock."""
    day = lambda instant: instant.astimezone(REFERENCE.tzinfo).date().isoformat() if instant else ""  # noqa: E731 - short
    return {
        f"{a.subject} {a.relation} {a.object} {day(a.valid_at)} {day(a.invalid_at)} {a.polarity.value}"
        for a in read_east_asian(Passage(text, REFERENCE, speaker)).assertions
    }


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("周晓东住在重庆。", "周晓东 LIVES_IN 重庆   asserts"),
        ("周晓东从2016年起住在重庆。", "周晓东 LIVES_IN 重庆 2016-01-01  asserts"),
        ("欧阳雪在长江医院工作。", "欧阳雪 WORKS_AT 长江医院   asserts"),
        ("何平1972年5月3日出生于昆明。", "何平 BORN_IN 昆明 1972-05-03  asserts"),
        ("去年谢安嫁给了高明。", "谢安 MARRIED_TO 高明 2023-01-01  asserts"),
        ("谢安已经不住在厦门了。", "谢安 LIVES_IN 厦门   ends"),
        ("渡辺美咲は2011年から札幌に住んでいます。", "渡辺美咲 LIVES_IN 札幌 2011-01-01  asserts"),
        ("ジョン・スミスは東和大学で働いている。", "ジョン・スミス WORKS_AT 東和大学   asserts"),
        ("渡辺美咲は昨日、小林大輔と結婚した。", "渡辺美咲 MARRIED_TO 小林大輔 2024-05-19  asserts"),
        ("渡辺美咲はもう札幌に住んでいません。", "渡辺美咲 LIVES_IN 札幌   ends"),
        ("渡辺美咲は札幌に住んでいた。", "渡辺美咲 LIVES_IN 札幌   ends"),
        ("정하늘은 1995년 광주에서 태어났다.", "정하늘 BORN_IN 광주 1995-01-01  asserts"),
        ("정하늘은 어제 대전으로 이사했다.", "정하늘 LIVES_IN 대전 2024-05-19  asserts"),
        ("정하늘은 더 이상 대전에 살지 않는다.", "정하늘 LIVES_IN 대전   ends"),
    ],
)
def test_plain_statements_become_facts(text, fact):
    """One sentence, one fact; here yesterday is not the day that it is in UTC."""
    assert facts(text) == {fact}


@pytest.mark.parametrize(
    "text",
    [
        "周晓东住在重庆吗？",
        "周晓东不住在重庆。",
        "如果周晓东住在重庆就好了。",
        "听说周晓东住在重庆。",
        "周晓东打算搬到重庆。",
        "很多人住在重庆。",
        "他们住在重庆。",
        "我住在重庆。",
        "渡辺美咲は札幌に住んでいますか？",
        "渡辺美咲は札幌に住んでいない。",
        "渡辺美咲は札幌に住んでいるらしい。",
        "多くの人は札幌に住んでいる。",
        "正社員は札幌で働いている。",
        "정하늘은 대전에 살지 않는다.",
        "정하늘은 대전에서 일하고 싶다.",
        "사람들은 대전에 산다.",
    ],
)
def test_what_is_not_stated_asserts_nothing(text):
    """Questions, denials, conditions, hearsay, plans, people in general, and I without a speaker."""
    assert facts(text) == set()


@pytest.mark.parametrize("text", ["我住在重庆。", "私は札幌に住んでいる。", "저는 대전에 산다."])
def test_i_is_the_speaker(text):
    """In three languages."""
    ((subject, *_),) = [fact.split() for fact in facts(text, "Kim")]
    assert subject == "Kim"


def test_names_of_questions_are_entities():
    """With their types."""
    said = read_east_asian(Passage("周晓东住在重庆吗？", REFERENCE))
    assert [(m.name, m.type) for m in said.mentions] == [("周晓东", "Person"), ("重庆", "Place")]


@given(st.text(alphabet="王李张我住在不了年2019工作出生于。，は住んでいる김민수에서 산다?昨日", max_size=60))
def test_no_text_breaks_it(text):
    """Every end of a fact is a mention, and no fact is about itself."""
    said = read_east_asian(Passage(text, REFERENCE, "Kim"))
    names = {mention.name for mention in said.mentions}
    assert all({one.subject, one.object} <= names and one.subject != one.object for one in said.assertions)
