"""BT104 reads a setup.py as a person does: which Pythons it refuses, where, in which words."""

import pytest

from backtrail.model.finding import Guard
from backtrail.setup_py.python_checks import find_guards


def guards(script: str, python: str = "3.10.13") -> tuple[Guard, ...]:
    found = find_guards(script, python)
    assert isinstance(found, tuple), found
    return found


def only(script: str, python: str = "3.10.13") -> Guard:
    (guard,) = guards(script, python)
    return guard


COMPILED_LIBRARY = """
import sys
from setuptools import setup

_versions = None
try:
    from packaging import version as _versions
except ImportError:
    try:
        from setuptools._vendor.packaging import version as _versions
    except ImportError:
        pass

lowest = "3.6"
highest = "3.10"  # exclusive


def check_python():
    if _versions is None:
        return
    parse = _versions.parse
    low, high = parse(lowest), parse(highest)
    running = parse(".".join(map(str, sys.version_info[:3])))
    if not low <= running < high:
        text = ("Not for Python {}; "
                "only for >={},<{}.")
        raise RuntimeError(text.format(running, low, high))


check_python()
setup(name="fast", python_requires=">={},<{}".format(lowest, highest))
"""


def test_the_guard_of_a_compiled_library_of_2021() -> None:
    assert only(COMPILED_LIBRARY) == Guard(
        line=27, bounds=">=3.6,<3.10", message="Not for Python 3.10.13; only for >=3.6,<3.10.", passes=False
    )


def test_the_same_guard_lets_an_older_python_pass_and_still_says_its_bounds() -> None:
    guard = only(COMPILED_LIBRARY, "3.9.18")
    assert (guard.passes, guard.bounds) == (True, ">=3.6,<3.10")


@pytest.mark.parametrize(
    ("check", "bounds"),
    [
        ("if sys.version_info < (3, 11): sys.exit('too old')", ">=3.11"),
        ("if sys.version_info[:2] >= (3, 10): raise SystemExit('too new')", "<3.10"),
        ("if sys.version_info > (3, 9): sys.exit('too new')", "<3.9"),
        ("if sys.version_info.major > 2: sys.exit('too new')", "<3.0"),
        ("if sys.version_info[:2] not in [(2, 7), (3, 5), (3, 6)]: sys.exit(1)",
         ">=2.7,<3.7,!=3.0.*,!=3.1.*,!=3.2.*,!=3.3.*,!=3.4.*"),
        ("if sys.version_info[0] == 3 and not sys.version_info >= (3, 10, 20): sys.exit(1)", None),
        ("if sys.version_info < (3, 10, 14): sys.exit(1)", ">=3.10.14"),
        ("if sys.hexversion >= 0x030A0000: sys.exit(1)", "<3.10"),
        ("if sys.version[:3] < '3.5': sys.exit(1)", None),
        ("assert sys.version_info < (3, 10), 'no'", "<3.10"),
        ("if not (3, 6) <= sys.version_info < (3, 10): raise ValueError", ">=3.6,<3.10"),
        ("import platform\nif platform.python_version_tuple()[:2] == ('3', '10'): exit(1)", "!=3.10.*"),
        ("import platform\nif platform.python_version() >= '3': quit()", "<3.0"),
        ("from pkg_resources import parse_version\nimport platform\n"
         "if parse_version(platform.python_version()) >= parse_version('3.10'): sys.exit(1)", "<3.10"),
        ("from distutils.version import LooseVersion as V\nimport platform\n"
         "if V(platform.python_version()) >= '3.10': sys.exit(1)", "<3.10"),
        ("MIN = (3, 11)\nif sys.version_info < MIN: sys.exit('Python %d.%d' % MIN)", ">=3.11"),
        ("ok = sys.version_info < (3, 10)\nif not ok:\n    sys.exit(1)", "<3.10"),
        ("v = float('%d.%d' % sys.version_info[:2])\nif v > 3.4 or v < 3.2: sys.exit(1)", None),
        ("def main():\n    if sys.version_info < (3, 10): return\n    sys.exit(1)\nmain()", "<3.10"),
        ("def bad(v): return v >= (3, 10)\nif bad(sys.version_info): sys.exit(1)", "<3.10"),
        ("bad = lambda v, top=(3, 10): v >= top\nif bad(sys.version_info): sys.exit(1)", "<3.10"),
        ("for good in [(3, 8), (3, 9)]:\n    if sys.version_info[:2] == good:\n        break\nelse:\n    pass\n"
         "if not any(sys.version_info[:2] == v for v in [(3, 8), (3, 9)]): sys.exit(1)", ">=3.8,<3.10"),
        ("try:\n    assert sys.version_info < (3, 10)\nexcept AssertionError:\n    sys.exit('no')", "<3.10"),
        ("with open('x') as f:\n    if sys.version_info >= (3, 10): raise RuntimeError(f.read())", "<3.10"),
        ("if __name__ == '__main__':\n    if sys.version_info >= (3, 10): raise RuntimeError", "<3.10"),
        ("if 'CI' in os.environ or sys.version_info >= (3, 10): raise RuntimeError", "<3.10"),
        ("if not os.path.isdir('.git') and sys.version_info >= (3, 10): raise RuntimeError", "<3.10"),
    ],
)  # fmt: skip
def test_many_ways_to_refuse_a_python(check: str, bounds: str | None) -> None:
    guard = only(f"import os, sys\n{check}\nfrom setuptools import setup\nsetup()\n")
    assert guard.bounds == bounds
    assert guard.passes is False


