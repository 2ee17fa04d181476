"""The rules without a model: dates, Chinese, capitals, routing, masks, passages."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.extract.capitals import read_brackets, read_capitals
from consumer.extract.chinese import read_chinese
from consumer.extract.english_dates import dates_in
from consumer.extract.masks import masked, unmasked
from consumer.extract.passage import PASSAGE_CHARS, Passage, addressee_of, merged, passages_of, pieces_of
from consumer.extract.reader import stretches
from consumer.extract.scripts import Reader, reader_of
from consumer.model.episode import ContextEpisode
from consumer.model.knowledge import Assertion, Knowledge, Mention
from consumer.testing.episodes import episode_of

REFERENCE = datetime(2024, 5, 20, 12, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("since 2021-03-05.", [("2021-03-05", "since")]),
        ("on 5 March 2021", [("2021-03-05", "at")]),
        ("from March 5th, 2021 to April 2022", [("2021-03-05", "since"), ("2022-04-01", "until")]),
        ("from 2001 to 2005", [("2001-01-01", "since"), ("2005-01-01", "until")]),
        ("until Sept. 2020", [("2020-09-01", "until")]),
        ("yesterday", [("2024-05-19", "at")]),
        ("last week", [("2024-05-13", "at")]),
        ("last month", [("2024-04-01", "at")]),
        ("last Monday", [("2024-05-13", "at")]),
        ("last Sunday", [("2024-05-19", "at")]),
        ("three days ago", [("2024-05-17", "at")]),
        ("a year ago", [("2023-05-21", "at")]),
        ("the 1984 edition costs 2000 dollars", []),
        ("on 2021-02-30", []),
        ("soon, some day, in spring", []),
        ("in May", [("2024-05-01", "at")]),
        ("since June", [("2023-06-01", "since")]),
        ("on Friday", [("2024-05-17", "at")]),
        ("the day before yesterday", [("2024-05-18", "at")]),
        ("in the third quarter of 2022", [("2022-07-01", "at")]),
        ("until Q1 2020", [("2020-01-01", "until")]),
        ("a decade ago", [("2014-05-21", "at")]),
        ("Ada has lived here for ten years", [("2014-05-23", "since")]),
        ("Ada lived here for ten years", []),
        ("it may be in may", []),
        ("999 years ago", [("1026-01-18", "at")]),
        ("in 2018, not in 2019.", [("2018-01-01", "at"), ("2019-01-01", "wrong")]),
        ("not 2019 but 2018.", [("2019-01-01", "wrong"), ("2018-01-01", "at")]),
        ("since 2021-03-05, and not 2021-05-03", [("2021-03-05", "since"), ("2021-05-03", "wrong")]),
        ("in 2018 instead of 2019", [("2018-01-01", "at"), ("2019-01-01", "wrong")]),
        ("in May rather than in March", [("2024-05-01", "at"), ("2024-03-01", "wrong")]),
        ("did not join in 2019", [("2019-01-01", "at")]),
        ("not 2000 dollars", []),
    ],
)
def test_plain_dates_are_read_and_vague_ones_are_not(sentence, found):
    """Days, months, years after a preposition, and what counts from the reference time."""
    assert [(d.at.date().isoformat(), d.role) for d in dates_in(sentence, REFERENCE)] == found


@pytest.mark.parametrize(
    ("reference", "sentence", "day"),
    [
        ("2024-03-10T00:30:00+13:00", "yesterday", "2024-03-09T00:00:00+13:00"),
        ("2024-03-09T23:30:00-10:00", "yesterday", "2024-03-08T00:00:00-10:00"),
        ("2024-12-31T21:00:00-05:00", "last year", "2023-01-01T00:00:00-05:00"),
        ("2024-06-02T20:30:00-07:00", "last Monday", "2024-05-27T00:00:00-07:00"),
        ("2024-12-31T21:00:00-05:00", "on 2024-12-30", "2024-12-30T00:00:00-05:00"),
    ],
)
def test_days_are_those_of_the_writers_clock(reference, sentence, day):
    """Where it is another day in UTC."""
    (found,) = dates_in(sentence, datetime.fromisoformat(reference))
    assert found.at == datetime.fromisoformat(day)
    assert found.at.tzinfo is UTC


def chinese(text, topic=None, speaker=None):
    """What the Chinese rules find."""
    return read_chinese(Passage(text, REFERENCE, speaker, topic=topic))


@pytest.mark.parametrize(
    ("text", "topic", "fact"),
    [
        ("《我是山姆》的导演是杰茜·尼尔森。", None, ("我是山姆", "导演", "杰茜·尼尔森")),
        ("导演是杰茜·尼尔森，他眼光很好。", "我是山姆", ("我是山姆", "导演", "杰茜·尼尔森")),
        ("奉俊昊是《杀人回忆》的导演。", None, ("杀人回忆", "导演", "奉俊昊")),
        ("《杀人回忆》是由奉俊昊执导的。", None, ("杀人回忆", "导演", "奉俊昊")),
        ("它的作者是曹雪芹。", "红楼梦", ("红楼梦", "作者", "曹雪芹")),
        ("编剧，导演都是宫崎骏，这个可难不住我。", "龙猫", ("龙猫", "编剧", "宫崎骏")),
    ],
)
def test_chinese_relations_are_found(text, topic, fact):
    """Named titles, titles spoken of before, and both directions of the sentence."""
    assert fact in {(a.subject, a.relation, a.object) for a in chinese(text, topic).assertions}


def test_chinese_lists_dates_and_lengths():
    """Several actors are several facts; dates and lengths are attributes of the title."""
    said = chinese("《消失的爱人》于2014年10月03日上映，片长145分钟，主演是本·阿弗莱克、裴淳华。")
    (title,) = [mention for mention in said.mentions if mention.name == "消失的爱人"]
    assert title.attributes == {"上映时间": "2014年10月03日", "片长": "145分钟"}
    assert {a.object for a in said.assertions} == {"本·阿弗莱克", "裴淳华"}


@pytest.mark.parametrize(
    "text",
    [
        "《我是山姆》的导演是谁？",
        "导演是谁啊，这么会选题材。",
        "导演不是李安。",
        "它的编剧和导演都是同一个人。",
        "今天天气很好。",
        "导演是李安。",
    ],
)
def test_chinese_questions_denials_and_small_talk_assert_nothing(text):
    """And a bare `导演是…` without anything spoken of belongs to nobody."""
    assert chinese(text).assertions == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Вчера Анна Петрова приехала в Москву с Иваном.", ["Анна Петрова", "Москву", "Иваном"]),
        ("Η Ελένη Παππά ζει στην Αθήνα.", ["Ελένη Παππά", "Αθήνα"]),
        ("El presidente Pedro Sánchez vive en Madrid.", ["Pedro Sánchez", "Madrid"]),
        ("Der Hund von Angela Merkel lebt in Berlin und die Katze auf dem Dach.", ["Angela Merkel"]),
        ("Ludwig van Beethoven nació aquí.", ["Ludwig van Beethoven"]),
        ("« Bonjour », dit Amélie.", ["Amélie"]),
        ("Hoy llueve. Mañana no.", []),
    ],
)
def test_capitals_are_names_inside_sentences(text, names):
    """Not at their start, and in German only in pairs."""
    assert [mention.name for mention in read_capitals(text).mentions] == names


def test_brackets_are_titles_in_scripts_without_capitals():
    """And katakana with a middle dot is a person."""
    said = read_brackets("「ノルウェイの森」はジョン・レノンの曲")
    assert [(m.name, m.type) for m in said.mentions] == [("ノルウェイの森", "Work"), ("ジョン・レノン", "Person")]


@pytest.mark.parametrize(
    ("sentence", "reader"),
    [
        ("She lives in Oslo.", Reader.ENGLISH),
        ("Maria van den Berg is married to Luis de la Torre.", Reader.ENGLISH),
        ("王小明 lives in 北京.", Reader.ENGLISH),
        ("Oslo.", Reader.ENGLISH),
        ("Hoy llueve en la ciudad.", Reader.CAPITALS),
        ("Анна дома.", Reader.CAPITALS),
        ("导演是杰茜·尼尔森。", Reader.CHINESE),
        ("东京は大きい。", Reader.BRACKETS),
        ("ليلى هنا", Reader.BRACKETS),
        ("123 !!", Reader.BRACKETS),
    ],
)
def test_who_reads_what(sentence, reader):
    """By script, and for Latin letters by the small words."""
    assert reader_of(sentence) is reader


def test_a_text_of_two_languages_goes_to_two_readers():
    """Sentence by sentence, neighbours of one reader together."""
    found = list(stretches("She lives here. He does too. 导演是李安。Она дома."))
    assert [who for who, _ in found] == [Reader.ENGLISH, Reader.CHINESE, Reader.CAPITALS]
    assert "".join(text for _, text in found).count("He does too") == 1


@given(st.text(max_size=300))
def test_no_text_is_lost_between_readers(text):
    """Every letter and digit is read by somebody, in order."""
    read = "".join(part for _, part in stretches(text))
    assert [c for c in read if c.isalnum()] == [c for c in text if c.isalnum()]


def test_masks_are_put_back():
    """The same name has the same mask; names and sentences come back; English names are left alone."""
    text, stands_for = masked("王小明 and Depot 13 like 王小明; Ada Quill was here on May 5.")
    assert not any(word in text for word in ("王", "13"))
    assert all(word in text for word in ("Ada Quill", "May 5"))
    assert set(stands_for.values()) == {"王小明", "Depot 13"}
    (one,) = [mask for mask, original in stands_for.items() if original == "王小明"]
    back = unmasked(Knowledge((Mention(one),), (Assertion(one, "R", "Oslo", f"{one} went."),)), stands_for)
    assert back == Knowledge((Mention("王小明"),), (Assertion("王小明", "R", "Oslo", "王小明 went."),))


def test_names_that_the_model_takes_apart_are_masked():
    """With initials, particles, versions, identifiers; dates and amounts are not."""
    text = "George W. Bush met Maria van den Berg on May 5 about Gridlib 2.1, CVE-2024-3094 and 5 boxes."
    assert set(masked(text)[1].values()) == {"George W. Bush", "Maria van den Berg", "Gridlib 2.1", "CVE-2024-3094"}


def test_a_message_knows_what_was_said_last():
    """Without its speaker, and only for its first passage."""
    event = {"group_id": "g", "event_id": "e", "source": "message", "content": "Ada: She left.\n\n" + "x" * 2_000}
    context = (ContextEpisode("c", "Bo: Where is Ida Moore?", REFERENCE),)
    passages = list(passages_of(replace(episode_of(event), context=context)))
    assert [passage.before for passage in passages] == ["Where is Ida Moore?", ""]


def test_more_foreign_names_than_masks_are_left_as_they_are():
    """A text of nothing but names ends all the same."""
    text, stands_for = masked(", ".join(f"王{chr(0x4E00 + n)}" for n in range(60)))
    assert 0 < len(stands_for) < 60
    assert "王" in text


@given(st.text(alphabet="ab.!? \n。", max_size=9_000))
def test_pieces_hold_the_whole_text(text):
    """Cut at paragraphs and sentences, nothing lost, none much too long."""
    pieces = list(pieces_of(text))
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(len(piece) <= 2 * PASSAGE_CHARS for piece in pieces)


def test_one_endless_word_is_cut_too():
    """A megabyte without a space does not go to the model in one piece."""
    pieces = list(pieces_of("x" * 10_001))
    assert "".join(pieces) == "x" * 10_001
    assert max(map(len, pieces)) <= 2 * PASSAGE_CHARS


def test_the_title_spoken_of_comes_from_the_context():
    """The last title of the latest earlier episode that has one."""
    episode = episode_of(
        {
            "event_id": "e",
            "group_id": "g",
            "source": "message",
            "content": "乙: 导演是李安。",
            "reference_time": "2024-05-20T12:00:00Z",
        }
    )
    context = tuple(ContextEpisode("n", text, REFERENCE) for text in ("甲: 《旧》", "甲: 看过《喜宴》吗？", "乙: 看过"))
    (passage,) = passages_of(replace(episode, context=context))
    assert (passage.topic, passage.speaker, passage.text) == ("喜宴", "乙", "导演是李安。")


@pytest.mark.parametrize(
    ("content", "addressee"),
    [
        ("Ada: Prottie, yes", "Prottie"),
        ("Ada: PROTTIE: yes", "Prottie"),
        ("Ada: @Prottie: yes", "Prottie"),
        ("Ada: yes, Prottie", None),
        ("Ada: Bo, yes", None),
        ("Ada: yes", None),
    ],
)
def test_who_is_spoken_to_is_one_who_spoke(content, addressee):
    """A message that opens with the name of an earlier speaker mentions that speaker."""
    event = {"event_id": "e", "group_id": "g", "source": "message", "content": content}
    episode = episode_of({**event, "reference_time": "2024-05-20T12:00:00Z"})
    context = (ContextEpisode("n", "Prottie: how do I wake it?", REFERENCE),)
    assert addressee_of(replace(episode, context=context)) == addressee
    assert addressee_of(episode) is None


def test_merged_pieces_keep_what_is_corrected():
    """A correction without the date that it corrects would be one more fact."""
    claim = Assertion("ada", "R", "Bo", "s", valid_at=REFERENCE, instead_of=datetime(2019, 1, 1, tzinfo=UTC))
    assert merged([Knowledge((Mention("Ada"),), (claim,))], None).assertions[0].instead_of == claim.instead_of


def test_merged_pieces_tell_each_thing_once():
    """The speaker first, one spelling, the better type, all attributes, facts once."""
    one = Knowledge((Mention("ada"), Mention("Bo", "Person", "", {"a": 1})), (Assertion("ada", "R", "Bo", "s"),))
    other = Knowledge(
        (Mention("ADA", "Person"), Mention("bo", "Place", "x", {"b": 2})), (Assertion("ADA", "R", "bo", "s"),)
    )
    said = merged([one, other], "Cy")
    assert said.mentions == (
        Mention("Cy", "Person"),
        Mention("ada", "Person"),
        Mention("Bo", "Person", "x", {"a": 1, "b": 2}),
    )
    assert said.assertions == (Assertion("ada", "R", "Bo", "s"),)
