"""Which project somebody may have meant by a name that no index knows."""

import sys
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from itertools import islice

from packaging.utils import canonicalize_name

CLOSE = 0.75
"""Of 1, by ``difflib``'s ratio."""

MOST = 3

_SEEN = 5000
"""Names of a question that are looked at; 50,000 take two seconds for each name that nobody knows."""


@cache
def popular() -> tuple[str, ...]:
    """The 1500 projects of PyPI that are downloaded most, the first first."""
    return tuple(files("backtrail.explain.lookup").joinpath("popular.txt").read_text(encoding="ascii").split())


def close_names(name: str, seen: Iterable[str] = ()) -> tuple[str, ...]:
    """Names like this one, the likest first: among those seen in the question, the first thousands, and the popular."""
    known = dict.fromkeys((*map(canonicalize_name, islice(seen, _SEEN)), *popular()))
    known.pop(name, None)
    # difflib remembers the second sequence: the name goes there, the candidates pass by.
    matcher = SequenceMatcher(b=name)
    found = []
    for order, one in enumerate(known):
        matcher.set_seq1(one)
        if matcher.real_quick_ratio() >= CLOSE and matcher.quick_ratio() >= CLOSE and matcher.ratio() >= CLOSE:
            found.append((-matcher.ratio(), order, one))
    return tuple(one for _, _, one in sorted(found)[:MOST])


def in_standard_library(name: str) -> bool:
    """Whether Python has a module of this name itself."""
    return any(name == canonicalize_name(module) for module in sys.stdlib_module_names)
