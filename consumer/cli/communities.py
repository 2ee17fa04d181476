"""`episodes communities`: which entities of a group belong together; build, list and show them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from consumer.cli.output import is_interactive, note, print_json, print_line, print_table
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.app.communities import Listing
    from consumer.app.community_build import CommunityBuilder, GroupReport, Step
    from consumer.communities.chat import Forecast
    from consumer.settings import Settings

Group: TypeAlias = Annotated[str, typer.Argument(metavar="GROUP", help="The group (tenant).")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]

TELL_EVERY_S = 5.0
"""How often progress is told where nobody watches."""
_NAME_CHARS = 60


class Summaries(StrEnum):
    """Who names and sums up communities."""

    RULES = "rules"
    LLM = "llm"


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    commands = typer.Typer(
        help="Which entities of a group belong together; build, list and show communities.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    commands.command("build", epilog="Example: episodes communities build alice --summaries llm --yes")(build)
    commands.command("list", epilog="Example: episodes communities list alice --json")(list_)
    commands.command("show", epilog="Example: episodes communities show alice Initech")(show)
    app.add_typer(commands, name="communities")


def build(
    groups: Annotated[list[str] | None, typer.Argument(metavar="GROUP...", help="Groups to build.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All groups that hold anything.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Divide and tell all anew, not only what changed since the last build.")
    ] = False,
    summaries: Annotated[
        Summaries, typer.Option(help="Who names and sums up: rules, or the chat model of the settings.")
    ] = Summaries.RULES,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --summaries llm: ask it; without, only what it costs is told.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build the communities of groups from their current facts, and write them at once.

    A group that has not changed is left alone; of one that has, only the communities that are touched are divided
    and told anew. Killed at any point it leaves the old communities or the new ones. How groups are divided is in the
    settings EPISODES_COMMUNITIES__RESOLUTION, __MIN_SIZE and __LEVELS.
    """
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    if bool(groups) == everything:
        raise UserError("name groups, or all with --all", exit_code=2)
    if yes and summaries is Summaries.RULES:
        raise UserError("--yes lets a model be asked: add --summaries llm, or leave it out", exit_code=2)
    settings = Settings()
    cost, reports, refused = asyncio.run(
        _build(settings, groups, full=full, by_model=summaries is Summaries.LLM, yes=yes, as_json=as_json)
    )
    if as_json:
        print_json({"cost": cost, "groups": [asdict(each) for each in reports], "refused": refused})
    elif reports:
        _tell(reports)
    if refused:
        raise UserError(f"{len(refused)} groups were not built; the first: {next(iter(refused.values()))}")


def list_(group: Group, *, as_json: AsJson = False) -> None:
    """List a group's communities, the largest first."""
    from consumer.app.communities import listed  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    found, is_current = asyncio.run(listed(Settings(), group))
    if as_json:
        print_json({"group": group, "is_current": is_current, "communities": [_community(each) for each in found]})
        return
    if found:
        print_table(
            ("community", "level", "members", "name"),
            [
                (each.community.uuid, str(each.community.level), str(each.size), each.community.name[:_NAME_CHARS])
                for each in found
            ],
        )
    if not found:
        note(f"group {group!r} has no communities: `episodes communities build {group}` makes them")
    elif not is_current:
        note(f"the group has changed since: `episodes communities build {group}` makes them anew")


