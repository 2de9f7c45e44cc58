"""Abstract interpretation of a setup.py: what it would do on a given Python, as far as its text alone tells.

Nothing of the script is run. Its module-level code is walked with values where they follow from literals and from the
Python version, and with UNKNOWN everywhere else; where a condition is unknown both ways are walked. Imports are taken
to succeed but for what is known to be missing. Functions of the script itself are followed, and a few pure ones of the
standard library.
"""

import ast
import builtins
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from packaging.version import InvalidVersion, Version

from backtrail.model.record import Record

__all__ = ["Stop", "TooMuchError", "rehearse"]

_MAX_STEPS = 20_000
_MAX_DEPTH = 30
_MAX_TEXT = 10_000
_MAX_ITEMS = 200
_MAX_NUMBER = 1 << 64

Value = Any
"""A constant, a container of constants, a Version, or one of Unknown, Reference, VersionInfo, Function."""

Names = dict[str, Value]


class Stop(Record, frozen=True, kw_only=True):
    """A place where the script raises or exits.

    ``certain``: nothing unknown decides whether it gets there. ``guarded``: a condition on an unknown Python does.
    ``message`` is what it says, None where that is not known. ``calls`` are the lines of the calls that led there.
    ``missing`` is what it uses and is not there, in the words of ``rehearse``; None: it ends itself.
    """

    line: int
    calls: tuple[int, ...] = ()
    message: str | None
    certain: bool
    guarded: bool
    missing: str | None = None


class TooMuchError(Exception):
    """The script is longer or deeper than will be walked."""


class Unknown(Record, frozen=True, kw_only=False):
    """A value the text does not tell; ``python``: it follows from the Python version."""

    python: bool


UNKNOWN = Unknown(python=False)


class Reference(Record, frozen=True, kw_only=False):
    """A module, or something in one, by its dotted name; a builtin by its name."""

    name: str


class Function(Record, frozen=True, kw_only=False):
    """A function of the script."""

    node: ast.FunctionDef | ast.Lambda


class VersionInfo(NamedTuple):
    """``sys.version_info``."""

    major: int
    minor: int
    micro: int
    releaselevel: str = "final"
    serial: int = 0

    def __str__(self) -> str:
        return (
            f"sys.version_info({', '.join(f'{name}={part!r}' for name, part in zip(self._fields, self, strict=True))})"
        )


def rehearse(
    script: ast.Module, python: str | None, missing: Callable[[str], bool] = lambda _: False
) -> tuple[Stop, ...]:
    """Walk a script on one Python version, ``3.10.13``; with None, on a Python nothing is known of.

    ``missing`` is asked whether a module is not there (``numpy.distutils``), or, of a keyword of ``setup`` that has an
    effect, whether setuptools refuses it (``use_2to3=``).

    Returns every place where it may end early, in the order reached; the walk ends at the first that is certain, and
    where it hands over to ``setup``. Raises TooMuchError.
    """
    walk = _Walk(_facts(python), missing)
    try:
        walk.block(script.body)
    except (_Ended, _Returned, _LeftLoop):
        pass
    except RecursionError:
        raise TooMuchError from None
    return tuple(stop for stop, _ in walk.stops)


