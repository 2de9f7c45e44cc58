"""Metadata of an sdist without building it: what uv accepts as static, and, failing that, the best legacy reading."""

import configparser
import re
from itertools import chain
from typing import TypeVar

import msgspec

from backtrail.model.files import File
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.setup_py.keywords import UNKNOWN, Keywords, Unknown, parse_script, setup_keywords
from backtrail.standards.core_metadata import Headers, inconsistency, project_of, read_headers, stated
from backtrail.standards.egg_requirements import TooManyError, bounded, marked, requires_txt, section
from backtrail.standards.ini_text import read_ini
from backtrail.standards.lenient import lenient_requirement
from backtrail.standards.toml_text import read_toml

__all__ = ["has_static_pkg_info", "legacy_metadata", "stated_version", "static_metadata"]


class _Project(msgspec.Struct, rename="kebab"):
    """``[project]`` (PEP 621), as far as a resolver reads it."""

    name: str
    version: str | None = None
    requires_python: str | None = None
    dependencies: list[str] | None = None
    optional_dependencies: dict[str, list[str]] = {}
    dynamic: list[str] = []


class _Tool(msgspec.Struct, frozen=True):
    poetry: dict[str, object] | None = None


class _BuildSystem(msgspec.Struct, rename="kebab", frozen=True):
    build_backend: str | None = None


class _Pyproject(msgspec.Struct, rename="kebab"):
    project: _Project | None = None
    tool: _Tool = _Tool()
    build_system: _BuildSystem = _BuildSystem()


_Value = TypeVar("_Value")


def static_metadata(contents: SdistContents, file: File, *, egg_info: bool = False) -> Metadata | Unavailable | None:
    """Read what uv takes without a build; None: it would build.

    ``egg_info`` stands for uv before 0.6: an egg-info's requires.txt counts, a dynamic version in pyproject.toml does
    not, and a text with another name or version than the file's makes the file unavailable (later: is passed over).
    """
    for read in _READERS if egg_info else _READERS[:2]:
        try:
            found = read(contents, file, strict=egg_info)
        except TooManyError:
            return _too_many(file)
        if isinstance(found, Unavailable) and found.failure is Failure.INCONSISTENT and not egg_info:
            continue
        if found is not None:
            return found
    return None


def legacy_metadata(contents: SdistContents, file: File, *, assumes: bool = False) -> Metadata | Unavailable:
    """Read the most likely requirements where a build is not allowed; ``source`` says from which text.

    Unavailable BUILD_FORBIDDEN where none of the texts says: nobody knows then, which is not the same as none, and is
    taken as none only for who ``assumes`` it.
    """
    headers = read_headers((contents.pkg_info or "").encode())
    try:
        found = _legacy_requirements(contents, headers)
    except TooManyError:
        return _too_many(file)
    if found is None and assumes:
        found = MetadataSource.ASSUMED, (), (), None
    if found is None:
        return Unavailable(
            failure=Failure.BUILD_FORBIDDEN, file=file.filename, detail="no text in it says what it needs"
        )
    source, requires_dist, extras, requires_python = found
    metadata = Metadata(
        name=headers.get("name", [project_of(file) or ""])[0],
        version=headers.get("version", [file.version])[0],
        requires_dist=requires_dist,
        requires_python=headers.get("requires-python", [""])[0] or requires_python,
        provides_extra=extras,
        source=source,
        file=file.filename,
    )
    return inconsistency(metadata, file) or metadata


def stated_version(contents: SdistContents) -> str | None:
    """The version a source tree gives itself in so many words; None where only a build would tell."""
    try:
        project = _read_pyproject(contents.pyproject or "").project
    except ValueError:
        return None
    if project is not None:
        return project.version
    if "version" in (headers := read_headers((contents.pkg_info or "").encode())):
        return headers["version"][0]
    script = parse_script(contents.setup_py or "")
    keywords = None if isinstance(script, str) else setup_keywords(script)
    given = keywords.version if keywords is not None else None
    if given is not None:
        return given if isinstance(given, str) else None
    return _options(contents.setup_cfg or "").version


