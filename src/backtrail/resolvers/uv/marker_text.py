"""Reads PEP 508 markers as uv does: what it mends, what it ignores, and which spellings it takes for one."""

import threading
from functools import lru_cache, reduce
from typing import Any

from packaging._parser import Variable as Name  # the parsed form has no public door in `packaging`
from packaging.markers import InvalidMarker
from packaging.specifiers import Specifier
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import Version

from backtrail.model.requirement import marker
from backtrail.resolvers.uv import markers, ranges
from backtrail.resolvers.uv.behaviour import Profile
from backtrail.resolvers.uv.markers import FALSE, LEAST, TRUE, Algebra, Node, variable
from backtrail.resolvers.uv.platform_algebras import RepresentingAlgebra, StepwiseAlgebra
from backtrail.standards.lenient import check_version

_VERSIONS = frozenset({"python_version", "python_full_version", "implementation_version"})
_LISTS = frozenset({"extras", "dependency_groups"})
_SYSTEMS = {
    "Windows": "win32", "Darwin": "darwin", "Linux": "linux", "AIX": "aix", "Emscripten": "emscripten",
    "Android": "android",
}  # fmt: skip
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Reader:
    """Reads markers into one algebra, each text once, as a release of uv reads them.

    ``applied`` is, by environment, what was found to be left of a marker for a package or one of its extras.
    """

    def __init__(self, profile: Profile) -> None:
        """Nothing is read yet."""
        self._profile = profile
        self._read: dict[str, Node] = {}
        self.applied: dict[tuple[tuple[str, str], ...], dict[tuple[Node, str | None], Node | None]] = {}
        self.algebra = _algebra(profile)

    def read(self, text: str | None) -> Node:
        """The marker of a text, None: always true; raises ``packaging.markers.InvalidMarker``."""
        if text is None:
            return TRUE
        found = self._read.get(text)
        if found is None:
            try:
                with self.algebra.bounded():
                    found = self._tree(marker(text)._markers)  # noqa: SLF001  see the import of the parser
            except (markers.MarkerSizeError, RecursionError):
                raise markers.MarkerSizeError(f"the marker {text[:60]!r} combines too many conditions") from None
            # uv warns of what it ignores; a marker of nothing else always holds
            found = self._read[text] = TRUE if found is None else found
        return found

    def _tree(self, parsed: Any) -> Node | None:
        """A parsed marker; None where every comparison in it is ignored."""
        if isinstance(parsed, tuple):
            return self._comparison(*parsed)
        groups: list[list[Node]] = [[]]
        for item in parsed:
            if item == "or":
                groups.append([])
            elif item != "and":
                node = self._tree(item)
                groups[-1] += [] if node is None else [node]
        conjunctions = [reduce(self.algebra.both, group) for group in groups if group]
        return reduce(self.algebra.either, conjunctions) if conjunctions else None

    def _comparison(self, left: Any, operator: Any, right: Any) -> Node | None:
        op = operator.value
        if op == "===":
            raise InvalidMarker("=== is no operator of markers")
        self._check_lists(left, right)
        if isinstance(left, Name) is isinstance(right, Name):
            return None  # two names, or two texts
        name_first = isinstance(left, Name)
        name, text = (left.value, right.value) if name_first else (right.value, left.value)
        if name in _LISTS:
            return self._listed(name, op, text)
        if name == "extra":
            return self._extra(op, text)
        if name in _VERSIONS:
            return self._version(name, op, text, name_first=name_first)
        return self._string(name, op, text, name_first=name_first)

    def _negated_if(self, negated: bool, node: Node) -> Node:
        return self.algebra.negate(node) if negated else node

    def _check_lists(self, left: Any, right: Any) -> None:
        for side in (left, right):
            if isinstance(side, Name) and side.value in _LISTS and (side is left or not self._profile.knows_lists):
                raise InvalidMarker(f"{side.value} is no variable to compare")

    def _listed(self, name: str, op: str, text: str) -> Node:
        if op not in ("in", "not in"):
            raise InvalidMarker(f"a marker can only ask whether a name is in {name}")
        try:
            found = canonicalize_name(text, validate=True)
        except InvalidName:
            return FALSE
        return self._negated_if(op == "not in", self.algebra.flag(variable("listed", name, found)))

    def _extra(self, op: str, text: str) -> Node | None:
        if op not in ("==", "!="):
            return None
        try:
            name = canonicalize_name(text, validate=True)
        except InvalidName:
            return FALSE
        return self._negated_if(op == "!=", self.algebra.flag(variable("extra", "extra", name)))

    def _string(self, name: str, op: str, text: str, *, name_first: bool) -> Node | None:
        if op in ("in", "not in"):
            kind = "in" if name_first else "contains"
            return self._negated_if(op == "not in", self.algebra.flag(variable(kind, name, text)))
        if name == "platform_system" and self._profile.platforms_alike and text in _SYSTEMS:
            name, text = "sys_platform", _SYSTEMS[text]
        if not self._profile.orders_strings and name not in ("platform_release", "platform_version"):
            if op in ("<", ">"):
                return FALSE
            op = {"<=": "==", ">=": "=="}.get(op, op)
        if not name_first:
            op = _MIRRORED.get(op, op)
        compared = self._compared(name, op, text)
        if compared is None or name != "platform_release" or not self._profile.compares_releases:
            return compared
        return self._release(op, text, compared)

    def _compared(self, name: str, op: str, text: str) -> Node | None:
        """A comparison of strings by their letters; None where uv knows no such comparison."""
        before, after = (text, 0), (text, 1)
        edges: dict[str, list[tuple[Any, Node]]] = {
            "==": [(LEAST, FALSE), (before, TRUE), (after, FALSE)],
            "!=": [(LEAST, TRUE), (before, FALSE), (after, TRUE)],
            "<": [(LEAST, TRUE), (before, FALSE)],
            "<=": [(LEAST, TRUE), (after, FALSE)],
            ">": [(LEAST, FALSE), (after, TRUE)],
            ">=": [(LEAST, FALSE), (before, TRUE)],
        }
        found = edges.get(op)
        return None if found is None else self.algebra.node(variable("string", name), found)

    def _release(self, op: str, text: str, compared: Node) -> Node:
        """``platform_release`` is compared as a version on macOS, where it is one, and by letters elsewhere."""
        try:
            specifier = Specifier(f"{op}{check_version(text)}")
        except ValueError:  # no version, or an operator of strings alone
            return compared
        darwin = self.algebra.equals("sys_platform", "darwin")
        as_version = self.algebra.both(darwin, self._specifier("platform_release", specifier))
        return self.algebra.either(as_version, self.algebra.both(self.algebra.negate(darwin), compared))

    def _version(self, name: str, op: str, text: str, *, name_first: bool) -> Node | None:
        if op in ("in", "not in"):
            return self._version_list(name, op, text) if name_first else None
        try:
            specifier = Specifier((op if name_first else _MIRRORED.get(op, op)) + text.strip())
            check_version(specifier.version)
        except ValueError:  # no specifier
            return None
        if specifier.version.endswith(".*") and not name_first:
            return None
        return self._specifier(name, specifier)

    def _version_list(self, name: str, op: str, text: str) -> Node | None:
        """``python_version in '3.7 3.8'``: by versions, not by letters, and only where all words are versions."""
        node = FALSE
        try:
            for word in text.split():
                listed = self._specifier(name, Specifier(f"=={check_version(word)}"))
                if name == "python_version" and listed is FALSE:
                    return FALSE  # as uv has it, whatever else is listed
                node = self.algebra.either(node, listed)
        except ValueError:
            return None
        return self._negated_if(op == "not in", node)

    def _specifier(self, name: str, specifier: Specifier) -> Node:
        if name == "python_version":
            name = "python_full_version"
            full = _full_version(specifier, trims=self._profile.trims_python_version)
            if isinstance(full, Node):
                return full
            specifier = full
        return self.algebra.within(variable("version", name), ranges.release_range(specifier))


