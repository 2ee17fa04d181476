"""Prompts: versioned wording in files beside this, assembled by pure functions.

The fixed text stands first and is byte-equal over all calls; what differs from episode to episode stands in the user
text behind it. A changed wording is a new file with a new version, because the version is part of the extractor's name
and thus of every cache key.
"""

from __future__ import annotations

from consumer.extract.prompts.assemble import PROMPT_VERSION, Prompt, assemble
from consumer.extract.prompts.bind import ReadBack, bind, keys_of, read_back
from consumer.extract.prompts.ontology import ONTOLOGY_PROMPT_VERSION, ontology_text

__all__ = [
    "ONTOLOGY_PROMPT_VERSION",
    "PROMPT_VERSION",
    "Prompt",
    "ReadBack",
    "assemble",
    "bind",
    "keys_of",
    "ontology_text",
    "read_back",
]