def has_static_pkg_info(text: str) -> bool:
    """Whether a PKG-INFO states its requirements for good (PEP 643)."""
    headers = read_headers(text.encode())
    version = _metadata_version(headers)
    return version is not None and (2, 2) <= version < (3, 0) and not _dynamic(headers)


# What uv takes


def _static_pyproject(contents: SdistContents, file: File, *, strict: bool) -> Metadata | Unavailable | None:
    if contents.pyproject is None:
        return None
    try:
        pyproject = _read_pyproject(contents.pyproject)
    except ValueError as error:
        return _invalid(file, f"pyproject.toml: {error}")
    project = pyproject.project
    never_dynamic = {"dependencies", "optional-dependencies", "requires-python", *(("version",) if strict else ())}
    if project is None or never_dynamic & set(project.dynamic) or (strict and project.version is None):
        return None
    if project.dependencies is None and pyproject.tool.poetry is not None:
        return None
    of_extras = (
        marked(requirement, f'extra == "{extra}"')
        for extra, requirements in project.optional_dependencies.items()
        for requirement in requirements
    )
    return _checked(
        Metadata(
            name=project.name,
            version=project.version or file.version,
            requires_dist=tuple(bounded(chain(project.dependencies or (), of_extras))),
            requires_python=project.requires_python,
            provides_extra=tuple(project.optional_dependencies),
            source=MetadataSource.PYPROJECT,
            file=file.filename,
        ),
        file,
    )


def _static_pkg_info(contents: SdistContents, file: File, *, strict: bool) -> Metadata | Unavailable | None:
    del strict  # the same in all releases
    headers = read_headers((contents.pkg_info or "").encode())
    if "metadata-version" not in headers:
        return None
    version = _metadata_version(headers)
    if version is None:
        return _invalid(file, f"Metadata-Version {headers['metadata-version'][0]}")
    if not (2, 2) <= version < (3, 0) or _dynamic(headers) or "name" not in headers or "version" not in headers:
        return None
    metadata = stated(headers, file=file, source=MetadataSource.PKG_INFO)
    return _checked(metadata, file) if isinstance(metadata, Metadata) else metadata


def _static_egg_info(contents: SdistContents, file: File, *, strict: bool) -> Metadata | Unavailable | None:
    del strict
    headers = read_headers((contents.pkg_info or "").encode())
    if not contents.egg_requires or "name" not in headers or "version" not in headers:
        return None
    requires_dist, extras = requires_txt(contents.egg_requires, own_markers=False)
    metadata = stated(
        headers | {"requires-dist": requires_dist, "provides-extra": extras}, file=file, source=MetadataSource.EGG_INFO
    )
    return _checked(metadata, file) if isinstance(metadata, Metadata) else metadata


_READERS = (_static_pyproject, _static_pkg_info, _static_egg_info)


def _checked(metadata: Metadata, file: File) -> Metadata | Unavailable | None:
    """None where a requirement does not parse: uv builds then. A Requires-Python stays as written."""
    if any(lenient_requirement(text) is None for text in metadata.requires_dist):
        return None
    return inconsistency(metadata, file) or metadata


def _dynamic(headers: Headers) -> bool:
    """Whether what a resolver needs is left to the build; uv compares the names in this case only."""
    return not {"Requires-Dist", "Requires-Python", "Provides-Extra"}.isdisjoint(headers.get("dynamic", ()))


def _metadata_version(headers: Headers) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{1,3})\.(\d{1,3})", headers.get("metadata-version", [""])[0], re.ASCII)
    return (int(found[1]), int(found[2])) if found else None


def _read_pyproject(text: str) -> _Pyproject:
    """Raise ValueError for bad TOML and for wrong types."""
    return msgspec.convert(read_toml(text), _Pyproject)


def _too_many(file: File) -> Unavailable:
    return Unavailable(failure=Failure.TOO_LARGE, file=file.filename, detail="it has more requirements than are read")


def _invalid(file: File, detail: str) -> Unavailable:
    return Unavailable(failure=Failure.INVALID, file=file.filename, detail=detail.replace("\n", " ")[:200])


# What older texts say


Found = tuple[MetadataSource, tuple[str, ...], tuple[str, ...], str | None]
"""Source, requirements, extras, Requires-Python."""


