"""The page on events tells the limits that the settings have."""

import re

from repository import text

from consumer.pipeline.decode import REASONS
from consumer.settings import PipelineSettings

ROW = re.compile(r"^\|[^|]*\| ([\d,]+) \| `pipeline\.(max_\w+)`[^|]*\| `([\w-]+)` \|$", re.MULTILINE)


def test_the_limits_table_has_each_limit_with_its_default_and_reason():
    """Each row's number is the setting's default and its reason is one of the dead-letter topic."""
    rows = {setting: (int(number.replace(",", "")), reason) for number, setting, reason in ROW.findall(text(PAGE))}
    assert set(rows) == {name for name in PipelineSettings.model_fields if name.startswith("max_")} - ATTEMPTS
    for setting, (number, reason) in rows.items():
        assert number == getattr(PipelineSettings(), setting)
        assert setting in REASONS[reason]


def test_the_page_tells_each_reason_of_intake():
    """No record is rejected at intake for a reason that the page does not have."""
    later = {"refused", "unusable-answer", "context-length", "request-refused", "keeps-failing", "unwritable"}
    later |= {"over-budget"}
    assert {reason for reason in REASONS if f"`{reason}`" not in text(PAGE)} <= later | {"unexpected"}


PAGE = "docs/guides/events.md"
ATTEMPTS = {"max_unexpected_attempts", "max_lone_attempts"}
