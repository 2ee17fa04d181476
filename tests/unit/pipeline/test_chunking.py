"""Where a content is cut: in no sentence, block, value or grapheme that could be left whole."""

import json

import pytest
from cpu_time import cpu_s

from consumer.model.sentences import sentence_ends
from consumer.model.token_estimate import estimated_tokens, exceeds
from consumer.pipeline.chunking import chunk


def texts(content, source="text", limit=50):
    """Cut, after a look that nothing is lost and nothing is too large."""
    chunks = chunk(content, source, limit)
    assert "".join(one.text for one in chunks) == content
    assert [(one.start, one.end) for one in chunks] == list(spans(chunks))
    assert all(estimated_tokens(one.text) <= limit for one in chunks)
    return [one.text for one in chunks]


def spans(chunks):
    start = 0
    for one in chunks:
        yield start, start + len(one.text)
        start += len(one.text)


@pytest.mark.parametrize("content", ["", "Ann knows Bo.", "北" * 50, "\n\n"])
def test_what_fits_is_one_chunk(content):
    """A small content, an empty one too, is not cut."""
    assert texts(content) == [content]


def test_chunks_are_of_like_size():
    """Twenty-one sentences for two chunks of twenty are cut in the middle, not into twenty and one."""
    sentence = "Ann met Bo in Oslo.\n"
    sizes = [len(text) for text in texts(sentence * 21, limit=100)]
    assert sizes in ([200, 220], [220, 200])


def test_paragraphs_are_preferred_over_sentences():
    """The cut is at the blank line, though a sentence ends nearer to the middle."""
    first, second = "Ann met Bo. " * 7 + "\n\n", "Cem met Di. " * 11
    assert texts(first + second) == [first, second]


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        ("Dr. Who met Mr. J. R. Smith at 3.14 today. He left.", 2),
        ('"What?" he said. "No!" Then he left...', 3),
        ("Wait... what is it? Nothing.", 2),
        ("See e.g. the U.S. Senate etc. for more. Done.", 2),
        ("他住在北京。她说：“好！”然后走了。", 3),
        ("يعمل أحمد في القاهرة. هل تعرفه؟ نعم.", 3),
        ("राम दिल्ली में रहता है। वह डॉक्टर है।", 2),
        ("Он живёт в Москве. Она нет.", 2),
        ("Version 3.2.1 is out (see www.example.org). It works.", 2),
        ("One.\r\nTwo.\r\nThree.", 3),
    ],
)
def test_sentences_of_any_script_end_where_they_end(content, sentences):
    """Abbreviations, initials, decimals, dots before small letters and addresses end no sentence."""
    inner = [at for at in sentence_ends(content) if at < len(content)]
    assert len(inner) + 1 == sentences


def test_a_code_fence_is_not_cut():
    """Code that fits stays whole with its fences; blank lines and full stops in it are no boundary."""
    code = "```python\n" + "x = 1.\n\ny = 2. Z\n" * 8 + "```\n"
    pieces = texts("Ann met Bo. " * 12 + "\n\n" + code + "\nCem met Di. " * 12)
    assert any(code in piece for piece in pieces)


def test_code_longer_than_a_chunk_is_cut_between_lines():
    """Where a fence can't stay whole, its lines do."""
    pieces = texts("```\n" + "value = compute(a, b, c)\n" * 40 + "```\n")
    assert all(piece.endswith("\n") for piece in pieces)


def test_table_rows_stay_whole_and_the_head_with_its_first_row():
    """No cut is inside a row, nor between head, rule and first row."""
    head = "| name | city |\n|---|---|\n"
    rows = [f"| Person {n}. Esq. | City {n}. |\n" for n in range(30)]
    pieces = texts("Ann met Bo. " * 15 + "\n\n" + head + "".join(rows))
    assert all(piece.startswith("|") for piece in pieces[1:])
    assert [piece for piece in pieces if head + rows[0] in piece]


def test_list_items_stay_whole():
    """An item with its indented lines is one."""
    items = [f"- Person {n} moved. He likes it.\n  It was in {n}. Yes.\n" for n in range(20)]
    for piece in texts("".join(items)):
        assert piece.startswith("- Person")


def test_quoted_mail_stays_with_itself():
    """A run of quoted lines that fits is not cut."""
    quote = "".join(f"> Ann wrote line {n}. And more.\n" for n in range(5))
    pieces = texts("I agree. " * 18 + "\n" + quote + "Thanks. " * 18)
    assert any(quote in piece for piece in pieces)


def test_what_one_says_in_a_chat_stays_whole():
    """The lines of a chat are not cut at their sentences."""
    lines = [f"{'Ann' if n % 2 else 'Bo'}: I was there. It was fine on day {n}.\n" for n in range(30)]
    for piece in texts("".join(lines), "message"):
        assert piece.split(":")[0] in {"Ann", "Bo"}


