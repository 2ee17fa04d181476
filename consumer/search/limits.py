"""What a request may ask for: bounds that keep one search from being a burden to all. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from consumer.errors import UserError
from consumer.search.request import Reranker, SearchRequest

MAX_QUERY_CHARS = 8_000
"""A longer question is cut there: its first words say what is asked, and no model reads more."""

MAX_GROUPS = 10_000
MAX_LIMIT = 1_000
MAX_DEPTH = 5
MAX_VALUES = 1_000
"""Entity types, relation types, episodes, sources or origins in one request."""

PAGES = 5
LEAST_WINDOW = 50
MOST_WINDOW = 2_000


def window(limit: int) -> int:
    """Return how many candidates each leg fetches: by the limit alone, so that all pages are parts of one list."""
    return min(max(limit * PAGES, LEAST_WINDOW), MOST_WINDOW)


def check(request: SearchRequest) -> None:
    """Return if the request is within its bounds.

    Raises:
        UserError: it is not, with the bound.
    """
    if len(request.group_ids) > MAX_GROUPS:
        raise UserError(f"{len(request.group_ids)} groups are asked for: at most {MAX_GROUPS} in one search")
    if request.limit > MAX_LIMIT:
        raise UserError(f"limit={request.limit}: at most {MAX_LIMIT} hits a page")
    if request.offset < 0:
        raise UserError(f"offset={request.offset}: it counts from 0")
    if not 0 <= request.depth <= MAX_DEPTH:
        raise UserError(f"depth={request.depth}: between 0 and {MAX_DEPTH} steps")
    for name in ("entity_types", "relation_types", "episodes", "sources", "origins"):
        values: Sequence[str] = getattr(request, name)
        if len(values) > MAX_VALUES:
            raise UserError(f"{len(values)} {name} are asked for: at most {MAX_VALUES}")
    _check_ranking(request)
    for name in ("as_of", "valid_from", "valid_until", "known_at"):
        instant = getattr(request, name)
        if instant is not None and instant.tzinfo is None:
            raise UserError(f"{name}={instant.isoformat()} has no zone, e.g. +00:00")
    if request.valid_from and request.valid_until and request.valid_from > request.valid_until:
        raise UserError("valid_from is after valid_until: nothing is true then")


def _check_ranking(request: SearchRequest) -> None:
    ranking = request.ranking
    if any(not weight >= 0 for weight in ranking.weights.values()):
        raise UserError("a leg's weight is a number from 0 up")
    if not 0 <= ranking.neighbour_bonus <= 1 or not 0 <= ranking.mmr_lambda <= 1:
        raise UserError("neighbour_bonus and mmr_lambda are between 0 and 1")
    if ranking.rank_constant < 1:
        raise UserError(f"rank_constant={ranking.rank_constant}: at least 1")
    if ranking.reranker is Reranker.DISTANCE and not ranking.center:
        raise UserError("the reranker `distance` needs a center: the uuid of an entity")
