"""What reading an episode will take of a chat model, before any call: LLM tokens and calls. Pure.

By the same estimate of texts as everything else, and by the prompt as it would be assembled. How long the answer is
nobody knows: `answer_tokens`, or a flat ratio to the content, is what it is taken for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consumer.extract.answer_schema import answer_schema
from consumer.extract.prompts import assemble, ontology_text
from consumer.llm.exchange import AnswerFormat, Usage
from consumer.llm.expected import answer_tokens, format_tokens
from consumer.model.episode import Episode
from consumer.model.token_estimate import estimated_tokens
from consumer.ontology import Ontologies
from consumer.settings import PipelineSettings

_TAIL_TOKENS = 150
"""What a chunk is told of the one before it."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """LLM tokens of one episode, in all of its `parts` (1, or its chunks).

    `prefix_tokens` are those of the fixed text and schema, once; `section_tokens` what is said of the episode itself,
    context included; `content_tokens` its content; `output_tokens` what the answers are taken for.
    """

    parts: int
    prefix_tokens: int
    section_tokens: int
    content_tokens: int
    output_tokens: int

    @property
    def alone(self) -> Usage:
        """What it takes when it shares no call with others: at most, but for tries that fail."""
        return Usage(self.parts * self.prefix_tokens + self.section_tokens, self.output_tokens)


NOTHING = Forecast(0, 0, 0, 0, 0)
"""Of an episode that costs no call: given facts, blank, not to be extracted."""


class Forecaster:
    """Looks ahead for the episodes of one consumer."""

    def __init__(
        self,
        settings: PipelineSettings,
        ontologies: Ontologies | None = None,
        *,
        output_ratio: float | None = None,
        shorten: Callable[[Episode], Episode] = lambda episode: episode,
    ) -> None:
        """Take the size of chunks, the vocabularies that go with the prompt, and tokens answered for each read.

        `shorten` returns an episode as it will be asked about.
        """
        self._shorten = shorten
        self._chunk_tokens = settings.chunk_tokens
        self._ontologies = ontologies or Ontologies()
        self._output_ratio = output_ratio
        self._prefixes: dict[str | None, int] = {}

    def of(self, episode: Episode) -> Forecast:
        """Return what extracting `episode` takes; that a mapping may read it without a call is not looked at.

        Raises:
            EpisodeFault: `unknown-ontology`.
        """
        if not episode.wants_extraction or not episode.content.strip():
            return NOTHING
        episode = self._shorten(episode)
        ontology = self._ontologies.of(episode)
        name = None if ontology is None else ontology.name
        prompt = assemble(episode, "" if ontology is None else ontology_text(ontology))
        if name not in self._prefixes:
            schema = AnswerFormat("", answer_schema(ontology))
            self._prefixes[name] = estimated_tokens(prompt.system) + format_tokens(schema)
        content = estimated_tokens(episode.content)
        parts = max(1, -(-content // self._chunk_tokens))
        ratio = self._output_ratio
        about_it = max(0, estimated_tokens(prompt.user) - content)
        return Forecast(
            parts=parts,
            prefix_tokens=self._prefixes[name],
            section_tokens=content + parts * about_it + (parts - 1) * _TAIL_TOKENS,
            content_tokens=content,
            output_tokens=answer_tokens(content, parts) if ratio is None else round(content * ratio),
        )
