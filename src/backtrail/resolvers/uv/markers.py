"""Environment markers as decision diagrams: two markers are the same exactly when they are the same object.

uv gives every distinct true marker on a requirement a package of its own, so what counts as *distinct* decides the
course of a resolution (docs/solver.md 2). A node tests one variable and has a child for each run of its values; equal
nodes are built once, so that comparing markers is comparing objects.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, NamedTuple

from packaging.markers import InvalidMarker
from packaging.version import Version

from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.versions import key

LARGEST, DEEPEST = 2000, 100
"""Nodes that one operation may add, and variables on one way through a marker.

Real markers have a dozen; index content is not trusted with exponential work.
"""

MOST_PATHS = 32
"""A marker with more ways to hold is named by its first way and a digest."""


class Variable(NamedTuple):
    """What a node tests, in uv's order of variables: ``value`` is the text of an ``in`` test or the extra's name.

    ``kind`` is ``string`` and ``version`` (split by order), ``in`` (the variable within the text), ``contains`` (the
    text within the variable), ``extra`` (active or not) and ``listed`` (in ``extras``, ``dependency_groups``).
    """

    rank: int
    kind: str
    name: str
    value: str = ""


_STRINGS = (
    "os_name", "sys_platform", "platform_system", "platform_machine", "platform_python_implementation",
    "platform_release", "platform_version", "implementation_name",
)  # fmt: skip
_KINDS = {"version": 9, "in": 10, "contains": 11, "extra": 12, "listed": 13}
_RELEASE_AS_VERSION = 8


def variable(kind: str, name: str, value: str = "") -> Variable:
    """The variable of a test; ``platform_release`` may be read as a version, too."""
    if kind == "version" and name == "platform_release":
        return Variable(_RELEASE_AS_VERSION, kind, name)
    return Variable(_STRINGS.index(name) if kind == "string" else _KINDS[kind], kind, name, value)


LEAST: Final = ("", -1)
"""Below every string value. A cut among strings is ``(value, 0)`` just before a value, ``(value, 1)`` just after it."""


class Node:
    """A marker. ``edges`` are pairs of (cut where this child begins, child), ascending, together covering every value.

    ``extras`` are the extras tested in it, ``paths`` counts the ways to truth, ``depth`` the variables on the longest.
    """

    __slots__ = ("_text", "depth", "edges", "extras", "paths", "variable")

    def __init__(self, variable: Variable | None, edges: tuple[tuple[Any, "Node"], ...], paths: int = 0) -> None:
        """Only `Algebra.node` builds these, so that equal nodes are one object; ``variable`` None: true or false."""
        self.variable = variable
        self.edges = edges
        self.paths: int = paths + sum(child.paths for _, child in edges)
        self.depth: int = 1 + max(child.depth for _, child in edges) if edges else 0
        own = {variable.value} if variable is not None and variable.kind == "extra" else ()
        self.extras: frozenset[str] = frozenset(own).union(*(child.extras for _, child in edges))
        self._text: str | None = None

    def __str__(self) -> str:
        """The marker in PEP 508 words, a disjunction of the ways in which it holds; different for different markers."""
        if self._text is None:
            words = _paths(self)
            if not self.paths:
                self._text = "false"
            elif self.paths <= MOST_PATHS:
                self._text = " or ".join(" and ".join(path) for path in words)
            else:
                self._text = f"{' and '.join(next(words))} or … {_digest(self).hex()[:16]}"
        return self._text


TRUE: Final = Node(None, (), paths=1)
FALSE: Final = Node(None, ())


class MarkerSizeError(InvalidMarker):
    """A marker combines more conditions than are worth comparing; uv may compare them."""


class Algebra:
    """Builds and combines markers, whatever their values mean.

    Used from one thread: two might make two objects of one node.
    """

    def __init__(self) -> None:
        """Nothing is built yet."""
        self._nodes: dict[tuple[Variable, tuple[tuple[Any, int], ...]], Node] = {}
        self._conjunctions: dict[tuple[Node, Node], Node] = {}
        self._plain_conjunctions: dict[tuple[Node, Node], Node] = {}
        self._complements: dict[Node, Node] = {FALSE: TRUE, TRUE: FALSE}
        self._limit: int | None = None

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """Bound the work done inside, nested operations together; raises MarkerSizeError."""
        if self._limit is not None:
            yield
            return
        self._limit = len(self._nodes) + LARGEST
        try:
            yield
        finally:
            self._limit = None

    def node(self, tested: Variable, edges: list[tuple[Any, Node]]) -> Node:
        """The one node with this variable and these children."""
        merged: list[tuple[Any, Node]] = []
        for start, child in edges:
            if not merged or merged[-1][1] is not child:
                merged.append((start, child))
        if len(merged) == 1:
            return merged[0][1]
        identity = (tested, tuple((start, id(child)) for start, child in merged))
        found = self._nodes.get(identity)
        if found is None:
            found = Node(tested, tuple(merged))
            if found.depth > DEEPEST or (self._limit is not None and len(self._nodes) > self._limit):
                raise MarkerSizeError
            self._nodes[identity] = found
        return found

    def flag(self, tested: Variable) -> Node:
        """The marker that holds where a variable without order does."""
        return self.node(tested, [(0, FALSE), (1, TRUE)])

    def within(self, tested: Variable, versions: Range) -> Node:
        """The marker that holds where a version variable is in a range."""
        edges: list[tuple[Any, Node]] = [] if versions and versions[0] == ranges.LOWEST else [(ranges.LOWEST, FALSE)]
        return self.node(tested, [*edges, *((cut, FALSE if place % 2 else TRUE) for place, cut in enumerate(versions))])

    def both(self, one: Node, other: Node) -> Node:
        """The conjunction; raises MarkerSizeError."""
        found = self._conjunctions.get((one, other))
        if found is None:
            with self.bounded():
                found = self._conjunction(one, other)
        return found

    def either(self, one: Node, other: Node) -> Node:
        """The disjunction; raises MarkerSizeError."""
        return self.negate(self.both(self.negate(one), self.negate(other)))

    def negate(self, node: Node) -> Node:
        """The complement."""
        found = self._complements.get(node)
        if found is None:
            assert node.variable is not None
            found = self.node(node.variable, [(start, self.negate(child)) for start, child in node.edges])
            self._complements[node], self._complements[found] = found, node
        return found

    def assume_extras(self, node: Node, value: Callable[[str], bool | None]) -> Node:
        """The marker where ``extra == name`` is taken as ``value(name)``; None leaves it open."""
        if not node.extras:
            return node  # most have none
        done: dict[Node, Node] = {}

        def assume(of: Node) -> Node:
            if not of.extras:
                return of
            found = done.get(of)
            if found is None:
                tested = of.variable
                assert tested is not None
                known = value(tested.value) if tested.kind == "extra" else None
                if known is None:
                    found = self.node(tested, [(start, assume(child)) for start, child in of.edges])
                else:
                    found = assume(of.edges[1 if known else 0][1])
                done[of] = found
            return found

        return self.whole(assume(node))

    def whole(self, node: Node) -> Node:
        """What stands for a marker that was rebuilt from parts."""
        return node

    def top_level_extra(self, node: Node) -> Node:
        """The ``extra == name`` without which the marker cannot hold; always true where there is none."""
        for name in sorted(node.extras):
            if self.assume_extras(node, lambda extra, name=name: False if extra == name else None) is FALSE:  # type: ignore[misc]
                return self.flag(variable("extra", "extra", name))
        return TRUE

    def plain_both(self, one: Node, other: Node) -> Node:
        """The conjunction by letters alone: what values mean does not count."""
        settled = _settled(one, other)
        if settled is not None:
            return settled
        found = self._plain_conjunctions.get((one, other))
        if found is None:
            found = self._shannon(one, other, self.plain_both)
            self._plain_conjunctions[one, other] = self._plain_conjunctions[other, one] = found
        return found

    def plain_either(self, one: Node, other: Node) -> Node:
        """The disjunction by letters alone."""
        return self.negate(self.plain_both(self.negate(one), self.negate(other)))

    def _conjunction(self, one: Node, other: Node) -> Node:
        settled = _settled(one, other)
        if settled is not None:
            return settled
        found = self._conjunctions.get((one, other))
        if found is None:
            found = self._combined(one, other)
            self._conjunctions[one, other] = self._conjunctions[other, one] = found
        return found

    def _combined(self, one: Node, other: Node) -> Node:
        return self._shannon(one, other, self._conjunction)

    def _shannon(self, one: Node, other: Node, conjunction: Callable[[Node, Node], Node]) -> Node:
        """Combine the children, by the variable that comes first."""
        mine, theirs = one.variable, other.variable
        assert mine is not None
        assert theirs is not None
        if mine < theirs:
            return self.node(mine, [(start, conjunction(child, other)) for start, child in one.edges])
        if theirs < mine:
            return self.node(theirs, [(start, conjunction(one, child)) for start, child in other.edges])
        return self.node(mine, [(at, conjunction(left, right)) for at, left, right in overlaid(one, other)])

    def equals(self, name: str, value: str) -> Node:
        """The marker ``name == 'value'`` of a string variable."""
        return self.node(variable("string", name), [(LEAST, FALSE), ((value, 0), TRUE), ((value, 1), FALSE)])


def _settled(one: Node, other: Node) -> Node | None:
    if one is FALSE or other is FALSE:
        return FALSE
    if one is TRUE or one is other:
        return other
    return one if other is TRUE else None


def overlaid(one: Node, other: Node) -> Iterator[tuple[Any, Node, Node]]:
    """Where a child of either node of one variable begins, with the children in force there."""
    mine, theirs = 0, 0
    while mine < len(one.edges) or theirs < len(other.edges):
        step = mine < len(one.edges) and (theirs == len(other.edges) or one.edges[mine][0] <= other.edges[theirs][0])
        at = one.edges[mine][0] if step else other.edges[theirs][0]
        mine += step
        theirs += theirs < len(other.edges) and other.edges[theirs][0] == at
        yield at, one.edges[mine - 1][1], other.edges[theirs - 1][1]


def _child(node: Node, at: Any) -> Node:
    found = node.edges[0][1]
    for start, child in node.edges:
        if start > at:
            break
        found = child
    return found


def evaluate(node: Node, environment: Mapping[str, str], extras: frozenset[str] = frozenset()) -> bool:
    """Whether the marker holds in a PEP 508 environment with these extras active."""
    while (tested := node.variable) is not None:
        value = environment.get(tested.name, "")
        if tested.kind == "version":
            node = _child(node, _version_place(environment.get(tested.name, "")))
        elif tested.kind == "string":
            node = _child(node, (value, 0.5))
        else:
            node = node.edges[1 if _holds(tested, value, extras) else 0][1]
    return node is TRUE


def _holds(tested: Variable, value: str, extras: frozenset[str]) -> bool:
    match tested.kind:
        case "in":
            return value in tested.value
        case "contains":
            return tested.value in value
        case "extra":
            return tested.value in extras
        case _:  # "listed": an installer resolves without lists of extras and groups
            return False


@cache
def _version_place(text: str) -> Any:
    """Just above a version; what is none, as the release of a macOS nobody named, is below all."""
    try:
        return key(Version(text.rstrip("+"))), 0.5  # what a build of a checkout adds is no part of a version (PEP 440)
    except ValueError:
        return ranges.LOWEST


def _digest(node: Node) -> bytes:
    """A name for a marker's content, the same in every process."""
    done: dict[Node, bytes] = {TRUE: b"true", FALSE: b"false"}

    def digest(of: Node) -> bytes:
        found = done.get(of)
        if found is None:
            parts = [repr(tuple(of.variable or ())).encode()]
            parts += [repr(start).encode() + digest(child) for start, child in of.edges]
            found = done[of] = hashlib.sha256(b"\0".join(parts)).digest()
        return found

    return digest(node)


