"""Text from outside, made safe to show: no control characters, no credentials, no end of it."""

import re
from typing import Final

_SHOWN: Final = 1000
"""Characters of one text that are shown; nobody reads on."""

# `git@` alone is part of an address, not a person. A password may hold what a URL may not: what follows is no port.
_CREDENTIALS = re.compile(
    r"://(?!git@[^/?#\s@]*(?:[/?#\s]|$))(?:[^/?#\s]*@|[^/?#\s@:\[]{1,200}:(?!\d+(?:[/?#\s]|$))[^\n]{0,300}@)"
)
# Lines of a log by which a workflow of GitHub is given commands: a line that begins so, or has it anywhere.
_COMMAND = re.compile(r"(?<!\S):(?=:)|##(?=\[)")
_SECRET_PARAMETER = re.compile(
    r"([?&](?:[^=&#\s]{0,40}(?:token|secret|passw|signature|credential|auth|api.?key)[^=&#\s]{0,40}|key|sig)=)[^&#\s'\"]+",
    re.IGNORECASE,
)


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


def without_secrets(text: str) -> str:
    """The same, and without what parameters say that are named like secrets (``?token=``)."""
    bare = without_credentials(text)
    return _SECRET_PARAMETER.sub(r"\1…", bare) if "=" in bare else bare


def safe(text: str) -> str:
    """All of a text, without secrets, with what does not print spelled out."""
    return visible(without_secrets(text))


def shortened(text: str, most: int = _SHOWN) -> str:
    """The text, or its beginning and how long it is."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def shown(text: str) -> str:
    """A text as a report shows it: safe, no longer than somebody reads, and no command to who runs a workflow."""
    return _COMMAND.sub(r"\g<0> ", visible(shortened(without_secrets(text))))
