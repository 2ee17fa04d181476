"""The composition root: the only place that decides which implementation stands behind a port.

Heavy packages are imported inside the builders, so that a command loads only what it uses.
"""

# ruff: noqa: PLC0415 - see above: an engine's packages are loaded when it is built

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from consumer.errors import UserError
from consumer.ports import DeadLetterSink, Embedder, Extractor, GraphStore
from consumer.settings import Engine, Settings

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    from consumer.ontology import Ontologies
    from consumer.search import Search


def build_extractor(settings: Settings) -> Extractor:
    """Return the extractor that `settings.extractor` names, kept to the ontologies if any; close it with `aclose`.

    Raises:
        UserError: the engine's packages or its key are not there, or an ontology file is broken.
    """
    from consumer.extract.ontology import OntologyExtractor

    ontologies = build_ontologies(settings)
    engine = _bare_extractor(settings, ontologies)
    return OntologyExtractor(engine, ontologies) if len(ontologies) else engine


def build_ontologies(settings: Settings) -> Ontologies:
    """Return the ontologies of the settings' folder and files.

    Raises:
        UserError: a file is broken, or the default is none of them.
    """
    from consumer.ontology import Ontologies

    return Ontologies.load(settings.ontology)


def _bare_extractor(settings: Settings, ontologies: Ontologies) -> Extractor:
    from consumer.extract.shortened import Shortener, shortened

    shortener = Shortener(settings.llm)
    if settings.engine(settings.extractor) is Engine.LOCAL:
        try:
            from consumer.extract.local import LocalExtractor
        except ImportError as error:
            raise _extra_missing("extractor", error) from error
        return shortened(_chunked(LocalExtractor(), settings), shortener)
    from consumer.app.build_models import chat_models
    from consumer.extract.forecast import Forecaster
    from consumer.extract.openai import OpenAiExtractor
    from consumer.extract.within_budget import within_budget

    engine = OpenAiExtractor(chat_models(settings, _key(settings)), settings.llm, ontologies)
    forecaster = Forecaster(settings.pipeline, ontologies, shorten=shortener.of)
    return within_budget(shortened(_chunked(engine, settings), shortener), settings.llm, forecaster)


def _chunked(engine: Extractor, settings: Settings) -> Extractor:
    """Return `engine` so that it reads large episodes chunk by chunk."""
    from consumer.extract.speaker import split_speaker
    from consumer.pipeline.chunked_extractor import ChunkedExtractor

    return ChunkedExtractor(engine, settings.pipeline, lambda content: split_speaker(content)[0])


def build_embedder(settings: Settings) -> Embedder:
    """Return the embedder that `settings.embedder` names, behind its cache; close it with `aclose`.

    Raises:
        UserError: the engine's packages or its key are not there.
    """
    from consumer.cache.levels import VECTOR, tiered
    from consumer.embed.cached import CachedEmbedder, call_size

    endpoint = settings.openai_base_url if settings.engine(settings.embedder) is Engine.OPENAI else None
    cache = tiered(VECTOR, settings.embedding.cache_bytes, settings.cache)
    size = call_size(settings.embedding)
    return CachedEmbedder(_bare_embedder(settings, size.took), settings.embedding, cache, scope=[endpoint], size=size)


def _bare_embedder(settings: Settings, on_call: Callable[[int, float], None]) -> Embedder:
    if settings.engine(settings.embedder) is Engine.LOCAL:
        try:
            from consumer.embed.local import LocalEmbedder
        except ImportError as error:
            raise _extra_missing("embedder", error) from error
        return LocalEmbedder(on_call)
    from consumer.app.build_models import embedding_model
    from consumer.embed.openai import OpenAiEmbedder

    return OpenAiEmbedder(embedding_model(settings, _key(settings), on_call), settings.embedding)


@asynccontextmanager
async def open_store(settings: Settings, embedder: Embedder) -> AsyncIterator[GraphStore]:
    """Connect to Neo4j, apply the schema unless switched off, and close at the end.

    Raises:
        UserError: the address or credentials are wrong.
        WorldFault: the database cannot be reached.
    """
    from consumer.graph import Neo4jGraphStore, apply_schema, connect, models_in_use
    from consumer.graph.embedding_models import told

    async with aclosing(connect(settings.neo4j)) as database:
        if settings.neo4j.apply_schema:
            await apply_schema(database, embedder.dimension, model=embedder.model)
        # Told and not refused: other pods may write those groups, with their model.
        if others := [use for use in await models_in_use(database) if use.model != embedder.model]:
            logger.warning("%s", told(others, embedder.model))
        yield Neo4jGraphStore(
            database,
            max_name_chars=settings.pipeline.max_name_chars,
            resolves_by_rules=settings.pipeline.resolves_names,
            sums_up=settings.pipeline.sums_up_entities,
        )


@asynccontextmanager
async def open_dead_letters(settings: Settings) -> AsyncIterator[DeadLetterSink]:
    """Open the producer of dead letters and close it at the end.

    Raises:
        WorldFault: Kafka cannot be reached.
    """
    from consumer.kafka.dead_letters import KafkaDeadLetters

    async with KafkaDeadLetters(settings.kafka) as sink:
        yield sink


@asynccontextmanager
async def open_search(settings: Settings, embedder: Embedder | None = None) -> AsyncIterator[Search]:
    """Open a search over the graph, with the embedder that wrote it; one that is passed in stays open at the end.

    Raises:
        UserError: an engine is not usable, or the address or credentials are wrong.
        WorldFault: the database cannot be reached.
    """
    from consumer.app.build_search import build_judge, build_search
    from consumer.app.embedders import EmbeddersByModel
    from consumer.graph import connect

    async with AsyncExitStack() as closing:
        if embedder is None:
            embedder = build_embedder(settings)
            closing.push_async_callback(embedder.aclose)
        database = await closing.enter_async_context(aclosing(connect(settings.neo4j)))
        others = await closing.enter_async_context(EmbeddersByModel(settings, embedder, build_embedder))
        judge = build_judge(settings)
        if judge is not None:
            closing.push_async_callback(judge.aclose)
        search = build_search(settings, database, embedder, others.of, judge)
        closing.push_async_callback(search.aclose)
        yield search


def _key(settings: Settings) -> str:
    if settings.openai_api_key is None:
        raise UserError("no OPENAI_API_KEY in the environment; set it, or choose EPISODES_EXTRACTOR=local")
    return settings.openai_api_key.get_secret_value()


def _extra_missing(what: str, error: ImportError) -> UserError:
    return UserError(f"the local {what} needs the extra `local` ({error.name}): pip install 'episodes[local]'")
