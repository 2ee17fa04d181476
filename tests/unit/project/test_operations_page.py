"""docs/operations.md knows each metric, page and field that a pod has."""

import re

import pytest
from repository import text

from consumer.cli.marked_page import written_into
from consumer.health.server import ROUTES
from consumer.telemetry.catalogue import page

PAGE = text("docs/operations.md")


def test_the_tables_of_metrics_are_those_of_the_catalogue():
    """`episodes schema metrics --write docs/operations.md` would change nothing."""
    assert written_into(PAGE, page) == PAGE


@pytest.mark.parametrize("path", ROUTES)
def test_each_page_of_the_endpoint_is_explained(path):
    """In the table of paths."""
    assert re.search(rf"^\| `{path}` \|", PAGE, re.MULTILINE)
