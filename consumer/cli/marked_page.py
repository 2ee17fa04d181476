"""A document of which one part is made from the code: what stands between two marks is written anew."""

from __future__ import annotations

from typing import Any, Protocol


class MarkedPage(Protocol):
    """A module that makes such a part: `telemetry.catalogue.page` and `settings.page` are two."""

    @property
    def BEGIN(self) -> str:  # noqa: N802 - a module's constant
        """The mark before the part."""
        ...

    @property
    def END(self) -> str:  # noqa: N802 - a module's constant
        """The mark behind it."""
        ...

    def markdown(self) -> str:
        """Return the part."""
        ...

    def records(self) -> list[dict[str, Any]]:
        """Return what it tells, for scripts."""
        ...


def written_into(document: str, page: MarkedPage) -> str:
    """Return `document` with what stands between the marks of `page` written anew.

    Raises:
        ValueError: a mark is missing.
    """
    before, begin, rest = document.partition(page.BEGIN)
    _, end, after = rest.partition(page.END)
    if not begin or not end:
        raise ValueError(f"the marks {page.BEGIN} and {page.END} are not there")
    return f"{before}{page.BEGIN}\n\n{page.markdown()}\n{page.END}{after}"
