"""Scenarios in packse's form as questions: each is of an index of its own, of which it states everything."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion

from backtrail.inputs.settings import Flags
from backtrail.model.errors import InputError
from backtrail.model.files import Absent, File, FileKind, Listing, Page
from backtrail.model.metadata import Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.sources.case_file import World
from backtrail.standards.core_metadata import parse_metadata

__all__ = ["fields", "is_scenario", "of_scenario", "stated_world"]

_INDEX = "https://scenario.invalid/simple"

_DEFAULTS: Mapping[str, Any] = {
    "requires": (), "requires_python": ">=3.12", "extras": {}, "sdist": True, "wheel": True,
    "wheel_tags": ("py3-none-any",), "yanked": False,
}  # fmt: skip
"""What packse takes where a version does not say."""

_TEXTS = list[str], "a list of texts"
_SWITCH = bool, "true or false"
_FORMS: Mapping[str, tuple[Any, str]] = {
    "requires": _TEXTS,
    "requires_python": (str | None, "a text"),
    "extras": (dict[str, list[str]], "a table of lists of texts"),
    "sdist": _SWITCH,
    "wheel": _SWITCH,
    "wheel_tags": _TEXTS,
    "yanked": (bool | str, "true, false or a reason"),
    "description": (str, "a text"),
}
"""What packse says of a version."""

_PYTHON = "3.12"

_OPTIONS = {"python": "python", "python_platform": "platform", "resolution": "resolution", "no_build": "only_binary",
            "no_binary": "no_binary"}  # fmt: skip
"""Options of a resolver by the names that they have here; ``universal`` is asked with ``--universal``."""


def is_scenario(document: Mapping[str, Any]) -> bool:
    """Whether a table is a scenario of packse's."""
    return isinstance(document.get("root"), Mapping) and isinstance(document.get("packages"), Mapping)


def fields(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """What a scenario asks, as the fields of a question; ``tools``, where recorded, are those that answered it."""
    options, environment, tools = (_table(scenario, name) for name in ("resolver_options", "environment", "tools"))
    asked: dict[str, Any] = {
        "requirements": scenario["root"].get("requires", []),
        "python": scenario.get("python_used") or environment.get("python") or _PYTHON,
        **{ours: options[theirs] for theirs, ours in _OPTIONS.items() if theirs in options},
    }
    if options.get("prereleases"):
        asked["prerelease"] = "allow"
    answered = [(name, _table(tools, name).get("version")) for name in ("uv", "pip")]
    resolvers = [f"{name}@{release}" for name, release in answered if release]
    if resolvers:
        asked["resolvers"] = resolvers
    return asked


def _table(scenario: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = scenario.get(name) or {}
    if not isinstance(found, Mapping):
        raise InputError(f"{name!r} is not a table")
    return found


def of_scenario(flags: Flags) -> Flags:
    """The options of a question that is asked of the index of its scenario, and of nothing else."""
    return msgspec.structs.replace(
        flags, index_url=_INDEX, default_index=None, index=(), extra_index_url=(), find_links=(), no_index=False
    )


def stated_world(scenario: Mapping[str, Any]) -> World:
    """The index of a scenario: a project that somebody asks for and that is not stated is absent.

    Raises InputError for what packse would not take.
    """
    asked_for: set[NormalizedName] = set(_names(scenario["root"].get("requires", ())))
    pages: dict[tuple[str, NormalizedName], Page] = {}
    metadata: dict[str, Metadata | Unavailable] = {}
    sdists: dict[str, SdistContents | Unavailable] = {}
    for project, package in scenario["packages"].items():
        name, files = canonicalize_name(project), list[File]()
        for version, said in _versions(project, package):
            text = "\n".join(_metadata(project, version, said)) + "\n"
            asked_for.update(_names(_requires(said)))
            for file in _files(name, version, said):
                files.append(file)
                if file.kind is FileKind.WHEEL:
                    read = parse_metadata(text.encode(), file=file, source=MetadataSource.METADATA_FILE)
                    metadata[file.url] = read
                else:
                    sdists[file.url] = SdistContents(file=file.filename, pkg_info=text)
        try:
            pages[_INDEX, name] = Listing.of(name, _INDEX, files)
        except InvalidVersion as error:
            raise InputError(f"packages.{project}: {error}") from None
    absent = {(_INDEX, name): Absent(index=_INDEX) for name in asked_for}
    return World(pages={**absent, **pages}, metadata=metadata, sdists=sdists)


def _versions(project: str, package: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What is stated of each version: packse has them in a table of their own, recorded answers have not."""
    inner = package.get("versions", package) if isinstance(package, Mapping) else None
    if not isinstance(inner, Mapping) or not all(isinstance(own, Mapping) for own in inner.values()):
        raise InputError(f"packages.{project}: it has no table of versions")
    for version, own in inner.items():
        for name, value in own.items():
            if name not in _FORMS:
                raise InputError(f"packages.{project} {version}: packse has no {name!r}")
            form, words = _FORMS[name]
            try:
                msgspec.convert(value, form)
            except msgspec.ValidationError:
                raise InputError(f"packages.{project} {version}: {name} is not {words}") from None
        yield version, {**_DEFAULTS, **own}


def _metadata(project: str, version: str, said: Mapping[str, Any]) -> Iterator[str]:
    yield from ("Metadata-Version: 2.3", f"Name: {project}", f"Version: {version}")
    if said["requires_python"]:
        yield f"Requires-Python: {said['requires_python']}"
    yield from (f"Provides-Extra: {extra}" for extra in said["extras"])
    yield from (f"Requires-Dist: {text}" for text in _requires(said))


def _requires(said: Mapping[str, Any]) -> Iterator[str]:
    yield from said["requires"]
    for extra, texts in said["extras"].items():
        yield from (_gated(text, extra) for text in texts)


def _gated(text: str, extra: str) -> str:
    """What an extra requires."""
    line, _, marker = text.partition(";")
    return f"{line}; {f'({marker.strip()}) and ' if marker.strip() else ''}extra == '{extra}'"


def _names(texts: Iterable[str]) -> Iterator[NormalizedName]:
    for text in texts:
        try:
            yield canonicalize_name(Requirement(text).name)
        except InvalidRequirement:  # it is said of the release when that is read
            continue


def _files(name: NormalizedName, version: str, said: Mapping[str, Any]) -> Iterator[File]:
    stem = f"{name.replace('-', '_')}-{version}"
    wheels = [f"{stem}-{tag}.whl" for tag in said["wheel_tags"]] if said["wheel"] else []
    yanked = said["yanked"]
    for filename in (*wheels, *([f"{stem}.tar.gz"] if said["sdist"] else [])):
        is_wheel = filename.endswith(".whl")
        yield File(
            filename=filename,
            url=f"{_INDEX}/files/{filename}",
            version=version,
            kind=FileKind.WHEEL if is_wheel else FileKind.SDIST,
            index=_INDEX,
            requires_python=said["requires_python"] or None,
            yanked=(yanked if isinstance(yanked, str) else "") if yanked is not False else None,
            metadata_hashes={} if is_wheel else None,
        )
