"""The text of a marker, as uv 0.13.9 prints it: a function of what the marker means, not of how it was written."""

from collections.abc import Iterable, Sequence

from backtrail.resolvers.uv.markers import FALSE, TRUE, Algebra, MarkerSizeError, Node
from backtrail.resolvers.uv.universal.marker_cover import cover
from backtrail.resolvers.uv.universal.marker_expressions import Conjunction, Expression

_NEVER = "python_version < '0'"
_KEYS = (
    "implementation_version", "python_full_version", "implementation_name", "os_name", "platform_machine",
    "platform_python_implementation", "platform_release", "platform_system", "platform_version", "sys_platform",
    "dependency_groups", "extras", "extra",
)  # fmt: skip
_ORDER = {name: place for place, name in enumerate(_KEYS)}


class Writer:
    """Writes the markers of one algebra, each once."""

    def __init__(self, algebra: Algebra) -> None:
        """Nothing is written yet."""
        self._algebra = algebra
        self._written: dict[Node, str] = {TRUE: "", FALSE: _NEVER}

    def text(self, node: Node) -> str:
        """The marker in PEP 508 words, empty where it always holds.

        One that would take too many words to find is written as the ways it holds.
        """
        found = self._written.get(node)
        if found is None:
            try:
                found = _factored(_sorted(cover(self._algebra, node)))
            except MarkerSizeError:
                found = str(node)
            self._written[node] = found
        return found


def _key(expression: Expression) -> int:
    return _ORDER[expression.name]


def _sorted(clauses: Iterable[Conjunction]) -> list[Conjunction]:
    inside = [tuple(sorted(clause, key=_key)) for clause in clauses]
    return sorted(inside, key=lambda clause: [_key(expression) for expression in clause])


def _factored(clauses: Sequence[Conjunction]) -> str:
    """Conjunctions that begin or end alike are written once."""
    if len(clauses) < 2 or all(len(clause) == 1 for clause in clauses):
        return _disjunction(clauses)
    by_first: dict[Expression, list[Conjunction]] = {}
    for clause in clauses:
        by_first.setdefault(clause[0], []).append(clause)
    by_suffixes: dict[tuple[Conjunction, ...], list[Conjunction]] = {}
    for group in by_first.values():
        prefix = _prefix(group) if len(group) > 1 else group[0][:1]
        suffixes = tuple(clause[len(prefix) :] for clause in group)
        by_suffixes.setdefault(suffixes if all(suffixes) else (), []).append(prefix)
    shares = len(by_first) < len(clauses)
    if not shares and all(len(prefixes) == 1 or not suffixes for suffixes, prefixes in by_suffixes.items()):
        return _disjunction(clauses)
    # uv leaves out the parentheses that "and" needs not
    return " or ".join(
        f"{_operand(prefixes)} and {_operand(suffixes)}" if suffixes else _disjunction(prefixes)
        for suffixes, prefixes in by_suffixes.items()
    )


def _prefix(group: Sequence[Conjunction]) -> Conjunction:
    """What all begin with."""
    shared = 0
    while all(len(clause) > shared and clause[shared] == group[0][shared] for clause in group):
        shared += 1
    return group[0][:shared]


def _operand(clauses: Sequence[Conjunction]) -> str:
    return _conjunction(clauses[0]) if len(clauses) == 1 else f"({_disjunction(clauses)})"


def _disjunction(clauses: Sequence[Conjunction]) -> str:
    if len(clauses) == 1:
        return _conjunction(clauses[0])
    return " or ".join(f"({_conjunction(clause)})" if len(clause) > 1 else _conjunction(clause) for clause in clauses)


def _conjunction(clause: Conjunction) -> str:
    return " and ".join(map(_written, clause))


def _written(expression: Expression) -> str:
    name, operator, value, swapped = expression
    quoted = f'"{value}"' if "'" in value else f"'{value}'"
    return f"{quoted} {operator} {name}" if swapped else f"{name} {operator} {quoted}"
