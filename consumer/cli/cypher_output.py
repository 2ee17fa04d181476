"""How `episodes cypher` prints plans and advice, for people and for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from consumer.cli.output import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from consumer.graph.advice_check import Advice
    from consumer.graph.plans import Plan


def print_plan(plan: Plan, *, as_json: bool) -> None:
    """Print the steps as a table, the last one first; what the server remarks goes to standard error."""
    if as_json:
        print_json(plan_json(plan))
        return
    headings = ("operator", "estimated rows", "rows", "db hits", "details")
    print_table(
        headings,
        [
            (
                "| " * depth + operator.name,
                f"{operator.estimated_rows:,.0f}",
                _number(operator.rows),
                _number(operator.db_hits),
                operator.details,
            )
            for depth, operator in plan.root.walk()
        ],
    )
    if plan.is_profiled:
        how = f"{plan.planner} planner, {plan.runtime} runtime"
        note(f"{plan.db_hits:,} database hits, {plan.result_rows:,} rows of result; {how}")
    if plan.counters:
        wrote = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in plan.counters.items())
        note(f"rolled back: {wrote}")
    for notice in plan.notices:
        note(notice.text.removeprefix("warn: ").removeprefix("info: "))


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the plan for scripts: its operators in a list, each with its depth."""
    return {
        "planner": plan.planner,
        "runtime": plan.runtime,
        "query_type": plan.query_type,
        "columns": list(plan.columns),
        "is_profiled": plan.is_profiled,
        "db_hits": plan.db_hits,
        "result_rows": plan.result_rows,
        "rolled_back": dict(plan.counters),
        "operators": [
            {
                "depth": depth,
                "operator": operator.name,
                "estimated_rows": operator.estimated_rows,
                "rows": operator.rows,
                "db_hits": operator.db_hits,
                "page_cache_misses": operator.page_cache_misses,
                "memory_bytes": operator.memory_bytes,
                "details": operator.details,
            }
            for depth, operator in plan.root.walk()
        ],
        "notices": [notice.text for notice in plan.notices],
    }


def advice_json(advice: Advice) -> dict[str, Any]:
    """Return the advice for scripts."""
    return {
        "findings": [
            {
                "kind": str(finding.kind),
                "is_note": finding.is_note,
                "line": finding.line,
                "operator": finding.operator,
                "seen": finding.seen,
                "mend": finding.mend,
                "better": finding.better,
                "differs": finding.differs,
                "statement": finding.statement,
            }
            for finding in advice.findings
        ],
        "better": advice.better,
        "parameters": dict(advice.parameters),
        "differs": list(advice.differs),
        "plan": plan_json(advice.plan),
    }


def print_advice(advice: Advice) -> None:
    """Print each finding with what to do, then the query with all of it done."""
    if not advice.findings:
        print_line("nothing to change")
        return
    for finding in advice.findings:
        place = f" (line {finding.line})" if finding.line else ""
        print_line(f"{'note' if finding.is_note else 'slow'}  {finding.kind}{place}: {finding.seen}")
        print_line(f"      → {finding.mend}")
        if finding.statement:
            print_line(f"      → {finding.statement}")
    if advice.better is None:
        return
    print_line("")
    print_line("better, and explained by the database:")
    print_line("")
    print_line(_indented(advice.better))
    if advice.parameters:
        print_line("")
        print_line(f"parameters: {json.dumps(advice.parameters, ensure_ascii=False, default=str)}")
    for differs in advice.differs:
        print_line(f"its answer is another one: {differs}")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
