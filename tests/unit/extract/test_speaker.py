"""Who speaks: names before a colon, and the many things before a colon that are no names."""

import pytest

from consumer.extract.speaker import split_speaker


@pytest.mark.parametrize(
    ("content", "speaker", "text"),
    [
        ("Ada Quill: hello there", "Ada Quill", "hello there"),
        ("甲：看过吗？", "甲", "看过吗？"),
        ("乙: 是的", "乙", "是的"),
        ("CC: Roger. Over.", "CC", "Roger. Over."),
        ("CDR (TRANQ): Houston, go.", "CDR (TRANQ)", "Houston, go."),
        ("The Vice-Chair (Mr. Chandra Arya): Thank you.", "The Vice-Chair (Mr. Chandra Arya)", "Thank you."),
        ("bot-7: 12:30 works", "bot-7", "12:30 works"),
        ("ليلى حداد: مرحبا", "ليلى حداد", "مرحبا"),
        ("monchichi:no space", "monchichi", "no space"),
        ("Ada: first: second", "Ada", "first: second"),
        ("**Ada**: bold", "Ada", "bold"),
        ("Ada:", "Ada", ""),
        ("  Ada  Quill : spaced", "Ada Quill", "spaced"),
        ("jeroen_: here", "jeroen_", "here"),
        ("Dr. Smith: yes", "Dr. Smith", "yes"),
        ("Ada: line one\nBo: line two", "Ada", "line one\nBo: line two"),
    ],
)
def test_the_prefix_of_a_message_is_its_speaker(content, speaker, text):
    """Names, call signs and bots, with either colon, in any script."""
    assert split_speaker(content) == (speaker, text)


@pytest.mark.parametrize(
    "content",
    [
        "no colon at all",
        "https://example.org/page",
        "see https://example.org",
        "12:30 is the time",
        "at 12:30 we meet",
        ": nothing before it",
        "I told him to go home. Then he said: go",
        "What do I think? This: nothing",
        "the thing I mean is: leave",
        "well, honestly: no",
        "C:\\temp\\file",
        "std::vector is a type",
        "a very long prefix that nobody would ever take for the name of a person or of a machine: yes",
        "",
        "line one\nAda: line two",
        "1234: numbers only",
    ],
)
def test_what_only_looks_like_a_speaker_is_text(content):
    """Addresses, clock times, paths and sentences are left whole."""
    assert split_speaker(content) == (None, content)
