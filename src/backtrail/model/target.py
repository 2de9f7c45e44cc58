"""The Python and platform a resolution is for."""

import re
from collections.abc import Mapping
from functools import cached_property

from packaging.version import Version

from backtrail.model.record import Record

Bound = tuple[tuple[int, ...], bool]
"""A release, and whether it belongs to the range that it ends."""


class Pythons(Record, frozen=True, kw_only=True):
    """The Pythons that a universal resolution is for.

    ``specifiers`` is how uv writes them (``>=3.9, <3.13``). ``low`` and ``high`` are the ends of their range, releases
    without trailing zeros; None: without end.
    """

    specifiers: str
    low: Bound | None = None
    high: Bound | None = None


class Target(Record, frozen=True, kw_only=True, dict=True, gc=True):
    """What the installer would see on the machine asked about.

    ``python`` is the full version (``3.10.13``). ``markers`` is the PEP 508 environment. ``tags`` are wheel tags
    ``python-abi-platform``, best first (PEP 425). ``platform`` says it in words. ``origin`` says where the Python came
    from: ``--python 3.10``, ``active environment``, ``running interpreter``. ``interpreter`` is the path of a Python
    that can run builds, None if there is none; ``installed`` is that interpreter's version, None likewise. ``pythons``:
    the resolution is for all of these, on every platform, and this machine is one of many; None: for it alone.
    """

    python: str
    markers: Mapping[str, str]
    tags: tuple[str, ...]
    platform: str
    origin: str
    interpreter: str | None = None
    installed: str | None = None
    pythons: Pythons | None = None

    @cached_property
    def python_version(self) -> Version:
        """The version to compare Requires-Python with: its release part only."""
        return Version(Version(self.python).base_version)

    @cached_property
    def runs_here(self) -> bool:
        """Whether builds run with a Python of the same minor version."""
        return self.installed is not None and Version(self.installed).release[:2] == self.python_version.release[:2]

    @cached_property
    def tag_rank(self) -> Mapping[str, int]:
        """Each supported tag's place, 0 for the best."""
        return {tag: rank for rank, tag in reversed(list(enumerate(self.tags)))}

    @cached_property
    def tag_tree(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """``tag_rank`` by Python tag, then ABI tag, then platform tag: which part of a tag fits and which does not."""
        tree: dict[str, dict[str, dict[str, int]]] = {}
        for tag, rank in self.tag_rank.items():
            python, abi, platform = tag.split("-", 2)
            tree.setdefault(python, {}).setdefault(abi, {})[platform] = rank
        return tree

    @cached_property
    def free_threaded(self) -> bool:
        """Whether the interpreter runs without the GIL (PEP 703), read from its best tag (``cp313t``)."""
        return bool(self.tags) and re.fullmatch(r"cp\d+\w*t", self.tags[0].split("-")[1]) is not None
