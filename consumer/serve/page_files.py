"""The page's files, read once from the package: no build step, no outside host."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

KINDS = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file with its media type and an ETag that changes with its content."""

    body: bytes
    kind: str
    etag: str


@cache
def page_files() -> dict[str, PageFile]:
    """Return the files by name."""
    found = {}
    for entry in files("consumer.serve").joinpath("page").iterdir():
        kind = KINDS.get(entry.name.rpartition(".")[2])
        if kind is not None:
            body = entry.read_bytes()
            found[entry.name] = PageFile(body, kind, f'"{hashlib.sha256(body).hexdigest()[:24]}"')
    return found
