"""`episodes up`, `status` and `down`: the local Kafka and Neo4j."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.cli.output import note, print_json, print_line

if TYPE_CHECKING:
    from consumer.stack import StackOptions
    from consumer.stack.state import StackState

KAFKA_PORT, NEO4J_PORT = 9092, 7687
"""The ports that the settings expect: taken when they are free and no other is asked for."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Port on 127.0.0.1; without it the usual or a free one.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("up", epilog="Example: episodes up --detach && episodes run")(up)
    app.command("status", epilog="Example: episodes status --json")(status)
    app.command("down", epilog="Example: episodes down")(down)


def up(
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Leave it running; `episodes down` stops it.")] = False,
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Throw the data away at the end.")] = False,
    kafka_port: Port = None,
    neo4j_port: Port = None,
    as_json: Json = False,
) -> None:
    """Start the real Kafka and Neo4j on this machine, without Docker.

    The first run fetches them (220 MB, once). In front, Ctrl-C stops both; data are kept for the next time. When they
    are up already, this says where and does nothing.
    """
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.stack import StackOptions  # noqa: PLC0415
    from consumer.stack.owner import find  # noqa: PLC0415
    from consumer.stack.places import data_dir  # noqa: PLC0415

    settings = Settings().stack
    state = find(data_dir(settings))
    if state is not None and state.is_ready:
        note(f"already up (process {state.pid})")
        _print(state, as_json=as_json)
        return
    options = StackOptions(
        ephemeral=ephemeral,
        kafka_port=_port(kafka_port, KAFKA_PORT),
        neo4j_port=_port(neo4j_port, NEO4J_PORT),
        settings=settings,
    )
    if detach:
        _up_detached(options, as_json=as_json)
    else:
        asyncio.run(_up_in_front(options, as_json=as_json))


def status(*, as_json: Json = False) -> None:
    """Say whether the local stack is up and where; exit code 1 when it is not."""
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.stack.owner import find, last_failure  # noqa: PLC0415
    from consumer.stack.places import data_dir  # noqa: PLC0415

    home = data_dir(Settings().stack)
    state = find(home)
    if state is None:
        reason = last_failure(home)
        if as_json:
            print_json({"running": False, "last_failure": reason})
        else:
            print_line("not running" + (f"; the last one ended by itself: {reason}" if reason else ""))
        raise typer.Exit(1)
    _print(state, as_json=as_json)
    if not state.is_ready:
        raise typer.Exit(1)


def down(*, as_json: Json = False) -> None:
    """Stop the local stack, whichever `episodes up` started it; says so when none runs."""
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.stack import StackOptions  # noqa: PLC0415
    from consumer.stack.owner import find, stop  # noqa: PLC0415
    from consumer.stack.places import data_dir  # noqa: PLC0415
    from consumer.stack.state import remove_state  # noqa: PLC0415

    home = data_dir(Settings().stack)
    state = find(home)
    if state is None:
        remove_state(home)
    else:
        stop(state, home, StackOptions().stop_grace_s)
    if as_json:
        print_json({"stopped": state is not None})
    else:
        print_line("stopped" if state is not None else "not running")


def _port(asked: int | None, usual: int) -> int | None:
    """Return the port to ask for: None, any free one, when the usual one is taken."""
    from consumer.stack.probes import is_free  # noqa: PLC0415 - heavy

    if asked is not None:
        return asked
    return usual if is_free(usual) else None


def _up_detached(options: StackOptions, *, as_json: bool) -> None:
    from consumer.stack.console_display import ConsoleDisplay  # noqa: PLC0415 - heavy
    from consumer.stack.programs import Programs  # noqa: PLC0415
    from consumer.stack.supervisor import start_detached  # noqa: PLC0415

    with ConsoleDisplay() as display:
        Programs(options.settings, display).have(options.services)
        display.announce("starting Kafka and Neo4j")
        state = start_detached(options)
    _print(state, as_json=as_json)
    note("`episodes down` stops it")


async def _up_in_front(options: StackOptions, *, as_json: bool) -> None:
    from consumer.stack.console_display import ConsoleDisplay  # noqa: PLC0415 - heavy
    from consumer.stack.owner import cancel_at_sigterm, owned_stack, run_until_stopped  # noqa: PLC0415

    cancel_at_sigterm()
    with ConsoleDisplay() as display:
        async with owned_stack(options, display) as (stack, state):
            display.close()
            _print(state, as_json=as_json)
            note("Ctrl-C stops it")
            await run_until_stopped(stack)
            display.announce("stopping")


def _print(state: StackState, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_dict(state))
        return
    if not state.is_ready:
        print_line(f"starting (process {state.pid})")
        return
    print_line(f"Kafka  {state.kafka_bootstrap}")
    print_line(f"Neo4j  {state.neo4j_uri}")
    print_line(f"data   {state.folder}" + (" (thrown away at the end)" if state.ephemeral else ""))
    for line in _exports(state):
        print_line(line)


def _exports(state: StackState) -> list[str]:
    """Return what to set when the ports are not those the settings expect."""
    lines = []
    if state.ports.get("kafka") not in {None, KAFKA_PORT}:
        lines.append(f"export EPISODES_KAFKA__BOOTSTRAP_SERVERS={state.kafka_bootstrap}")
    if state.ports.get("neo4j") not in {None, NEO4J_PORT}:
        lines.append(f"export EPISODES_NEO4J__URI={state.neo4j_uri}")
    return lines


def _as_dict(state: StackState) -> dict[str, Any]:
    return {
        "running": True,
        "ready": state.is_ready,
        "pid": state.pid,
        "kafka_bootstrap": state.kafka_bootstrap,
        "neo4j_uri": state.neo4j_uri,
        "ephemeral": state.ephemeral,
        "folder": state.folder,
        "guards": state.guards,
    }
