"""What all tests share: the plugins, an environment of their own, and no way out for unit tests."""

import logging
import os
import signal
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent

KEPT = ("EPISODES_TEST_", "EPISODES_STACK__")
"""Variables of ours that say how to run tests; all others would change what is tested."""
OURS = ("EPISODES_", "OPENAI_", "OTEL_", "SEMAPHORE_LIMIT")
WITHOUT_NETWORK = ("unit", "contract", "property")

# How long an example takes says how busy the machine is.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


def pytest_configure(config):
    """Load tests/plugins (they know the services) where they are needed."""
    # Started in the background of a script, we ignore Ctrl-C, and so would every command that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asked = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    if all(any(path.is_relative_to(HERE / name) for name in ("unit", "property")) for path in asked):
        return
    for path in sorted((HERE / "plugins").glob("[a-z]*.py")):
        config.pluginmanager.import_plugin(f"plugins.{path.stem}")


@pytest.fixture(autouse=True)
def _neutral_environment(monkeypatch):
    """Tests see no key and no settings of the person who runs them."""
    for name in list(os.environ):
        if name.startswith(OURS) and not name.startswith(KEPT):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _own_logging():
    """A command that a test runs in this process sets up logging for itself only."""
    yield
    for handler in logging.root.handlers[:]:
        if type(handler.formatter).__module__.startswith("consumer."):
            logging.root.removeHandler(handler)
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("consumer.")]:
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def _no_network(request, monkeypatch):
    """Unit, contract and property tests reach this machine only."""
    if not any(request.path.is_relative_to(HERE / name) for name in WITHOUT_NETWORK):
        return
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def connect_here(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_here(address[0]):
            raise AssertionError(f"a test without network asked for {address!r}")
        return connect(self, address)

    def resolve_here(host, *args, **options):
        if host is not None and not _is_here(host):
            raise AssertionError(f"a test without network asked for {host!r}")
        return getaddrinfo(host, *args, **options)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)


def _is_here(host) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    return name in {"", "localhost", "::1", "0.0.0.0"} or name.startswith("127.")  # noqa: S104 - compared, not bound
