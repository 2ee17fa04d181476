"""What a hosted Neo4j allows: no files, no APOC, no GDS, no commands of an administrator, in any query we ship."""

import re

import pytest

from consumer.graph.cypher import body, query_names
from consumer.graph.schema_elements import GRAPHITI

PROCEDURES = {
    "db.create.setNodeVectorProperty",
    "db.create.setRelationshipVectorProperty",
    "db.index.fulltext.queryNodes",
    "db.index.fulltext.queryRelationships",
    "db.index.vector.queryNodes",
    "db.index.vector.queryRelationships",
    "dbms.components",
}
"""All that we call; each is part of the database itself and open to every user."""

FORBIDDEN = re.compile(
    r"\b(apoc|gds)\.|\bLOAD\s+CSV\b|\bfile:|\bdbms\.(?!components\b)|"
    r"\b(CREATE|DROP|ALTER|START|STOP|GRANT|DENY|REVOKE)\s+(DATABASE|USER|ROLE|ALIAS|SERVER)\b|\bUSE\s+\w+",
    re.IGNORECASE,
)


def called(text):
    """The procedures that a query calls."""
    return set(re.findall(r"\bCALL\s+([A-Za-z]\w*(?:\.\w+)+)", text))


@pytest.mark.parametrize("name", query_names())
def test_a_query_needs_the_database_alone(name):
    """Nothing that has to be installed, and nothing that a user of Aura may not do."""
    assert not FORBIDDEN.search(body(name))
    assert called(body(name)) <= PROCEDURES


def test_the_schema_needs_the_database_alone():
    """Constraints and indexes of the kinds that every edition has: no existence constraint, no node key."""
    for element in GRAPHITI:
        assert not FORBIDDEN.search(element.statement)
        assert not re.search(r"IS NOT NULL|IS (NODE|RELATIONSHIP )?KEY|IS ::", element.statement)


@pytest.mark.parametrize(
    "text",
    [
        "RETURN apoc.text.join([], '')",
        "CALL gds.leiden.stream('g')",
        "LOAD  CSV FROM $u AS l RETURN l",
        "DROP DATABASE x",
    ],
)
def test_what_is_forbidden_would_be_seen(text):
    """The tests above could fail."""
    assert FORBIDDEN.search(text)
