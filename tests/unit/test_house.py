"""The rules of the house that a machine can hold: where a rule of a resolver may stand, what rooms say, circles."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import backtrail
from backtrail.resolvers.registry import TOOLS

SOURCE = Path(backtrail.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
OUTSIDE = [file for file in FILES if "resolvers" not in file.relative_to(SOURCE).parts]


def names_a_tool(node: ast.expr) -> bool:
    """Whether a value is a tool's name, or a collection of them."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(names_a_tool, node.elts))
    return isinstance(node, ast.Constant) and node.value in TOOLS


def rules_of_resolvers(tree: ast.AST) -> Iterator[int]:
    """The lines that ask for a release or compare with a tool's name."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="since") | ast.Attribute(attr="since")):
                yield node.lineno
            case ast.Compare(left=left, comparators=others) if _compares_tools([left, *others]):
                yield node.lineno
            case ast.MatchValue(value=value) if names_a_tool(value):
                yield value.lineno
            case ast.Subscript(value=ast.Dict(keys=keys)) if any(names_a_tool(key) for key in keys if key is not None):
                yield node.lineno
            case _:
                pass


def _compares_tools(sides: list[ast.expr]) -> bool:
    """Whether a tool is compared with a name, or that of one policy with another's."""
    of_policies = [one for one in sides if isinstance(one, ast.Attribute) and one.attr in {"tool", "resolver"}]
    named = any(map(names_a_tool, sides))
    if named and (of_policies or any(isinstance(one, ast.Name) and one.id == "tool" for one in sides)):
        return True
    return any(one.attr == "tool" and ast.unparse(one.value).endswith("policy") for one in of_policies)


def test_a_release_and_the_name_of_a_tool_decide_nothing_outside_the_resolvers() -> None:
    found = [
        f"{file.relative_to(SOURCE)}:{line}"
        for file in OUTSIDE
        for line in rules_of_resolvers(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_no_document_was_left_in_the_middle_of_a_merge() -> None:
    root = SOURCE.parents[1]
    marks = ("<" * 7, ">" * 7)
    found = [
        f"{file.relative_to(root)}:{number}"
        for file in (*root.glob("*.md"), *(root / "docs").rglob("*.md"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if line.startswith(marks)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        'policy.tool == "uv"',
        '"pip" != given.tool',
        'policy.tool in ("uv", "pip")',
        'tool == "uv"',
        'run.resolver == "uv"',
        "one.policy.tool == policy.tool",
        'policy.since("0.5.0")',
        'since("0.5.0")',
        '{"uv": 1, "pip": 2}[policy.tool]',
        'match tool:\n    case "uv":\n        pass',
    ],
)
def test_the_rule_sees_every_form_of_it(text: str) -> None:
    assert list(rules_of_resolvers(ast.parse(text)))


def test_every_room_says_in_its_first_lines_what_lives_there() -> None:
    rooms = {file.parent for file in FILES}
    said = {room: ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) for room in rooms}
    assert [str(room.relative_to(SOURCE)) for room, text in said.items() if not text or len(text) < 40] == []


PAIRED = [
    {"resolvers/uv", "resolvers/pip"},
    {"model", "explain", "report/wording"},
]  # rooms in which one name means one thing: a rule of each tool; what is said, who finds it, and its words


def same_names(files: Iterable[str]) -> list[list[str]]:
    """The files that share a name although their rooms are no pair."""
    named: dict[str, list[str]] = {}
    for file in files:
        named.setdefault(file.rsplit("/", 1)[-1], []).append(file)
    return [alike for name, alike in named.items() if name != "__init__.py" and not _are_paired(alike)]


def _are_paired(files: list[str]) -> bool:
    for rooms in PAIRED:
        homes = [room for file in files for room in rooms if file.startswith(f"{room}/")]
        if len(homes) == len(set(homes)) == len(files):
            return True
    return len(files) == 1


def test_no_two_files_share_a_name_but_the_paired_ones() -> None:
    assert same_names(str(file.relative_to(SOURCE).as_posix()) for file in FILES) == []


@pytest.mark.parametrize(
    "files",
    [
        ["explain/causes/newer.py", "explain/findings/newer.py"],
        ["model/target.py", "inputs/target.py"],
        ["report/wording/page.py", "report/page.py"],
        ["resolvers/uv/metadata.py", "model/metadata.py"],
    ],
)
def test_a_name_that_means_two_things_is_seen(files: list[str]) -> None:
    assert same_names(files) == [files]


def test_no_imports_go_in_a_circle() -> None:
    """Those inside of functions count too; what only a type checker follows does not."""
    names = {_module(file): file for file in FILES}
    graph = {name: set(_imports(file, names)) - {name} for name, file in names.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def _module(file: Path) -> str:
    parts = file.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(file: Path, names: Mapping[str, Path]) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None and id(node) not in for_types:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield from (inner,) if inner in names else (node.module,) if node.module in names else ()
