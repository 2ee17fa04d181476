"""One stack for one data folder: a lock the system takes back when its holder dies, so it is never stale."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO, Self

from consumer.errors import UserError
from consumer.stack.fetch import disk_error

_NAME = "data.lock"


class FolderLock:
    """Held from `take` to `release`, or to the end of this process."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    @classmethod
    def take(cls, folder: Path, name: str = _NAME) -> Self:
        """Make `folder` when it is missing, and lock it.

        Raises:
            UserError: another stack runs on it, or it can't be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / name).open("ab")
        except OSError as error:
            raise disk_error(folder, error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise UserError(
                f"another stack runs on the data folder {folder}: stop it with `episodes down`, use --ephemeral, "
                "or set EPISODES_STACK__DATA_DIR"
            ) from error
        return cls(file)

    def release(self) -> None:
        """Let the next one in."""
        self._file.close()
