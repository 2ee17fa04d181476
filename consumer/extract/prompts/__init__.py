"""Prompt texts: versioned files, and the pure functions that assemble them and read them back.

The system text is the file as it is, then the vocabulary of the episode's ontology, if it has one: byte-equal over all
calls of one ontology, so that a provider can cache it. What differs from episode to episode stands in the user text
behind it. A changed wording is a new file with a new version, because the version is part of the extractor's name and
thus of every cache key.
"""

from __future__ import annotations

from consumer.extract.prompts.assemble import PROMPT_VERSION, Prompt, ReadBack, assemble, read_back
from consumer.extract.prompts.ontology import ONTOLOGY_PROMPT_VERSION, ontology_text

__all__ = [
    "ONTOLOGY_PROMPT_VERSION",
    "PROMPT_VERSION",
    "Prompt",
    "ReadBack",
    "assemble",
    "ontology_text",
    "read_back",
]
