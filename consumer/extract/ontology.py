"""An extractor that keeps to the ontology of each episode: mapped records first, then the engine's answer checked."""

from __future__ import annotations

import asyncio
import logging

from consumer.errors import EpisodeFault
from consumer.extract.mapping import MAX_SKIPS_TOLD, Mapped, mapped
from consumer.model.episode import Episode
from consumer.model.knowledge import Knowledge
from consumer.ontology import Ontologies, Ontology, apply
from consumer.ports import Extractor, prepare
from consumer.telemetry import names, providers

logger = logging.getLogger(__name__)

_IN_THREAD_CHARS = 65_536


class OntologyExtractor:
    """Implements `ports.Extractor` around an engine, which it owns.

    T1: an episode that names an ontology nobody registered is not extracted.
    T2: a record that a mapping fits costs no call of the engine.
    T3: what is returned is what `consumer.ontology.apply` lets pass.
    """

    def __init__(self, extractor: Extractor, ontologies: Ontologies) -> None:
        """Store both; nothing is started."""
        self._extractor = extractor
        self._ontologies = ontologies
        self._digest = ontologies.digest

    @property
    def name(self) -> str:
        """That of the engine, and the digest of the ontologies when there are any."""
        return f"{self._extractor.name}+ontology-{self._digest}" if self._digest else self._extractor.name

    async def extract(self, episode: Episode) -> Knowledge:
        """Return what `episode` says, as its ontology has it.

        Raises:
            EpisodeFault: `unknown-ontology`; `mapping-failed` in strict mode; see `ports.Extractor.extract`.
            WorldFault: see `ports.Extractor.extract`.
        """
        ontology = self._ontologies.of(episode)
        if ontology is None:
            return await self._extractor.extract(episode)
        found = await _mapped(ontology, episode)
        said = await self._extractor.extract(episode) if found is None else _usable(ontology, episode, found)
        kept, counts = apply(ontology, said)
        for deviation, count in counts.items():
            _count(names.ONTOLOGY_DEVIATIONS, ontology, count, deviation)
        return kept

    async def prepare(self) -> None:
        """Load what the engine loads, if it does."""
        await prepare(self._extractor)

    async def aclose(self) -> None:
        """Close the engine."""
        await self._extractor.aclose()


async def _mapped(ontology: Ontology, episode: Episode) -> Mapped | None:
    """Return what a mapping makes of the episode; a large record is read off the event loop."""
    if len(episode.content) > _IN_THREAD_CHARS and episode.source == "json" and ontology.mappings:
        return await asyncio.to_thread(mapped, ontology, episode)
    return mapped(ontology, episode)


def _usable(ontology: Ontology, episode: Episode, found: Mapped) -> Knowledge:
    """Return what was mapped, having told what was not.

    Raises:
        EpisodeFault: `mapping-failed`: nothing at all, and the ontology is strict.
    """
    _count(names.ONTOLOGY_MAPPED, ontology, 1)
    told = "; ".join(found.skips[:MAX_SKIPS_TOLD])
    if found.skips:
        _count(names.ONTOLOGY_DEVIATIONS, ontology, len(found.skips), "skipped-by-mapping")
        logger.info(
            "mapping %s left out %d of a record group_id=%s event_id=%s: %s",
            found.mapping,
            len(found.skips),
            episode.group_id,
            episode.event_id,
            told,
        )
    if ontology.strict and not found.knowledge.mentions:
        problem = told or "it finds neither entities nor facts"
        raise EpisodeFault("mapping-failed", f"mapping {found.mapping!r} of ontology {ontology.name!r}: {problem}")
    return found.knowledge


def _count(metric: str, ontology: Ontology, count: int, deviation: str | None = None) -> None:
    counter = providers.counter(metric)
    if counter is not None:
        attributes = {names.ONTOLOGY: ontology.name}
        counter.add(count, attributes if deviation is None else {**attributes, names.DEVIATION: str(deviation)})
