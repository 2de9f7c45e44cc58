"""Markers that know which platform values exclude each other, as releases of uv came to know it.

``os_name == 'nt'`` excludes ``sys_platform == 'linux'``, and so on. First uv only saw some conjunctions as impossible;
later it replaces a marker by a representative that agrees with it wherever a platform is possible, so that markers
which hold on the same possible platforms are one.
"""

from collections.abc import Iterator
from functools import cached_property

from backtrail.resolvers.uv.markers import FALSE, TRUE, Algebra, Node, overlaid, variable

_KEYS = frozenset(variable("string", name) for name in ("os_name", "sys_platform", "platform_system"))


def _exclusive() -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Pairs of platform values that uv takes never to occur together."""
    for system in ("linux", "darwin", "ios"):
        yield ("os_name", "nt"), ("sys_platform", system)
    yield ("os_name", "posix"), ("sys_platform", "win32")
    for name in ("FreeBSD", "NetBSD", "OpenBSD", "SunOS", "iOS", "iPadOS"):
        for system in ("aix", "android", "emscripten", "ios", "linux", "darwin", "win32", "cygwin", "wasi"):
            if system != "ios" or name not in ("iOS", "iPadOS"):
                yield ("platform_system", name), ("sys_platform", system)


class StepwiseAlgebra(Algebra):
    """uv 0.5.27: impossible platforms are only looked for where both sides begin with a platform, at each step."""

    @cached_property
    def _possible(self) -> Node:
        """Where no two exclusive values come together."""
        possible = TRUE
        for (one, its), (other, theirs) in _exclusive():
            pair = self.plain_both(self.equals(one, its), self.equals(other, theirs))
            possible = self.plain_both(possible, self.negate(pair))
        return possible

    def _combined(self, one: Node, other: Node) -> Node:
        found = self._shannon(one, other, self._conjunction)
        if {one.variable, other.variable} <= _KEYS and self.plain_both(found, self._possible) is FALSE:
            return FALSE
        return found


class RepresentingAlgebra(StepwiseAlgebra):
    """uv 0.13.9: what a whole marker comes to is replaced by its representative."""

    def __init__(self) -> None:
        """Nothing is built yet."""
        super().__init__()
        self._disjunctions: dict[tuple[Node, Node], Node] = {}
        self._representatives: dict[Node, Node] = {}
        self._replaced: dict[tuple[Node, Node], Node] = {}

    def _conjunction(self, one: Node, other: Node) -> Node:
        found = self._conjunctions.get((one, other))
        if found is None:
            found = self._conjunctions[one, other] = self.whole(self.plain_both(one, other))
        return found

    def either(self, one: Node, other: Node) -> Node:
        """The disjunction; raises MarkerSizeError."""
        found = self._disjunctions.get((one, other))
        if found is None:
            with self.bounded():
                found = self._disjunctions[one, other] = self.whole(self.plain_either(one, other))
        return found

    def whole(self, node: Node) -> Node:
        """The representative of a marker: itself, unless it tests two platform keys on one path."""
        if not _mixes(node):
            return node
        found = self._representatives.get(node)
        if found is None:
            found = self._replace(node, self._possible)
            if _mixes(found):
                assert found.variable is not None
                edges = [(start, self.whole(child)) for start, child in found.edges]
                found = self.node(found.variable, edges)
            self._representatives[node] = found
        return found

    def _replace(self, node: Node, possible: Node) -> Node:
        if possible.variable is None or node.variable not in _KEYS:
            return node
        found = self._replaced.get((node, possible))
        if found is None:
            found = self._replaced[node, possible] = self._replacement(node, possible)
        return found

    def _replacement(self, node: Node, possible: Node) -> Node:
        tested, limit = node.variable, possible.variable
        assert tested is not None
        assert limit is not None
        usual = possible.edges[0][1]
        if tested < limit:
            return self.node(tested, [(at, self._replace(child, possible)) for at, child in node.edges])
        if limit < tested:
            return self._replace(node, usual)
        first = node.edges[0][1]
        default = self._replace(first, usual)
        edges = []
        for at, child, enabled in overlaid(node, possible):
            if child is first or enabled is FALSE:
                edges.append((at, default))
                continue
            own = self._replace(child, enabled)
            same = enabled is not usual and own is self._replace(default, enabled)
            edges.append((at, default if same else own))
        return self.node(tested, edges)


def _mixes(node: Node) -> bool:
    """Whether two platform keys are tested on one path; they come first, so that a child tests the second."""
    return node.variable in _KEYS and any(child.variable in _KEYS for _, child in node.edges)