def test_a_speech_longer_than_a_chunk_names_its_speaker():
    """A chunk that begins amid a speech says whose it is; one that begins with a speech doesn't."""
    content = "Ann: Hello there.\nBo: " + "I was in Oslo. " * 40 + "\nAnn: Good.\nBo: Yes.\n"
    chunks = chunk(content, "message", 50)
    assert [one.speaker for one in chunks][1:-1] == ["Bo"] * (len(chunks) - 2)
    assert chunks[0].speaker is None


def test_a_heading_stays_with_what_follows_and_is_told_to_what_is_below():
    """The trail of headings leads to where a chunk begins; a heading ends no chunk."""
    body = "Ann met Bo here. " * 9
    content = f"# Book\n\n## One\n\n{body}\n\n{body}\n\n## Two\n\n{body}\n\n### Deep\n\n{body}\n"
    chunks = chunk(content, "text", 50)
    for one in chunks:
        assert not one.text.rstrip().rsplit("\n", 1)[-1].startswith("#")
    trails = {one.headings for one in chunks}
    assert ("# Book", "## One") in trails
    assert chunks[-1].headings[:2] == ("# Book", "## Two")


def test_a_line_that_announces_stays_with_what_follows():
    """No chunk ends with "for example:" when it need not."""
    block = "This is one of the rules, for example:\n\n```\nx = 1\n```\n\nAnn met Bo there.\n\n"
    for text in texts(block * 12):
        assert not text.rstrip().endswith(":")


def test_a_hash_in_code_is_no_heading():
    """Comments in a fence are told to nobody."""
    content = "# Top\n\n```\n# comment\n```\n\n" + "Ann met Bo. " * 40
    assert chunk(content, "text", 50)[-1].headings == ("# Top",)


@pytest.mark.parametrize("unit", ["👩‍👩‍👧", "🇳🇴", "é̂", "กำ", "क्षि", "한", "👍🏽", "각"])
def test_graphemes_stay_whole(unit):
    """Without any space or mark, the cut is between what a reader takes for characters."""
    content = unit * 200
    pieces = texts(content, limit=20)
    assert len(pieces) > 1
    assert all(len(piece) % len(unit) == 0 for piece in pieces)


@pytest.mark.parametrize("unit", ["🇳🇴", "\u0301", ". ", "```\n", '{"a":[', "[1,", "> ", "a: b\n", '\\"', " "])
@pytest.mark.parametrize("source", ["text", "message", "json"])
def test_cutting_takes_linear_time(unit, source):
    """What is made up to be slow takes nothing like 256 times as long when it is sixteen times as long."""

    def cut(size):
        content = (unit * size)[:size]
        return cpu_s(lambda: chunk(content, source, 200), times=2)

    short_s, long_s = cut(2_500), cut(40_000)
    assert long_s < 64 * max(short_s, 5e-4), (short_s, long_s)


def test_words_stay_whole_where_no_sentence_ends():
    """A run of words is cut at a space."""
    pieces = texts("word " * 200)
    assert all(piece.endswith(" ") for piece in pieces)


def test_a_grapheme_longer_than_a_chunk_is_one():
    """What can't be divided is a chunk over the limit, and nothing is lost."""
    content = "a" + "\u0301" * 500 + "b" * 50
    chunks = chunk(content, "text", 20)
    assert "".join(one.text for one in chunks) == content
    assert chunks[0].text == "a" + "\u0301" * 500


def test_json_values_stay_whole_and_are_told_where_they_stand():
    """Records of an array are not cut, and each chunk is JSON with the object around it."""
    people = [{"name": f"Person {n}", "city": {"name": "Oslo", "code": [n, n]}} for n in range(40)]
    content = json.dumps({"company": "Acme", "people": people}, separators=(",", ":"))
    chunks = chunk(content, "json", 60)
    assert "".join(one.text for one in chunks) == content
    read = [json.loads(one.readable) for one in chunks]
    assert [person for part in read for person in part["people"]] == people
    assert all(part["company"] == "Acme" for part in read)


def test_a_long_string_in_json_is_cut_at_its_sentences_and_in_no_escape():
    """Each part of the text is a JSON string under the same key."""
    told = 'Ann said "hi\\" to Bo.\n\n\u0001😀 Then she left. ' * 40
    content = json.dumps({"id": 7, "notes": [{"text": told}]}, separators=(",", ":"))
    chunks = chunk(content, "json", 60)
    assert "".join(one.text for one in chunks) == content
    read = [json.loads(one.readable) for one in chunks]
    assert "".join(part["notes"][0]["text"] for part in read) == told
    assert all(part["id"] == 7 for part in read)


def test_json_that_is_none_is_cut_as_text():
    """A content that only calls itself JSON is cut like any other."""
    assert len(texts("{ Ann met Bo. " * 30, "json")) > 1


def test_tokens_are_estimated_by_script():
    """Four Latin letters a token, one or two for what tokenizers know less."""
    assert estimated_tokens("abcd" * 10) == 10
    assert estimated_tokens("北京") == 2
    assert estimated_tokens("мир" * 2) == 3
    assert estimated_tokens("😀") == 2
    assert estimated_tokens("\ufb01\uffff\ud800") > 0
    assert exceeds("a" * 41, 10)
    assert not exceeds("a" * 40, 10)
