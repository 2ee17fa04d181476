"""What of the schema is there, what is missing or wrong, and the statements that mend it. Changes nothing.

Three things can be in the way of a unique constraint: an index of its name (Graphiti's: it gives way), an index of
another name on the same property (somebody's own: told), and values held twice (told, and then a plain index stays).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from consumer.graph.connection import Database, Record, Transaction
from consumer.graph.schema_elements import ANALYZER, Element, Kind

EXAMPLES = 5
"""Values that are shown of those that are held twice."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Values of a label or type that must be unique and are not: how many, how many elements hold them, and a few."""

    target: str
    values: int
    elements: int
    examples: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What a person has to mend."""
        shown = ", ".join(self.examples) + (", …" if self.values > len(self.examples) else "")
        return (
            f"{self.target}: {self.values} uuids are held twice or more, by {self.elements} elements ({shown}): "
            "merge or remove them, then apply the schema"
        )


@dataclass(frozen=True, slots=True)
class ElementState:
    """How one element is: online, populating, failed, missing, plain (no constraint yet) or differs, and why."""

    name: str
    kind: str
    target: str
    state: str
    population: float | None = None
    why: str = ""


@dataclass(slots=True)
class SchemaReport:
    """What is right, what was or would be done, and what a person must mend.

    `statements` are those that were run, or with a dry run would be. `problems` are sentences; `notes` are what works
    and could be better (`replaceable` are those elements), or what was assumed. `schema_version` is that of the last
    migration done, `applied` tells when, `pending` what the others will do.
    """

    version: tuple[int, int] = (0, 0)
    schema_version: int = 0
    present: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    duplicates: list[Duplicates] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    replaceable: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    elements: list[ElementState] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing or wrong."""
        return not self.missing and not self.problems


@dataclass(slots=True)
class Comparison:
    """A report, the statements that make what is missing, and those that replace what works already."""

    report: SchemaReport
    creating: list[str] = field(default_factory=list)
    replacing: list[str] = field(default_factory=list)


async def compare(database: Database, wanted: Sequence[Element]) -> Comparison:
    """Return how the database's indexes and constraints differ from the `wanted` ones.

    Raises:
        WorldFault: the database is down.
    """
    indexes: dict[str, Record] = {row["name"]: row for row in await database.fetch("show_indexes")}
    found = Comparison(SchemaReport())
    for element in wanted:
        index = indexes.get(element.name)
        if index is None:
            await _absent(database, element, _same_shape(element, indexes), found)
        elif element.kind is Kind.UNIQUE and index["constraint"] is None:
            await _plain(database, element, index, found)
        elif element.kind is Kind.VECTOR and (reason := _vector_difference(element, index)):
            await _other_vector(database, element, index, reason, found)
        else:
            _present(element, index, found)
    return found


def _state(element: Element, state: str, why: str = "", index: Record | None = None) -> ElementState:
    population = None if index is None else index["population"]
    return ElementState(element.name, str(element.kind), element.target, state, population, why)


async def _absent(database: Database, element: Element, other: Record | None, found: Comparison) -> None:
    """Take down an element that has no index of its name."""
    report = found.report
    if other is not None and (element.kind is not Kind.UNIQUE or other["constraint"] is not None):
        if element.kind in {Kind.UNIQUE, Kind.RANGE}:
            report.present.append(element.name)
            report.notes.append(f"{element.name} is there under another name, {other['name']}")
            report.elements.append(_state(element, "online", f"as {other['name']}", other))
            return
        # Full-text and vector indexes are asked by name.
        report.problems.append(
            f"index {other['name']} has what {element.name} needs: drop it and apply the schema again"
        )
        report.missing.append(element.name)
        report.elements.append(_state(element, "missing", f"{other['name']} is in the way"))
        return
    report.missing.append(element.name)
    if element.kind is Kind.UNIQUE and other is not None:
        report.problems.append(
            f"index {other['name']} on {element.target} is in the way of the constraint {element.name}: drop it and "
            "apply the schema again"
        )
        report.elements.append(_state(element, "missing", f"{other['name']} is in the way"))
    elif element.kind is Kind.UNIQUE and (held := await duplicates(database, element)):
        _tell(report, held)
        found.creating.append(element.plain_statement)
        report.elements.append(_state(element, "missing", "uuids are held twice"))
    else:
        found.creating.append(element.statement)
        report.elements.append(_state(element, "missing"))


