"""Which version wrote a data folder: a newer one may take it over, an older one can't read it."""

from __future__ import annotations

import re
from pathlib import Path

from consumer.errors import UserError

_NAME = "version.txt"


def accept_version(folder: Path, service: str, version: str) -> None:
    """Note in `folder` that `version` of `service` writes it from now on.

    Raises:
        UserError: a newer version has written it.
    """
    file = folder / _NAME
    written_by = file.read_text(encoding="utf-8").strip() if file.exists() else version
    if _numbers(version) < _numbers(written_by):
        raise UserError(
            f"the data in {folder} were written by {service} {written_by}, which {version} can't read: "
            "use --ephemeral, set EPISODES_STACK__DATA_DIR to another folder, or remove this one"
        )
    file.write_text(version + "\n", encoding="utf-8")


def _numbers(version: str) -> list[int]:
    """Return the numbers of a version, to compare by."""
    return [int(number) for number in re.findall(r"\d+", version)]
