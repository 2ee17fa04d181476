"""`episodes replay`: a topic published again into a namespace of its own, and whether that gave the same graph."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.dead_letter_options import Json, Yes, settings_of
from consumer.cli.output import note, print_json
from consumer.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consumer.app.replay import Advance, Report, Survey
    from consumer.model.replay import Order, Stretch
    from consumer.settings import Settings

EPILOG = (
    "Examples: episodes replay --group-prefix r1- --to bench --yes · episodes replay --since 2026-11-01 --speed 10 "
    "--group-prefix r2- · episodes replay resume r1 · episodes replay verify --group-prefix r1-"
)
INTERRUPTED = 130
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(rich_markup_mode=None)
    group.callback(invoke_without_command=True, epilog=EPILOG)(replay)
    group.command("resume", epilog="Example: episodes replay resume r1")(resume)
    group.command(
        "verify", epilog="Examples: episodes replay verify --group-prefix r1- · … verify --group-prefix r1- --with r2-"
    )(verify)
    app.add_typer(group, name="replay")


def replay(
    context: typer.Context,
    *,
    topic: Annotated[str | None, typer.Option(help="Topic to read; EPISODES_KAFKA__TOPIC sets it too.")] = None,
    to: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="Topic to publish to; the same one if absent.")
    ] = None,
    group_prefix: Annotated[str, typer.Option(help="What each group is called then: this and its old name.")] = "",
    group: Annotated[
        list[str] | None, typer.Option(help="Only this group, or those of a pattern ('team-*'); repeat it for several.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Records of this instant or later (RFC 3339, or a date).")] = None,
    until: Annotated[str | None, typer.Option(help="Records before this instant.")] = None,
    offsets: Annotated[
        list[str] | None,
        typer.Option(metavar="P:N[-[M]]", help="Only offsets N to M of partition P; repeat it for other partitions."),
    ] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.001, help="Times the recorded speed: 1 keeps distances. Else flat out.")
    ] = None,
    max_gap: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="With --speed: count longer pauses as this long.")
    ] = None,
    run_id: Annotated[str | None, typer.Option(help="Name of the run; made up if absent.")] = None,
    create_topic: Annotated[
        bool, typer.Option("--create-topic/--no-create-topic", help="Make the target topic when it is missing.")
    ] = True,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Publish a topic again: whole, a stretch of it, or some groups, at its own speed, faster, or flat out.

    Without --yes nothing is sent: it says what would be, and what the pods behind it are estimated to take. Copies keep
    key, order, timestamp, headers and event id, and name run and origin in two headers; give them a topic or a group
    prefix of their own. Ctrl-C and SIGTERM stop it in order; after any end `episodes replay resume` goes on, and no
    record is published twice.
    """
    if context.invoked_subcommand is not None:
        return
    from consumer.app.replay import stretches_of  # noqa: PLC0415 - heavy
    from consumer.app.replay_target import new_run_id, refuse_unfit  # noqa: PLC0415
    from consumer.cli.replay_options import checked_name, parse_offsets  # noqa: PLC0415
    from consumer.model.replay import Order  # noqa: PLC0415

    settings = settings_of(topic)
    if group_prefix:
        checked_name("--group-prefix", group_prefix)
    if max_gap is not None and speed is None:
        raise UserError("--max-gap is for a replay with --speed", exit_code=2)
    order = Order(
        source=settings.kafka.topic,
        target=to or settings.kafka.topic,
        prefix=group_prefix,
        groups=tuple(dict.fromkeys(group or ())),
        since_ms=_millis("--since", since),
        until_ms=_millis("--until", until),
        speed=speed,
        max_gap_s=max_gap,
    )
    if order.source == order.target and not order.prefix:
        raise UserError(
            "copies under the same names in the same topic would do nothing: give --to, --group-prefix or both",
            exit_code=2,
        )
    name = checked_name("--run-id", run_id) if run_id else new_run_id()
    stretches = asyncio.run(stretches_of(settings, order, parse_offsets(offsets or [])))
    asyncio.run(refuse_unfit(settings.kafka, name, order))
    if not yes:
        _show(settings, name, order, stretches, as_json=as_json)
        return
    _publish(settings, name, order, stretches, create_topic=create_topic, is_resumed=False, as_json=as_json)


def resume(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, as the replay told it.")],
    *,
    as_json: Json = False,
) -> None:
    """Go on with a replay that was stopped or cut off, where its last committed copy is.

    What it was ordered is kept with its offsets, in Kafka, for as long as the broker keeps those of idle consumer
    groups (a week, unless it is set otherwise). A process that is still at the same run is ended.
    """
    from consumer.app.replay_target import load_run  # noqa: PLC0415 - heavy
    from consumer.cli.replay_options import checked_name  # noqa: PLC0415

    settings = settings_of(None)
    order, stretches = asyncio.run(load_run(settings.kafka, checked_name("RUN", run_id)))
    _publish(settings, run_id, order, stretches, create_topic=False, is_resumed=True, as_json=as_json)


