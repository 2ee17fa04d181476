"""The stack's own behaviour, with small programs in the place of Kafka and Neo4j."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from consumer.errors import UserError
from consumer.settings import StackSettings
from consumer.stack import LocalStack, Service, StackOptions, local, owner
from consumer.stack.display import SilentDisplay
from consumer.stack.options import Program
from consumer.stack.probes import free_ports, is_free
from consumer.stack.programs import Programs
from consumer.stack.state import read_state
from consumer.stack.supervisor import decode, encode

_LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(1000)"


@pytest.fixture
def programs(monkeypatch):
    """Let each service be a program that listens on its port; a test may put other code in."""
    codes = dict.fromkeys(Service, _LISTEN)

    def prepare(service):
        return lambda launch: [sys.executable, "-c", codes[service], str(launch.port)]

    def probe(port, timeout_s):
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", port)) == 0

    program = Program(Path(sys.executable), (), ())
    monkeypatch.setattr(Programs, "have", lambda self, services: dict.fromkeys(services, program))
    monkeypatch.setattr(local, "_PREPARE", {service: prepare(service) for service in Service})
    monkeypatch.setattr(local, "_PROBES", dict.fromkeys(Service, probe))
    monkeypatch.setattr(owner, "train_quietly", lambda settings: asyncio.sleep(0))
    return codes


@pytest.fixture
def settings(tmp_path):
    """Give settings whose folders are the test's own."""
    return StackSettings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")


async def test_both_services_answer_inside_and_neither_runs_after(programs, settings):
    """Addresses are of the loopback interface; an ephemeral folder is gone at the end."""
    async with LocalStack(StackOptions(ephemeral=True, settings=settings)) as stack:
        folder = stack.folder
        assert folder.exists()
        assert stack.kafka_bootstrap.startswith("127.0.0.1:")
        assert stack.neo4j_uri.startswith("bolt://127.0.0.1:")
        assert not any(is_free(port) for port in stack.ports.values())
    assert all(is_free(port) for port in stack.ports.values())
    assert not folder.exists()
    assert not settings.data_dir.exists()


async def test_a_display_is_told_who_is_waited_for(programs, settings):
    """The start, then each service as it answers."""

    class Told(SilentDisplay):
        texts: ClassVar[list[str]] = []

        def announce(self, text):
            self.texts.append(text)

    async with LocalStack(StackOptions(ephemeral=True, settings=settings), display=Told()):
        start, first, second = Told.texts
    assert start == "starting Kafka and Neo4j"
    assert "answers on 127.0.0.1:" in first
    assert ", waiting for " in first
    assert "waiting" not in second


async def test_one_service_alone(programs, settings):
    """Only what is asked for is started."""
    options = StackOptions(services=frozenset({Service.NEO4J}), ephemeral=True, settings=settings)
    async with LocalStack(options) as stack:
        assert list(stack.pids) == [Service.NEO4J]


async def test_kept_data_are_locked_while_the_stack_runs(programs, settings):
    """A second stack on the same folder is refused; a third, later, is not."""
    options = StackOptions(settings=settings)
    async with LocalStack(options) as stack:
        assert stack.folder == settings.data_dir
        with pytest.raises(UserError, match="another stack runs on the data folder"):
            await LocalStack(options).start()
    async with LocalStack(options):
        pass
    assert (settings.data_dir / "kafka" / "console.log").exists()


