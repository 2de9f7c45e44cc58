"""What people name as questions: recordings, files of requirements, projects, locks, lists of questions, folders.

What cannot be read is a question with an error: one bad file does not end a survey.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import msgspec

from backtrail.inputs.documents import PROJECTS
from backtrail.inputs.file_content import exists, file_text, is_folder
from backtrail.inputs.file_kinds import Kind, kind_of, refuse
from backtrail.inputs.settings import Flags
from backtrail.model.errors import InputError
from backtrail.model.record import Record
from backtrail.preparation.ask import Ask
from backtrail.standards.toml_text import read_toml
from backtrail.survey import scenarios
from backtrail.survey.scenarios import is_scenario

_LISTS = frozenset({*PROJECTS, Kind.REQUIREMENTS, Kind.SCRIPT, Kind.CONDA})
"""Files that say what is required."""

_LOCKS = frozenset({Kind.UV_LOCK, Kind.POETRY_LOCK, Kind.PDM_LOCK, Kind.PYLOCK})
"""Files that say what was chosen; asked is what they were made from."""

_TRUTH_LINUX = "x86_64-manylinux_2_36"
"""What a truth folder calls ``linux x86_64 (glibc)``."""


class Entry(Record, frozen=True, kw_only=True):
    """A question as it was named. Exactly one of ``ask``, ``case`` (the path of a recording) and ``error`` is there.

    ``constraints`` and ``overrides`` are lines that no file of their own holds. ``scenario`` states the index that
    ``ask`` is asked of, None: that of its options.
    """

    question: str
    place: str
    kind: str
    ask: Ask | None = None
    case: str | None = None
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    scenario: Mapping[str, Any] | None = None
    error: str | None = None

    @property
    def asked(self) -> Ask:
        """What is asked of an index."""
        assert self.ask is not None
        return self.ask


def entries(named: Iterable[str], base: Ask) -> tuple[Entry, ...]:
    """The questions of files and folders, in order; each has a name of its own. ``base`` are the options of all."""
    return tuple(_apart(entry for name in named for entry in _named(name, base)))


def _apart(found: Iterable[Entry]) -> Iterator[Entry]:
    """Names of which each stands for one question."""
    seen: Counter[str] = Counter()
    for entry in found:
        seen[entry.question] += 1
        times = seen[entry.question]
        yield entry if times == 1 else msgspec.structs.replace(entry, question=f"{entry.question}#{times}")


def _named(name: str, base: Ask) -> Iterator[Entry]:
    if is_folder(name):
        yield from _truth(Path(name), base) if _is_truth(Path(name)) else _folder(Path(name), base)
    elif not exists(name):
        yield _lost(name, "there is no such file")
    else:
        yield from _file(name, base)


def _file(path: str, base: Ask) -> Iterator[Entry]:
    if path.endswith((".jsonl", ".ndjson")):
        yield from _read(path, base, _json_lines)
        return
    kind = kind_of(path)
    match kind:
        case Kind.CASE:
            yield Entry(question=path, place=path, kind="case", case=path)
        case Kind.TOML:
            yield from _read(path, base, _toml_tables)
        case Kind.JSON:
            yield from _read(path, base, _json_scenarios)
        case _ if kind in _LISTS:
            name = "project" if kind in PROJECTS else "requirements"
            yield Entry(question=path, place=path, kind=name, ask=_with_file(base, path))
        case _ if kind in _LOCKS:
            yield Entry(question=path, place=path, kind="lock", ask=msgspec.structs.replace(base, lock_file=path))
        case _:
            yield _lost(path, str(refuse(path, kind)))


def _lost(place: str, why: str, question: str | None = None) -> Entry:
    error = why if place in why else f"{place}: {why}"
    return Entry(question=place if question is None else question, place=place, kind="unreadable", error=error)


def _with_file(base: Ask, path: str) -> Ask:
    return msgspec.structs.replace(base, files=(path,))


# Folders


_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})


def _folder(folder: Path, base: Ask) -> Iterator[Entry]:
    """What a folder and those in it hold: recordings, projects, lists of requirements, locks without their project."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        yield _lost(str(folder), str(error.strerror or error))
        return
    names = {path.name for path in inside}
    if "pyvenv.cfg" in names:
        return
    for path in inside:
        if path.name.startswith(".") or path.name in _SKIPPED:
            continue
        if path.is_dir():
            yield from _folder(path, base)
        elif _is_question(path, with_project="pyproject.toml" in names):
            yield from _file(str(path), base)


