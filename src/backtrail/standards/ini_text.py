"""Reads the INI files of Python's tools (setup.cfg, pip.conf), which a stranger may have written."""

import re
from configparser import Error, RawConfigParser

from backtrail import bounds

__all__ = ["read_ini"]

_BLANKS = re.compile(r"[^\S\n]{100,}")


def read_ini(text: str, parser: RawConfigParser) -> None:
    """Have a parser read a text. Raises ValueError, whose text says what is wrong.

    The time that ``configparser`` takes grows with the square of blanks in a row, and of lines that are wrong.
    """
    if text.count("\n") > bounds.INI_LINES:
        raise ValueError(f"it has more than {bounds.INI_LINES} lines")
    try:
        parser.read_string(_BLANKS.sub(" ", text))
    except Error as error:
        raise ValueError(" ".join(str(error).split())[:500]) from None
