"""Extraction by a chat model: strict JSON asked for, whatever comes read tolerantly.

One question an episode; whether it shares a call with others is the chat model's affair (`consumer.llm.batching`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from consumer.errors import EpisodeFault
from consumer.extract.answer import EmptyAnswer, UnusableAnswer, parse_answer
from consumer.extract.answer_schema import answer_schema
from consumer.extract.prompts import ONTOLOGY_PROMPT_VERSION, PROMPT_VERSION, assemble, ontology_text
from consumer.extract.speaker import SPEAKER_TYPE, split_speaker
from consumer.llm.exchange import AnswerFormat, ChatModel, ChatRequest, Finish
from consumer.llm.routing import Task, Tier, decide
from consumer.model.episode import Episode
from consumer.model.ids import name_key
from consumer.model.knowledge import Knowledge, Mention
from consumer.model.token_estimate import estimated_tokens
from consumer.ontology import Ontologies
from consumer.ports import prepare
from consumer.settings import LlmSettings
from consumer.telemetry import names
from consumer.telemetry.calls import event
from consumer.telemetry.labels import labelled

logger = logging.getLogger(__name__)

_DETAIL_CHARS = 200


class OpenAiExtractor:
    """Asks a chat model what an episode says; an unusable answer is asked for again."""

    def __init__(
        self,
        chat: ChatModel | Mapping[Tier, ChatModel],
        settings: LlmSettings | None = None,
        ontologies: Ontologies | None = None,
    ) -> None:
        """Take the model, or one for each tier, owned from now on; and the vocabularies that episodes may name."""
        settings = settings or LlmSettings()
        self._chats = chat if isinstance(chat, Mapping) else dict.fromkeys(Tier, chat)
        self._routing = settings.routing
        self._max_attempts = settings.max_attempts
        self._max_output_tokens = settings.max_output_tokens
        self._ontologies = ontologies or Ontologies()
        self._version = PROMPT_VERSION
        if self._ontologies.digest:
            self._version += f"/{ONTOLOGY_PROMPT_VERSION}-{self._ontologies.digest}"
        # Made once: text and schema are byte-equal over all calls of one ontology.
        self._asked: dict[str | None, tuple[str, AnswerFormat]] = {
            ontology.name: (ontology_text(ontology), AnswerFormat("episode_knowledge", answer_schema(ontology)))
            for ontology in self._ontologies
        }
        self._asked[None] = ("", AnswerFormat("episode_knowledge", answer_schema()))

    @property
    def name(self) -> str:
        """Engine, model and prompt version, e.g. `openai/gpt-4.1-mini/extract-1`, and that of ontologies if any."""
        return f"{self._chats[Tier.BALANCED].name}/{self._version}"

    async def extract(self, episode: Episode) -> Knowledge:
        """Return what `episode` says; nothing said (blank content) costs no call.

        A cut-off answer is asked for again with twice the output tokens; after a first try the episode is asked about
        alone. An answer without the episode is asked for again, and believed when it is the same at each attempt.

        Raises:
            EpisodeFault: `refused`, `unusable-answer` after all attempts, `unknown-ontology`, or what the model's
                table says.
            WorldFault: the model is down, throttled or too slow.
        """
        if not episode.content.strip():
            return Knowledge()
        speaker = split_speaker(episode.content)[0] if episode.source == "message" else None
        said_at = episode.local_reference_time
        ontology = self._ontologies.of(episode)
        vocabulary, answer_format = self._asked[None if ontology is None else ontology.name]
        prompt = assemble(episode, vocabulary)
        tokens = estimated_tokens(episode.content)
        choice = decide(Task.EXTRACT, episode.content, tokens, self._routing)

        def is_usable(text: str) -> bool:
            return _is_readable(text, said_at, speaker)

        max_output_tokens, problem, was_empty = self._max_output_tokens, "", True
        for attempt in range(1, self._max_attempts + 1):
            request = ChatRequest(
                prompt.system,
                prompt.user,
                answer_format,
                max_output_tokens,
                is_usable,
                about=((episode.group_id, len(prompt.user)),),
                is_alone=attempt > 1,
            )
            with labelled({names.LLM_TIER_REASON: choice.reason}):
                answer = await self._chats[choice.tier].complete(request)
            if answer.finish is Finish.REFUSED:
                raise EpisodeFault("refused", answer.text[:_DETAIL_CHARS], attempt)
            if answer.finish is Finish.LENGTH:
                problem, was_empty = f"cut off at {max_output_tokens} output tokens", False
                max_output_tokens *= 2
            else:
                try:
                    said = parse_answer(answer.text, said_at, speaker=speaker)
                except UnusableAnswer as error:
                    problem, was_empty = str(error), was_empty and isinstance(error, EmptyAnswer)
                else:
                    return with_speaker(said, speaker)
            event(names.UNUSABLE, {names.ATTEMPT: attempt, names.DETAIL: problem[:_DETAIL_CHARS]})
            logger.info(
                "unusable answer group_id=%s event_id=%s attempt=%d: %s",
                episode.group_id,
                episode.event_id,
                attempt,
                problem,
            )
        if was_empty:  # left out once is a fault; each time, alone too, it is how this model says that nothing was said
            return with_speaker(Knowledge(), speaker)
        raise EpisodeFault("unusable-answer", problem, self._max_attempts)

    async def prepare(self) -> None:
        """Let the models load what they need, if they have anything to load."""
        for chat in self._chats.values():
            await prepare(chat)

    async def aclose(self) -> None:
        """Close the models' connections."""
        for chat in self._chats.values():
            await chat.aclose()


def _is_readable(text: str, said_at: datetime, speaker: str | None) -> bool:
    """Whether a cache may keep `text` as the answer about what was said then by that speaker."""
    try:
        parse_answer(text, said_at, speaker=speaker)
    except UnusableAnswer:
        return False
    return True


def with_speaker(said: Knowledge, speaker: str | None) -> Knowledge:
    """Return `said` with the speaker as its first entity, if the model left the speaker out."""
    if speaker is None or any(name_key(mention.name) == name_key(speaker) for mention in said.mentions):
        return said
    return Knowledge((Mention(speaker, SPEAKER_TYPE), *said.mentions), said.assertions)
