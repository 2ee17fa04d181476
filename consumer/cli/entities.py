"""`episodes entities`: which names are one entity and why; merging and splitting them by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import typer

from consumer.cli.output import note, print_json, print_line, print_table
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.graph.adopting import Adoption
    from consumer.graph.deciding import EntityDesk, EntityView, Outcome
    from consumer.resolve.doubts import Doubt

T = TypeVar("T")

Group: TypeAlias = Annotated[str, typer.Argument(metavar="GROUP", help="The group (tenant).")]
Names: TypeAlias = Annotated[list[str], typer.Argument(metavar="NAME...", help="Names as episodes write them.")]
Reason: TypeAlias = Annotated[str, typer.Option(help="Kept with the decision.")]
Yes: TypeAlias = Annotated[
    bool, typer.Option("--yes", help="Do it; without it the command only tells what it would do.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    commands = typer.Typer(
        help="Which names are one entity, and why; merge and split them by hand.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    commands.command("show", epilog='Example: episodes entities show alice "Acme Inc."')(show)
    commands.command("aliases", epilog="Example: episodes entities aliases alice --json")(aliases)
    commands.command("merge", epilog='Example: episodes entities merge alice "Bob Smith" "Robert Smith" --yes')(merge)
    commands.command("split", epilog='Example: episodes entities split alice "Acme AG" --reason "two firms" --yes')(
        split
    )
    commands.command("adopt", epilog="Example: episodes entities adopt alice --yes")(adopt)
    commands.command("doubts", epilog="Example: episodes entities doubts alice --ask")(doubts)
    app.add_typer(commands, name="entities")


def show(group: Group, names: Names, *, as_json: AsJson = False) -> None:
    """Show the entities of names: all their names, since when, why they are one, and what was decided by hand."""
    found = _run(lambda desk: desk.show(group, names))
    if as_json:
        print_json({"group": group, "entities": [_entity(view) for view in found]})
        return
    for view in found:
        print_line(f"{view.names[0].name} ({_type(view)}) {view.uuid}")
        if view.summary:
            print_line(f"  {view.summary}")
        for name in view.names:
            print_line(f"  name {name.name!r} since {name.first_at:%Y-%m-%d %H:%M:%S}Z: {_why(view, name.uuid)}")
        for one, other, choice, reason in view.decisions:
            print_line(f"  decided: {choice} {one!r} and {other!r} ({reason})")


def aliases(group: Group, *, as_json: AsJson = False) -> None:
    """List every name of a group that is an alias, with its entity, the rule that merged it, and the rule's score."""
    found = _run(lambda desk: desk.aliases(group))
    if as_json:
        print_json({"group": group, "entities": [_entity(view) for view in found]})
        return
    rows = [
        (name.name, view.names[0].name, name.link.reason, f"{name.link.score:.2f}", _text_of(view, name.link.via))
        for view in found
        for name in view.names
        if name.link is not None
    ]
    if not rows:
        note(f"group {group!r} has no aliases")
        return
    print_table(("alias", "entity", "rule", "score", "with"), rows)


def merge(group: Group, names: Names, *, reason: Reason = "by hand", yes: Yes = False, as_json: AsJson = False) -> None:
    """Make the entities of several names one, whatever the rules say; it outlives restarts and replays.

    The entity is the name that the log has first; the facts of the others move there. Undo it with split.
    """
    if len(names) == 1:
        raise UserError("merge needs two names or more")
    from consumer.clock import SystemClock  # noqa: PLC0415 - heavy

    now = SystemClock().now()
    _tell(_run(lambda desk: desk.merge(group, names, now=now, reason=reason, writes=yes)), group, as_json=as_json)


def split(group: Group, names: Names, *, reason: Reason = "by hand", yes: Yes = False, as_json: AsJson = False) -> None:
    """Take names out of their entity: they become another one, and what was said under them moves there.

    It outlives restarts and replays, and no third name brings them together again. Undo it with merge.
    """
    from consumer.clock import SystemClock  # noqa: PLC0415 - heavy

    now = SystemClock().now()
    _tell(_run(lambda desk: desk.split(group, names, now=now, reason=reason, writes=yes)), group, as_json=as_json)


