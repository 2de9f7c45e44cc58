"""``python -m backtrail``: the same as ``backtrail``."""

from backtrail.cli import main

main()
