"""Bytes that nobody would write, for everything that reads what others wrote: it answers or says a sentence, soon.

A target takes bytes and raises nothing but what its reader promises. ``mutated`` makes inputs from those of the corpus
(``tests/unit/fuzz``), where inputs that once went wrong stay for ever.
"""

import io
import random
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
from packaging.markers import InvalidMarker, default_environment
from packaging.requirements import InvalidRequirement
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.cases.lock_changes import compare_locks
from backtrail.explain.findings.environment_inconsistent import environment_inconsistent
from backtrail.explain.lookup.in_environment import InstalledGraph, installed_view
from backtrail.index.files.sdist import SdistReader, legacy_metadata, static_metadata
from backtrail.index.files.sdist_metadata import stated_version
from backtrail.index.files.wheel import metadata_of
from backtrail.index.pages.find_links import remote_links
from backtrail.index.pages.parse import HTML, JSON, PageError, identify
from backtrail.index.pages.project_page import parse_page
from backtrail.inputs.documents import read_document
from backtrail.inputs.environment import installed_in
from backtrail.inputs.file_kinds import kind_of
from backtrail.inputs.locks.any_lock import read_any_lock
from backtrail.inputs.locks.made_from import made_from
from backtrail.inputs.locks.uv_lock import read_lock
from backtrail.inputs.logs.log_file import read_log
from backtrail.inputs.patches import patch
from backtrail.inputs.pyproject import Extras
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.requirements_file import read_requirements_file
from backtrail.inquiry import recorded
from backtrail.model.errors import InputError
from backtrail.model.files import File, FileKind, Listing
from backtrail.model.finding import Remedy, RemedyKind, RemedyResult
from backtrail.model.metadata import MetadataSource, SdistContents
from backtrail.model.requirement import Origin, Requirement, parse_requirement
from backtrail.report.skins import differences
from backtrail.report.skins.differences import Compared
from backtrail.resolvers.registry import parse_resolver
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.marker_text import Reader
from backtrail.resolvers.uv.markers import evaluate
from backtrail.resolvers.uv.versions import key
from backtrail.setup_py.keywords import parse_script, setup_keywords
from backtrail.setup_py.python_checks import find_guards
from backtrail.standards.core_metadata import parse_metadata
from backtrail.standards.lenient import lenient_requirement, lenient_specifier
from backtrail.standards.requires_python import fits
from backtrail.standards.wheel_tags import wheel_name
from support.reports import TARGET, question

CORPUS = Path(__file__).parents[1] / "unit" / "fuzz"

A = NormalizedName("a")
INDEX = "https://index.example/simple"
PYTHON = Version("3.10.13")
ENVIRONMENT = {name: str(value) for name, value in default_environment().items()}
PROFILE = profile(parse_resolver("uv"))

_FOLDER = tempfile.TemporaryDirectory(prefix="fuzzing-")


def _file(name: str, data: bytes) -> str:
    path = Path(_FOLDER.name, name)
    path.write_bytes(data)
    return str(path)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _silent(answer: object) -> None:
    """Any answer will do."""


def _page(data: bytes, kind: str) -> None:
    page = parse_page(data, kind, f"{INDEX}/a/", A, INDEX, 0.0)
    if isinstance(page, Listing):
        for place in range(len(page.versions)):
            page.files(place)


def _find_links(data: bytes) -> None:
    try:
        links = remote_links(INDEX, data, HTML, INDEX)
    except PageError:
        return
    found = links.listing(A)
    for place in range(len(found.versions)):
        found.files(place)


def _filename(data: bytes) -> None:
    name = _text(data)
    identify(name, A)
    wheel_name(name)
    kind_of(name.replace("\0", ""))


def _sdist(filename: str) -> File:
    return File(filename=filename, url=f"{INDEX}/{filename}", version="1.0", kind=FileKind.SDIST)


WHEEL = File(filename="a-1.0-py3-none-any.whl", url=f"{INDEX}/a", version="1.0", kind=FileKind.WHEEL)
SDIST = _sdist("a-1.0.tar.gz")


def _archive(filename: str) -> Callable[[bytes], None]:
    def target(data: bytes) -> None:
        reading = SdistReader(_sdist(filename))
        reading.feed(data)
        found = reading.close()
        if isinstance(found, SdistContents):
            _contents(found)

    return target


def _contents(contents: SdistContents) -> None:
    static_metadata(contents, SDIST)
    static_metadata(contents, SDIST, egg_info=True)
    legacy_metadata(contents, SDIST)
    stated_version(contents)


