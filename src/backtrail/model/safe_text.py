"""Text from outside, made safe to show: no control characters, no credentials."""

import re

# `git@` alone is part of an address, not a person. A password may hold what a URL may not: what follows is no port.
_CREDENTIALS = re.compile(r"://(?!git@[^/?#\s@]*(?:[/?#\s]|$))(?:[^/?#\s]*@|[^/?#\s@:\[]+:(?!\d+(?:[/?#\s]|$))\S*@)")


def visible(text: str) -> str:
    r"""The text with everything that does not print spelled out: ``\x1b``, ``\n``, ``\u202e``.

    Covers control and format characters, line separators, surrogates and unassigned code points (Unicode
    categories C* and Z*, the space excepted), so a terminal escape or a bidirectional override is seen, not obeyed.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def _spelled(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def without_credentials(text: str) -> str:
    """The text with user and password removed from every URL in it (RFC 3986, 3.2.1)."""
    return _CREDENTIALS.sub("://", text) if "@" in text else text