def adopt(
    group: Annotated[str | None, typer.Argument(metavar="[GROUP]", help="One group; all of them without it.")] = None,
    *,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make entities that only Graphiti knows ours too: episodes that name them go on in them.

    They keep uuid, properties and facts. `episodes schema apply` does it once for a graph that Graphiti made. From then
    on a write to these groups finds those that Graphiti adds under the very spelling of an episode; this command finds
    all. Of several with one name the oldest is taken; the others are listed and stay as they are.
    """
    found = asyncio.run(_adopt(group, writes=yes))
    if as_json:
        print_json({"written": yes, **asdict(found)})
        return
    verb = "adopted" if yes else "would adopt"
    moved = f"; {found.episodes} episodes moved to them" if yes else ""
    print_line(f"{verb} {found.entities} entities of {found.groups} groups{moved}")
    if found.twins:
        rows = [(each.group_id, each.name, each.adopted, " ".join(each.others)) for each in found.twins]
        print_table(("group", "name", "ours too", "left alone"), rows)
    if not yes:
        note("nothing was changed: add --yes")


async def _adopt(group: str | None, *, writes: bool) -> Adoption:
    from contextlib import aclosing  # noqa: PLC0415 - heavy below, and only here

    from consumer.app.entities import adopting_rules  # noqa: PLC0415 - heavy
    from consumer.graph import connect  # noqa: PLC0415
    from consumer.graph.adopting import adopt as adopt_entities  # noqa: PLC0415
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    def tell(group_id: str, done: int, total: int) -> None:
        note(f"group {group_id!r}: {done} of {total}")

    configure_command_logging()
    settings = Settings()
    async with aclosing(connect(settings.neo4j)) as database:
        rules = adopting_rules(settings)
        return await adopt_entities(database, group_id=group, rules=rules, dry_run=not writes, on_progress=tell)


def doubts(
    group: Group,
    *,
    ask: Annotated[bool, typer.Option("--ask", help="Ask the model of the settings whether they are one.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The likeliest so many.")] = 50,
    yes: Annotated[bool, typer.Option("--yes", help="With --ask: merge what the model calls the same.")] = False,
    as_json: AsJson = False,
) -> None:
    """List entities that may be one and that no rule is sure of; a model can be asked, its merges are decisions.

    They are kept with the model's name as their reason, shown by show, and undone by split.
    """
    found, answers, who = asyncio.run(_doubts(group, limit=limit, ask=ask, writes=yes))
    rows = [
        (doubt.one.named.name, doubt.other.named.name, doubt.judgement.reason, f"{doubt.judgement.score:.2f}", answer)
        for doubt, answer in zip(found, answers, strict=True)
    ]
    if as_json:
        keys = ("one", "other", "rule", "score", "answer")
        print_json(
            {
                "group": group,
                "asked": who,
                "written": yes,
                "doubts": [dict(zip(keys, row, strict=True)) for row in rows],
            }
        )
        return
    if not rows:
        note(f"group {group!r} has no doubts")
        return
    print_table(("one", "other", "rule", "score", "answer"), rows)
    if ask and not yes:
        note("nothing was changed: add --yes")


async def _doubts(group: str, *, limit: int, ask: bool, writes: bool) -> tuple[list[Doubt], list[str], str | None]:
    """Return doubts, answers (empty when nobody was asked) and who was asked; merge what is the same if wanted."""
    from consumer.app.entities import open_adjudicator, open_desk  # noqa: PLC0415 - heavy
    from consumer.clock import SystemClock  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    if writes and not ask:
        raise UserError("--yes merges what a model calls the same: add --ask, or use `episodes entities merge`")
    configure_command_logging()
    settings = Settings()
    async with open_desk(settings) as desk:
        found = (await desk.doubts(group))[:limit]
        if not ask:
            return found, [""] * len(found), None
        async with open_adjudicator(settings) as adjudicator:
            said = await adjudicator.answer(found)
            if writes:
                await desk.merge_answered(group, found, said, now=SystemClock().now(), reason=adjudicator.name)
            words = {True: "same", False: "different", None: "unknown"}
            return found, [words[each] for each in said], adjudicator.name


def _run(work: Callable[[EntityDesk], Awaitable[T]]) -> T:
    from consumer.app.entities import open_desk  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()

    async def run() -> T:
        async with open_desk(Settings()) as desk:
            return await work(desk)

    return asyncio.run(run())


def _tell(outcome: Outcome, group: str, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "group": group,
                "written": outcome.is_written,
                "before": [_entity(view) for view in outcome.before],
                "after": [_entity(view) for view in outcome.after],
                "decisions": outcome.decisions,
                "episodes": outcome.episodes,
                "facts": outcome.facts,
            }
        )
        return
    _print_entities("before", outcome.before)
    _print_entities("after", outcome.after)
    verb = "moved" if outcome.is_written else "would move"
    print_line(f"{outcome.facts} facts of {outcome.episodes} episodes {verb}; {outcome.decisions} decisions")
    if not outcome.is_written:
        note("nothing was changed: add --yes")


def _print_entities(title: str, views: Sequence[EntityView]) -> None:
    for view in views:
        print_line(f"{title}: {' = '.join(name.name for name in view.names)}")


def _entity(view: EntityView) -> dict[str, Any]:
    return {
        "uuid": view.uuid,
        "name": view.names[0].name,
        "type": _type(view),
        "summary": view.summary,
        "names": [
            {
                "name": name.name,
                "uuid": name.uuid,
                "type": name.type,
                "first_at": name.first_at.isoformat(),
                "first_episode": name.first_episode,
                "link": asdict(name.link) if name.link else None,
            }
            for name in view.names
        ],
        "decisions": [
            {"names": [one, other], "choice": choice, "reason": reason} for one, other, choice, reason in view.decisions
        ],
    }


def _type(view: EntityView) -> str:
    """Return the first type that a name of it has."""
    return next((name.type for name in view.names if name.type != "Entity"), "Entity")


def _why(view: EntityView, uuid: str) -> str:
    link = next(name.link for name in view.names if name.uuid == uuid)
    if link is None:
        return "the first"
    return f"{link.reason} ({link.score:.2f}) with {_text_of(view, link.via)!r}"


def _text_of(view: EntityView, uuid: str) -> str:
    return next((name.name for name in view.names if name.uuid == uuid), "a name that is gone")
