"""Settings of stacks that tests start themselves."""

import pytest

from consumer.settings import Settings


@pytest.fixture
def stack_settings(tmp_path):
    """Give stack settings with a data folder of the test's own; the user's cache of jars is shared."""
    return Settings().stack.model_copy(update={"data_dir": tmp_path / "data"})
