"""What makes a query slow or unsafe, read from its plan: each finding with what to do instead. Pure.

Reads the plan and never guesses from the text alone: a scan is a finding because the database would scan. The rules
are Neo4j's own advice on query tuning; the bounds (five hops, an early LIMIT) are those of the performance guide that
Graphiti's users are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from consumer.graph.advice_predicates import Predicate, bare, predicates
from consumer.graph.advice_rewrites import MOST_HOPS, MOST_ROWS, bounded_paths, hinted, labelled, limited, literals
from consumer.graph.cypher_tokens import Token, code, line_and_column
from consumer.graph.plans import Notice, Operator, Plan


class Kind(StrEnum):
    """What was found; the name that scripts compare."""

    ALL_NODES = "all-nodes-scan"
    ALL_RELATIONSHIPS = "all-relationships-scan"
    LABEL_SCAN = "label-scan"
    TYPE_SCAN = "type-scan"
    CARTESIAN = "cartesian-product"
    EAGER = "eager"
    UNBOUNDED = "unbounded-path"
    NO_LIMIT = "order-without-limit"
    UNTYPED = "untyped-relationship"
    UNKNOWN = "unknown-name"
    LITERAL = "literal"
    ALL_GROUPS = "all-groups"
    REMARK = "remark"


NOTES = frozenset({Kind.LITERAL, Kind.ALL_GROUPS, Kind.REMARK, Kind.NO_LIMIT, Kind.UNTYPED})
"""Kinds that `--strict` does not fail for: they may be meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to change.

    `seen` is what the plan says, `mend` what to do. `better` is a query without it, and `differs` how its answer is
    another one, empty if it is the same. `statement` creates what the query lacks in the database.
    """

    kind: Kind
    seen: str
    mend: str
    operator: str = ""
    line: int | None = None
    better: str | None = None
    differs: str = ""
    statement: str | None = None

    @property
    def is_note(self) -> bool:
        """Whether it may be meant."""
        return self.kind in NOTES


@dataclass(frozen=True, slots=True)
class Index:
    """An index that is there, by what it is on."""

    name: str
    kind: str
    target: str
    properties: tuple[str, ...]


_LABEL = re.compile(r"^(?P<variable>`[^`]+`|\w+):(?P<label>`[^`]+`|\w+)$")
_TYPE = re.compile(r"\[(?P<variable>`[^`]+`|\w+)?:(?P<type>`[^`]+`|\w+)\]")
_UNBOUNDED = re.compile(r"\*(?:\d+)?(?:\.\.(?:2147483647)?)?\]|\{\d*, ?\}|\*\d*\.\.\s*\]")
_NAMES = re.compile(r"`([^`]+)`")
_NODE_SCANS = (
    "NodeByLabelScan",
    "UnionNodeByLabelsScan",
    "IntersectionNodeByLabelsScan",
    "SubtractionNodeByLabelsScan",
)
_ONE_ROW = ("NodeByElementIdSeek", "NodeByIdSeek", "Argument", "SingleRow")
_THROUGH = ("ProduceResults", "Projection", "Skip", "Filter", "CacheProperties")
_UNKNOWN = {"01N50": "label", "01N51": "relationship type", "01N52": "property"}
_TENANT_LABELS = ("Entity", "Episodic", "Community", "Saga")
_SCOPED = {"group_id", "uuid"}


def findings(plan: Plan, text: str, indexes: Sequence[Index]) -> list[Finding]:
    """Return what is to be changed, in the order of the plan; `better` queries are not yet tried."""
    found: list[Finding] = []
    for above, operator in _with_above(plan.root, ()):
        for look in (_scan, _cartesian, _eager, _unbounded, _untyped):
            found += look(operator, above, text, indexes)
    found += _order(plan, text)
    found += _remarks(plan.notices, text)
    found += _literals(text)
    found += _groups(plan, text)
    return list(dict.fromkeys(found))


def _with_above(operator: Operator, above: tuple[Operator, ...]) -> Iterator[tuple[tuple[Operator, ...], Operator]]:
    yield above, operator
    for child in operator.children:
        yield from _with_above(child, (*above, operator))


# --- scans ---


def _scan(operator: Operator, above: Sequence[Operator], text: str, indexes: Sequence[Index]) -> list[Finding]:
    name = operator.name.removeprefix("Partitioned")
    if name == "AllNodesScan":
        return [_all_nodes(operator, above, text, indexes)]
    if name in _NODE_SCANS:
        return _label_scan(operator, above, text, indexes)
    if name.endswith("AllRelationshipsScan"):
        mend = "name the relationship's type, and begin at a node that an index finds"
        return [Finding(Kind.ALL_RELATIONSHIPS, f"reads every relationship: {operator.details}", mend, operator.name)]
    if name.endswith(("RelationshipTypeScan", "RelationshipTypesScan")):
        return _type_scan(operator, above, indexes)
    return []


def _all_nodes(operator: Operator, above: Sequence[Operator], text: str, indexes: Sequence[Index]) -> Finding:
    variable = bare(operator.details)
    asked = [each for each in predicates(above, variable) if each.is_for_range]
    labels = sorted({i.target for i in indexes for each in asked if i.kind == "RANGE" and i.properties[0] == each.name})
    labels = [label for label in labels if not label.isupper()]
    mend = f"give `{variable}` a label" if not variable.startswith("anon_") else "give the node a label"
    if asked and labels:
        mend += f": `{asked[0].name}` has an index on {', '.join(labels)}"
    better = labelled(text, variable, labels[0]) if len(labels) == 1 else None
    return Finding(
        Kind.ALL_NODES,
        f"reads every node of the database to find `{variable}`",
        mend,
        operator.name,
        better=better,
        differs=f"only nodes with the label {labels[0]} are found" if better else "",
    )


def _label_scan(operator: Operator, above: Sequence[Operator], text: str, indexes: Sequence[Index]) -> list[Finding]:
    match = _LABEL.match(operator.details)
    if match is None:
        return []
    variable, label = bare(match["variable"]), bare(match["label"])
    asked = predicates(above, variable)
    if not asked:
        return []  # all of them are wanted
    seen = f"reads every {label}, to keep a part of them by {_told(asked)}"
    mend, statement, better = _index_advice(asked, label, indexes, text, is_relationship=False)
    return [Finding(Kind.LABEL_SCAN, seen, mend, operator.name, better=better, statement=statement)]


def _type_scan(operator: Operator, above: Sequence[Operator], indexes: Sequence[Index]) -> list[Finding]:
    match = _TYPE.search(operator.details)
    asked = predicates(above, bare(match["variable"])) if match and match["variable"] else []
    if match is None or not asked:
        return []
    kind = bare(match["type"])
    mend, statement, _ = _index_advice(asked, kind, indexes, "", is_relationship=True)
    seen = f"reads every {kind}, to keep a part of them by {_told(asked)}"
    return [Finding(Kind.TYPE_SCAN, seen, mend, operator.name, statement=statement)]


def _told(asked: Sequence[Predicate]) -> str:
    shown = (f"{each.variable}.{each.name}" for each in asked)
    return ", ".join(
        f"{each.function}({name})" if each.function else name for each, name in zip(asked, shown, strict=True)
    )


def _index_advice(
    asked: Sequence[Predicate], target: str, indexes: Sequence[Index], text: str, *, is_relationship: bool
) -> tuple[str, str | None, str | None]:
    """Return what to do, the statement that creates an index, and the query with a hint where there is one already."""
    direct = [each for each in asked if each.is_for_range]
    there = [index for index in indexes if index.kind == "RANGE" and index.target == target]
    for each in direct:
        for index in there:
            if index.properties[0] == each.name and set(index.properties) <= {one.name for one in direct}:
                better = hinted(text, each.variable, target, index.properties) if text else None
                mend = f"index {index.name} serves it; the planner finds a scan as cheap: few nodes, or old statistics"
                return mend, None, better
    if direct:
        return (
            f"an index on {target}.{direct[0].name} would serve it",
            _create("", target, direct[0], is_relationship),
            None,
        )
    if texts := [each for each in asked if each.is_for_text]:
        full = [i for i in indexes if i.kind == "FULLTEXT" and i.target == target and texts[0].name in i.properties]
        if full:
            what = "Relationships" if is_relationship else "Nodes"
            mend = (
                f"for words use the full-text index: CALL db.index.fulltext.query{what}('{full[0].name}', $words); for "
                "parts of words a text index"
            )
            return mend, _create("TEXT ", target, texts[0], is_relationship), None
        return "a text index serves CONTAINS and ENDS WITH", _create("TEXT ", target, texts[0], is_relationship), None
    hidden = next(each for each in asked if each.function)
    mend = (
        f"{hidden.function}(…) hides {target}.{hidden.name} from every index: compare the property itself, and keep "
        "a folded copy of it if you need one"
    )
    return mend, None, None


def _create(kind: str, target: str, asked: Predicate, is_relationship: bool) -> str:
    pattern = f"()-[x:`{target}`]-()" if is_relationship else f"(x:`{target}`)"
    name = re.sub(r"\W", "_", f"{target}_{asked.name}").lower()
    return f"CREATE {kind}INDEX {name} IF NOT EXISTS FOR {pattern} ON (x.`{asked.name}`)"


# --- shapes ---


def _cartesian(operator: Operator, _above: Sequence[Operator], text: str, _indexes: Sequence[Index]) -> list[Finding]:
    if operator.name != "CartesianProduct" or any(_is_one_row(child) for child in operator.children):
        return []
    names = " and ".join("{" + ", ".join(child.variables[:3]) + "}" for child in operator.children)
    return [
        Finding(
            Kind.CARTESIAN,
            f"joins every row of {names} with every other",
            "connect the patterns by a relationship or a common variable, or pass the first part on by WITH after "
            "bringing it down to one row",
            operator.name,
            line=_line_of(text, "MATCH"),
        )
    ]


def _is_one_row(operator: Operator) -> bool:
    """Whether it gives one row at most, by a unique constraint or as it is given one."""
    if "UniqueIndexSeek" in operator.name:
        return " IN " not in operator.details
    if operator.name in _ONE_ROW or (operator.name == "EagerAggregation" and operator.estimated_rows <= 1):
        return True
    return (
        len(operator.children) == 1
        and operator.name in {"Filter", "Projection", "CacheProperties", "Optional"}
        and (_is_one_row(operator.children[0]))
    )


def _eager(operator: Operator, _above: Sequence[Operator], _text: str, _indexes: Sequence[Index]) -> list[Finding]:
    if operator.name != "Eager":
        return []
    if "delete" in operator.details:
        mend = "collect what goes in a first part (WITH collect(x) AS gone UNWIND gone AS x), or delete in batches"
    elif "some property" in operator.details or "some label" in operator.details:
        mend = "name the properties and labels that are set: `SET x += $map` could set any, so that all rows come first"
    else:
        mend = "read first and write then, in two queries or two parts, so that neither sees the other's changes"
    return [Finding(Kind.EAGER, f"holds all rows in memory before it goes on: {operator.details}", mend, operator.name)]


def _unbounded(operator: Operator, _above: Sequence[Operator], text: str, _indexes: Sequence[Index]) -> list[Finding]:
    is_path = "VarLengthExpand" in operator.name or "ShortestPath" in operator.name or "Repeat" in operator.name
    if not is_path or not _UNBOUNDED.search(operator.details):
        return []
    return [
        Finding(
            Kind.UNBOUNDED,
            f"follows paths of any length: {operator.details}",
            f"give the path an upper bound, for instance {MOST_HOPS} hops",
            operator.name,
            better=bounded_paths(text),
            differs="longer paths than the bound are not found",
        )
    ]


def _untyped(operator: Operator, _above: Sequence[Operator], _text: str, _indexes: Sequence[Index]) -> list[Finding]:
    if not operator.name.startswith(("Expand(", "OptionalExpand(", "VarLengthExpand")):
        return []
    inside = re.search(r"-(?:\[(?P<inside>[^\]]*)\])?-", operator.details)
    if inside is None or ":" in (inside["inside"] or ""):
        return []
    return [
        Finding(
            Kind.UNTYPED,
            f"follows relationships of every type: {operator.details}",
            "name the types, for instance [:RELATES_TO]: MENTIONS and HAS_MEMBER of a large group are many",
            operator.name,
        )
    ]


def _order(plan: Plan, text: str) -> list[Finding]:
    operator = plan.root
    while operator.name in _THROUGH and len(operator.children) == 1:
        operator = operator.children[0]
    if operator.name not in {"Sort", "PartialSort"}:
        return []
    return [
        Finding(
            Kind.NO_LIMIT,
            f"sorts every row of the result: {operator.details}",
            "with a LIMIT only the first are kept while it sorts",
            operator.name,
            better=limited(text),
            differs=f"only the first {MOST_ROWS} rows",
        )
    ]


# --- what the server remarks, and the text ---


def _remarks(notices: Sequence[Notice], text: str) -> list[Finding]:
    found = []
    for notice in notices:
        line = None if notice.offset is None else line_and_column(text, notice.offset)[0]
        if what := _UNKNOWN.get(notice.status):
            names = _NAMES.findall(notice.text)
            name = names[0] if names else "?"
            mend = "look at its spelling and capitals; a query for what is not there finds nothing"
            found.append(Finding(Kind.UNKNOWN, f"there is no {what} `{name}` in this database", mend, line=line))
        elif notice.classification == "DEPRECATION":
            found.append(
                Finding(Kind.REMARK, notice.text.removeprefix("warn: "), "see Neo4j's list of deprecations", line=line)
            )
    return found


def _literals(text: str) -> list[Finding]:
    found = literals(text)
    if not found:
        return []
    shown = ", ".join(piece.text for piece in found[:3]) + (", …" if len(found) > 3 else "")  # noqa: PLR2004 - a few
    return [
        Finding(
            Kind.LITERAL,
            f"{len(found)} values stand in the text: {shown}",
            "pass them as parameters: the text is planned once for all values, and no value can be read as Cypher",
            line=line_and_column(text, found[0].start)[0],
        )
    ]


def _groups(plan: Plan, text: str) -> list[Finding]:
    """Return a note where our labels are read and neither a group nor a uuid is named."""
    words = {bare(piece.text) for piece in code(text) if piece.kind in {Token.WORD, Token.QUOTED}}
    if plan.query_type not in {"r", "rw"} or words & _SCOPED or not words & {*_TENANT_LABELS, "RELATES_TO", "MENTIONS"}:
        return []
    return [
        Finding(
            Kind.ALL_GROUPS,
            "reads the entities, facts or episodes of all groups",
            "match by group_id, which has an index: {group_id: $group_id}",
        )
    ]


def _line_of(text: str, word: str) -> int | None:
    return next((line_and_column(text, piece.start)[0] for piece in code(text) if piece.word == word), None)
