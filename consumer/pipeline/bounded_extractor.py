"""An extractor whose answers are safe to store, whatever engine is behind it.

A model can be talked into anything by the text it reads: endless names, control characters, types that are labels of
ours, attributes no property can hold. What is too long is cut, what is too much or makes no sense is left out; the
episode is never rejected for it.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import replace

from consumer.model.episode import Episode
from consumer.model.ids import name_key
from consumer.model.knowledge import Assertion, Knowledge, Mention, Scalar, complete, relation_name, type_label
from consumer.model.relations import under_its_usual_name
from consumer.model.token_estimate import estimated_tokens
from consumer.pipeline.limits import is_visible
from consumer.ports import Extractor
from consumer.settings import PipelineSettings

logger = logging.getLogger(__name__)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class BoundedExtractor:
    """Implements `ports.Extractor` by handing on to another one and bounding what it returns.

    X1: for each chunk's worth of content at most `max_facts` mentions and as many assertions; names of at most
        `max_name_chars`, texts of at most `max_text_chars`, at most `max_attributes` scalar attributes.
    X2: no name is blank, holds a control character or what UTF-8 cannot; no fact is about one thing alone.
    X3: a relation that no ontology declares has its usual name (`consumer.model.relations`).
    """

    def __init__(self, extractor: Extractor, settings: PipelineSettings) -> None:
        """Store both; nothing is started."""
        self._extractor = extractor
        self._settings = settings

    @property
    def name(self) -> str:
        """That of the engine behind it."""
        return self._extractor.name

    async def extract(self, episode: Episode) -> Knowledge:
        """Return what the engine reads in `episode`, within bounds.

        Raises:
            EpisodeFault: see `ports.Extractor.extract`.
            WorldFault: see `ports.Extractor.extract`.
        """
        said = await self._extractor.extract(episode)
        chunks = max(-(-estimated_tokens(episode.content) // self._settings.chunk_tokens), 1)
        kept = bounded(said, self._settings, chunks)
        lost = len(said.assertions) - len(kept.assertions)
        if lost:
            logger.warning(
                "%d of %d facts of an answer were left out", lost, len(said.assertions), extra={"episode": episode.uuid}
            )
        return kept

    async def aclose(self) -> None:
        """Close the engine behind it."""
        await self._extractor.aclose()


def bounded(said: Knowledge, settings: PipelineSettings, chunks: int = 1) -> Knowledge:
    """Return `said`, of a content of so many chunks, within the bounds X1 and X2; what was in bounds is as it was."""
    most = settings.max_facts * chunks
    mentions = [_mention(mention, settings) for mention in said.mentions[:most]]
    assertions = [_assertion(assertion, settings) for assertion in said.assertions[:most]]
    return complete(
        tuple(mention for mention in mentions if is_visible(mention.name)),
        tuple(
            one
            for one in assertions
            if is_visible(one.subject) and is_visible(one.object) and name_key(one.subject) != name_key(one.object)
        ),
    )


def _mention(mention: Mention, settings: PipelineSettings) -> Mention:
    return Mention(
        _name(mention.name, settings),
        type_label(_name(mention.type, settings)),
        _text(mention.summary, settings),
        _attributes(mention.attributes, settings),
    )


def _assertion(assertion: Assertion, settings: PipelineSettings) -> Assertion:
    kept = replace(
        assertion,
        subject=_name(assertion.subject, settings),
        relation=relation_name(_name(assertion.relation, settings)),
        object=_name(assertion.object, settings),
        sentence=_text(assertion.sentence, settings),
    )
    return under_its_usual_name(kept)


def _attributes(attributes: Mapping[str, Scalar], settings: PipelineSettings) -> dict[str, Scalar]:
    kept: dict[str, Scalar] = {}
    for key, value in attributes.items():
        name = _name(key, settings)
        is_scalar = isinstance(value, str | int | float)
        if len(kept) < settings.max_attributes and is_visible(name) and is_scalar and not _is_no_number(value):
            kept[name] = _text(value, settings) if isinstance(value, str) else value
    return kept


def _is_no_number(value: Scalar) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _name(text: str, settings: PipelineSettings) -> str:
    """Return `text` on one line, cut."""
    return _CONTROL.sub(" ", _text(text, settings)).strip()[: settings.max_name_chars].rstrip()


def _text(text: str, settings: PipelineSettings) -> str:
    """Return `text` without NUL and what UTF-8 cannot hold, cut."""
    return text[: settings.max_text_chars].replace("\x00", "").encode("utf-8", "replace").decode()
