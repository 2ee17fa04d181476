"""Groups that Graphiti wrote before us: which model their vectors are of.

Graphiti keeps no record of it, and one vector of another length makes each of its searches of that group raise. So a
group whose vectors are as long as ours is taken to be of our model, which is told; one of another length is recorded as
of an unknown model, so that a pod with another refuses to mix them and says what to do.
"""

from __future__ import annotations

from collections import Counter
from functools import partial

from consumer.graph.connection import Database, Record, run_rows

UNKNOWN_MODEL = "unknown"
ROWS = 1_000


async def record_models(database: Database, model: str | None, dimension: int | None, *, dry_run: bool) -> list[str]:
    """Return in sentences what was, or with `dry_run` would be, recorded of groups that have vectors and no record.

    Raises:
        WorldFault: the database is down.
    """
    found = await database.fetch("unrecorded_groups")
    if not found or model is None:
        return []
    records = [
        {
            "group_id": row["group_id"],
            "model": model if row["dimension"] == dimension else f"{UNKNOWN_MODEL}/{row['dimension']}",
            "dimension": row["dimension"],
        }
        for row in found
    ]
    if not dry_run:
        for start in range(0, len(records), ROWS):
            part = records[start : start + ROWS]
            await database.write("record_models", partial(run_rows, name="record_models", all_rows=part), len(part))
    return _told(records, model)


def _told(records: list[Record], model: str) -> list[str]:
    by_model = Counter(row["model"] for row in records)
    first = {row["model"]: row["group_id"] for row in reversed(records)}
    notes = []
    for name, count in sorted(by_model.items()):
        groups = f"{count} groups (the first is {first[name]!r})"
        if name == model:
            notes.append(f"{groups} have vectors of no known model, as long as those of {model}: taken for its own")
        else:
            notes.append(
                f"{groups} have vectors of length {name.rpartition('/')[2]}: set EPISODES_EMBEDDING__MODEL and "
                "EPISODES_EMBEDDING__DIMENSION to what made them, or move them with `episodes reembed`"
            )
    return notes