def _is_question(path: Path, *, with_project: bool) -> bool:
    """Whether a file that nobody named is a question; a lock beside its project is none of its own."""
    if path.suffix in (".backtrail", ".jsonl", ".ndjson") or path.name in ("pyproject.toml", "Pipfile"):
        return True
    if path.suffix in (".txt", ".in"):
        return "requirements" in (path.stem, path.parent.name) or path.stem.startswith(("requirements", "require-"))
    return not with_project and kind_of(str(path)) in _LOCKS


# Lists of questions


class _Line(NamedTuple):
    """A question of a list: where it stands, and its fields, or why they are none."""

    place: str
    name: str
    fields: Mapping[str, Any] | None
    error: str = ""


def _read(path: str, base: Ask, lines: Callable[[str, str], Iterable[_Line]]) -> Iterator[Entry]:
    try:
        found = list(lines(path, file_text(path)))
    except (OSError, ValueError) as error:
        yield _lost(path, f"{path} cannot be read: {getattr(error, 'strerror', None) or error}")
        return
    folder = Path(path).parent
    for line in found:
        yield _question(line, base, folder)


def _json_lines(path: str, text: str) -> Iterator[_Line]:
    for number, line in enumerate(text.splitlines(), start=1):
        place = f"{path}:{number}"
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError as error:
            yield _Line(place, place, None, f"it is not JSON: {error}")
            continue
        if isinstance(fields, dict):
            yield _Line(place, _name(fields, place), fields)
        else:
            yield _Line(place, place, None, "a line is an object with the fields of a question")


def _toml_tables(path: str, text: str) -> Iterator[_Line]:
    """``[[question]]`` tables, one question or packse scenario alone, or pip resolution benchmarks by name."""
    document = read_toml(text)
    if is_scenario(document):
        yield _scenario(path, document, path)
        return
    listed = document.get("question")
    if isinstance(listed, list):
        for number, fields in enumerate(listed, start=1):
            name = _name(fields, f"{path}:{number}")
            yield _Line(path, name, fields if isinstance(fields, dict) else None, "a question is a table")
    elif "requirements" in document or "path" in document:
        yield _Line(path, _name(document, path), document)
    else:
        for name, fields in document.items():
            yield _Line(path, name, fields if isinstance(fields, dict) else None, f"{name!r} is no question")


def _json_scenarios(path: str, text: str) -> Iterator[_Line]:
    """Scenarios in packse's form, a list of them or by name, as recorded answers have them."""
    document = json.loads(text)
    found = document.get("scenarios") if isinstance(document, dict) else None
    listed = list(found.values()) if isinstance(found, dict) else found
    if not isinstance(listed, list):
        yield _Line(path, path, None, "it holds no scenarios in packse's form")
        return
    for number, one in enumerate(listed, start=1):
        if isinstance(one, dict) and is_scenario(one):
            yield _scenario(path, one, f"{path}:{number}")
        else:
            yield _Line(path, f"{path}:{number}", None, f"scenario {number} has no root or no packages")


def _scenario(path: str, found: Mapping[str, Any], otherwise: str) -> _Line:
    name = found.get("name")
    return _Line(path, name if isinstance(name, str) and name else otherwise, found)


def _name(fields: Any, otherwise: str) -> str:
    name = fields.get("id") if isinstance(fields, dict) else None
    return name if isinstance(name, str) and name else otherwise


_ALSO_CALLED = {
    "cutoff": "exclude_newer",
    "cut_off": "exclude_newer",
    "datetime": "exclude_newer",
    "path": "files",
    "file": "files",
    "resolver": "resolvers",
    "python_version": "python",
    "platform_system": "platform",
    "python_platform": "platform",
    "max_resolution_rounds": "max_rounds",
    "extra_index": "extra_index_url",
    "extra": "extras",
    "group": "groups",
}
_REMARKS = frozenset(
    {
        "id", "note", "title", "description", "family", "why", "shows", "source_repo", "source_path", "source_commit",
        "dropped", "tools",
    }
)  # fmt: skip
"""Fields that change no answer."""

_OF_ASK = frozenset(
    {
        "requirements", "editables", "files", "extras", "all_extras", "groups", "all_groups", "no_groups",
        "only_groups", "resolvers", "universal", "lock", "preferences", "python", "platform", "dependency_metadata",
        "isolated",
    }
)  # fmt: skip
_TYPES = {**get_type_hints(Flags), **{name: kind for name, kind in get_type_hints(Ask).items() if name in _OF_ASK}}
_PATHS = frozenset({"files", "editables", "dependency_metadata", "preferences"})
"""Fields that name files, which lie beside the list."""

_SYSTEMS = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}