@pytest.mark.parametrize(
    "script",
    [
        "from setuptools import setup\nsetup()",
        "import sys\nprint(sys.version_info)",
        "import sys\nif sys.version_info < (3,): import __builtin__",
        "import sys\nif sys.version_info < (3, 4): needs.append('enum34')",
        "import sys, os\nif sys.version_info and not os.path.exists('README'): pass",
        "import sys, shutil\nif shutil.which('cmake') is None: sys.exit('cmake, on ' + sys.version)",
        "import sys\ntry:\n    if sys.version_info > (3,): raise ValueError\nexcept ValueError: pass",
        "import sys\ndef unused():\n    if sys.version_info > (3,): sys.exit(1)",
        "import sys\nfrom setuptools import setup\nsetup()\nif sys.version_info > (3,): sys.exit(1)",
        "import sys\nif sys.version_info < (3, 10): kw = {}\nelse: kw = {'encoding': 'utf-8'}\n"
        "text = open('x', **kw).read()\nif not text: raise RuntimeError('empty')",
    ],
)
def test_what_is_no_check_of_the_python(script: str) -> None:
    assert guards(script) == ()


@pytest.mark.parametrize(
    "check",
    [
        "if sys.version_info < minimum(): sys.exit('too old')",
        "if open('PYTHON').read() != sys.version: sys.exit(1)",
        "if sys.version_info >= (3, 10) and shutil.which('cc') is None: sys.exit(1)",
    ],
)
def test_what_only_running_it_would_tell_is_said_to_be_unknown(check: str) -> None:
    guard = only(f"import shutil, sys\nfrom helpers import minimum\n{check}")
    assert (guard.passes, guard.bounds, guard.line) == (None, None, 3)


def test_the_words_printed_before_an_exit_are_its_message() -> None:
    script = """
import sys
if sys.version_info >= (3, 10):
    sys.stderr.write(f"No {sys.version_info.major}.{sys.version_info.minor}\\n   here\\n")
    sys.exit(1)
"""
    assert only(script).message == "No 3.10 here"


def test_a_helper_that_also_exits_for_other_reasons_is_judged_by_its_caller() -> None:
    script = """
import shutil, sys
def fail(text):
    print(text)
    sys.exit(1)
if sys.version_info >= (3, 10):
    fail("not on 3.10")
if shutil.which("cc") is None:
    fail("no compiler")
"""
    assert only(script) == Guard(line=5, bounds="<3.10", message="not on 3.10", passes=False)


def test_two_checks_are_two_guards() -> None:
    script = "import sys\nif sys.version_info < (3, 6): sys.exit()\nif sys.version_info >= (3, 12): sys.exit()"
    assert [(guard.line, guard.bounds, guard.passes) for guard in guards(script)] == [
        (2, ">=3.6", True),
        (3, "<3.12", True),
    ]


def test_a_script_in_python_2_cannot_be_read_and_says_where() -> None:
    found = find_guards("import sys\nif sys.version_info > (3,):\n    print 'no'\n", "3.10.13")
    assert isinstance(found, str)
    assert found.startswith("line 3: ")


@pytest.mark.parametrize(
    "script",
    [
        "def f():\n    f()\n    f()\nf()\nif sys.version_info > (3,): exit()",
        "a = 1, 2, 3\n" + "".join(f"{' ' * n}for x{n} in a:\n" for n in range(17)) + " " * 17 + "sys.version_info",
        "x = 'sys.version_info' * 10 ** 10 ** 10",
        "x = '%999999999d' % 1\ny = '{:>999999999}'.format(1)\nif sys.version_info > (3,): z = x",
        "x = (1, 1)\n" + "x = (x, x)\n" * 300 + "y = x == x\nz = str(x)\nif sys.version_info > (3,): w = y",
        "x = 'a' * 9\n" + "x = x + x\n" * 300 + "if sys.version_info > (3,): y = x.replace('', x)",
        "x = 1\n" + "x = x << 64\n" * 300 + "if sys.version_info > (3,): y = x",
        "x = sys.version_info" + ".a" * 900,
        "f = lambda g: g(g)\nf(f)\nif sys.version_info > (3,): exit()",
        "if sys.version_info > (3,):" + "(" * 90 + ")" * 90,
    ],
)  # fmt: skip
def test_a_script_made_to_use_up_time_or_memory_comes_to_an_end(script: str) -> None:
    assert isinstance(find_guards(script, "3.10.13"), tuple | str)
