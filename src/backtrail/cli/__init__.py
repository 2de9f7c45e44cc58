"""The command line: reads a question, asks it, prints the answer, ends with a code. Decides nothing itself."""

from backtrail.cli.commands import app
from backtrail.cli.program import explain_main, main, run, why_main
from backtrail.cli.rendering import exit_code

__all__ = ["app", "exit_code", "explain_main", "main", "run", "why_main"]