def _paths(node: Node) -> Iterator[list[str]]:
    """The ways to truth, each a conjunction of comparisons."""
    tested = node.variable
    if tested is None:
        if node is TRUE:
            yield []
        return
    for place, (start, child) in enumerate(node.edges):
        if child.paths:
            end = node.edges[place + 1][0] if place + 1 < len(node.edges) else None
            words = _edge(tested, start, end)
            for path in _paths(child):
                yield words + path


def _edge(tested: Variable, start: Any, end: Any) -> list[str]:
    name = tested.name
    match tested.kind:
        case "extra":
            return [f"extra {'==' if start else '!='} '{tested.value}'"]
        case "in":
            return [f"{name} {'in' if start else 'not in'} {_quoted(tested.value)}"]
        case "contains" | "listed":
            return [f"{_quoted(tested.value)} {'in' if start else 'not in'} {name}"]
        case "version":
            cuts = (start,) if end is None else (start, end)
            return [f"{name} {_spaced(word)}" for word in ranges.describe(cuts).split(",") if word != "*"]
        case _:
            return _string_edge(name, start, end)


def _string_edge(name: str, start: tuple[str, int], end: tuple[str, int] | None) -> list[str]:
    if end is not None and start[0] == end[0] and start != LEAST:
        return [f"{name} == {_quoted(start[0])}"]
    words = [] if start == LEAST else [f"{name} {'>=' if start[1] == 0 else '>'} {_quoted(start[0])}"]
    if end is not None:
        words.append(f"{name} {'<' if end[1] == 0 else '<='} {_quoted(end[0])}")
    return words


def _spaced(bound: str) -> str:
    """``>=3.8`` as markers are written: ``>= '3.8'``."""
    version = bound.lstrip("<>=")
    return f"{bound.removesuffix(version)} '{version}'"


def _quoted(text: str) -> str:
    """PEP 508: a text holds at most one kind of quotation mark."""
    return f'"{text}"' if "'" in text else f"'{text}'"
