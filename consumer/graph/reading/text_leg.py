"""The full-text leg: what holds words of a question, best first, exact in every condition."""

from __future__ import annotations

import logging
from typing import Any

from neo4j.exceptions import ClientError

from consumer.errors import EpisodeFault
from consumer.graph.connection import Database
from consumer.graph.lucene import english_query, fields_query
from consumer.graph.reading.filters import FactFilter
from consumer.graph.reading.found import Candidate, Candidates, Method, What

logger = logging.getLogger(__name__)

OVER_FETCH = 5
"""How many times the wanted number the index is asked for first, before the conditions are checked."""

MOST = 1_000_000
"""Asked of the index when over-fetching was not enough."""

_FIELDS = {
    What.FACT: ("fact", "name"),
    What.ENTITY: ("name", "summary"),
    What.EPISODE: ("content",),
    What.COMMUNITY: ("name",),
}
_QUERIES = {
    What.FACT: "find_facts_by_text",
    What.ENTITY: "find_entities_by_text",
    What.EPISODE: "find_episodes_by_text",
    What.COMMUNITY: "find_communities_by_text",
}

_BY_FORMS = "find_episodes_by_english"


def conditions(what: What, wanted: FactFilter) -> dict[str, Any]:
    """Return the parameters of the conditions on elements of this kind."""
    match what:
        case What.FACT:
            return wanted.of_facts
        case What.ENTITY:
            return wanted.of_entities
        case What.EPISODE:
            return wanted.of_episodes
        case What.COMMUNITY:
            return wanted.of_communities


async def by_text(database: Database, what: What, text: str, wanted: FactFilter, limit: int) -> Candidates:
    """Return what holds words of `text`, best first. Only fields with content count: not the group's name.

    T1: as many as exist are returned, up to `limit`, however few of the index's own best pass the conditions.

    Raises:
        WorldFault: the database is down.
    """
    asked = fields_query(text, _FIELDS[what], wanted.group_ids)
    if asked is None:
        return Candidates(method=Method.FULL_TEXT)
    values = conditions(what, wanted) | {"text": asked, "limit": limit}
    if what is What.EPISODE and (english := english_query(text, "content", wanted.group_ids)) is not None:
        try:
            return await _asked(database, _BY_FORMS, values | {"english": english})
        except (ClientError, EpisodeFault) as error:
            # Not there yet, or filling: the other index finds the same words, in the form that was typed.
            logger.warning("the English index of episodes cannot be used, words count as they are: %s", error)
    return await _asked(database, _QUERIES[what], values)


async def _asked(database: Database, name: str, values: dict[str, Any]) -> Candidates:
    found = Candidates(method=Method.FULL_TEXT)
    limit: int = values["limit"]
    for index_limit in (limit * OVER_FETCH, MOST):
        values["index_limit"] = index_limit
        record = await database.ask(name, values) or {"rows": [], "seen": 0}
        found[:] = [Candidate(*row) for row in record["rows"]]
        if len(found) >= limit or record["seen"] < index_limit:
            break
    found.asked.append((name, values))
    return found
