"""Indexes of uv that are one page or folder of files for all projects (``format = "flat"``), and how they are named."""

_PREFIX = "flat+"


def as_flat(index: str) -> str:
    """What a flat index is called: its URL or path, marked."""
    return f"{_PREFIX}{index}"


def is_flat(index: str) -> bool:
    """Whether an index is flat."""
    return index.startswith(_PREFIX)


def bare(index: str) -> str:
    """The URL or path of an index, whichever form it has."""
    return index.removeprefix(_PREFIX)