@pytest.mark.parametrize("service", list(Service))
async def test_a_taken_port_is_told_before_anything_starts(programs, settings, service):
    """The line names the port, the service and the option."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        options = StackOptions(ephemeral=True, settings=settings, **{f"{service}_port": port})
        with pytest.raises(UserError, match=f"port {port} for {service} is taken.*--{service}-port"):
            await LocalStack(options).start()


async def test_a_chosen_port_is_used(programs, settings):
    """The caller decides, when it likes."""
    port, other = free_ports(2)
    options = StackOptions(ephemeral=True, kafka_port=port, neo4j_port=other, settings=settings)
    async with LocalStack(options) as stack:
        assert stack.ports == {Service.KAFKA: port, Service.NEO4J: other}


async def test_one_that_dies_while_starting_takes_the_other_with_it(programs, settings):
    """The line holds its last words; nothing runs and no folder is left."""
    programs[Service.KAFKA] = "print('no such file: log.dirs'); raise SystemExit(1)"
    stack = LocalStack(StackOptions(ephemeral=True, settings=settings))
    with pytest.raises(UserError, match=r"Kafka ended \(exit code 1\): no such file: log\.dirs"):
        await stack.start()
    assert stack.pids == {}
    assert all(is_free(port) for port in stack.ports.values())
    assert stack.folder is None


async def test_a_cancelled_start_leaves_nothing(programs, settings, tmp_path):
    """Ctrl-C while waiting for readiness."""
    programs[Service.NEO4J] = "import pathlib, time; pathlib.Path('waiting').touch(); time.sleep(1000)"
    stack = LocalStack(StackOptions(ephemeral=True, settings=settings))
    task = asyncio.create_task(stack.start())
    while not (stack.folder and (stack.folder / "neo4j" / "waiting").exists()):
        await asyncio.sleep(0.02)
    folder, pids = stack.folder, stack.pids
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not folder.exists()
    for pid in pids.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_service_that_dies_later_ends_the_watch(programs, settings):
    """Whoever holds the stack learns of it, with the last words."""
    async with LocalStack(StackOptions(ephemeral=True, settings=settings)) as stack:
        os.killpg(stack.pids[Service.KAFKA], signal.SIGKILL)
        with pytest.raises(UserError, match="Kafka ended"):
            await stack.watch(asyncio.Event())


async def test_start_and_stop_may_run_in_different_loops(programs, settings):
    """What a test fixture needs: nothing of the stack belongs to an event loop."""
    stack = LocalStack(StackOptions(ephemeral=True, settings=settings))
    await asyncio.to_thread(asyncio.run, stack.start())
    assert not is_free(stack.ports[Service.KAFKA])
    await asyncio.to_thread(asyncio.run, stack.stop())
    assert is_free(stack.ports[Service.KAFKA])


async def test_an_owned_stack_is_found_while_it_runs(programs, settings):
    """`status` and `down` read the state; a second owner is refused; afterwards nothing is there."""
    options = StackOptions(ephemeral=True, settings=settings)
    async with owner.owned_stack(options) as (stack, state):
        assert owner.find(settings.data_dir) == state
        assert state.is_ready
        assert state.guards == dict(stack.pids)
        with pytest.raises(UserError, match="another stack runs"):
            async with owner.owned_stack(options):
                pass
    assert read_state(settings.data_dir) is None


async def test_an_owned_stack_that_fails_leaves_the_reason(programs, settings):
    """The next `status` can say why."""
    programs[Service.NEO4J] = "raise SystemExit('bad configuration')"
    with pytest.raises(UserError, match="Neo4j ended"):
        async with owner.owned_stack(StackOptions(ephemeral=True, settings=settings)):
            pass
    assert "bad configuration" in read_state(settings.data_dir).error


async def test_a_stop_signal_ends_an_owned_stack(programs, settings):
    """SIGTERM and Ctrl-C end the wait, not the process."""
    async with owner.owned_stack(StackOptions(ephemeral=True, settings=settings)) as (stack, _):
        asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), signal.SIGTERM)
        await owner.run_until_stopped(stack)
    assert all(is_free(port) for port in stack.ports.values())


def test_options_pass_to_the_supervisor_unchanged(settings):
    """All of them, whatever is set."""
    options = StackOptions(
        services=frozenset({Service.KAFKA}), ephemeral=True, kafka_port=1, jvm_flags=("-Xa",), settings=settings
    )
    assert decode(encode(options)) == options
    assert decode(encode(StackOptions())) == StackOptions()
