"""What the reading of a setup.py says of a Python is what that Python would have done."""

from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from backtrail.setup_py.interpreter import VersionInfo
from backtrail.setup_py.python_checks import find_guards

unhurried = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

RELEASES = st.tuples(st.sampled_from([2, 3]), st.integers(0, 14), st.integers(0, 20))
BOUNDS = st.tuples(st.sampled_from([2, 3]), st.integers(0, 13)) | RELEASES


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """A condition on the Python version, as setup.py files write them."""
    if draw(st.booleans()) and draw(st.booleans()):
        joined = draw(st.sampled_from(["and", "or"]))
        return f"({draw(conditions())}) {joined} not ({draw(conditions())})"
    op = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
    bound = draw(BOUNDS)
    form = draw(st.sampled_from(["{v} {op} {b}", "{v}[:2] {op} {b2}", "{b2} {op} {v}[:2]", "{v}[0] {op} {b2}[0]",
                                 "{v}[:2] in [{b2}, (3, 7)]", "tuple({v}[:3]) {op} {b}", "{b2} <= {v} < (3, 12)",
                                 "{v}.minor {op} {b2}[1]", "'%d.%d' % {v}[:2] {op} '%d.%d' % {b2}"]))  # fmt: skip
    return form.format(v="sys.version_info", op=op, b=bound, b2=bound[:2])


@unhurried
@given(conditions(), RELEASES)
def test_a_check_stops_the_pythons_it_is_true_for(condition: str, release: tuple[int, int, int]) -> None:
    script = f"import sys\nif {condition}:\n    raise RuntimeError('no')\n"
    found = find_guards(script, ".".join(map(str, release)))
    refuses = bool(eval(condition, {"sys": SimpleNamespace(version_info=VersionInfo(*release))}))
    assert isinstance(found, tuple)
    if found:
        assert found[0].passes is not refuses
    else:
        assert not refuses


@unhurried
@given(conditions(), st.integers(0, 14), st.integers(0, 20))
def test_bounds_hold_for_every_python(condition: str, minor: int, micro: int) -> None:
    found = find_guards(f"import sys\nif {condition}:\n    sys.exit(1)\n", "3.10.13")
    assert isinstance(found, tuple)
    for guard in found:
        if guard.bounds is not None:
            refuses = eval(condition, {"sys": SimpleNamespace(version_info=VersionInfo(3, minor, micro))})
            assert SpecifierSet(guard.bounds).contains(f"3.{minor}.{micro}") is not bool(refuses)


LINES = st.sampled_from([
    "if sys.version_info < (3,):", "    sys.exit(1)", "    return", "else:", "    pass", "def f(x):", "f(1)", "x = 1",
    "try:", "except ValueError:", "    raise ValueError", "for x in sys.version_info:", "    break", "while x:",
    "    x += sys.hexversion", "x = [sys.version for x in (1, 2)]", "    f(x)", "x[0] = f", "del x", "x.append(1)",
    "class A: pass", "x, *y = sys.version_info", "print(x, file=y)", "with x as y:", "raise", "assert x, y", "global x",
    "x = lambda: x()", "x()", "x = f'{x!r}'", "x = {**x}", "x = x if sys.version else y", "import a.b as x",
    "x = {'a': 1}['b']", "x = not -x", "x: int = 3", "async def g(): pass", "return", "break", "setup()",
])  # fmt: skip


@unhurried
@given(st.lists(LINES, max_size=25))
def test_no_script_is_too_odd(lines: list[str]) -> None:
    assert isinstance(find_guards("\n".join(lines), "3.10.13"), tuple | str)