def _question(line: _Line, base: Ask, folder: Path) -> Entry:
    if line.fields is None:
        return _lost(line.place, line.error, line.name)
    scenario = line.fields if is_scenario(line.fields) else None
    try:
        fields = dict(_settled(line.fields if scenario is None else scenarios.fields(scenario), folder))
        lines = {name: _texts(name, fields.pop(name, ())) for name in ("constraints", "overrides")}
        given = {name: msgspec.convert(value, _TYPES[name]) for name, value in fields.items()}
    except (InputError, msgspec.ValidationError) as error:
        return _lost(line.place, " ".join(str(error).split()), line.name)
    if not any(given.get(name) for name in ("requirements", "files", "editables", "groups", "only_groups")):
        return _lost(line.place, "it has neither requirements nor a path", line.name)
    flags = {name: value for name, value in given.items() if name not in _OF_ASK}
    asked = {name: value for name, value in given.items() if name in _OF_ASK}
    if "exclude_newer" in flags:
        flags["uploaded_prior_to"] = None
    replace = msgspec.structs.replace
    ask = replace(base, flags=replace(base.flags, **flags), **asked)
    if scenario is not None:
        ask = replace(ask, flags=scenarios.of_scenario(ask.flags), isolated=True)
    return Entry(
        question=line.name,
        place=line.place,
        kind="question" if scenario is None else "scenario",
        ask=ask,
        scenario=scenario,
        constraints=lines["constraints"],
        overrides=lines["overrides"],
    )


def _settled(fields: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, Any]]:
    """The fields by the names of options, ``options`` among them. Raises InputError for one that there is not."""
    nested = fields.get("options", {})
    if not isinstance(nested, Mapping):
        raise InputError("'options' is not a table of options")
    for written, value in (*fields.items(), *nested.items()):
        name = written.replace("-", "_")
        if name in _REMARKS or (name == "options" and value is nested):
            continue
        name = _ALSO_CALLED.get(name, name)
        if name not in _TYPES and name not in ("constraints", "overrides"):
            raise InputError(f"{written!r} is no field of a question and no option")
        yield name, _value(name, value, folder)


def _value(name: str, value: Any, folder: Path) -> Any:
    if _TYPES.get(name) == tuple[str, ...] and isinstance(value, str):
        value = [value]
    if name in _PATHS:
        value = [str(folder / one) for one in value] if isinstance(value, list) else str(folder / value)
    if name == "exclude_newer":
        value = _moment(value)
    if name == "platform":
        value = _SYSTEMS.get(value, value)
    return value


def _moment(value: Any) -> Any:
    """A moment as options take it; TOML has moments of its own, and the benchmarks' are UTC without saying so."""
    text = value.isoformat() if hasattr(value, "isoformat") else value
    is_bare = isinstance(text, str) and len(text) == len("2024-10-07 21:46:00")
    return f"{text.replace(' ', 'T')}Z" if is_bare else text


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise InputError(f"{name!r} is not a list of requirements")
    return tuple(value)


# Recorded answers of the real tools


def _is_truth(folder: Path) -> bool:
    return (folder / "index.json").is_file() and (folder / "cases").is_dir()


def _truth(folder: Path, base: Ask) -> Iterator[Entry]:
    """Each question for the tools whose answers are recorded, on the Python that they had."""
    results = _results(folder)
    for path in sorted((folder / "cases").glob("*.toml")):
        recorded = results.get(path.stem, ())
        for entry in _read(str(path), base, _truth_case):
            named = _asked_of(entry.ask, recorded, base) if entry.ask is not None else None
            yield msgspec.structs.replace(entry, ask=named, kind="truth")
    if (folder / "packse.json").is_file():
        yield from _file(str(folder / "packse.json"), base)


def _truth_case(path: str, text: str) -> Iterator[_Line]:
    for line in _toml_tables(path, text):
        fields = dict(line.fields or {})
        if str(fields.get("platform", "")).startswith("linux x86_64"):
            fields["platform"] = _TRUTH_LINUX
        yield _Line(line.place, line.name, fields)


def _results(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Of each case the resolvers that answered, with their Python."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted((folder / "results").glob("*.json"), reverse=True):  # uv before pip, the newest first
        try:
            result = json.loads(file_text(path))
            found.setdefault(result["id"], []).append((f"{result['tool']}@{result['version']}", result["python"]))
        except (OSError, ValueError, KeyError, TypeError):  # the case is asked of the usual resolvers
            continue
    return found


def _asked_of(ask: Ask, recorded: Sequence[tuple[str, str]], base: Ask) -> Ask:
    if not recorded:
        return ask
    resolvers = base.resolvers or tuple(resolver for resolver, _ in recorded)
    return msgspec.structs.replace(ask, resolvers=resolvers, python=base.python or recorded[0][1])