async def _plain(database: Database, element: Element, index: Record, found: Comparison) -> None:
    """Take down a constraint in whose place is a plain index, as Graphiti makes it."""
    report = found.report
    report.missing.append(element.name)
    held = await duplicates(database, element)
    if held:
        _tell(report, held)
    else:
        found.creating += [element.drop_statement, element.statement]
    report.elements.append(
        _state(element, "plain", "uuids are held twice" if held else "an index, no constraint", index)
    )


async def _other_vector(database: Database, element: Element, index: Record, reason: str, found: Comparison) -> None:
    """Take down a vector index of another form; it is made anew if no group's vectors are served by it as it is."""
    if await _is_free(database, index):
        found.report.missing.append(element.name)
        found.creating += [element.drop_statement, element.statement]
    else:
        found.report.problems.append(f"vector index {element.name} {reason}: search scans instead of using it")
    found.report.elements.append(_state(element, "differs", reason, index))


def _present(element: Element, index: Record, found: Comparison) -> None:
    """Take down an element that is there, and what is wrong with it."""
    report = found.report
    report.present.append(element.name)
    state = str(index["state"]).lower()
    if reason := _difference(element, index):
        report.problems.append(f"index {element.name} {reason}")
        report.elements.append(_state(element, "failed" if state == "failed" else "differs", reason, index))
        return
    analyzer = (index["config"] or {}).get("fulltext.analyzer", ANALYZER)
    if element.kind is Kind.FULLTEXT and analyzer != element.analyzer:
        why = f"full-text index {element.name} has the analyser {analyzer} where {element.analyzer} finds more"
        report.notes.append(f"{why}: `episodes schema apply` makes it anew")
        report.replaceable.append(element.name)
        found.replacing += [element.drop_statement, element.statement]
        report.elements.append(_state(element, "differs", f"analyser {analyzer}", index))
        return
    report.elements.append(_state(element, state, index=index))


def _tell(report: SchemaReport, held: Duplicates) -> None:
    report.duplicates.append(held)
    report.problems.append(held.sentence)


def _same_shape(element: Element, indexes: dict[str, Record]) -> Record | None:
    """Return an index of another name on the same label and properties that the database would not have twice."""
    kind = Kind.RANGE if element.kind is Kind.UNIQUE else element.kind
    for index in indexes.values():
        same_target = list(index["targets"] or ()) == [element.target]
        if index["kind"] == kind and same_target and tuple(index["properties"] or ()) == element.properties:
            return index
    return None


def _difference(element: Element, index: Record) -> str:
    """Return in words how an index differs from what is wanted, or nothing."""
    if index["state"] == "FAILED":
        return "has failed: drop it and apply the schema again"
    if list(index["targets"] or ()) != [element.target]:
        return f"is on {index['targets']}, not on {element.target}: drop it and apply the schema again"
    if element.kind is not Kind.VECTOR and set(index["properties"] or ()) != set(element.properties):
        return f"has properties {index['properties']}, not {list(element.properties)}: drop it and apply again"
    return ""


def _vector_difference(element: Element, index: Record) -> str:
    """Return in words how a vector index differs from what is wanted, or nothing."""
    found = (index["config"] or {}).get("vector.dimensions")
    if found != element.dimension:
        return f"has dimension {found}, not {element.dimension}"
    missing = set(element.filters) - set(index["properties"] or ())
    return f"lacks the filters {sorted(missing)}" if missing else ""


async def _is_free(database: Database, index: Record) -> bool:
    """Return whether no group's vectors are served by this index as it is, so that it may be made anew."""
    found = (index["config"] or {}).get("vector.dimensions")
    used = set(await database.fetch("dimensions"))
    return found not in used or not set(index["properties"]) - {"name_embedding", "fact_embedding"}


async def duplicates(database: Database, element: Element) -> Duplicates | None:
    """Return what is held twice of an element that must be unique, or nothing.

    Raises:
        WorldFault: the database is down.
    """

    async def work(tx: Transaction) -> Record:
        result = await tx.run(element.duplicates_query, {"limit": EXAMPLES})
        return dict((await result.single(strict=True))["rows"][0])

    row = await database.read("duplicates", work)
    if not row["values"]:
        return None
    return Duplicates(element.target, row["values"], row["elements"], tuple(str(each) for each in row["examples"]))
