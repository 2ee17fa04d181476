"""An answer about several episodes, taken apart: to each episode what is surely its own. Pure.

Keyed by what the question gave each episode. What has no key of the question, or a key twice with different words, or
names that stand in a neighbour's text and not in its own, is nobody's: it is asked for again. Of an answer that was
cut off the parts that are whole are taken.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from consumer.extract.answer import UnusableAnswer, load
from consumer.extract.prompts import bind, keys_of, read_back

_LIST_OPENING = re.compile(r'"episodes"\s*:\s*\[|^\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_KEY_WORDS = re.compile(r"^(#\s*)?(episode\s+)?", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_LEAST_CHARS = 3
_NAMES = (("entities", ("name",)), ("facts", ("subject", "object")))


class EpisodeBinder:
    """Implements `consumer.llm.batching.Binder` for sections of episodes."""

    def bind(self, users: Sequence[str]) -> str:
        """Return the question about all of `users`."""
        return bind(users)

    def split(self, text: str, users: Sequence[str]) -> list[str | None]:
        """Return the JSON of each section's own part, None where there is none that is surely its own.

        A section that is asked about alone may be answered without a key.
        """
        keys = keys_of(users)
        items = list(_items(text))
        if len(users) == 1 and not any(key for key, _ in items):
            return [_dumps(items[0][1]) if len(items) == 1 else None]
        found = [_only([item for given, item in items if given == key]) for key in keys]
        mixed = _mixed(found, users) if len(users) > 1 else set()
        return [None if item is None or number in mixed else _dumps(item) for number, item in enumerate(found)]


def _items(text: str) -> Iterator[tuple[str, Any]]:
    """Yield each part of an answer with its key, "" where it has none."""
    try:
        value = load(text)
    except UnusableAnswer:
        for item in _whole_ones(text):
            yield _key(item), item
        return
    if isinstance(value, dict) and isinstance(value.get("episodes"), list | dict):
        value = value["episodes"]
    if isinstance(value, dict) and value and all(isinstance(one, dict) for one in value.values()):
        for name, item in value.items():  # an object of parts by key, or a part without one
            yield _key({"key": name}), item
    elif isinstance(value, list) and any(_key(item) or _is_part(item) for item in value):
        for item in value:
            yield _key(item), item
    else:
        yield _key(value), value


def _whole_ones(text: str) -> Iterator[Any]:
    """Yield the parts of an answer that was cut off, up to the cut."""
    opening = _LIST_OPENING.search(text)
    place = len(text) if opening is None else opening.end()
    decoder = json.JSONDecoder()
    while True:
        between = _BETWEEN.match(text, place)
        try:
            item, place = decoder.raw_decode(text, place if between is None else between.end())
        except (ValueError, RecursionError):
            return
        if _key(item):  # without a key nobody could tell whose it is
            yield item


def _key(item: Any) -> str:
    given = item.get("key") if isinstance(item, dict) else None
    return _KEY_WORDS.sub("", given.strip(" \t\n`\"'")).lower() if isinstance(given, str) else ""


def _is_part(item: Any) -> bool:
    return isinstance(item, dict) and ("entities" in item or "facts" in item)


def _only(items: Sequence[Any]) -> Any:
    """Return the one item of a key; None when there is none, or there are different ones."""
    return items[0] if items and all(item == items[0] for item in items) else None


def _mixed(items: Sequence[Any], users: Sequence[str]) -> set[int]:
    """Return the numbers of the parts that may be another episode's.

    A name in a part that stands in a neighbour's text and not in the own one; or all names of a part stand in the
    content of a neighbour, and not all in the own content (they may be in the earlier episodes that both were given):
    then the neighbour's part is in doubt too. Once two were confused, so is what has no name of its own content.
    """
    texts = [_folded(user) for user in users]
    contents = [_folded(one.content) for one in read_back(bind(users))]
    names = [list(_names(item)) for item in items]
    numbers = range(len(items))
    mixed: set[int] = set()
    for number in numbers:
        others = [other for other in numbers if other != number]
        if any(name not in texts[number] and any(name in texts[other] for other in others) for name in names[number]):
            mixed.add(number)
        if not _are_all_in(names[number], contents[number]):
            owners = [other for other in others if _are_all_in(names[number], contents[other])]
            mixed.update([number, *owners] if owners else [])
    if mixed:
        mixed.update(number for number in numbers if not any(name in contents[number] for name in names[number]))
    return mixed


def _are_all_in(names: Sequence[str], content: str) -> bool:
    return bool(names) and all(name in content for name in names)


def _names(item: Any) -> Iterator[str]:
    if not isinstance(item, dict):
        return
    for field, keys in _NAMES:
        told = item.get(field)
        for one in told if isinstance(told, list) else ():
            for key in keys:
                name = one.get(key) if isinstance(one, Mapping) else None
                if isinstance(name, str) and len(folded := _folded(name).strip()) >= _LEAST_CHARS:
                    yield folded


def _folded(text: str) -> str:
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold())


def _dumps(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False)
