"""What tests/conftest.py keeps from unit tests: the network, and the settings of whoever runs them."""

import os
import socket

import pytest


def test_unit_tests_reach_no_other_machine():
    """A connection outwards fails at once, by address or by name, before a packet is sent."""
    with pytest.raises(AssertionError, match="without network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(AssertionError, match="without network"):
        socket.getaddrinfo("example.invalid", 443)


def test_unit_tests_reach_this_machine():
    """Servers of a test's own are fine."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        pass


def test_tests_see_no_settings_of_the_person_who_runs_them():
    """No key, so no paid model; no setting that changes what is tested."""
    kept = ("EPISODES_TEST_", "EPISODES_STACK__")
    ours = ("EPISODES_", "OPENAI_", "OTEL_", "SEMAPHORE_LIMIT")
    assert not [name for name in os.environ if name.startswith(ours) and not name.startswith(kept)]