def _said(field: str) -> Callable[[bytes], None]:
    def target(data: bytes) -> None:
        empty = SdistContents(file="a-1.0.tar.gz", pkg_info="Metadata-Version: 1.0\nName: a\nVersion: 1.0\n")
        _contents(msgspec.structs.replace(empty, **{field: _text(data)}))

    return target


def _setup_py(data: bytes) -> None:
    text = _text(data)
    find_guards(text, "3.10.13")
    script = parse_script(text)
    if not isinstance(script, str):
        setup_keywords(script)


def _sentence(read: Callable[[bytes], object]) -> Callable[[bytes], None]:
    """What reads something of a person's: wrong input is an InputError, and that one sentence."""

    def target(data: bytes) -> None:
        try:
            read(data)
        except InputError:
            return

    return target


def _document(name: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        path = _file(name, data)
        return read_document(path, kind_of(path), Extras(all=True), environ={})

    return read


def _lock(name: str, data: bytes) -> None:
    """A lock, what it was made from, and how it differs from itself as it was read."""
    lock = read_any_lock(_file(name, data))
    made_from(lock)
    other = read_any_lock(str(CORPUS / "any-lock" / "pylock"))
    for pair in ((lock, lock), (lock, other), (other, lock)):
        compared = Compared((compare_locks(*pair),), only_old=(), only_new=())
        differences.text(compared, "old", "new")
        differences.markdown(compared, "old", "new")


def _environment(data: bytes) -> None:
    """A folder of packages, of the members of a zip archive."""
    with tempfile.TemporaryDirectory(dir=_FOLDER.name) as folder:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                archive.extractall(folder)
        except Exception:  # noqa: BLE001  what no folder can be is none
            return
        found = installed_in([(Path(folder), False)], "here")
    graph = InstalledGraph(found, TARGET)
    list(environment_inconsistent(graph))
    for one in found.distributions[:3]:
        installed_view(graph, one.name)


def _patch(data: bytes) -> None:
    """Any change of any line of a file of requirements applies where it is written, and changes nothing else."""
    kind, place, data = data[:1], data[1:2], data[2:]
    try:
        read = read_requirements_file(_file("requirements.txt", data), environ={})
    except InputError:
        return
    kinds = (RemedyKind.DROP, RemedyKind.ADD, RemedyKind.ORDER, RemedyKind.RELAX)
    lines = read.requirements or (Requirement(name=A, text="a"),)
    of = lines[sum(place) % len(lines)].text
    remedy = Remedy(kind=kinds[sum(kind) % len(kinds)], change="changed==1", of=of, result=RemedyResult.VERIFIED)
    try:
        written = patch(remedy, 1, question(*lines), lambda _: data)
    except InputError:
        return
    assert _patched(data, written) != data or not written


def _patched(data: bytes, difference: bytes) -> bytes:
    """What a unified diff makes of a file; each of its lines of before stands there."""
    before, after, place = data.split(b"\n"), list[bytes](), 0
    for line in difference.split(b"\n")[2:-1]:
        match line[:1]:
            case b"@":
                found = re.match(rb"@@ -(\d+)(?:,(\d+))? ", line)
                assert found is not None
                start = int(found[1]) - (found[2] != b"0")
                after += before[place:start]
                place = start
            case b"+":
                after.append(line[1:])
            case b"\\":
                pass
            case sign:
                assert before[place] == line[1:]
                after += [before[place]] if sign == b" " else []
                place += 1
    return b"\n".join([*after, *before[place:]])


def _requirement(data: bytes) -> None:
    text = _text(data)
    lenient_requirement(text)
    try:
        parse_requirement(text)
    except InvalidRequirement:
        return


def _version(data: bytes) -> None:
    try:
        version = Version(_text(data))
    except ValueError:
        return
    own = key(version)
    assert ranges.contains(ranges.singleton(own), own)
    ranges.describe(ranges.singleton(own))


def _specifier(data: bytes) -> None:
    text = _text(data)
    fits(text, PYTHON, whole=True)
    fits(text, PYTHON, whole=False)
    specifier = lenient_specifier(text)
    if specifier is None:
        return
    admitted = ranges.specifier_range(specifier)
    ranges.describe(admitted)
    assert ranges.is_disjoint(admitted, ranges.complement(admitted))
    ranges.release_ranges(specifier)


def _marker(data: bytes) -> None:
    reading = Reader(PROFILE)
    try:
        node = reading.read(_text(data))
    except InvalidMarker:
        return
    evaluate(node, ENVIRONMENT)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "page-html": lambda data: _page(data, HTML),
    "page-json": lambda data: _page(data, JSON),
    "find-links": _find_links,
    "filename": _filename,
    "metadata": lambda data: _silent(parse_metadata(data, file=WHEEL, source=MetadataSource.WHEEL)),
    "wheel": lambda data: _silent(metadata_of(data)),
    "sdist-tar": _archive("a-1.0.tar"),
    "sdist-tar-gz": _archive("a-1.0.tar.gz"),
    "sdist-zip": _archive("a-1.0.zip"),
    "pyproject-static": _said("pyproject"),
    "setup-cfg": _said("setup_cfg"),
    "requires-txt": _said("egg_requires"),
    "setup-py": _setup_py,
    "requirements": _sentence(lambda data: read_requirements_file("-", environ={}, stdin=lambda: data)),
    "pyproject": _sentence(_document("pyproject.toml")),
    "pipfile": _sentence(_document("Pipfile")),
    "environment-yml": _sentence(_document("environment.yml")),
    "script": _sentence(_document("script.py")),
    "uv-lock": _sentence(lambda data: read_lock(_file("uv.lock", data))),
    "any-lock": _sentence(lambda data: _lock("any.lock", data)),
    "pylock": _sentence(lambda data: _lock("pylock.toml", data)),
    "poetry-lock": _sentence(lambda data: _lock("poetry.lock", data)),
    "pdm-lock": _sentence(lambda data: _lock("pdm.lock", data)),
    "compiled-lock": _sentence(lambda data: _lock("requirements.txt", data)),
    "environment": _environment,
    "patch": _patch,
    "case": _sentence(lambda data: recorded(_file("a.backtrail", data))),
    "log": _sentence(lambda data: read_log("-", lambda: data)),
    "requirement-line": _sentence(lambda data: read_requirement(_text(data), Origin())),
    "requirement": _requirement,
    "version": _version,
    "specifier": _specifier,
    "marker": _marker,
}
"""By name; each reads what a stranger may have written."""

