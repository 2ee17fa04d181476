"""The real command, as a child process, against the shared services."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

EPISODES = str(Path(sys.executable).with_name("episodes"))


@pytest.fixture
def topic():
    """A name nobody else uses."""
    return f"cli-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def environment(kafka_bootstrap, topic, tmp_path):
    """Settings of a topic of one's own; no Neo4j unless a test adds it."""
    return os.environ | {
        "EPISODES_KAFKA__BOOTSTRAP_SERVERS": kafka_bootstrap,
        "EPISODES_KAFKA__TOPIC": topic,
        "EPISODES_KAFKA__CONSUMER_GROUP": topic,
        "TMPDIR": str(tmp_path),
    }


@pytest.fixture
def episodes(environment):
    """Runs the command and returns what it printed and its exit code."""

    def run(*arguments, stdin=None, **variables):
        return subprocess.run(  # noqa: S603 - our own command
            [EPISODES, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
            env=environment | variables,
        )

    return run