def show(
    group: Group,
    community: Annotated[
        str, typer.Argument(metavar="COMMUNITY", help="The begin of its uuid, or a part of its name.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Show communities: name, summary and members."""
    from consumer.app.communities import shown  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    found = asyncio.run(shown(Settings(), group, community))
    if as_json:
        print_json(
            {
                "group": group,
                "communities": [
                    {**_community(each), "members": [asdict(member) for member in members]} for each, members in found
                ],
            }
        )
        return
    for each, members in found:
        print_line(f"{each.community.name} ({each.size} members, level {each.community.level}) {each.community.uuid}")
        print_line(f"  {each.community.summary}")
        for member in members:
            print_line(f"  {member.name} ({member.type}) {member.uuid}")


async def _build(
    settings: Settings, groups: list[str] | None, *, full: bool, by_model: bool, yes: bool, as_json: bool
) -> tuple[dict[str, Any] | None, list[GroupReport], dict[str, str]]:
    """Build group after group; one that can't be built, told by its name, holds up no other."""
    from consumer.app.communities import group_ids, open_builder, open_teller  # noqa: PLC0415 - heavy

    names = list(dict.fromkeys(groups)) if groups else await group_ids(settings)
    cost = None
    async with AsyncExitStack() as opened:
        teller = await opened.enter_async_context(open_teller(settings)) if by_model else None
        tell = opened.enter_context(_progress())
        builder = await opened.enter_async_context(open_builder(settings, teller, tell))
        if teller is not None:
            cost = await _cost(settings, builder, names, teller.model, full=full, as_json=as_json)
            if not yes:
                note("nothing was changed; --yes asks the model")
                return cost, [], {}
        reports, refused = [], {}
        for name in names:
            try:
                reports.append(await builder.build(name, full=full))
            except UserError as error:
                refused[name] = str(error)
        return cost, reports, refused


async def _cost(
    settings: Settings, builder: CommunityBuilder, names: list[str], model: str, *, full: bool, as_json: bool
) -> dict[str, Any]:
    """Return what asking the model takes at most, and tell it."""
    from consumer.llm.prices import PriceTable, cost_usd  # noqa: PLC0415 - only where a model is asked

    count, forecast = await builder.forecast(names, full=full)
    price = PriceTable(settings.llm.prices).of(model)
    usd = None if price is None else cost_usd(price, forecast.usage)
    if not as_json:
        _tell_cost(count, forecast, model, usd)
    return {
        "model": model,
        "communities": count,
        "calls": forecast.calls,
        "input_tokens": forecast.usage.input_tokens,
        "output_tokens": forecast.usage.output_tokens,
        "usd": usd,
    }


def _tell_cost(count: int, forecast: Forecast, model: str, usd: float | None) -> None:
    money = "its price is not known" if usd is None else f"at most about {usd:.4f} USD"
    print_line(
        f"{model} is asked about {count} communities in {forecast.calls} calls: about {forecast.usage.input_tokens} "
        f"tokens in, {forecast.usage.output_tokens} out at most, {money}; answers in the cache cost nothing"
    )


def _tell(reports: list[GroupReport]) -> None:
    print_table(
        ("group", "outcome", "communities", "members", "divided", "told", "seconds"),
        [
            (
                each.group_id,
                each.outcome,
                *(str(n) for n in (each.communities, each.members, each.divided, each.told)),
                f"{sum(each.seconds.values()):.2f}",
            )
            for each in reports
        ],
    )
    without = sum(each.without_vector for each in reports)
    if without:
        note(f"{without} names are found by words only: their group has no vectors, or no embedder has their model")
    unanswered = sum(each.unanswered for each in reports)
    if unanswered:
        note(
            f"{unanswered} communities are told by rule, for the model gave no usable answer; build again to ask again"
        )


def _community(each: Listing) -> dict[str, Any]:
    from consumer.communities.telling import instant  # noqa: PLC0415 - heavy

    community = each.community
    return {
        "uuid": community.uuid,
        "level": community.level,
        "name": community.name,
        "summary": community.summary,
        "created_at": instant(community.created_ms),
        "size": each.size,
        "has_vector": each.has_vector,
    }


@contextmanager
def _progress() -> Iterator[Callable[[str, Step, int, int], None]]:
    """Give what is told of each step: a bar where somebody watches, a line now and then elsewhere."""
    if is_interactive():
        from rich.console import Console  # noqa: PLC0415 - drawn for people only
        from rich.progress import Progress  # noqa: PLC0415

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("communities", total=None)

            def show_step(group_id: str, step: Step, done: int, of: int) -> None:
                bar.update(task, description=f"{group_id}: {step}", completed=done, total=of or None)

            yield show_step
        return
    from consumer.clock import SystemClock  # noqa: PLC0415

    clock, told_at = SystemClock(), [0.0]
    told_at[0] = clock.monotonic()

    def tell(group_id: str, step: Step, done: int, of: int) -> None:
        if clock.monotonic() - told_at[0] >= TELL_EVERY_S:
            told_at[0] = clock.monotonic()
            note(f"group {group_id}: {step}" + (f", {done} of {of}" if of else ""))

    yield tell
