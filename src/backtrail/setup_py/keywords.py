"""Reads what a setup.py says in literals: setuptools' ``install_requires`` and its like. It is never run."""

import ast
import re
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Final

from backtrail import bounds
from backtrail.model.record import Record

__all__ = ["UNKNOWN", "Keywords", "Unknown", "parse_script", "setup_keywords"]

_STRANGER: Final = "<setup.py of a stranger>"
_IGNORED: Final = ("ignore", None, Warning, re.compile(re.escape(_STRANGER)), 0)
_ALONE: Final = threading.Lock()
"""Python 3.11 counts the depth of a tree for all threads together: SystemError where two are made at once."""


class Unknown(Record, frozen=True):
    """A value that only running the script would give."""


UNKNOWN = Unknown()

Texts = tuple[str, ...]
Literal = str | Texts | dict[str, Texts] | None | Unknown


class Keywords(Record, frozen=True, kw_only=True):
    """What the script gives to its one call of ``setup``; None where it gives nothing."""

    version: str | Unknown | None = None
    install_requires: Texts | Unknown | None = None
    extras_require: dict[str, Texts] | Unknown | None = None
    python_requires: str | Unknown | None = None


def parse_script(text: str) -> ast.Module | str:
    """Parse Python source of a stranger; a few words where this Python cannot (Python 2, no end of it)."""
    if len(text) > bounds.SCRIPT:
        return f"it has more than {bounds.SCRIPT} characters"
    try:
        with _ALONE:
            _ignore_warnings()
            return ast.parse(text, _STRANGER)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"[:200]
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error)[:200] or "nested too deeply"


def _ignore_warnings() -> None:
    r"""Ignore what the parser finds odd in a script, such as ``"\d"``.

    It warns whatever flags it is given, a filter "error" would make a SyntaxError of the warning, and before Python
    3.14 filters are the process's own. So there is one for a name of a file that nobody else has: whatever others warn
    of and filter meanwhile, in any thread, stays as it is, which ``catch_warnings`` does not grant.
    """
    if not any(one == _IGNORED for one in warnings.filters):
        warnings.filterwarnings("ignore", module=re.escape(_STRANGER))


def setup_keywords(script: ast.Module) -> Keywords | None:
    """Find the keywords of the call of ``setup``; None where there is no such call, or several."""
    calls = [node for node in ast.walk(script) if isinstance(node, ast.Call) and _is_setup(node.func)]
    if len(calls) != 1:
        return None
    given = {keyword.arg: keyword.value for keyword in calls[0].keywords}
    if None in given or calls[0].args or _left_to_pbr(given):
        return Keywords(version=UNKNOWN, install_requires=UNKNOWN, extras_require=UNKNOWN, python_requires=UNKNOWN)
    literals = _Literals(script)
    version = literals.read(given.get("version"))
    requirements = literals.read(given.get("install_requires"))
    extras = literals.read(given.get("extras_require"))
    python = literals.read(given.get("python_requires"))
    return Keywords(
        version=version if isinstance(version, str | None) else UNKNOWN,
        install_requires=UNKNOWN if isinstance(requirements, dict) else _lines(requirements),
        extras_require=extras if isinstance(extras, dict | None) else UNKNOWN,
        python_requires=python if isinstance(python, str | None) else UNKNOWN,
    )


def _is_setup(function: ast.expr) -> bool:
    """``setup(…)`` and ``setuptools.setup(…)``."""
    if isinstance(function, ast.Attribute):
        return function.attr == "setup" and isinstance(function.value, ast.Name | ast.Attribute)
    return isinstance(function, ast.Name) and function.id == "setup"


def _left_to_pbr(given: dict[str | None, ast.expr]) -> bool:
    """Whether pbr, a plug-in of setuptools, takes the requirements from requirements.txt."""
    needs = given.get("setup_requires")
    texts = () if needs is None else (node.value for node in ast.walk(needs) if isinstance(node, ast.Constant))
    return "pbr" in given or any(isinstance(text, str) and text.startswith("pbr") for text in texts)


def _lines(value: str | Texts | None | Unknown) -> Texts | None | Unknown:
    """A string of requirements means one a line, as setuptools reads it."""
    return tuple(line for part in value.splitlines() if (line := part.strip())) if isinstance(value, str) else value


class _Literals:
    """Evaluates literals, names of module-level literals, and ``+`` between them.

    What is too long, or nested too deeply, is unknown: a value may be named, and so doubled, many times.
    """

    def __init__(self, script: ast.Module) -> None:
        self.left = bounds.SCRIPT_VALUES
        changes = Counter(_changed(script))
        self.sources: dict[str, ast.expr] = {}
        self.values: dict[str, Literal] = {}
        for statement in script.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if changes[name] == 1:
                    self.sources[name] = value

    def read(self, node: ast.expr | None) -> Literal:
        """The value of an expression; None where there is none, or it is None."""
        try:
            return self._read(node)
        except RecursionError:
            return UNKNOWN

    def _read(self, node: ast.expr | None) -> Literal:
        value = self._value(node)
        if isinstance(value, str | tuple):
            self.left -= len(value) if isinstance(value, str) else sum(map(len, value), len(value))
        return UNKNOWN if self.left < 0 else value

    def _value(self, node: ast.expr | None) -> Literal:
        match node:
            case None | ast.Constant(value=None):
                return None
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self._named(name)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                texts = tuple(value for item in items if isinstance(value := self._read(item), str))
                return texts if len(texts) == len(items) else UNKNOWN
            case ast.Dict(keys=keys, values=values):
                return self._dictionary(keys, values)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _sum(self._read(left), self._read(right))
            case _:
                return UNKNOWN

    def _named(self, name: str) -> Literal:
        if name not in self.values:
            self.values[name] = UNKNOWN  # a name that needs itself stays unknown
            if name in self.sources:
                self.values[name] = self._read(self.sources[name])
        return self.values[name]

    def _dictionary(self, keys: list[ast.expr | None], values: list[ast.expr]) -> Literal:
        found: dict[str, Texts] = {}
        for key, value in zip(keys, values, strict=True):
            name, items = self._read(key), self._read(value)
            texts = UNKNOWN if isinstance(items, dict) else _lines(items)
            if not isinstance(name, str) or not isinstance(texts, tuple):
                return UNKNOWN
            found[name] = texts
        return found


def _sum(left: Literal, right: Literal) -> Literal:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, tuple) and isinstance(right, tuple):
        return left + right
    return UNKNOWN


def _changed(script: ast.Module) -> Iterator[str]:
    """Every binding of a name, and every use that may change its value: ``x.append(…)``, ``x[…] = …``, ``x += …``."""
    for node in ast.walk(script):
        match node:
            case (
                ast.Name(id=name, ctx=ast.Store() | ast.Del())
                | ast.Attribute(value=ast.Name(id=name))
                | ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del())
            ):
                yield name
            case _:
                pass