def _algebra(profile: Profile) -> Algebra:
    if profile.represents_platforms:
        return RepresentingAlgebra()
    return StepwiseAlgebra() if profile.knows_platforms else Algebra()


def _full_version(specifier: Specifier, *, trims: bool) -> Specifier | Node:
    """The ``python_full_version`` test that a ``python_version`` test amounts to, TRUE or FALSE where it is constant.

    ``python_version`` has two segments only, so a bound inside a minor series moves to its edge.
    """
    operator, text = specifier.operator, specifier.version
    star = text.endswith(".*")
    release = Version(text.removesuffix(".*")).release
    inside = any(release[2:])
    if star or operator == "~=":
        if len(release) <= (1 if star else 2):
            return specifier
        if not trims:
            return _early_series(operator, release)
        return FALSE if inside else Specifier(f"{operator if star else '=='}{release[0]}.{release[1]}.*")
    return _moved(operator, release, inside=inside)


def _early_series(operator: str, release: tuple[int, ...]) -> Specifier | Node:
    """``==3.8.0.*`` and ``~=3.8.0`` before 0.7.18."""
    if operator == "~=":
        return FALSE if any(release[2:]) else Specifier(f"~={release[0]}.{release[1]}")
    if len(release) == 2:
        return Specifier(f"{operator}{release[0]}.{release[1]}.*")
    return FALSE if operator == "==" else TRUE


def _moved(operator: str, release: tuple[int, ...], *, inside: bool) -> Specifier | Node:
    major, minor = (*release, 0)[:2]
    match operator:
        case "==" | "===":
            return FALSE if inside else Specifier(f"=={major}.{minor}.*")
        case "!=":
            return TRUE if inside else Specifier(f"!={major}.{minor}.*")
        case "<" | ">=":
            if not any(release):  # nothing is below 0
                return FALSE if operator == "<" else TRUE
            return Specifier(f"{operator}{major}.{minor + inside}")
        case _:  # "<=" and ">"
            return Specifier(f"{'<' if operator == '<=' else '>='}{major}.{minor + 1}")


class _Readers(threading.local):
    def __init__(self) -> None:
        self.of = lru_cache(maxsize=16)(Reader)


_READERS = _Readers()


def reader(profile: Profile) -> Reader:
    """The reader that all runs of one release share in one thread."""
    return _READERS.of(profile)
