"""Search: legs side by side, fused, reranked, shown with where hits come from; answers are kept while they hold."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from consumer.cache import SingleFlight
from consumer.clock import Clock, SystemClock
from consumer.graph import FactFilter, GroupState, What
from consumer.ports import Embedder
from consumer.search.hits import community_hits, entity_hits, episode_hits, fact_hits
from consumer.search.known import KnownPage, known_page
from consumer.search.legs import Asked, Legs
from consumer.search.limits import MAX_QUERY_CHARS, check, window
from consumer.search.ordering import CrossEncoder, Ordering
from consumer.search.reading import Reader
from consumer.search.request import DEFAULT_RANKING, Kind, Leg, Ranking, SearchRequest
from consumer.search.result import SearchResult
from consumer.search.result_cache import ResultCache
from consumer.telemetry.questions import CACHED, FOUND, NOTHING, asked

LOOKS = 3
"""How often a search begins anew because a group got vectors of another model meanwhile."""

JUDGED = 50

logger = logging.getLogger(__name__)


def _outcome(result: SearchResult) -> str:
    """Return how a search ended, for metrics."""
    if result.is_cached:
        return CACHED
    return FOUND if result.hits or result.entities or result.episodes or result.communities else NOTHING


class Search:
    """Answers requests.

    V1: a question is compared only with vectors of the model that embedded it. V2: what is kept of an answer is
    returned only while no group of it was written to. V3: the pages of one request are parts of one list: no hit is
    on two of them or on none, as long as its groups are not written to. V4: every hit is of the groups that were asked.
    """

    def __init__(
        self,
        reader: Reader,
        embedder: Embedder,
        clock: Clock | None = None,
        embedder_of: Callable[[str], Embedder | None] | None = None,
        *,
        ranking: Ranking | None = None,
        cache: ResultCache | None = None,
        cross_encoder: CrossEncoder | None = None,
        judged: int = JUDGED,
    ) -> None:
        """Take what reads and embeds; `embedder_of` gives those of other models, for groups whose vectors are theirs.

        A group whose model nobody can give is searched by words alone. `ranking` is for requests that have none of
        their own.
        """
        self._reader = reader
        self._embedder = embedder
        self._clock = clock or SystemClock()
        self._legs = Legs(
            reader, embedder, embedder_of or (lambda model: embedder if model == embedder.model else None)
        )
        self._ordering = Ordering(reader, self._clock, cross_encoder, judged)
        self._cache = cache
        self._flight: SingleFlight[SearchResult] = SingleFlight()
        self.ranking = ranking or DEFAULT_RANKING

    async def facts(self, request: SearchRequest) -> SearchResult:
        """Return the facts that answer best, whatever kinds the request names; else as `search`."""
        return await self.search(replace(request, kinds=(Kind.FACT,)))

    @asked("search", _outcome)
    async def search(self, request: SearchRequest) -> SearchResult:
        """Return what answers best, of each kind that the request names.

        A blank query (without a vector or origins), no group or a limit under 1 finds nothing.

        Raises:
            UserError: the request is out of bounds (`consumer.search.limits`), or wants a judge that there is not.
            WorldFault: the database or a model is down.
        """
        groups = tuple(dict.fromkeys(request.group_ids))
        query = request.query.strip()[:MAX_QUERY_CHARS]
        ranking = self.ranking if request.ranking is DEFAULT_RANKING else request.ranking
        request = replace(request, query=query, group_ids=groups, ranking=ranking)
        check(request)
        self._ordering.check(ranking)
        is_blank = not query and request.vector is None and not request.origins
        if is_blank or not groups or request.limit < 1 or not request.kinds:
            return SearchResult(())
        states = await self._reader.states(groups)
        key = None if self._cache is None else self._cache.key(request, states, self._embedder.model)
        if self._cache is None or key is None or request.explain:
            return (await self._answered(request, states))[0]
        if not request.refresh and (kept := await self._cache.get(key)) is not None:
            return replace(kept, is_cached=True)
        return (await self._flight.fetch([key], lambda _: self._kept(key, request, states)))[key]

    async def aclose(self) -> None:
        """Close the cache of results."""
        if self._cache is not None:
            await self._cache.aclose()

    async def _kept(
        self, key: str, request: SearchRequest, states: Mapping[str, GroupState]
    ) -> Mapping[str, SearchResult]:
        """Return the answer by its key, and keep it if no group was written to meanwhile."""
        result, after = await self._answered(request, states)
        if self._cache is not None and after == states:
            await self._cache.put(key, result)
        return {key: result}

    async def _answered(
        self, request: SearchRequest, states: Mapping[str, GroupState]
    ) -> tuple[SearchResult, Mapping[str, GroupState]]:
        """Return the answer, and the groups as they were after it."""
        for _ in range(LOOKS):
            result, after = await self._once(request, states)
            if Leg.VECTOR not in request.legs or _models(after) == _models(states):
                return result, after
            states = after
        logger.warning("groups changed their embedding model during a search: answered by words alone")
        legs = tuple(leg for leg in request.legs if leg is not Leg.VECTOR)
        return await self._once(replace(request, legs=legs), states)

    async def _once(
        self, request: SearchRequest, states: Mapping[str, GroupState]
    ) -> tuple[SearchResult, Mapping[str, GroupState]]:
        asked = Asked(request, request.query, self._filter(request), window(request.limit), states)
        await self._legs.run(asked)
        lists = {kind: await self._ordering.ordered(asked, kind) for kind in dict.fromkeys(request.kinds)}
        end = request.offset + request.limit
        pages = {kind: found[request.offset : end] for kind, found in lists.items()}
        known: KnownPage | None = None
        if request.known_at is not None and Kind.FACT in lists:
            known = await known_page(self._reader, asked, lists[Kind.FACT], self._validity(request))
            pages[Kind.FACT] = known.candidates
        uuids = {What(kind): [one.uuid for one in page] for kind, page in pages.items()}
        shown = await self._reader.shown(uuids, request.group_ids, request.group_ids)
        lengths = [len(found) for kind, found in lists.items() if kind is not Kind.FACT or known is None]
        result = SearchResult(
            hits=fact_hits(pages.get(Kind.FACT, ()), shown) if known is None else known.hits(shown),
            entities=entity_hits(pages.get(Kind.ENTITY, ()), shown),
            episodes=episode_hits(pages.get(Kind.EPISODE, ()), shown),
            communities=community_hits(pages.get(Kind.COMMUNITY, ()), shown),
            next_offset=end if max([*lengths, known.length if known else 0]) > end else None,
            legs=tuple(asked.reports) if request.explain else (),
        )
        return result, shown.states

    def _filter(self, request: SearchRequest) -> FactFilter:
        """Return the conditions of the legs; of the past as it was known, what is true is found out afterwards."""
        alive_at, begun_by = self._validity(request)
        is_as_known = request.known_at is not None
        return FactFilter(
            request.group_ids,
            alive_at=None if is_as_known else alive_at,
            begun_by=None if is_as_known else begun_by,
            known_by=request.known_at,
            relations=request.relation_types,
            types=request.entity_types,
            episodes=request.episodes,
            sources=request.sources,
        )

    def _validity(self, request: SearchRequest) -> tuple[datetime | None, datetime | None]:
        """Return (not over at, begun by): an instant is a range of one, and two conditions join to the narrower."""
        alive = [instant for instant in (request.as_of, request.valid_from) if instant is not None]
        begun = [instant for instant in (request.as_of, request.valid_until) if instant is not None]
        if not alive and request.valid_until is None:
            alive = [self._clock.now()]
        return (None if request.include_invalid or not alive else max(alive)), (min(begun) if begun else None)


def _models(states: Mapping[str, GroupState]) -> dict[str, tuple[str | None, bool]]:
    """Return what a change of model changes."""
    return {group_id: (state.model, state.is_switching) for group_id, state in states.items()}
