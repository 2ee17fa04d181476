"""What the Kafka unit tests share; none of them needs a broker."""

import socket

import pytest


@pytest.fixture
def free_port():
    """A loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
