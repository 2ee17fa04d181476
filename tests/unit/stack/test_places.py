"""Where things are kept."""

import sys
from pathlib import Path

import pytest

from consumer.settings import StackSettings
from consumer.stack.places import cache_dir, data_dir


def test_a_setting_wins(tmp_path):
    """The folders of the settings are taken as they are."""
    settings = StackSettings(cache_dir=tmp_path / "c", data_dir=tmp_path / "d")
    assert cache_dir(settings) == tmp_path / "c"
    assert data_dir(settings) == tmp_path / "d"


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has folders of its own")
def test_xdg_folders_are_honoured(tmp_path, monkeypatch):
    """The variables of the XDG specification move both folders."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    assert cache_dir(StackSettings()) == tmp_path / "c" / "episodes"
    assert data_dir(StackSettings()) == tmp_path / "d" / "episodes"


def test_macos_folders_are_those_of_the_platform(monkeypatch):
    """Caches and Application Support of the user."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_dir(StackSettings()) == Path.home() / "Library" / "Caches" / "episodes"
    assert data_dir(StackSettings()) == Path.home() / "Library" / "Application Support" / "episodes"