def verify(
    *,
    group_prefix: Annotated[str, typer.Option(help="The namespace to look at.")] = "",
    run_id: Annotated[
        str | None, typer.Option(help="That of this run, and each group that it was to copy must be there.")
    ] = None,
    other: Annotated[
        str, typer.Option("--with", metavar="PREFIX", help="The namespace to compare with; the source if absent.")
    ] = "",
    group: Annotated[
        list[str] | None, typer.Option(help="Only this group, without prefix; repeat it for several.")
    ] = None,
    shown: Annotated[int, typer.Option(min=0, help="Differences told of a group, at most.")] = 10,
    as_json: Json = False,
) -> None:
    """Compare the graphs of two namespaces, or of a namespace and its source, group by group.

    Alike are groups that hold the same episodes, entities, dated facts and sagas under other ids; communities are left
    out. Exit code 1 when any differ, or there is nothing to compare.
    """
    from consumer.app.replay_verify import groups_of_run  # noqa: PLC0415 - heavy
    from consumer.app.replay_verify import verify as compare  # noqa: PLC0415
    from consumer.cli.dead_letter_output import progress  # noqa: PLC0415
    from consumer.cli.replay_output import print_compared  # noqa: PLC0415

    if bool(group_prefix) == bool(run_id):
        raise UserError("name the namespace: by --group-prefix or by --run-id", exit_code=2)
    settings = settings_of(None)
    wanted = group or []
    if run_id:
        group_prefix, copied = asyncio.run(groups_of_run(settings, run_id))
        wanted = wanted or copied
    if group_prefix == other:
        raise UserError("these are the same groups: a namespace is compared with another one", exit_code=2)
    with progress("verify") as advance:
        found = asyncio.run(compare(settings, group_prefix, other, wanted, shown=shown, advance=advance))
    is_equal = any(any(each.counts) for each in found) and all(each.is_equal for each in found)
    if as_json:
        print_json({"equal": is_equal, "groups": [each.as_dict() for each in found]})
    else:
        print_compared(found)
        if not any(any(each.counts) for each in found):
            note("there is nothing to compare: have pods read the copies? (`episodes run --topic …`)")
    if not is_equal:
        raise typer.Exit(1)


def _show(settings: Settings, run_id: str, order: Order, stretches: Mapping[int, Stretch], *, as_json: bool) -> None:
    """Say what would be published."""
    from consumer.app.build import build_ontologies  # noqa: PLC0415 - heavy
    from consumer.app.estimate import Estimator  # noqa: PLC0415
    from consumer.app.replay import survey  # noqa: PLC0415
    from consumer.cli.dead_letter_output import progress  # noqa: PLC0415
    from consumer.cli.replay_output import print_survey, survey_json  # noqa: PLC0415

    estimator = Estimator(settings, build_ontologies(settings))
    with progress("look", _left(stretches)) as advance:
        found: Survey = asyncio.run(survey(settings, order, dict(stretches), estimator, run_id=run_id, advance=advance))
    if as_json:
        print_json(survey_json(run_id, order, stretches, found))
        return
    print_survey(order, stretches, found)
    note("nothing was sent; --yes sends it")


def _publish(
    settings: Settings,
    run_id: str,
    order: Order,
    stretches: Mapping[int, Stretch],
    *,
    create_topic: bool,
    is_resumed: bool,
    as_json: bool,
) -> None:
    """Publish, tell how it went, and exit with the code of that."""
    from consumer.cli.dead_letter_output import progress  # noqa: PLC0415 - heavy
    from consumer.cli.replay_output import print_report, report_json  # noqa: PLC0415

    note(f"run {run_id}: if it stops, `episodes replay resume {run_id}` goes on")
    with progress("replay", _left(stretches)) as advance:
        report, is_stopped = asyncio.run(
            _run(settings, run_id, order, dict(stretches), advance, create_topic=create_topic, is_resumed=is_resumed)
        )
    if as_json:
        print_json(report_json(run_id, order, stretches, report))
    print_report(run_id, order, report)
    if not report.is_done:
        raise typer.Exit(INTERRUPTED if is_stopped and not report.failure else 1)


async def _run(
    settings: Settings,
    run_id: str,
    order: Order,
    stretches: dict[int, Stretch],
    advance: Advance,
    *,
    create_topic: bool,
    is_resumed: bool,
) -> tuple[Report, bool]:
    """Publish until done or told to stop, a second time: at once; return the report, and whether it was told."""
    from consumer.app.replay import Replay  # noqa: PLC0415 - heavy
    from consumer.app.replay_target import prepare_target  # noqa: PLC0415
    from consumer.clock import SystemClock  # noqa: PLC0415

    target = await prepare_target(settings.kafka, order, len(stretches), create=create_topic)
    for line in target.notes:
        note(line)
    work = Replay(settings, run_id, order, stretches, SystemClock(), is_resumed=is_resumed)
    loop = asyncio.get_running_loop()
    running = asyncio.current_task()
    seen = 0

    def on_signal(name: str) -> None:
        nonlocal seen
        seen += 1
        if seen == 1:
            note(f"{name}: committing what was sent (again to stop at once)")
            work.stop()
        elif running is not None:
            running.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal, number.name)
    try:
        report = await work.run(keeps_partitions=target.keeps_partitions, advance=advance)
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
    return report, seen > 0


def _left(stretches: Mapping[int, Stretch]) -> int:
    return sum(each.end - each.at for each in stretches.values())


def _millis(option: str, text: str | None) -> int | None:
    from consumer.cli.times import parse_instant  # noqa: PLC0415 - heavy
    from consumer.model.instants import to_millis  # noqa: PLC0415

    return None if text is None else to_millis(parse_instant(option, text, takes_dates=True))
