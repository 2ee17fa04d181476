"""Where an answer's text is looked for in a completion, and what of it is the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion

from consumer.errors import WorldFault
from consumer.llm.completion import read_completion, without_thoughts
from consumer.llm.exchange import Finish


def completion(finish="stop", **message):
    """A completion as the client makes it of a body, unchecked."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
    return ChatCompletion.construct(model="m", choices=[choice])


def call(arguments):
    """A tool call with these arguments."""
    return {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "{}"}, "{}"),
        ({"content": None, "tool_calls": [call('{"a": 1}')]}, '{"a": 1}'),
        ({"content": " ", "tool_calls": [call(""), call('{"b": 2}')]}, '{"b": 2}'),
        ({"content": None, "tool_calls": [call({"a": "é"})]}, '{"a": "é"}'),
        ({"content": None, "function_call": {"name": "f", "arguments": "{}"}}, "{}"),
        ({"content": "text", "tool_calls": [call("{}")]}, "text"),
        ({"content": None, "tool_calls": []}, ""),
        ({"content": None, "tool_calls": [{"id": "1", "type": "function"}]}, ""),
        ({"content": [{"type": "text", "text": "{"}, {"type": "text", "text": "}"}]}, "{}"),
        ({"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "{}"}]}, "{}"),
        ({"content": None, "reasoning_content": "{}"}, "{}"),
        ({"content": "", "reasoning": "{}"}, "{}"),
        ({"content": "{}", "reasoning_content": "thoughts"}, "{}"),
    ],
)
def test_the_text_is_found_wherever_the_server_puts_it(message, text):
    """Content, its parts, a tool call, a function call of old, the reasoning."""
    assert read_completion(completion(**message), "llm").text == text


def test_thoughts_that_were_cut_off_are_no_answer():
    """The whole limit was spent on thinking: asked again, it needs more tokens."""
    answer = read_completion(completion("length", content=None, reasoning_content="let me see {"), "llm")
    assert (answer.text, answer.finish) == ("", Finish.LENGTH)


@pytest.mark.parametrize("content", [7, ["a"], [{"type": "text"}], {"a": 1}])
def test_a_content_of_another_type_is_the_worlds_fault(content):
    """Asked again later."""
    with pytest.raises(WorldFault):
        read_completion(completion(content=content), "llm")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>a {} b</think>\n{}", "\n{}"),
        ("\n <thinking>x</thinking>{}", "{}"),
        ("I see {}.</think>{}", "{}"),
        ("<think>no end {}", "<think>no end {}"),
        ('{"said": "a</think>b"}', '{"said": "a</think>b"}'),
        ('```json\n{"said": "</think>"}\n```', '```json\n{"said": "</think>"}\n```'),
        ('<think>a</think>{"said": "</think>"}', '{"said": "</think>"}'),
        ("plain", "plain"),
    ],
)
def test_thoughts_before_the_answer_are_left_out(text, left):
    """Their end is looked for only where there are thoughts."""
    assert without_thoughts(text) == left


@given(st.text(max_size=50).filter(lambda thought: "</" not in thought), st.text(max_size=50))
def test_what_stands_behind_the_thoughts_is_left_as_it_is(thought, answer):
    """Whatever was thought, whatever was answered."""
    assert without_thoughts(f"<think>{thought}</think>{answer}") == answer
