"""The command line: reads a question, asks it, prints the answer, ends with a code. Decides nothing itself.

What shells start is defined here and imports the rest when the program can be interrupted already.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from backtrail.cli.interruption import watch

if TYPE_CHECKING:
    from backtrail.cli.commands import app
    from backtrail.cli.program import run
    from backtrail.cli.rendering import exit_code

__all__ = ["app", "exit_code", "explain_main", "main", "run", "why_main"]

_HOMES = {"app": "commands", "exit_code": "rendering", "run": "program"}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def main() -> None:
    """``backtrail``."""
    _start("backtrail")


def why_main() -> None:
    """``why X``: the same as ``backtrail why X``."""
    _start("why")


def explain_main() -> None:
    """``explain-backtrack``: the same as ``backtrail explain-backtrack``."""
    _start("explain-backtrack")


def _start(program: str) -> None:
    watch()
    from backtrail.cli.program import start

    start(program)
