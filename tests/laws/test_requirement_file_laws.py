"""What must hold of any requirements file, and pip's own parser as the judge of odd ones."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements

from backtrail.inputs.requirements_file import logical_lines, read_requirements_file
from backtrail.model.errors import InputError

words = st.text(alphabet="abz09._-[]=<>~!;'\"@:/#$ {}", max_size=12)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@given(st.lists(words.filter(lambda text: not text.strip().startswith("#")), min_size=1, max_size=5))
def test_where_a_line_is_broken_changes_nothing(parts: list[str]) -> None:
    whole = [line for _, line in logical_lines("first\n" + "".join(parts) + "\nlast")]
    broken = [line for _, line in logical_lines("first\n" + "\\\n".join(parts) + "\nlast")]
    assert whole == broken


@given(st.lists(words, max_size=6))
def test_lines_are_numbered_in_order_and_by_lines_that_exist(lines: list[str]) -> None:
    numbers = [number for number, _ in logical_lines("\n".join(lines))]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= len(lines) for number in numbers)


pieces = st.sampled_from(
    ["a", "lib>=1", "-r ", "-c ", "-e ", "--hash=", "-f", "--pre", "${A}", "#", "\\\n", "\n", " ", "@ ", "file:", "git+https://u:p@h/",
     "[x]", ";", "'", '"', "# coding: utf-16\n", "\x00", "../", "((", "c:\\", "#egg=", ".whl", "é", "[", "http://["]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=60), st.lists(pieces, max_size=12).map(lambda found: "".join(found).encode())))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_read_or_refused_in_one_sentence(folder: Path, data: bytes) -> None:
    file = folder / "any.txt"
    file.write_bytes(data)
    try:
        read_requirements_file(str(file), environ={"A": "b"})
    except InputError as failure:
        assert str(failure).strip()  # noqa: PT017  most files are not refused


def test_nesting_too_deep_is_refused(folder: Path) -> None:
    file = folder / "deep.txt"
    file.write_text("lib ; " + "(" * 100_000)
    with pytest.raises(InputError):
        read_requirements_file(str(file), environ={})


TRICKY = {
    "comments": "# one\n  # two\na # three\nb# four\n",
    "continued": "a>=1,\\\n<2\nb \\\n  ; python_version \\\n > '3'\nc \\\n# comment ends it\nd\n",
    "ends in a backslash": "a\\\n",
    "backslashes": "a\\\\\\\n==1\n",
    "comment in a continuation": "a \\\n  # not part of it \\\nb\n",
    "blank in a continuation": "a==1 \\\n\nb\n",
    "form feed and separators": "a\x0cb\x1cc\u2028d\n",
    "hashes": f"a==1 --hash=sha256:{'0' * 64} \\\n --hash sha512:{'1' * 128}\n",
    "config settings": "a==1 -C key=value --config-settings=other=1\n",
    "options": "-i https://index.example/simple\n--extra-index-url https://b.example/simple --pre\na\n",
    "shortened option": "--extra-index https://b.example/simple\na --has sha256:00\n",
    "option behind a requirement": "a --pre\n",
    "marker with a dash": "a ; platform_machine == 'x-y' or os_name == '--pre'\n",
    "marker without space": "a;python_version<'3'\n",
    "empty marker": "a ;\n",
    "parentheses": "a (>=1,<2)\n",
    "extras": "A.B_c[Y,x] >= 1\n",
    "url": "a @ https://files.example/a-1.0.tar.gz#sha256=00 ; os_name == 'x'\n",
    "unnamed url": "https://files.example/a-1.0-py3-none-any.whl ; os_name == 'x'\n",
    "egg": "git+https://forge.example/a.git@main#egg=a\n",
    "editable egg": "-e git+https://forge.example/a.git#egg=a&subdirectory=b\n",
    "editable name": "-e a @ git+https://forge.example/a.git\n",
    "editable directory": "-e ./project[x]\n-e project\n",
    "directory": "./project[x] ; os_name == 'x'\nproject/\n",
    "wheel": "./w-1.0-py3-none-any.whl\nw-1.0-py3-none-any.whl\n",
    "include": "-r more.txt\n--requirement=more.txt\n-rmore.txt\n",
    "two includes on a line": "-r more.txt -r missing.txt\n",
    "include before an option": "-r more.txt --index-url https://x.example/simple\n",
    "constraints": "-c more.txt\na\n",
    "variables": "a==${ONE}\nb==${one}\nc==$ONE\n",
    "no name": "==1\n",
    "two names": "a b\n",
    "single equals": "a=1\n",
    "unknown option": "--nonsense\n",
    "ambiguous option": "--no\n",
    "missing value": "-r\n",
    "open quote": "a --hash='sha256:00\n",
    "stray quote in a requirement": "a'\n",
    "constraint with extras": "-c extras.txt\n",
    "recursion": "-r recursive.txt\n",
    "legacy specifier": "a>=1.*\n",
    "editable archive": "-e ./w-1.0-py3-none-any.whl\n",
    "tab": "a\t>=1\n",
    "dash in the middle": "a - b\n",
}


@pytest.mark.parametrize("name", TRICKY)
def test_pip_reads_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONE", "1")
    Path("project").mkdir()
    Path("project/pyproject.toml").write_text("[project]\nname = 'project'\n")
    Path("w-1.0-py3-none-any.whl").write_bytes(b"")
    Path("more.txt").write_text("included\n")
    Path("extras.txt").write_text("a[x]\n")
    Path("recursive.txt").write_text("-r r.txt\n")
    Path("r.txt").write_bytes(TRICKY[name].encode())
    assert ours() == pips()


Read = list[tuple[str, frozenset[str], str, str | None, str, bool]] | str


def ours() -> Read:
    try:
        lines = read_requirements_file("r.txt", environ=os.environ)
    except InputError:
        return "refused"
    return sorted(
        (
            each.name,
            frozenset(each.extras),
            str(each.specifiers),
            each.marker,
            str(each.origin).rpartition("/")[2],
            constrains,
        )
        for constrains, found in ((False, lines.requirements), (True, lines.constraints))
        for each in found
    )


def pips() -> Read:
    session = PipSession()
    try:
        parsed: list[Any] = list(parse_requirements("r.txt", session=session))
        built = [(install_req_from_parsed_requirement(each), each.constraint) for each in parsed]
    except Exception:  # noqa: BLE001  pip raises its own, packaging's and the interpreter's
        return "refused"
    finally:
        session.close()
    if any(constrains and requirement.extras for requirement, constrains in built):
        return "refused"  # pip checks this later, when it makes its root requirements
    found = []
    for requirement, constrains in built:
        _, file, _, line = str(requirement.comes_from).replace("(", "").replace(")", "").split(" ", 3)
        marker = None if requirement.markers is None else str(requirement.markers)
        specifier = "" if requirement.link is not None else str(requirement.specifier)
        name = (
            "project" if requirement.req is None else requirement.req.name.replace(".", "-").replace("_", "-").lower()
        )
        extras = frozenset(extra.lower() for extra in requirement.extras)
        found.append((name, extras, specifier, marker, f"{Path(file).name}:{line.removeprefix('line ')}", constrains))
    return sorted(found)
