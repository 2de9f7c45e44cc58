"""The text of locks, to compare."""

import re


def without_places(text: str) -> str:
    """A lock without what says where an index is, and when files were uploaded."""
    text = re.sub(r', (?:upload-time = "[^"]*"|hash = "[^"]*"|size = \d+)', "", text)
    text = re.sub(r'url = "[^"]*/([^"/]+)"', r'url = "\1"', text)
    return re.sub(r'registry = "[^"]*"', 'registry = ""', text).replace("%2B", "+")
