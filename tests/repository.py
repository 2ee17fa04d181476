"""What the tests of the repository itself read: tracked files, commands shown in documents, Makefile targets."""

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
_FENCE = re.compile(r"^(```|~~~)")
_TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)(?:.*## (.+))?", re.MULTILINE)


@dataclass(frozen=True)
class Shown:
    """A command line shown in a document."""

    document: str
    line: int
    words: tuple[str, ...]

    def __str__(self):
        return f"{self.document}:{self.line}: {' '.join(self.words)}"


def text(name: str) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def tracked() -> list[Path]:
    """Return the files under version control, or, in an unpacked archive, all that are not hidden."""
    git = ["git", "ls-files", "-z"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - constant words
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and not path.relative_to(ROOT).parts[0].startswith(".")]


def documents() -> list[Path]:
    """Return the pages that people read: those at the top, and all of docs."""
    pages = [ROOT / name for name in DOCUMENTS] + sorted((ROOT / "docs").rglob("*.md"))
    return [*pages, ROOT / "consumer" / "inputs" / "README.md"]


def targets() -> dict[str, str]:
    """Return the Makefile's targets with their line of help (empty when there is none)."""
    return {name: said or "" for name, said in _TARGET.findall(text("Makefile"))}


def commands(page: Path) -> list[Shown]:
    """Return the command lines in the fenced blocks of `page`, one for each part of a pipe or a list.

    Comments, prompts, variable assignments in front and the output of commands are left out: only lines that begin with
    `episodes`, `make` or `docker` count.
    """
    found = []
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if _FENCE.match(line):
            inside = not inside
        elif inside:
            for part in re.split(r"\s(?:\||&&|;)\s", line.strip().removeprefix("$ ")):
                words = _words(part)
                if words[:1] in (["episodes"], ["make"], ["docker"]):
                    found.append(Shown(page.relative_to(ROOT).as_posix(), number, tuple(words)))
    return found


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return []
    while words and re.fullmatch(r"[A-Z_0-9]+=.*", words[0]):
        words = words[1:]
    return words
