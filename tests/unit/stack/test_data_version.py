"""A data folder is never opened by an older version than the one that wrote it."""

import pytest

from consumer.errors import UserError
from consumer.stack.data_version import accept_version


def test_the_same_and_newer_versions_take_a_folder(tmp_path):
    """The folder then belongs to the newer one; numbers are compared, not letters."""
    for version in ("4.3.0", "4.3.0", "4.10.0"):
        accept_version(tmp_path, "kafka", version)
    assert (tmp_path / "version.txt").read_text() == "4.10.0\n"


def test_an_older_version_is_refused_in_one_line(tmp_path):
    """It says who wrote the data and what can be done; the note stays."""
    accept_version(tmp_path, "neo4j", "2026.08.1")
    with pytest.raises(UserError, match=r"written by neo4j 2026\.08\.1, which 5\.26\.12 can't read"):
        accept_version(tmp_path, "neo4j", "5.26.12")
    assert (tmp_path / "version.txt").read_text() == "2026.08.1\n"
