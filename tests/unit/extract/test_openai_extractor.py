"""The extractor on a scripted model: attempts, refusals, speakers."""

import json
from dataclasses import replace

import pytest

from consumer.errors import EpisodeFault, WorldFault
from consumer.extract.openai import OpenAiExtractor
from consumer.llm.exchange import ChatAnswer, Finish
from consumer.model.knowledge import Knowledge, Mention
from consumer.settings import LlmSettings
from consumer.testing.episodes import episode_of

EPISODE = episode_of(
    {
        "event_id": "e",
        "group_id": "g",
        "source": "message",
        "content": "Ada Quill: I like it here.",
        "reference_time": "2024-05-06T10:00:00Z",
    }
)
NOTHING = ChatAnswer('{"entities": [], "facts": []}')


class ScriptedChat:
    """A chat model that gives laid-out answers; keeps the requests."""

    name = "scripted/m"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.is_closed = False

    async def complete(self, request):
        """Give or raise the next answer."""
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self):
        """Note it."""
        self.is_closed = True


async def test_the_name_tells_model_and_prompt_version():
    """Caches and spans can tell answers of two prompts apart."""
    assert OpenAiExtractor(ScriptedChat()).name == "scripted/m/extract-3"


async def test_the_speaker_is_an_entity_even_if_the_model_forgets():
    """Every message has its speaker in the graph, first and once."""
    said = await OpenAiExtractor(ScriptedChat(NOTHING)).extract(EPISODE)
    assert said.mentions == (Mention("Ada Quill", "Person"),)
    named = ChatAnswer(json.dumps({"entities": [{"name": "ada quill", "type": "Person"}]}))
    said = await OpenAiExtractor(ScriptedChat(named)).extract(EPISODE)
    assert [mention.name for mention in said.mentions] == ["ada quill"]


async def test_a_text_has_no_speaker():
    """Only messages are spoken."""
    said = await OpenAiExtractor(ScriptedChat(NOTHING)).extract(replace(EPISODE, source="text"))
    assert said == Knowledge()


async def test_an_unusable_answer_is_asked_for_again():
    """A second try that works is as good as a first."""
    chat = ScriptedChat(ChatAnswer("no"), NOTHING)
    await OpenAiExtractor(chat).extract(EPISODE)
    assert len(chat.requests) == 2


async def test_a_cut_off_answer_is_asked_for_with_more_room():
    """Each cut-off doubles the output tokens."""
    cut = ChatAnswer('{"entities": [', Finish.LENGTH)
    chat = ScriptedChat(cut, cut, NOTHING)
    await OpenAiExtractor(chat, LlmSettings(max_output_tokens=100)).extract(EPISODE)
    assert [request.max_output_tokens for request in chat.requests] == [100, 200, 400]


async def test_after_all_attempts_the_episode_is_given_up():
    """The verdict says how often and why."""
    chat = ScriptedChat(*[ChatAnswer("no")] * 2)
    with pytest.raises(EpisodeFault) as fault:
        await OpenAiExtractor(chat, LlmSettings(max_attempts=2)).extract(EPISODE)
    assert fault.value.reason == "unusable-answer"
    assert fault.value.attempts == 2


async def test_an_answer_that_leaves_the_episode_out_is_asked_for_again():
    """Left out once is a fault: nothing is lost by it. Left out each time is how the model says nothing."""
    empty = ChatAnswer('{"episodes": []}')
    chat = ScriptedChat(empty, ChatAnswer('{"entities": [{"name": "Bo Reed"}]}'))
    said = await OpenAiExtractor(chat).extract(EPISODE)
    assert [mention.name for mention in said.mentions] == ["Ada Quill", "Bo Reed"]
    said = await OpenAiExtractor(ScriptedChat(empty, ChatAnswer("[]"), ChatAnswer("{}"))).extract(EPISODE)
    assert [mention.name for mention in said.mentions] == ["Ada Quill"]
    with pytest.raises(EpisodeFault):
        await OpenAiExtractor(ScriptedChat(empty, ChatAnswer("no"), empty)).extract(EPISODE)


async def test_a_refusal_is_final():
    """Asking again what was refused is neither useful nor polite."""
    chat = ScriptedChat(ChatAnswer("I won't.", Finish.REFUSED))
    with pytest.raises(EpisodeFault) as fault:
        await OpenAiExtractor(chat).extract(EPISODE)
    assert (fault.value.reason, fault.value.detail) == ("refused", "I won't.")
    assert len(chat.requests) == 1


async def test_the_worlds_faults_pass_through_untried():
    """Waiting for the world is the pipeline's business: one retry layer only."""
    chat = ScriptedChat(WorldFault("llm", "down"))
    with pytest.raises(WorldFault):
        await OpenAiExtractor(chat).extract(EPISODE)
    assert len(chat.requests) == 1


async def test_blank_content_costs_no_call():
    """Where nothing is said nothing is asked."""
    chat = ScriptedChat()
    assert await OpenAiExtractor(chat).extract(replace(EPISODE, content=" \n")) == Knowledge()


async def test_closing_closes_the_model():
    """The extractor owns its model."""
    chat = ScriptedChat()
    await OpenAiExtractor(chat).aclose()
    assert chat.is_closed