def _legacy_requirements(contents: SdistContents, headers: Headers) -> Found | None:
    if contents.egg_requires:
        requires_dist, extras = requires_txt(contents.egg_requires, own_markers=True)
        return MetadataSource.EGG_INFO, tuple(requires_dist), tuple(extras), None
    if contents.egg_requires == "" or "requires-dist" in headers or (headers and _written_by_backend(contents)):
        requires_dist, extras = headers.get("requires-dist", []), headers.get("provides-extra", [])
        return MetadataSource.LEGACY_PKG_INFO, tuple(requires_dist), tuple(extras), None
    return _setuptools(contents)


def _written_by_backend(contents: SdistContents) -> bool:
    """Backends other than setuptools write every requirement into PKG-INFO: none there means none."""
    try:
        backend = _read_pyproject(contents.pyproject or "").build_system.build_backend
    except ValueError:
        return False
    return backend is not None and not backend.startswith("setuptools")


class _Options(msgspec.Struct, frozen=True):
    """setup.cfg; None where it does not say, UNKNOWN where it points to another file."""

    present: bool = False
    version: str | None = None
    install_requires: tuple[str, ...] | Unknown | None = None
    extras_require: dict[str, tuple[str, ...]] = {}
    python_requires: str | None = None


def _setuptools(contents: SdistContents) -> Found | None:
    """Combine setup.py with setup.cfg as setuptools does: what the script gives wins, unless it is empty."""
    if _has_project(contents):
        return None  # dependencies are declared there, or come from a place no text here shows
    options = _options(contents.setup_cfg or "")
    keywords = Keywords()
    if contents.setup_py is not None:
        script = parse_script(contents.setup_py)
        called = None if isinstance(script, str) else setup_keywords(script)
        if called is None:
            return None
        keywords = called
    elif not options.present:
        return None
    requirements, source = keywords.install_requires, MetadataSource.SETUP_PY
    if not requirements and options.install_requires is not None:
        requirements, source = options.install_requires, MetadataSource.SETUP_CFG
    if isinstance(requirements, Unknown):
        return None
    titled = _known(keywords.extras_require or options.extras_require, {})
    sections = [(*section(title), texts) for title, texts in titled.items()]
    of_extras = (marked(text, condition) for _, condition, texts in sections for text in texts)
    requires_dist = bounded(chain(requirements or (), of_extras))
    extras = dict.fromkeys(extra for extra, _, _ in sections if extra)
    python = _known(keywords.python_requires or options.python_requires, None)
    return source, tuple(requires_dist), tuple(extras), python


def _has_project(contents: SdistContents) -> bool:
    try:
        return _read_pyproject(contents.pyproject or "").project is not None
    except ValueError:
        return True


def _known(value: _Value | Unknown, default: _Value) -> _Value:
    return default if isinstance(value, Unknown) else value


def _options(text: str) -> _Options:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
    try:
        read_ini(text, parser)
    except ValueError:
        return _Options()
    options = {key.replace("-", "_"): value for key, value in _items(parser, "options")}
    extras = {key: _texts(value) for key, value in _items(parser, "options.extras_require")}
    requirements = options.get("install_requires")
    version = parser.get("metadata", "version", fallback="").strip()
    return _Options(
        present=parser.has_section("options"),
        version=None if version.startswith(("attr:", "file:")) else version or None,
        install_requires=None if requirements is None else _texts(requirements),
        extras_require={key: texts for key, texts in extras.items() if not isinstance(texts, Unknown)},
        python_requires=options.get("python_requires"),
    )


def _items(parser: configparser.RawConfigParser, section: str) -> list[tuple[str, str]]:
    return parser.items(section) if parser.has_section(section) else []


def _texts(value: str) -> tuple[str, ...] | Unknown:
    """A list in setup.cfg: one a line, or on one line between semicolons; ``file:`` names another text."""
    if value.strip().startswith(("file:", "attr:")):
        return UNKNOWN
    items = value.splitlines() if "\n" in value else value.split(";")
    return tuple(item for part in items if (item := part.strip()) and not item.startswith("#"))
