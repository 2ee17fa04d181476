"""Which groups metrics tell by name: none unless asked for, and then a few, so that no tenant multiplies time series.

One holder for the process, as for the instruments themselves: a label must mean the same wherever it is recorded.
"""

from __future__ import annotations

OTHER = "other"
"""Stands for every group beyond those told by name; a group of that very name is told with them."""


class GroupLabels:
    """Names for the first groups that come.

    G1: at most `most` labels besides `other`, ever. G2: a group keeps the label that it had first.
    """

    def __init__(self, most: int = 0) -> None:
        """Take how many groups have a label of their own; 0: no group has any."""
        self._most = most
        self._named: set[str] = set()

    def of(self, group_id: str) -> str | None:
        """Return the label of a group, or None when no group is told."""
        if not self._most:
            return None
        if group_id in self._named:
            return group_id
        if group_id == OTHER or len(self._named) >= self._most:
            return OTHER
        self._named.add(group_id)
        return group_id


_in_use = GroupLabels()


def install(most: int) -> None:
    """Tell so many groups by name from now on, beginning anew."""
    global _in_use  # noqa: PLW0603 - the one holder of the process
    _in_use = GroupLabels(most)


def group_label(group_id: str) -> str | None:
    """Return the label of a group in metrics, or None when no group is told."""
    return _in_use.of(group_id)
