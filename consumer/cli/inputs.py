"""Events out of files, folders and standard input, chunk by chunk, in constant memory.

JSONL (one event a line), plain text and Markdown (one episode a file), each also with `.gz`. A line or file that is
no valid event is a value with the reason, never an exception: the command decides whether to go on.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from consumer.cli.drafts import Bad, Draft, EventDefaults, Origin, from_line, from_text
from consumer.errors import UserError

READ_BYTES = 65_536
STDIN = "-"


class Format(StrEnum):
    """How an input is read; `auto` goes by the file's name."""

    AUTO = "auto"
    JSONL = "jsonl"
    TEXT = "text"
    MARKDOWN = "markdown"


SUFFIXES = {
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
}


@dataclass(frozen=True, slots=True)
class Input:
    """One file to read, or standard input (`path` None); `size_bytes` as stored, None when unknown."""

    label: str
    path: Path | None
    format: Format
    size_bytes: int | None = None

    @property
    def is_compressed(self) -> bool:
        """Whether it is read through gzip."""
        return self.path is not None and self.path.suffix == ".gz"


class _Reader(Protocol):
    """What can be read as soon as something is there."""

    def read1(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes that are there, at least one, or nothing at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """What was read at once: drafts in order, and how many stored bytes of the input are behind us."""

    items: Sequence[Draft | Bad]
    input_bytes: int


def find_inputs(names: Sequence[str], wanted: Format) -> list[Input]:
    """Return the inputs that `names` stand for, in order; folders are searched recursively, sorted by path.

    In a folder, hidden files and files of unknown kinds are passed over.

    Raises:
        UserError: a name is not there, or its kind can't be told from its name.
    """
    found: list[Input] = []
    for name in names:
        if name == STDIN:
            found.append(Input("stdin", None, Format.JSONL if wanted is Format.AUTO else wanted))
            continue
        path = Path(name)
        if path.is_dir():
            found.extend(_in_folder(path, wanted))
        elif path.is_file() or path.is_fifo():
            kind = _kind(path) if wanted is Format.AUTO else wanted
            if kind is None:
                raise UserError(f"{name}: kind of file unknown; say --format jsonl, text or markdown", exit_code=2)
            found.append(_input(path, kind))
        else:
            raise UserError(f"{name}: no such file or folder", exit_code=2)
    if not found:
        raise UserError(f"nothing to publish in {', '.join(names)}", exit_code=2)
    return found


def read_chunks(inputs: Sequence[Input], defaults: EventDefaults) -> Iterator[Chunk]:
    """Yield what the inputs hold, each chunk as soon as it is there; blocks while an input has nothing yet.

    Memory: one chunk, one line of at most `defaults.max_bytes`, or one text file of at most so many bytes.
    """
    number = 0
    for each in inputs:
        try:
            with _open(each) as stream:
                chunks = (
                    _lines(stream, each, defaults) if each.format is Format.JSONL else _text(stream, each, defaults)
                )
                for items, read in chunks:
                    drafts = []
                    for item in items:
                        number += 1
                        drafts.append(item.build(number, defaults))
                    yield Chunk(drafts, read)
        except (OSError, EOFError, zlib.error) as error:
            yield Chunk([Bad(each.label, None, f"cannot be read: {error}")], 0)


@dataclass(frozen=True, slots=True)
class _Raw:
    """A line or a text as it was read; `problem` when it can't become an event."""

    origin: Input
    line: int | None
    data: bytes
    problem: str = ""

    def build(self, number: int, defaults: EventDefaults) -> Draft | Bad:
        """Return the event, or why it is none; `number` counts events over all inputs, from 1."""
        origin = Origin(self.origin.label, self.origin.path, self.line, number)
        if self.problem:
            return origin.bad(self.problem)
        read = from_text if self.line is None else from_line
        return read(self.data, origin, defaults)


def _lines(stream: _Reader, origin: Input, defaults: EventDefaults) -> Iterator[tuple[list[_Raw], int]]:
    """Yield the complete lines of each read; a line over the limit is passed over and told once."""
    line, rest, is_overlong = 0, b"", False
    problem = f"longer than {defaults.max_bytes} bytes"
    while data := stream.read1(READ_BYTES):
        items: list[_Raw] = []
        *complete, rest = (rest + data).split(b"\n")
        for text in complete:
            line += 1
            if is_overlong or len(text) > defaults.max_bytes:
                items.append(_Raw(origin, line, b"", problem))
            elif text.strip():
                items.append(_Raw(origin, line, text))
            is_overlong = False
        if len(rest) > defaults.max_bytes:
            rest, is_overlong = b"", True
        yield items, len(data)
    if is_overlong:
        yield [_Raw(origin, line + 1, b"", problem)], 0
    elif rest.strip():
        yield [_Raw(origin, line + 1, rest)], 0


def _text(stream: _Reader, origin: Input, defaults: EventDefaults) -> Iterator[tuple[list[_Raw], int]]:
    """Yield the whole input as one text, unless it is over the limit."""
    parts: list[bytes] = []
    total = 0
    while total <= defaults.max_bytes and (data := stream.read1(READ_BYTES)):
        parts.append(data)
        total += len(data)
    problem = f"longer than {defaults.max_bytes} bytes: split it" if total > defaults.max_bytes else ""
    yield [_Raw(origin, None, b"".join(parts), problem)], total


@contextmanager
def _open(origin: Input) -> Iterator[_Reader]:
    """Open an input for reading bytes as they come."""
    if origin.path is None:
        yield _Stdin()
    elif origin.is_compressed:
        with gzip.open(origin.path, "rb") as compressed:
            yield compressed
    else:
        with origin.path.open("rb") as plain:
            yield plain


class _Stdin:
    """Standard input past Python's buffer, whose lock a waiting thread would hold at the interpreter's end."""

    def read1(self, size: int = -1, /) -> bytes:
        """Return what is there, or wait for it."""
        return os.read(0, size)


def _in_folder(folder: Path, wanted: Format) -> Iterator[Input]:
    """Yield the files of a folder that can be read, sorted by path."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        kind = _kind(path)
        if kind is not None:
            yield _input(path, kind if wanted is Format.AUTO else wanted)


def _kind(path: Path) -> Format | None:
    """Return the format that the name tells, `.gz` aside."""
    return SUFFIXES.get((path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower())


def _input(path: Path, kind: Format) -> Input:
    """Return the input of one file."""
    return Input(str(path), path, kind, path.stat().st_size if path.is_file() else None)
