"""How much of one group may be under way at once, so that there is room for the next. Pure.

A queue in front of the window may be fair, and yet a group that came late would wait behind what of another group is in
the stages already. So no group ever fills them: each gets an equal share, and one share more is left for a newcomer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

LEAST = 4
"""Works of a group that may be under way in any case."""


class GroupWindow:
    """Which groups have works under way, and how many.

    V1: with n groups under way or waiting, none gets beyond a share of `size / (n + 1)`, or `LEAST` if that is more.
    V2: a work that left gives its place back once.
    """

    def __init__(self, size: int) -> None:
        """Begin with nothing under way."""
        self._size = size
        self._inside: Counter[str] = Counter()
        self._groups: dict[Hashable, str] = {}

    def __len__(self) -> int:
        return len(self._groups)

    def may_enter(self, group: str, waiting_groups: int) -> bool:
        """Return whether one more of `group` may enter while so many groups have works waiting in front."""
        groups = max(len(self._inside), waiting_groups)
        return self._inside[group] < max(LEAST, self._size // (groups + 1)) if group in self._inside else True

    def enter(self, key: Hashable, group: str) -> None:
        """Note that the work `key` of `group` is under way."""
        self._groups[key] = group
        self._inside[group] += 1

    def left(self, key: Hashable) -> bool:
        """Note that the work `key` has left; return whether it was under way."""
        group = self._groups.pop(key, None)
        if group is None:
            return False
        self._inside[group] -= 1
        if not self._inside[group]:
            del self._inside[group]
        return True
