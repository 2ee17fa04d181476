"""Counts the LLM tokens of a text: by the estimate, or really, where tiktoken is installed and asked for.

Not by itself: tiktoken fetches the tables of a model over the network at the first use, unless it finds them in the
folder of TIKTOKEN_CACHE_DIR.
"""

from __future__ import annotations

import importlib
from typing import Any, Protocol

import numpy as np

from consumer.errors import UserError
from consumer.model.token_estimate import QUARTERS, exceeds, token_quarters
from consumer.settings import LlmSettings

_FALLBACK = "o200k_base"
"""The encoding of OpenAI's models of today: for those that tiktoken does not know by name."""


class Tokenizer(Protocol):
    """Says how much of a text is so many tokens."""

    def chars_within(self, text: str, tokens: int) -> int:
        """Return how many characters from the start of `text` have at most so many tokens."""
        ...


class Encoding(Protocol):
    """What is used of a `tiktoken.Encoding`."""

    def encode(self, text: str, *, disallowed_special: tuple[str, ...] = ()) -> list[int]:
        """Return the tokens of `text`; names of special tokens in it are text like any other."""
        ...

    def decode_bytes(self, tokens: list[int]) -> bytes:
        """Return the bytes of `tokens`."""
        ...


class Estimating:
    """By the script of the characters (`consumer.model.token_estimate`)."""

    def chars_within(self, text: str, tokens: int) -> int:
        """Return how many characters from the start of `text` have at most so many tokens by the estimate."""
        if not exceeds(text, tokens):
            return len(text)
        sums = token_quarters(text[: tokens * QUARTERS + 1])
        return int(np.searchsorted(sums, tokens * QUARTERS, side="right")) - 1


class Counting:
    """By the model's own tokens."""

    def __init__(self, encoding: Encoding) -> None:
        """Take the encoding."""
        self._encoding = encoding

    def chars_within(self, text: str, tokens: int) -> int:
        """Return how many whole characters from the start of `text` the first so many tokens hold."""
        if len(text.encode("utf-8", "replace")) <= tokens:
            return len(text)  # no tokenizer makes more tokens than bytes
        found = self._encoding.encode(text.encode("utf-8", "replace").decode(), disallowed_special=())
        if len(found) <= tokens:
            return len(text)
        return len(self._encoding.decode_bytes(found[:tokens]).decode("utf-8", "ignore"))


def tokenizer_of(settings: LlmSettings) -> Tokenizer:
    """Return the tokenizer that the settings name, for their model.

    Raises:
        UserError: it is not installed, or its tables cannot be had.
    """
    if settings.tokenizer == "estimate":
        return Estimating()
    try:
        tiktoken: Any = importlib.import_module("tiktoken")
    except ImportError as error:
        raise UserError(
            "EPISODES_LLM__TOKENIZER=tiktoken needs the package tiktoken: pip install tiktoken, or take `estimate`"
        ) from error
    try:
        try:
            return Counting(tiktoken.encoding_for_model(settings.model.rpartition("/")[2]))
        except KeyError:
            return Counting(tiktoken.get_encoding(_FALLBACK))
    except Exception as error:
        raise UserError(
            f"tiktoken has no tables for {settings.model}, and could not fetch them ({type(error).__name__}): put them "
            "into a folder and name it in TIKTOKEN_CACHE_DIR, or take EPISODES_LLM__TOKENIZER=estimate"
        ) from error
