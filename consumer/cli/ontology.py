"""`episodes ontology`: check ontology files, try their mappings on events, and show what is registered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.cli.output import note, print_json, print_line, print_table
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.cli.ontology_trial import Trial
    from consumer.ontology import Ontology

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(
        help="Check and show sets of entity and relation types; try JSON mappings on events.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("check", epilog="Example: episodes ontology check offices.yaml --against offices.jsonl")(check)
    group.command("show", epilog="Example: episodes ontology show offices --prompt")(show)
    app.add_typer(group, name="ontology")


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Ontology files, YAML or JSON.")],
    *,
    against: Annotated[
        Path | None,
        typer.Option(metavar="EVENTS", help="Try the mappings on this JSONL file of events (.gz too)."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Events of --against that are printed; all are tried.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with ontology files, one line a problem; with --against, what their mappings make of events.

    Exit code 1 when a file is broken, or a strict ontology's mapping fits a record and finds nothing in it.
    """
    from consumer.ontology.load import BrokenOntology, read_file  # noqa: PLC0415 - heavy

    results: list[dict[str, Any]] = []
    is_good = True
    for path in files:
        try:
            ontology = read_file(path)
        except BrokenOntology as broken:
            is_good = False
            results.append({"file": str(path), "problems": [str(problem) for problem in broken.problems]})
            if not as_json:
                for problem in broken.problems:
                    print_line(str(problem))
            continue
        results.append({"file": str(path), "problems": [], **_counts(ontology)})
        if not as_json:
            print_line(f"{path}: {_summary(ontology)}")
        if against is not None:
            trial = _try(ontology, against, limit, is_told=not as_json)
            results[-1]["against"] = trial.as_dict()
            is_good = is_good and trial.failed == 0
    if as_json:
        print_json(results)
    if not is_good:
        raise typer.Exit(1)


def show(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A registered ontology, or a file; default: list all.")
    ] = None,
    *,
    prompt: Annotated[bool, typer.Option("--prompt", help="Print what a model is told of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the types, relations and exclusivity of an ontology, or list the registered ones."""
    if name is None:
        _list(as_json=as_json)
        return
    ontology = _found(name)
    if prompt:
        from consumer.extract.prompts import ontology_text  # noqa: PLC0415 - heavy

        print_line(ontology_text(ontology).strip())
        return
    if as_json:
        print_json(ontology.model_dump(mode="json", exclude_defaults=True))
        return
    print_line(_summary(ontology))
    rows = [
        [type_name, one.parent or "", ", ".join(f"{key} {spec.type}" for key, spec in one.attributes.items())]
        for type_name, one in ontology.entity_types.items()
    ]
    print_table(("type", "kind of", "attributes"), rows)
    rows = [
        [
            relation + (" (both ways)" if one.symmetric else ""),
            " | ".join(one.subject) or "any",
            " | ".join(one.object) or "any",
            one.exclusive or "as said",
        ]
        for relation, one in ontology.relation_types.items()
    ]
    print_table(("relation", "subject", "object", "exclusive"), rows)


def _list(*, as_json: bool) -> None:
    """Print the registered ontologies."""
    registered = _registered()
    if as_json:
        print_json([_counts(ontology) for ontology in registered])
        return
    if not registered:
        note("no ontology is registered; set EPISODES_ONTOLOGY__DIR to a folder of ontology files")
        return
    for ontology in registered:
        print_line(_summary(ontology))


def _registered() -> list[Ontology]:
    """Return the ontologies of the settings.

    Raises:
        UserError: a file is broken.
    """
    from consumer.app.build import build_ontologies  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415

    return list(build_ontologies(Settings()))


def _found(name: str) -> Ontology:
    """Return a registered ontology or the one in a file.

    Raises:
        UserError: there is neither, or the file is broken.
    """
    from consumer.ontology.load import load_files  # noqa: PLC0415 - heavy

    if Path(name).is_file():
        return load_files(None, (Path(name),))[0]
    registered = {ontology.name: ontology for ontology in _registered()}
    if name in registered:
        return registered[name]
    known = ", ".join(registered) or "none; set EPISODES_ONTOLOGY__DIR to a folder of ontology files"
    raise UserError(f"no ontology {name!r}, and no file of that name; registered: {known}")


def _try(ontology: Ontology, events: Path, limit: int, *, is_told: bool) -> Trial:
    """Return what the mappings make of the events, printing the first of them."""
    from consumer.cli.ontology_trial import Trial, tried  # noqa: PLC0415 - heavy

    trial = Trial()
    for one in tried(ontology, events):
        trial.add(one, is_kept=len(trial.events) < limit)
        if is_told and trial.tried <= limit:
            for line in one.lines():
                print_line(line)
    if is_told:
        print_line(trial.summary())
    return trial


def _summary(ontology: Ontology) -> str:
    counts = _counts(ontology)
    kind = "strict" if ontology.strict else "open"
    return (
        f"{ontology.name} {ontology.version} ({kind}): {counts['entity_types']} entity types, "
        f"{counts['relation_types']} relations, {counts['mappings']} mappings"
    )


def _counts(ontology: Ontology) -> dict[str, Any]:
    return {
        "name": ontology.name,
        "version": ontology.version,
        "strict": ontology.strict,
        "entity_types": len(ontology.entity_types),
        "relation_types": len(ontology.relation_types),
        "mappings": len(ontology.mappings),
    }
