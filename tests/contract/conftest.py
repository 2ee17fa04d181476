"""What the contract tests share: the simulator, and a group of their own."""

import sys
import uuid
from pathlib import Path

import pytest

from consumer.testing.simulator import Simulator

pytest.register_assert_rewrite("contracts")
sys.path.insert(0, str(Path(__file__).parent))  # `contracts` is imported by tests of other folders as well


@pytest.fixture
async def simulator():
    """An OpenAI-compatible provider on loopback."""
    async with Simulator() as running:
        yield running


@pytest.fixture
def group_id():
    """A group that nobody else has."""
    return f"contract-{uuid.uuid4().hex[:12]}"