class _Ended(Exception):  # noqa: N818  control flow of the script
    """The script raises; ``kind`` is the exception's class, ``""`` for the end that is no error."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class _Returned(Exception):  # noqa: N818
    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class _LeftLoop(Exception):  # noqa: N818
    """``break``; with ``once``, ``continue``."""

    def __init__(self, *, once: bool) -> None:
        super().__init__()
        self.once = once


_VERSION_INFO = "sys.version_info"
_FACTS = (
    _VERSION_INFO,
    "sys.hexversion",
    "sys.version",
    "platform.python_version()",
    "platform.python_version_tuple()",
    "sysconfig.get_python_version()",
    "distutils.sysconfig.get_python_version()",
)


_ARGUMENTS = {"sys.argv": ["setup.py", "egg_info"]}
"""What a build runs a setup.py with first."""


def _facts(python: str | None) -> Mapping[str, Value]:
    """What the standard library says of the Python and of the command, by dotted name."""
    if python is None:
        return _ARGUMENTS | dict.fromkeys(_FACTS, Unknown(python=True))
    major, minor, micro = (*Version(python).release, 0, 0)[:3]
    full, short = f"{major}.{minor}.{micro}", f"{major}.{minor}"
    number = major << 24 | minor << 16 | micro << 8 | 0xF0
    parts = (str(major), str(minor), str(micro))
    return _ARGUMENTS | dict(
        zip(
            _FACTS, (VersionInfo(major, minor, micro), number, f"{full} (main)", full, parts, short, short), strict=True
        )
    )


class _Walk:
    """One walk over one script."""

    def __init__(self, facts: Mapping[str, Value], missing: Callable[[str], bool]) -> None:
        self.facts = facts
        self.missing = missing
        self.module: Names = {"__name__": "__main__"}
        self.local = self.module
        self.depth = 0
        self.steps = 0
        self.calls: tuple[int, ...] = ()
        self.stops: list[tuple[Stop, str]] = []
        self.certain = True
        self.guarded = False
        self.early: Value = None
        self.left_early = False
        self.said: str | None = None

    # Statements

    def block(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self.step()
            self.statement(statement)

    def step(self) -> None:
        self.steps += 1
        if self.steps > _MAX_STEPS:
            raise TooMuchError

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(value=value):
                self.value(value)
            case ast.Assign(targets=targets, value=value):
                found = self.value(value)
                for target in targets:
                    self.bind(target, found)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.bind(target, self.value(value))
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                self.local[name] = self.value(ast.BinOp(ast.Name(name, ast.Load()), op, value))
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                self.bind(target, UNKNOWN)
            case ast.Delete(targets=targets):
                for target in targets:
                    self.bind(target, UNKNOWN)
            case ast.Import(names=aliases):
                for alias in aliases:
                    self.imports(node.lineno, alias.name)
                    top = alias.name.partition(".")[0]
                    self.local[alias.asname or top] = Reference(alias.name if alias.asname else top)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                for alias in aliases:
                    if module and not level:
                        self.imports(node.lineno, module, alias.name)
                    self.local[alias.asname or alias.name] = Reference(f"{module or ''}.{alias.name}")
            case ast.FunctionDef(name=name, decorator_list=[]):
                self.local[name] = Function(node)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self.local[name] = UNKNOWN
            case _:
                self.flow(node)

    def flow(self, node: ast.stmt) -> None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self.choose(_truth(self.value(test)), body, orelse)
            case ast.Raise(exc=raised):
                self.raises(node.lineno, raised)
            case ast.Assert(test=test, msg=message):
                self.asserts(node.lineno, test, message)
            case ast.Return(value=value):
                raise _Returned(None if value is None else self.value(value))
            case ast.Break():
                raise _LeftLoop(once=False)
            case ast.Continue():
                raise _LeftLoop(once=True)
            case ast.Try():
                self.tries(node)
            case ast.With(items=items, body=body):
                self.within(items, body)
            case ast.For(target=target, iter=over, body=body):
                self.loops(target, self.value(over), body)
            case ast.While(test=test, body=body):
                self.value(test)
                self.loops(None, UNKNOWN, body)
            case _:
                pass

    def choose(self, truth: bool | Unknown, body: list[ast.stmt], orelse: list[ast.stmt]) -> None:
        """Walk the branch taken, or both where nobody knows, and keep what is the same after either."""
        if not isinstance(truth, Unknown):
            self.block(body if truth else orelse)
            return
        certain, guarded, names, module = self.certain, self.guarded, self.local, self.module
        ends: list[Exception] = []
        live: list[tuple[Names, Names]] = []
        for branch in (body, orelse):
            self.module = dict(module)
            self.local = self.module if names is module else dict(names)
            self.certain, self.guarded = False, guarded or truth.python
            try:
                self.block(branch)
                live.append((self.local, self.module))
            except (_Ended, _Returned, _LeftLoop) as end:
                ends.append(end)
        self.certain, self.guarded, self.local, self.module = certain, guarded, names, module
        returned = [end for end in ends if isinstance(end, _Returned)]
        if not live:
            raise _Returned(_either(returned[0].value, returned[-1].value, truth)) if returned else ends[0]
        for place, kept in enumerate((self.local, self.module)):
            first, last = live[0][place], live[-1][place]
            kept.clear()
            kept.update(first)
            if first is not last:
                kept.update(
                    (name, _either(first.get(name, UNKNOWN), last.get(name, UNKNOWN), truth))
                    for name in first.keys() | last.keys()
                    if first.get(name) is not last.get(name)
                )
        if any(not isinstance(end, _Ended) for end in ends):
            self.certain, self.guarded = False, guarded or truth.python
        if returned:
            self.early = _either(self.early, returned[0].value, truth) if self.left_early else returned[0].value
            self.left_early = True

    def within(self, items: list[ast.withitem], body: list[ast.stmt]) -> None:
        before = len(self.stops)
        for item in items:
            self.value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, UNKNOWN)
        suppressed = any(
            isinstance(item.context_expr, ast.Call) and _last_name(item.context_expr) == "suppress" for item in items
        )
        try:
            self.block(body)
        except _Ended:
            if not suppressed:
                raise
        if suppressed:
            del self.stops[before:]

    def imports(self, line: int, module: str, name: str = "") -> None:
        """Import a module, or a name from it, which may be a module as well."""
        parts = module.split(".")
        for place in range(1, len(parts) + 1):
            if self.missing(".".join(parts[:place])):
                self.lacks(line, "ModuleNotFoundError", ".".join(parts[:place]))
        if name and self.missing(f"{module}.{name}"):
            self.lacks(line, "ImportError", f"{module}.{name}")

    def lacks(self, line: int, kind: str, what: str) -> None:
        self.stop(line, kind, None, missing=what)

    def raises(self, line: int, raised: ast.expr | None) -> None:
        match raised:
            case ast.Call(func=function, args=args):
                texts = [self.value(arg) for arg in args]
                self.stop(line, _last_name(function), texts[0] if texts and isinstance(texts[0], str) else self.said)
            case ast.expr():
                self.stop(line, _last_name(raised), self.said)
            case None:
                self.stop(line, "Exception", self.said)

    def asserts(self, line: int, test: ast.expr, message: ast.expr | None) -> None:
        truth = _truth(self.value(test))
        if truth is True:
            return
        said = None if message is None else self.value(message)
        text = said if isinstance(said, str) else None
        if not truth:
            self.stop(line, "AssertionError", text)
        guarded = self.guarded or (isinstance(truth, Unknown) and truth.python)
        self.stops.append(
            (Stop(line=line, calls=self.calls, message=text, certain=False, guarded=guarded), "AssertionError")
        )

    def stop(self, line: int, kind: str, message: str | None, *, missing: str | None = None) -> None:
        stop = Stop(
            line=line,
            calls=self.calls,
            message=message,
            certain=self.certain,
            guarded=self.guarded,
            missing=missing,
        )
        self.stops.append((stop, kind))
        raise _Ended(kind)

    def tries(self, node: ast.Try) -> None:
        """Walk the body; a handler only for what the script itself raises in it."""
        before = len(self.stops)
        ended: _Ended | None = None
        try:
            self.block(node.body)
        except _Ended as error:
            ended = error
        raised = self.stops[before:]
        kinds = [*(kind for _, kind in raised), *([ended.kind] if ended else [])]
        handler = next((handler for handler in node.handlers for kind in kinds if _catches(handler, kind)), None)
        if handler is not None:
            self.stops[before:] = [(stop, kind) for stop, kind in raised if not _catches(handler, kind)]
        if ended is None:
            guarded = any(stop.guarded for stop, _ in raised)
            self.choose(Unknown(python=guarded) if handler else False, handler.body if handler else [], node.orelse)
        elif handler is not None and _catches(handler, ended.kind):
            self.block(handler.body)
        self.block(node.finalbody)
        if ended is not None and (handler is None or not _catches(handler, ended.kind)):
            raise ended

    def loops(self, target: ast.expr | None, over: Value, body: list[ast.stmt]) -> None:
        certain, guarded = self.certain, self.guarded
        try:
            if not isinstance(over, tuple | list):
                if target is not None:
                    self.bind(target, UNKNOWN)
                self.choose(Unknown(python=isinstance(over, Unknown) and over.python), body, [])
                return
            for item in over:
                self.bind(target, item) if target is not None else None
                try:
                    self.block(body)
                except _LeftLoop as left:
                    if not left.once:
                        return
        except _LeftLoop:
            pass
        finally:
            self.certain, self.guarded = certain, guarded

    def bind(self, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name(id=name):
                self.local[name] = value
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                known = isinstance(value, tuple | list) and len(value) == len(targets)
                for place, part in enumerate(targets):
                    self.bind(part, value[place] if known else UNKNOWN)
            case ast.Subscript(value=ast.Name() as inner, slice=key):
                self.bind(inner, self.updated(self.value(inner), [(self.value(key), value)]))
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
                self.bind(inner, UNKNOWN)
            case _:
                pass

    def updated(self, old: Value, items: Iterable[tuple[Value, Value]]) -> Value:
        """A dictionary with further items; Unknown where it is none, or one of them is unknown."""
        pairs = tuple(items)
        if not isinstance(old, dict) or not all(_is_known(part) for pair in pairs for part in pair):
            return UNKNOWN
        try:
            return _bounded(old | dict(pairs))
        except TypeError:  # a key that is none
            return UNKNOWN

    # Expressions

    def value(self, node: ast.expr) -> Value:
        """What an expression gives, UNKNOWN for what is not followed and for what would raise."""
        self.step()
        self.depth += 1
        if self.depth > 10 * _MAX_DEPTH:
            raise TooMuchError
        try:
            return _bounded(self.expression(node))
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
            return UNKNOWN
        finally:
            self.depth -= 1

    def expression(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.named(name)
            case ast.Attribute(value=inner, attr=name):
                return self.attribute(self.value(inner), name)
            case ast.Call():
                return self.call(node)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                values = [self.value(part) for part in (left, *rights)]
                pairs = zip(ops, values, values[1:], strict=False)
                return _every(_compared(type(op), first, second) for op, first, second in pairs)
            case ast.BoolOp(op=op, values=parts):
                return self.connected(parts, until=isinstance(op, ast.Or))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                truth = _truth(self.value(operand))
                return truth if isinstance(truth, Unknown) else not truth
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.applied(operator.neg, [self.value(operand)])
            case ast.BinOp(left=left, op=op, right=right):
                return self.arithmetic(op, self.value(left), self.value(right))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                truth = _truth(self.value(test))
                if isinstance(truth, Unknown):
                    return _either(self.value(body), self.value(orelse), truth)
                return self.value(body if truth else orelse)
            case ast.Subscript(value=inner, slice=place):
                return self.applied(operator.getitem, [self.value(inner), self.place(place)])
            case ast.Lambda():
                return Function(node)
            case ast.NamedExpr(target=target, value=value):
                found = self.value(value)
                self.bind(target, found)
                return found
            case _:
                return self.container(node)

    def container(self, node: ast.expr) -> Value:
        match node:
            case ast.Tuple(elts=parts):
                return self.gathered(tuple, parts)
            case ast.List(elts=parts):
                return self.gathered(list, parts)
            case ast.Set(elts=parts):
                return self.gathered(frozenset, parts)
            case ast.Dict(keys=keys, values=values) if None not in keys:
                names = self.gathered(tuple, [key for key in keys if key is not None])
                return self.applied(lambda *pair: dict(zip(*pair, strict=True)), [names, self.gathered(tuple, values)])
            case ast.JoinedStr(values=parts):
                return self.gathered("".join, parts)
            case ast.FormattedValue(value=value, conversion=conversion, format_spec=None):
                return self.applied(repr if conversion == ord("r") else str, [self.value(value)])
            case (
                ast.ListComp(elt=part, generators=[generator])
                | ast.GeneratorExp(elt=part, generators=[generator])
                | ast.SetComp(elt=part, generators=[generator])
            ):
                return self.comprehended(part, generator)
            case _:
                return UNKNOWN

    def gathered(self, make: Callable[[list[Value]], Value], parts: list[ast.expr]) -> Value:
        values = self.arguments(parts)
        return self.applied(lambda *known: make(list(known)), values)

    def arguments(self, parts: Iterable[ast.expr]) -> list[Value]:
        """The values of expressions, ``*`` expanded; an unknown ``*`` leaves one Unknown."""
        values: list[Value] = []
        for part in parts:
            if isinstance(part, ast.Starred):
                inner = self.value(part.value)
                values += inner if isinstance(inner, tuple | list) else [_unknown_of([inner])]
            else:
                values.append(self.value(part))
        return values

    def comprehended(self, part: ast.expr, generator: ast.comprehension) -> Value:
        over = self.value(generator.iter)
        if not isinstance(over, tuple | list):
            return _unknown_of([over])
        outer, self.local = self.local, dict(self.local)
        try:
            found: list[Value] = []
            for item in over:
                self.bind(generator.target, item)
                wanted = _every(self.value(test) for test in generator.ifs)
                if wanted:
                    found.append(wanted if isinstance(wanted, Unknown) else self.value(part))
            return self.applied(lambda *known: list(known), found)
        finally:
            self.local = outer

    def connected(self, parts: list[ast.expr], *, until: bool) -> Value:
        """``and`` (until something is false) and ``or`` (until something is true), where any part may be unknown."""
        unknown: list[Unknown] = []
        value: Value = None
        for part in parts:
            value = self.value(part)
            truth = _truth(value)
            if isinstance(truth, Unknown):
                unknown.append(truth)
            elif truth is until:
                return value
        return _unknown_of(unknown) if unknown else value

    def named(self, name: str) -> Value:
        for names in (self.local, self.module):
            if name in names:
                found = names[name]
                return self.facts.get(found.name, found) if isinstance(found, Reference) else found
        return Reference(name) if hasattr(builtins, name) else UNKNOWN

    def attribute(self, value: Value, name: str) -> Value:
        if isinstance(value, Reference):
            dotted = f"{value.name}.{name}"
            return self.facts.get(dotted, Reference(dotted))
        if isinstance(value, Unknown):
            return value
        if (isinstance(value, VersionInfo) and name in value._fields) or (
            isinstance(value, Version) and name in ("major", "minor", "micro", "release", "base_version", "public")
        ):
            return getattr(value, name)
        return UNKNOWN

    def place(self, node: ast.expr) -> Value:
        if not isinstance(node, ast.Slice):
            return self.value(node)
        ends = [None if end is None else self.value(end) for end in (node.lower, node.upper, node.step)]
        return self.applied(slice, ends)

    def arithmetic(self, op: ast.operator, left: Value, right: Value) -> Value:
        if isinstance(op, ast.Mod) and isinstance(left, str) and not _harmless(left):
            return UNKNOWN
        if isinstance(op, ast.Mult) and not (isinstance(left, int) and isinstance(right, int)):
            return _unknown_of([left, right])
        if isinstance(op, ast.LShift) and not (isinstance(right, int) and 0 <= right <= 64):
            return _unknown_of([left, right])
        apply = _ARITHMETIC.get(type(op))
        return _unknown_of([left, right]) if apply is None else self.applied(apply, [left, right])

    def applied(self, function: Callable[..., Value], values: list[Value]) -> Value:
        """The result of a pure function; Unknown if an argument is."""
        if all(_is_known(value) for value in values):
            return _bounded(function(*values))
        return _unknown_of(values)

    # Calls

    def call(self, node: ast.Call) -> Value:
        args = self.arguments(node.args)
        keywords = {keyword.arg: self.value(keyword.value) for keyword in node.keywords}
        if isinstance(node.func, ast.Attribute):
            inner = self.value(node.func.value)
            if isinstance(inner, str):
                return self.text_method(inner, node.func.attr, args, keywords)
            if isinstance(inner, Unknown):
                return _unknown_of([inner, *args])
            if isinstance(inner, dict) and node.func.attr == "update" and all(isinstance(one, dict) for one in args):
                items = [pair for one in (*args, keywords) if isinstance(one, dict) for pair in one.items()]
                self.bind(node.func.value, self.updated(inner, items))
                return None
            if not isinstance(inner, Reference):
                self.bind(node.func.value, UNKNOWN)  # the method may change it
                return UNKNOWN
            function = self.attribute(inner, node.func.attr)
        else:
            function = self.value(node.func)
        if isinstance(function, Function):
            return self.run(node.lineno, function.node, args, keywords)
        if isinstance(function, Reference):
            return self.known_call(node.lineno, function.name, args, keywords)
        return UNKNOWN

    def known_call(self, line: int, name: str, args: list[Value], keywords: Mapping[str | None, Value]) -> Value:
        last = name.rpartition(".")[2]
        if name in _EXITS:
            self.stop(line, "SystemExit", args[0] if args and isinstance(args[0], str) else self.said)
        if last == "setup":
            spread = keywords.get(None)
            given = {**keywords, **spread} if isinstance(spread, dict) else keywords
            for keyword, value in given.items():
                if isinstance(keyword, str) and _truth(value) is True and self.missing(f"{keyword}="):
                    self.lacks(line, "SystemExit", f"{keyword}=")
            raise _Ended("")
        if name in _SETTINGS or name in _FILE_TESTS:
            return _surroundings(name, args)
        if f"{name}()" in self.facts:
            return self.facts[f"{name}()"]
        if last in _VERSION_MAKERS or name.endswith("version.parse"):
            return self.applied(_version, args)
        if name == "dict" and not args and None not in keywords:
            return self.updated({}, keywords.items())
        if name == "print" or name.endswith(("stderr.write", "stdout.write")):
            said = self.applied(lambda *known: " ".join(str(text) for text in known), args)
            self.said = said if isinstance(said, str) else None
            return None
        if name == "map" and len(args) == 2:
            if not isinstance(args[1], tuple | list):
                return _unknown_of(args)
            mapped = [self.called(line, args[0], [item]) for item in args[1]]
            return self.applied(lambda *known: list(known), mapped)
        if name == "os.path.join":
            return self.applied(lambda *parts: "/".join(parts), args)
        if name in _PURE and not keywords:
            return self.applied(_PURE[name], args)
        return UNKNOWN

    def called(self, line: int, function: Value, args: list[Value]) -> Value:
        if isinstance(function, Function):
            return self.run(line, function.node, args, {})
        return self.known_call(line, function.name, args, {}) if isinstance(function, Reference) else UNKNOWN

    def text_method(self, text: str, name: str, args: list[Value], keywords: Mapping[str | None, Value]) -> Value:
        if name == "format":
            if not _harmless(text):
                return UNKNOWN
            filled = {key: value for key, value in keywords.items() if key is not None}
            return self.applied(lambda *_: text.format(*args, **filled), [*args, *filled.values()])
        if name not in _TEXT_METHODS or keywords:
            return UNKNOWN
        if name == "replace" and len(text) > _MAX_ITEMS:
            return UNKNOWN
        return self.applied(getattr(text, name), args)

    def run(
        self,
        line: int,
        node: ast.FunctionDef | ast.Lambda,
        args: list[Value],
        keywords: Mapping[str | None, Value],
    ) -> Value:
        """Call a function of the script."""
        if len(self.calls) > _MAX_DEPTH:
            raise TooMuchError
        outer = (self.local, self.certain, self.guarded, self.early, self.left_early, self.calls)
        names = self.parameters(node.args, args, keywords)
        self.local, self.early, self.left_early, self.calls = names, None, False, (*self.calls, line)
        value: Value = None
        try:
            if isinstance(node, ast.Lambda):
                value = self.value(node.body)
            else:
                self.block(node.body)
        except _Returned as returned:
            value = returned.value
        finally:
            early, left_early, guarded = self.early, self.left_early, self.guarded
            self.local, self.certain, self.guarded, self.early, self.left_early, self.calls = outer
        return _either(value, early, Unknown(python=guarded)) if left_early else value

    def parameters(self, node: ast.arguments, args: list[Value], keywords: Mapping[str | None, Value]) -> Names:
        names: Names = {}
        positional = [*node.posonlyargs, *node.args]
        defaults = dict(zip(reversed(positional), reversed(node.defaults), strict=False))
        keyword_defaults = dict(zip(node.kwonlyargs, node.kw_defaults, strict=True))
        for place, parameter in enumerate([*positional, *node.kwonlyargs]):
            default = defaults.get(parameter) or keyword_defaults.get(parameter)
            if parameter.arg in keywords:
                names[parameter.arg] = keywords[parameter.arg]
            elif place < len(args) and place < len(positional):
                names[parameter.arg] = args[place]
            else:
                names[parameter.arg] = UNKNOWN if default is None else self.value(default)
        for rest in (node.vararg, node.kwarg):
            if rest is not None:
                names[rest.arg] = UNKNOWN
        return names


_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Value, Value], Value]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}

_ARITHMETIC: Mapping[type[ast.operator], Callable[[Value, Value], Value]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}

_PURE: Mapping[str, Callable[..., Value]] = {
    "all": all, "any": any, "bool": bool, "float": float, "frozenset": frozenset, "int": int, "len": len, "list": list,
    "max": max, "min": min, "repr": repr, "set": frozenset, "sorted": sorted, "str": str, "tuple": tuple,
}  # fmt: skip

_TEXT_METHODS = frozenset({
    "endswith", "isdigit", "join", "lower", "lstrip", "partition", "replace", "rpartition", "rsplit", "rstrip",
    "split", "splitlines", "startswith", "strip", "upper",
})  # fmt: skip

_VERSION_MAKERS = frozenset({"parse_version", "Version", "LooseVersion", "StrictVersion", "LegacyVersion"})
_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit"})
_CONSTANTS = (str, int, float, tuple, list, dict, frozenset, slice, Version, type(None))


_SETTINGS = frozenset({"os.environ.get", "os.getenv"})
_FILE_TESTS = frozenset({"os.path.exists", "os.path.isdir", "os.path.isfile", "os.listdir"})
_USUAL_SETTINGS = frozenset({"PATH", "HOME", "USER", "PWD", "SHELL", "LANG", "TMPDIR", "TEMP", "PROGRAMFILES"})
_NEVER_PACKED = (".git", ".hg", ".svn", "build")


def _surroundings(name: str, args: list[Value]) -> Value:
    """What a fresh build sees: no unusual environment variable is set, no repository and no earlier build is there."""
    if not args or not isinstance(args[0], str):
        return UNKNOWN
    if name in _SETTINGS:
        return UNKNOWN if args[0] in _USUAL_SETTINGS else (args[1] if len(args) > 1 else None)
    if not args[0].startswith(_NEVER_PACKED):
        return UNKNOWN
    if name == "os.listdir":
        raise _Ended("OSError")
    return False


def _is_known(value: Value) -> bool:
    return isinstance(value, _CONSTANTS) and not isinstance(value, Unknown | Reference | Function)


def _unknown_of(values: Iterable[Value]) -> Unknown:
    return Unknown(python=any(isinstance(value, Unknown) and value.python for value in values))


def _either(first: Value, second: Value, truth: bool | Unknown) -> Value:
    """What is left of two possible values."""
    if type(first) is type(second) and first == second:
        return first
    return Unknown(python=(isinstance(truth, Unknown) and truth.python) or _unknown_of([first, second]).python)


def _truth(value: Value) -> bool | Unknown:
    if isinstance(value, Reference):
        return UNKNOWN
    return value if isinstance(value, Unknown) else bool(value)


def _every(truths: Iterable[Value]) -> bool | Unknown:
    known = list(truths)
    if any(not isinstance(truth, Unknown) and not truth for truth in known):
        return False
    unknown = [truth for truth in known if isinstance(truth, Unknown)]
    return _unknown_of(unknown) if unknown else True


def _compared(op: type[ast.cmpop], left: Value, right: Value) -> Value:
    if op in (ast.Is, ast.IsNot):
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return _unknown_of([left, right])
        same = (left is right) if left is None or right is None or isinstance(left, bool) else UNKNOWN
        return same if isinstance(same, Unknown) else same is (op is ast.Is)
    if op in (ast.In, ast.NotIn) and right == Reference("os.environ") and isinstance(left, str):
        return UNKNOWN if left in _USUAL_SETTINGS else op is ast.NotIn
    if not _is_known(left) or not _is_known(right):
        return _unknown_of([left, right])
    if isinstance(left, Version) and isinstance(right, str):  # LooseVersion compares with text
        right = Version(right[:100])
    if isinstance(right, Version) and isinstance(left, str):
        left = Version(left[:100])
    try:
        return _COMPARISONS[op](left, right)
    except TypeError:
        return UNKNOWN


def _version(text: str) -> Version:
    if len(text) > 100:
        raise InvalidVersion(text[:100])
    return Version(text)


def _bounded(value: Value) -> Value:
    """The value if it is small, so that no script can make this program large."""
    budget_items, budget_text = _MAX_ITEMS, _MAX_TEXT
    waiting = [value]
    while waiting:
        item = waiting.pop()
        budget_items -= 1
        if isinstance(item, str):
            budget_text -= len(item)
        elif isinstance(item, int) and abs(item) > _MAX_NUMBER:
            return UNKNOWN
        elif isinstance(item, tuple | list | frozenset):
            if len(item) > _MAX_ITEMS:
                return UNKNOWN
            waiting += item
        elif isinstance(item, dict):
            if len(item) > _MAX_ITEMS:
                return UNKNOWN
            waiting += [*item, *item.values()]
        if budget_items < 0 or budget_text < 0:
            return UNKNOWN
    return value


def _harmless(template: str) -> bool:
    """Whether filling a template gives no more than its text and its arguments: no widths, no attributes inside."""
    return not re.search(r"\d{3}|\*|__", template) and len(template) <= _MAX_TEXT


def _last_name(node: ast.expr) -> str:
    """The class a ``raise`` names."""
    match node:
        case ast.Call(func=function):
            return _last_name(function)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return "Exception"


def _catches(handler: ast.ExceptHandler, kind: str) -> bool:
    if not kind:
        return False
    if handler.type is None:
        return True
    names = [
        _last_name(node) for node in (handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type])
    ]
    raised = getattr(builtins, kind, None)
    ancestors = {parent.__name__ for parent in raised.__mro__} if isinstance(raised, type) else {kind, "Exception"}
    return not ancestors.isdisjoint(names)