_TOKENS = (
    b"<a href=", b"<!--", b"-->", b"<![CDATA[", b"&#", b'"', b"'", b"[", b"]", b"{", b"}", b"(", b")", b"\n",
    b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"==", b">=", b"~=", b"===", b"!=", b".*", b",", b";", b" and ",
    b" or ", b" not in ", b"1" * 5000, b"0x" + b"f" * 5000, b"-1", b"9" * 20, "\u0663".encode(), "\u202e".encode(),
    b"\\", b"#", b"@ ", b"file:///", b"https://", b"extra == ", b"python_version", b"os_name", b"null", b"true",
    b"1e999", b"NaN", b"-r -", b"-c x", b"-e .", b"--hash=", b"${A}", b"[project]\n", b"a.b.c", b"PK\x01\x02",
    b"PK\x05\x06", b"1!", b"+local", b".post1", b".dev0", b"rc1", b"\t", b" " * 300, b"None", b"lambda: ",
    b"x += ", b"raise ", b"sys.version_info", b"import ", b"%s", b"{0}",
)  # fmt: skip


def corpus(name: str) -> list[bytes]:
    """The inputs that a target begins with."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def mutated(name: str, seed: int) -> Iterator[bytes]:
    """Inputs for a target without end, the same for the same seed: those of the corpus first, then changed ones."""
    chance = random.Random(f"{name} {seed}")
    known = corpus(name)
    yield from known
    change = _changed_members if name in {"case", "environment", "sdist-zip", "wheel"} else _changed
    while True:
        data = change(chance.choice(known), known, chance)
        if chance.random() < 0.02 and len(data) < 20_000 and len(known) < 300:
            known.append(data)
        yield data


def _changed(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        place = chance.randint(0, len(data))
        stop = min(len(data), place + chance.choice((0, 1, 2, 8, 64)))
        match chance.randrange(7):
            case 0:
                middle = chance.choice(_TOKENS)
            case 1:
                middle = bytes(chance.randrange(256) for _ in range(chance.choice((1, 1, 4))))
            case 2:
                middle = data[place:stop] * chance.choice((2, 3, 50))
            case 3:
                other = chance.choice(others)
                start = chance.randint(0, len(other))
                middle = other[start : start + chance.choice((1, 8, 64, 1000))]
            case 4:
                middle = b""
            case 5:
                middle = chance.choice(_TOKENS) * chance.choice((2, 20))
            case _:
                middle = data[place:stop].swapcase()
        data = data[:place] + middle + data[stop:]
        data = data[:100_000]
    return data


def _changed_members(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A zip archive changed from outside, or one of its members from inside."""
    if chance.random() < 0.5:
        return _changed(data, others, chance)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception:  # noqa: BLE001  what was changed from outside is often none
        return _changed(data, others, chance)
    if members:
        name = chance.choice(sorted(members))
        members[name] = _changed(members[name], list(members.values()), chance)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()
