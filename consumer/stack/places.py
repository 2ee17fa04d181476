"""Where the stack keeps what it fetched and what its services write: one folder each, per user.

Not here: what is in the folders. `EPISODES_STACK__CACHE_DIR` and `EPISODES_STACK__DATA_DIR` win over the
platform's folders; on Linux these honour `XDG_CACHE_HOME` and `XDG_DATA_HOME`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from consumer.settings import StackSettings

_APPLICATION = "episodes"


class _Xdg(BaseSettings):
    """The two variables of the XDG base directory specification that we honour; read when asked, not at import."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    cache_home: Path | None = Field(None, validation_alias="XDG_CACHE_HOME")
    data_home: Path | None = Field(None, validation_alias="XDG_DATA_HOME")


def cache_dir(settings: StackSettings) -> Path:
    """Return the folder for what can be fetched again: jars, lock files of other versions, class archives."""
    if settings.cache_dir is not None:
        return settings.cache_dir.expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / _APPLICATION
    return (_Xdg().cache_home or Path.home() / ".cache") / _APPLICATION


def data_dir(settings: StackSettings) -> Path:
    """Return the folder for what the services write and for the state of the running stack."""
    if settings.data_dir is not None:
        return settings.data_dir.expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / _APPLICATION
    return (_Xdg().data_home or Path.home() / ".local" / "share") / _APPLICATION
