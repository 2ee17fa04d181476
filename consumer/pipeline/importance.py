"""Which entity names are worth a vector: a score of what one episode says of each. Pure.

Only what the episode itself says counts. The graph is not asked: how many facts an entity has there depends on what
happens to be written already, and the graph must be a function of the log, whatever came first.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from consumer.model.knowledge import DEFAULT_TYPE, Knowledge, Mention

NAME, SUMMARY, TYPE, DEGREE = 3, 3, 2, 2
"""Tenths that a mention gets for a name, a summary that says something, a type of its own, and many facts."""

SUMMARY_OVER_CHARS: Final = 50
DEGREE_OVER: Final = 5


def score(mention: Mention, degree: int) -> float:
    """Return the importance of a mention, 0 to 1, with so many facts of its episode about it."""
    tenths = NAME if mention.name.strip() else 0
    tenths += SUMMARY if len(mention.summary.strip()) > SUMMARY_OVER_CHARS else 0
    tenths += TYPE if mention.type != DEFAULT_TYPE else 0
    tenths += DEGREE if degree > DEGREE_OVER else 0
    return tenths / 10


def important_names(knowledge: Knowledge, threshold: float) -> list[str]:
    """Return the names that reach the threshold, each once, in the order of their mentions; blank ones never.

    A name that is mentioned twice counts as its more important mention.
    """
    degrees = Counter(name for said in knowledge.assertions for name in {said.subject, said.object})
    return list(
        dict.fromkeys(
            mention.name
            for mention in knowledge.mentions
            if mention.name.strip() and score(mention, degrees[mention.name]) >= threshold
        )
    )
