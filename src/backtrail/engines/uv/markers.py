"""Environment markers as decision diagrams: two markers are the same exactly when they are the same object.

uv gives every distinct true marker on a requirement a package of its own, so what counts as *distinct* decides the
course of a resolution (specification uv 4). A node tests one variable and has a child for each set of values; equal
nodes are built once. ``python_version`` is rewritten to ``python_full_version``, later releases also name platforms
alike.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from typing import Any, Final

from packaging._parser import Op, Value, Variable  # the parsed form has no public door in `packaging`
from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from backtrail.engines.uv import ranges
from backtrail.engines.uv.versions import key

_Label = tuple[str, ...]
"""A variable: ``("version", name)``, ``("string", name)``, ``("extra", name)``, or a test of its own kind:
``("in", name, value)``, ``("contains", name, value)``."""

_BOTTOM: Final = ((), -1)
_VERSIONS = frozenset({"python_full_version", "implementation_version"})
_SYSTEMS = {
    "Windows": "win32", "Darwin": "darwin", "Linux": "linux", "AIX": "aix", "Emscripten": "emscripten",
    "Android": "android",
}  # fmt: skip


class Node:
    """A marker. ``edges`` are pairs of (cuts where this child begins, child), together covering every value."""

    __slots__ = ("edges", "label")

    def __init__(self, label: _Label | None, edges: tuple[tuple[Any, "Node"], ...]) -> None:
        """Only `_node` builds these, so that equal nodes are one object."""
        self.label = label
        self.edges = edges

    def __str__(self) -> str:
        """The marker in PEP 508 words, a disjunction of paths that lead to true."""
        return " or ".join(" and ".join(path) for path in _paths(self)) or ("" if self is TRUE else "false")


TRUE: Final = Node(None, ())
FALSE: Final = Node(None, ())
_nodes: dict[tuple[_Label, tuple[tuple[Any, int], ...]], Node] = {}


def _node(label: _Label, edges: list[tuple[Any, Node]]) -> Node:
    merged: list[tuple[Any, Node]] = []
    for start, child in edges:
        if not merged or merged[-1][1] is not child:
            merged.append((start, child))
    if len(merged) == 1:
        return merged[0][1]
    identity = (label, tuple((start, id(child)) for start, child in merged))
    return _nodes.setdefault(identity, Node(label, tuple(merged)))


def _apply(one: Node, other: Node, operation: Callable[[Node, Node], Node | None]) -> Node:
    settled = operation(one, other)
    if settled is not None:
        return settled
    if other.label is None or (one.label is not None and one.label < other.label):
        assert one.label is not None
        return _node(one.label, [(start, _apply(child, other, operation)) for start, child in one.edges])
    if one.label is None or other.label < one.label:
        return _node(other.label, [(start, _apply(one, child, operation)) for start, child in other.edges])
    starts = sorted({start for start, _ in one.edges} | {start for start, _ in other.edges})
    return _node(one.label, [(at, _apply(_child(one, at), _child(other, at), operation)) for at in starts])


def _child(node: Node, at: Any) -> Node:
    found = node.edges[0][1]
    for start, child in node.edges:
        if start > at:
            break
        found = child
    return found


@lru_cache(maxsize=65536)
def both(one: Node, other: Node) -> Node:
    """The conjunction."""

    def settle(left: Node, right: Node) -> Node | None:
        if left is FALSE or right is FALSE:
            return FALSE
        if left is TRUE or left is right:
            return right
        return left if right is TRUE else None

    return _apply(one, other, settle)


@lru_cache(maxsize=65536)
def negate(node: Node) -> Node:
    """The complement."""
    if node.label is None:
        return FALSE if node is TRUE else TRUE
    return _node(node.label, [(start, negate(child)) for start, child in node.edges])


def either(one: Node, other: Node) -> Node:
    """The disjunction."""
    return negate(both(negate(one), negate(other)))


def assume_extras(node: Node, value: Callable[[str], bool | None]) -> Node:
    """The marker where ``extra == name`` is taken as ``value(name)``; None leaves it open."""
    if node.label is None:
        return node
    if node.label[0] == "extra":
        known = value(node.label[1])
        if known is not None:
            return assume_extras(node.edges[1 if known else 0][1], value)
    return _node(node.label, [(start, assume_extras(child, value)) for start, child in node.edges])


def top_level_extra(node: Node) -> Node:
    """The ``extra == name`` without which the marker cannot hold; always true where there is none."""
    for name in sorted(_extras(node)):
        if assume_extras(node, lambda extra, name=name: False if extra == name else None) is FALSE:  # type: ignore[misc]
            return _node(("extra", name), [(0, FALSE), (1, TRUE)])
    return TRUE


def _extras(node: Node) -> set[str]:
    found = {node.label[1]} if node.label is not None and node.label[0] == "extra" else set()
    return found.union(*(_extras(child) for _, child in node.edges))


def evaluate(node: Node, environment: Mapping[str, str], extras: frozenset[str] = frozenset()) -> bool:
    """Whether the marker holds in a PEP 508 environment with these extras active."""
    while (label := node.label) is not None:
        kind, name = label[0], label[1]
        if kind == "extra":
            node = node.edges[1 if name in extras else 0][1]
        elif kind == "version":
            node = _child(node, (key(Version(environment[name])), 0.5))
        elif kind == "string":
            node = _child(node, (environment.get(name, ""), 0.5))
        else:
            value = environment.get(name, "")
            holds = value in label[2] if kind == "in" else label[2] in value
            node = node.edges[1 if holds else 0][1]
    return node is TRUE


@lru_cache(maxsize=65536)
def marker_node(text: str | None, *, platforms_alike: bool) -> Node:
    """Read a marker; None is always true. ``platforms_alike``: ``platform_system`` names become ``sys_platform`` ones.

    Raises ``packaging.markers.InvalidMarker``.
    """
    if text is None:
        return TRUE
    return _tree(Marker(text)._markers, platforms_alike)  # noqa: SLF001  see the import of the parser


def _tree(parsed: Any, platforms_alike: bool) -> Node:
    if isinstance(parsed, tuple):
        left, operator, right = parsed
        return _expression(left, operator, right, platforms_alike)
    groups: list[list[Node]] = [[]]
    for item in parsed:
        if item == "or":
            groups.append([])
        elif item != "and":
            groups[-1].append(_tree(item, platforms_alike))
    return reduce(either, (reduce(both, group, TRUE) for group in groups), FALSE)


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _expression(left: Variable | Value, operator: Op, right: Variable | Value, platforms_alike: bool) -> Node:
    name_first = isinstance(left, Variable)
    name, value, op = (
        (left.value, right.value, operator.value) if name_first else (right.value, left.value, operator.value)
    )
    if name in ("extra", "extras", "dependency_groups"):
        node = _node(("extra", canonicalize_name(value)), [(0, FALSE), (1, TRUE)])
        return negate(node) if op in ("!=", "not in") else node
    if name == "python_version" or name in _VERSIONS:
        if op in ("in", "not in"):
            return _version_list(name, value, positive=op == "in") if name_first else _text(name, value, op, name_first)
        try:
            return _version(name, Specifier((op if name_first else _MIRRORED.get(op, op)) + value.strip()))
        except (InvalidSpecifier, InvalidVersion):
            return _text(name, value, op, name_first)
    if name == "platform_system" and platforms_alike and op in ("==", "!=") and value in _SYSTEMS:
        name, value = "sys_platform", _SYSTEMS[value]
    return _text(name, value, op if name_first else _MIRRORED.get(op, op), name_first)


def _text(name: str, value: str, op: str, name_first: bool) -> Node:
    if op in ("in", "not in"):
        label = ("in" if name_first else "contains", name, value)
        node = _node(label, [(0, FALSE), (1, TRUE)])
        return node if op == "in" else negate(node)
    before, after = (value, 0), (value, 1)
    edges = {
        "==": [(_BOTTOM, FALSE), (before, TRUE), (after, FALSE)],
        "!=": [(_BOTTOM, TRUE), (before, FALSE), (after, TRUE)],
        "<": [(_BOTTOM, TRUE), (before, FALSE)],
        "<=": [(_BOTTOM, TRUE), (after, FALSE)],
        ">": [(_BOTTOM, FALSE), (after, TRUE)],
        ">=": [(_BOTTOM, FALSE), (before, TRUE)],
    }
    # PEP 508 gives strings no other order; uv warns and takes such an expression as always true
    return _node(("string", name), [(("", -1), edges[op][0][1]), *edges[op][1:]]) if op in edges else TRUE


def _version(name: str, specifier: Specifier) -> Node:
    if name == "python_version":
        rewritten = _full_version(specifier)
        if isinstance(rewritten, Node):
            return rewritten
        specifier, name = rewritten, "python_full_version"
    return _cuts_node(name, ranges.one_specifier_range(specifier, locals_match=True))


def _cuts_node(name: str, cuts: ranges.Range) -> Node:
    edges: list[tuple[Any, Node]] = [] if cuts and cuts[0] == ranges.LOWEST else [(ranges.LOWEST, FALSE)]
    inside = False
    for cut in cuts:
        inside = not inside
        edges.append((cut, TRUE if inside else FALSE))
    return _node(("version", name), edges)


def _version_list(name: str, value: str, *, positive: bool) -> Node:
    node = FALSE
    for word in value.replace(",", " ").replace("|", " ").split():
        try:
            node = either(node, _version(name, Specifier(f"=={word}")))
        except (InvalidSpecifier, InvalidVersion):
            return _text(name, value, "in" if positive else "not in", name_first=True)
    return node if positive else negate(node)


def _full_version(specifier: Specifier) -> Specifier | Node:
    """The ``python_full_version`` test that a ``python_version`` test amounts to, or TRUE/FALSE where it is constant.

    ``python_version`` has two segments only, so a bound inside a minor series moves to its edge.
    """
    operator, text = specifier.operator, specifier.version
    star = text.endswith(".*")
    release = Version(text.removesuffix(".*")).release
    if star or operator == "~=":
        if len(release) <= (1 if star else 2):
            return specifier
        if any(release[2:]):
            return FALSE
        return Specifier(f"{operator if star else '=='}{release[0]}.{release[1]}.*")
    major, minor, *rest = (*release, 0) if len(release) == 1 else release
    inside = any(rest)
    match operator:
        case "==" | "===":
            return FALSE if inside else Specifier(f"=={major}.{minor}.*")
        case "!=":
            return TRUE if inside else Specifier(f"!={major}.{minor}.*")
        case ">":
            return Specifier(f">={major}.{minor + 1}")
        case "<=":
            return Specifier(f"<{major}.{minor + 1}")
        case ">=":
            return Specifier(f">={major}.{minor + 1}" if inside else f">={major}.{minor}")
        case _:
            return Specifier(f"<{major}.{minor + 1}" if inside else f"<{major}.{minor}")


def _paths(node: Node) -> list[list[str]]:
    if node.label is None:
        return [[]] if node is TRUE else []
    found = []
    for place, (start, child) in enumerate(node.edges):
        end = node.edges[place + 1][0] if place + 1 < len(node.edges) else None
        words = _edge(node.label, start, end)
        found += [words + path for path in _paths(child)]
    return found


def _edge(label: _Label, start: Any, end: Any) -> list[str]:
    kind, name = label[0], label[1]
    if kind == "extra":
        return [f"extra {'==' if start else '!='} '{name}'"]
    if kind == "in":
        return [f"{name} {'in' if start else 'not in'} '{label[2]}'"]
    if kind == "contains":
        return [f"'{label[2]}' {'in' if start else 'not in'} {name}"]
    if kind == "version":
        cuts = (start,) if end is None else (start, end)
        return [f"{name} {word}" for word in ranges.describe(cuts).split(",") if word != "*"]
    if end is not None and start[0] == end[0]:
        return [f"{name} == '{start[0]}'"]
    words = [] if start == ("", -1) else [f"{name} {'>=' if start[1] == 0 else '>'} '{start[0]}'"]
    if end is not None:
        words.append(f"{name} {'<' if end[1] == 0 else '<='} '{end[0]}'")
    return words
