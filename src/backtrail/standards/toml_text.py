"""Reads TOML that a stranger may have written: what would cost its reader more than its size is refused first."""

import re
import sys
from typing import Any

from backtrail import bounds

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["read_toml"]

_PART = r"""(?:(?<![\w-])[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*"""
_LONG_KEY = re.compile(rf"(?:{_PART}){{{bounds.KEY_PARTS}}}", re.ASCII)
_LONG_NUMBER = re.compile(r"(?<!\w)0[xob][0-9a-fA-F_]{1000}")


def read_toml(text: str) -> dict[str, Any]:
    """The tables of a document. Raises ValueError, whose text says what is wrong.

    The time and memory of a key grow with the square of its parts, and a number that is written in another base may be
    one that Python does not print; nobody has either.
    """
    if _LONG_KEY.search(text):
        raise ValueError(f"a key of more than {bounds.KEY_PARTS} parts is not read")
    if _LONG_NUMBER.search(text):
        raise ValueError("a number of more than 1000 digits is not read")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
