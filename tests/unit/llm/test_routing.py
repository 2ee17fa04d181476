"""Which tier a call is put to: by task, and for an extraction by what the text asks of its reader."""

import pytest
from cpu_time import cpu_s
from hypothesis import example, given
from hypothesis import strategies as st

from consumer.llm.routing import Choice, Task, Tier, choose, decide
from consumer.settings import LlmSettings, RoutingSettings

FAST, BALANCED, ACCURATE = Tier.FAST, Tier.BALANCED, Tier.ACCURATE
TABLE = "| name | city |\n|---|---|\n| Ana | Lyon |\n| Bo | Riga |"
CODE = "def run():\n    return 1\n"
PROSE = st.text(st.sampled_from("abcdeé .!?\n,0123456789王。не"), max_size=300)


def why(text, tokens=10, **settings):
    """The choice for an extraction."""
    return decide(Task.EXTRACT, text, tokens, RoutingSettings(**settings))


@pytest.mark.parametrize(
    "text",
    [
        "Ana works at Acme.",
        "",
        "Ana works at Acme. Bo lives in Riga. He moved there in 2019.",
        "Anaïs travaille chez Renault depuis 2019.",
        "Ana said yesterday that she is not well.",
        '{"name": "Ana", "address": {"city": "Lyon"}}',
        "Ana met 王小明 at the station in the morning.",
    ],
)
def test_a_short_simple_text_is_fast(text):
    """Under 500 characters and five sentences, no reasoning words, few dates and negations, Latin letters."""
    assert why(text) == Choice(FAST, "simple")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("word " * 100, "long"),
        ("Ana came. Bo came. Cy came. Di came. Ed came.", "sentences"),
        ("Ana left because Bo came.", "reasoning"),
        ("Ana kam nicht, weil es regnete.", "reasoning"),
        ("Ana est partie parce que Bo est venu.", "reasoning"),
        ("Ana came in 2019, left on 2021-03-04 and returned yesterday.", "dates"),
        ("Ana does not know Bo and never met Cy.", "negation"),
        ("王小明住在北京。", "script"),
        ("Анна живёт в Риге.", "script"),
        ("アナはリヨンに住んでいます。", "script"),
        ("أنا تعيش في ليون", "script"),
    ],
)
def test_what_is_not_clearly_simple_is_balanced(text, reason):
    """One thing is enough, and is told."""
    assert why(text) == Choice(BALANCED, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("word " * 1000, "long"),
        ("Ana came. " * 25, "sentences"),
        ("王小明来了。" * 25, "sentences"),
        ("Ana left because of Bo. However, unless Cy comes, she stays.", "reasoning"),
        ("因为下雨，所以他没来。但是她来了。", "reasoning"),
        ("Потому что шёл дождь, он остался; однако, хотя было поздно, она ушла.", "reasoning"),
        ("Yesterday Ana called; last week Bo did; they meet next Friday.", "relative-dates"),
        ("昨天他来了，今天他走了，明天她来。", "relative-dates"),
        (TABLE, "table"),
        ("a\tb\tc\nd\te\tf\ng\th\ti", "table"),
        (f"Look:\n```python\n{CODE}```\nDone.", "code"),
        ("int a = 1;\nint b = 2;\nint c = a + b;", "code"),
        ('{"a": {"b": {"c": {"d": 1}}}}', "nested"),
        ('[[[["a"]]]]', "nested"),
    ],
)
def test_what_is_long_or_complex_is_accurate(text, reason):
    """In any script, prose or not."""
    assert why(text) == Choice(ACCURATE, reason)


@pytest.mark.parametrize(("task", "tier"), [(Task.ADJUDICATE, FAST), (Task.SUMMARISE, Tier.CREATIVE)])
def test_other_tasks_have_their_tier(task, tier):
    """A decision between few is fast, prose is creative, whatever the text."""
    assert {choose(task, text, 9_999) for text in ("Ana.", TABLE, "word " * 1000)} == {tier}


def test_llm_tokens_can_make_a_text_long():
    """A text of few characters and many tokens."""
    assert why("王" * 400, tokens=1_200) == Choice(ACCURATE, "long")


def test_brackets_inside_strings_are_no_nesting():
    """Nor are those of a string without an end."""
    assert why('{"a": "[[[[{{{{"}') == why('{"a": "[[[[') == Choice(FAST, "simple")


def test_thresholds_and_trusted_scripts_are_settings():
    """Each can be moved."""
    assert why("王小明住在北京。", fast_scripts=("latin", "cjk")).tier is FAST
    assert why("Ana works at Acme.", fast_below_chars=5).reason == "long"
    assert why("Ana left because Bo came.", accurate_from_reasoning=1).tier is ACCURATE


def test_settings_are_read_from_json():
    """As the environment gives them; an unknown tier is refused."""
    llm = LlmSettings.model_validate({"tiers": {"fast": {"model": "small", "temperature": None}}})
    assert llm.tiers[FAST].model_dump(exclude_unset=True) == {"model": "small", "temperature": None}
    with pytest.raises(ValueError, match="tiers"):
        LlmSettings.model_validate({"tiers": {"quick": {"model": "small"}}})


@given(PROSE, PROSE)
def test_r1_what_is_hard_stays_hard_with_more_below(text, more):
    """And more text never makes the tier of Latin text a cheaper one."""
    rank = [FAST, BALANCED, ACCURATE]
    settings = {"accurate_from_sentences": 4, "fast_below_sentences": 2, "accurate_from_chars": 200}
    trusted = ("latin", "cjk", "cyrillic")
    before, after = (why(said, fast_scripts=trusted, **settings).tier for said in (text, f"{text}\n{more}"))
    assert rank.index(after) >= rank.index(before)


@example('["""[\\', "")
@given(st.text(st.sampled_from('{}[]":\\a\n'), max_size=60), st.text(st.sampled_from('{}[]":\\a\n'), max_size=20))
def test_r1_holds_for_broken_json(text, more):
    """Strings without an end too."""
    first = why("[" + text)
    assert first.tier is not ACCURATE or why(f"[{text}\n{more}").tier is ACCURATE


@given(st.text(max_size=400))
def test_any_text_has_a_tier_with_a_reason(text):
    """Surrogates, controls, whatever comes; the same each time."""
    assert why(text) == why(text)
    assert why(text).reason.replace("-", "").isalpha()


@pytest.mark.parametrize(("start", "unit"), [("", "\n"), ("", "```"), ("", '"'), ("", "|a"), ("[", '\\"'), ("", "; ")])
def test_a_strange_text_is_decided_in_linear_time(start, unit):
    """Also where the limit of characters was raised: sixteen times as long takes nothing like 256 times as long."""

    def decided(chars):
        text = start + (unit * chars)[:chars]
        return cpu_s(lambda: why(text, accurate_from_chars=10**9, fast_below_chars=10**9))

    short_s, long_s = decided(6_250), decided(100_000)
    assert long_s < 64 * max(short_s, 1e-4), (short_s, long_s)
