"""Advice on a query with the better query beside it, which the database has explained before it is shown.

A rewritten query is offered only if it is valid, returns the same columns, and its plan has less of what was found and
no more of anything else. Nothing is run and nothing is changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from consumer.errors import UserError
from consumer.graph.advice import Finding, Index, Kind, findings
from consumer.graph.advice_rewrites import parameterised
from consumer.graph.connection import Database
from consumer.graph.plans import Plan, explain

_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Advice:
    """The plan as it is, what to change, and the query with all offered changes (None if none was).

    `parameters` are the values that moved out of the text of `better`.
    """

    plan: Plan
    findings: tuple[Finding, ...]
    better: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    differs: tuple[str, ...] = ()


async def advise(database: Database, text: str, values: Mapping[str, Any]) -> Advice:
    """Return the advice on the statement `text`.

    Raises:
        UserError: the database does not take the query.
        WorldFault: the database is down.
    """
    return await _Adviser(database, values).advise(text)


class _Adviser:
    def __init__(self, database: Database, values: Mapping[str, Any]) -> None:
        self._database = database
        self._values = dict(values)
        self._indexes: list[Index] = []

    async def advise(self, text: str) -> Advice:
        """Explain, find, and try what would be better."""
        self._indexes = await indexes_of(self._database)
        plan = await explain(self._database, text, self._values)
        found = [await self._tried(each, text, plan) for each in findings(plan, text, self._indexes)]
        better, parameters, differs = await self._all_at_once(text, plan)
        return Advice(plan, tuple(found), better, parameters, differs)

    async def _tried(self, finding: Finding, text: str, plan: Plan) -> Finding:
        """Return the finding with only what the database accepts and finds better."""
        if finding.statement is not None and not await self._is_valid(finding.statement):
            finding = replace(finding, statement=None)
        if finding.kind == Kind.LITERAL and (moved := parameterised(text, self._values)):
            finding = replace(finding, better=moved[0])
        if finding.better is None:
            return finding
        values = moved[1] if finding.kind == Kind.LITERAL and moved else {}
        if await self._is_better(finding.kind, finding.better, text, plan, values) is None:
            return replace(finding, better=None, differs="")
        return finding

    async def _all_at_once(self, text: str, plan: Plan) -> tuple[str | None, dict[str, Any], tuple[str, ...]]:
        """Return the query with one change after the other, each tried upon those before it."""
        now, at, parameters = text, plan, dict[str, Any]()
        differs: list[str] = []
        refused: set[Kind] = set()
        for _ in range(_ATTEMPTS):
            wanted = [each for each in findings(at, now, self._indexes) if each.kind not in refused]
            step = next((each for each in wanted if each.better or each.kind == Kind.LITERAL), None)
            if step is None:
                break
            moved = parameterised(now, self._values | parameters) if step.kind == Kind.LITERAL else None
            candidate = moved[0] if moved else step.better
            added = moved[1] if moved else {}
            plan_then = (
                await self._is_better(step.kind, candidate, now, at, parameters | added)
                if candidate is not None
                else None
            )
            if candidate is None or plan_then is None:
                refused.add(step.kind)
                continue
            now, at, parameters = candidate, plan_then, parameters | added
            differs += [step.differs] if step.differs else []
        return (now if now != text else None), parameters, tuple(dict.fromkeys(differs))

    async def _is_better(
        self, kind: Kind, candidate: str, text: str, plan: Plan, added: Mapping[str, Any]
    ) -> Plan | None:
        """Return the candidate's plan if it is a valid query with the same columns, less of `kind`, no more else."""
        try:
            then = await explain(self._database, candidate, {**self._values, **added})
        except UserError:
            return None
        if then.columns != plan.columns or then.query_type != plan.query_type:
            return None
        before = Counter(each.kind for each in findings(plan, text, self._indexes))
        after = Counter(each.kind for each in findings(then, candidate, self._indexes))
        return then if after[kind] < before[kind] and all(after[each] <= before[each] for each in after) else None

    async def _is_valid(self, statement: str) -> bool:
        try:
            await explain(self._database, statement, {})
        except UserError:
            return False
        return True


async def indexes_of(database: Database) -> list[Index]:
    """Return the indexes that are online.

    Raises:
        WorldFault: the database is down.
    """
    found: Sequence[Mapping[str, Any]] = await database.fetch("show_indexes")
    return [
        Index(row["name"], row["kind"], row["targets"][0], tuple(row["properties"]))
        for row in found
        if row["state"] == "ONLINE" and row["targets"] and row["properties"]
    ]
