"""Prompt texts: versioned files, and the pure functions that assemble them and read them back.

The system text is the file as it is: byte-equal over all calls, so that a provider can cache it. What differs from
episode to episode stands in the user text behind it. A changed wording is a new file with a new version, because
the version is part of the extractor's name and thus of every cache key.
"""

from __future__ import annotations

from consumer.extract.prompts.assemble import PROMPT_VERSION, Prompt, ReadBack, assemble, read_back

__all__ = ["PROMPT_VERSION", "Prompt", "ReadBack", "assemble", "read_back"]
