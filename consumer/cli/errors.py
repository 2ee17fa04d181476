"""What the user sees when a command fails: one line that says what to do, and an exit code.

0 done, 1 failed, 2 wrong usage or settings, 130 interrupted. No stack trace on the screen unless EPISODES_DEBUG=1:
that of an unexpected error is in a file whose name is told.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from asyncio import CancelledError

from consumer.errors import EpisodeFault, UserError, WorldFault

FAILED, USAGE, INTERRUPTED = 1, 2, 130


def report(error: BaseException) -> int:
    """Tell `error` on standard error, in one line, and return the exit code."""
    error = _leaf(error)
    if isinstance(error, KeyboardInterrupt | CancelledError):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return FAILED
    if isinstance(error, UserError):
        _tell(str(error))
        return error.exit_code
    if isinstance(error, WorldFault | EpisodeFault):
        _tell(str(error))
        return FAILED
    settings_lines = _settings_lines(error)
    if settings_lines:
        for line in settings_lines:
            _tell(line)
        return USAGE
    _tell_bug(error)
    return FAILED


def _leaf(error: BaseException) -> BaseException:
    """Return what a task group raised: the first error that has a family, else the first one."""
    leaves: list[BaseException] = []
    pending = [error]
    while pending:
        each = pending.pop()
        if isinstance(each, BaseExceptionGroup):
            pending.extend(reversed(each.exceptions))
        else:
            leaves.append(each)
    known = [leaf for leaf in leaves if isinstance(leaf, UserError | WorldFault | EpisodeFault)]
    return (known or leaves)[0]


def _settings_lines(error: BaseException) -> list[str]:
    """Return one line for each variable that the settings refuse, or nothing when it is another error."""
    from pydantic import ValidationError  # noqa: PLC0415 - heavy, and only a failed command needs it
    from pydantic_settings import SettingsError  # noqa: PLC0415

    if isinstance(error, SettingsError):
        return [f"settings: {' '.join(str(error).split())}"]
    if not isinstance(error, ValidationError) or not error.title.endswith("Settings"):
        return []
    return [
        f"settings: {_variable([str(part) for part in detail['loc']])}: {detail['msg']}"
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _variable(path: list[str]) -> str:
    """Return the environment variable of a setting, or its choices when it has several names."""
    from pydantic import AliasChoices  # noqa: PLC0415 - heavy, and only a failed command needs it

    from consumer.settings import Settings  # noqa: PLC0415

    for field in Settings.model_fields.values():
        alias = field.validation_alias
        if isinstance(alias, AliasChoices) and path[0] in alias.choices:
            return " or ".join(str(choice) for choice in alias.choices)
    return "EPISODES_" + "__".join(path).upper()


def _tell(message: str) -> None:
    """Write one line to standard error."""
    sys.stderr.write(f"error: {' '.join(message.split())}\n")


def _tell_bug(error: BaseException) -> None:
    """Say that this is a bug and where its stack trace is; show it when the settings ask for it."""
    from consumer.telemetry.logs import scrub  # noqa: PLC0415 - heavy, and only a failed command needs it

    trace = scrub("".join(traceback.format_exception(error)))
    if _is_debug():
        sys.stderr.write(trace)
    with tempfile.NamedTemporaryFile("w", prefix="episodes-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(trace)
    _tell(f"this is a bug in episodes ({type(error).__name__}); its stack trace is in {log.name}")


def _is_debug() -> bool:
    """Whether the settings ask for stack traces; settings that can't be read don't."""
    try:
        from consumer.settings import Settings  # noqa: PLC0415 - heavy, and only a failed command needs it

        return Settings().debug
    except ValueError:
        return False
