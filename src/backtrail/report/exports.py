"""A question and its answer in the forms of other people's tools: packse, the pip scenario collection, pip itself.

- packse (astral-sh/packse): one TOML file a scenario, with the packages, what is asked, and what must come out of it.
- Pip-Resolution-Scenarios-and-Benchmarks (notatallshaw): a TOML table a scenario, resolved on PyPI as of a date.
- requirements and constraints: the question as pip and uv read it, and the pins as constraints.

Each begins with a comment that says who wrote it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import tomli_w
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.index.files.sdist import legacy_metadata, static_metadata
from backtrail.model.errors import InputError
from backtrail.model.files import File, FileKind, Listing
from backtrail.model.marks import MARK
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.policy import Mode
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement, marker
from backtrail.model.run import Run
from backtrail.model.safe_text import safe
from backtrail.model.trail import Outcome
from backtrail.report import wording
from backtrail.resolvers.pip.finder import pinned
from backtrail.resolvers.registry import parse_resolver, resolver_of
from backtrail.sources.case_file import World
from backtrail.standards.lenient import lenient_requirement, lenient_specifier

__all__ = ["constraints", "packse", "pip_scenario", "requirements"]

_ANY_PYTHON = ">=3"  # packse takes a package without one for >=3.12
_UNUSABLE: Mapping[str, Any] = {"requires_python": ">=3.99", "sdist": False, "wheel_tags": ["py2-none-any"]}
"""A version that is there and fits no target. Its Python says so as well: packse may build an sdist nevertheless."""

_EXTRA = re.compile(r"""\(?extra == (?:"([^"]*)"|'([^']*)')\)?""")


# packse


def packse(question: Question, run: Run, world: World) -> str:
    """A packse scenario of one run: the versions that were looked at, as they said of themselves.

    What packse has no word for is built into the packages: files after the cut-off are not there; constraints stand
    beside the requirements on their project, overrides in place of them; a direct reference is the version it was.
    Wheels are named by the tags that fit the target, all of them where none does. Raises InputError for a run without
    an answer.
    """
    if run.mode is not Mode.SPECIFIC:
        raise InputError(f"{run.key} is for all environments: a scenario is for one")
    if run.outcome not in (Outcome.SOLVED, Outcome.IMPOSSIBLE):
        raise InputError(f"{run.key} ended without an answer: there is nothing a scenario could expect")
    asked = _Asked(question, run)
    packages = dict(_packages(asked, world))
    entry = {
        "name": _slug(question),
        "description": " ".join(wording.scenario(question, run)),
        "root": {"requires_python": f">={question.target.python}", "requires": asked.root()},
        "resolver_options": _resolver_options(question),
        "environment": {"python": ".".join(question.target.python.split(".")[:2])},
        "expected": {
            "satisfiable": run.outcome is Outcome.SOLVED,
            "packages": {pin.name: pin.version for pin in run.pins} if run.outcome is Outcome.SOLVED else {},
        },
        "packages": {name: {"versions": versions} for name, versions in packages.items()},
    }
    return _toml(entry)


class _Asked:
    """What is asked, with constraints and overrides where packse can hold them."""

    def __init__(self, question: Question, run: Run) -> None:
        self.question = question
        self.behaviour = resolver_of(parse_resolver(run.key)).behaviour
        self._direct = {pin.name: pin.version for pin in run.pins if pin.file is None} | {
            canonicalize_name(one.name): one.version for one in question.stand_ins
        }
        self._overrides: dict[NormalizedName, list[Requirement]] = {}
        for one in question.overrides:
            self._overrides.setdefault(one.name, []).append(one)

    def root(self) -> list[str]:
        """The user's own requirements, direct references first, since uv decides them before all others."""
        return self._effective(sorted(self.question.requirements, key=lambda one: one.url is None))

    def requires(self, texts: Iterable[str]) -> list[str]:
        """The requirements of a package; what nobody can read is left out."""
        return self._effective(one for one in map(lenient_requirement, texts) if one is not None)

    def _effective(self, lines: Iterable[Requirement]) -> list[str]:
        """What an override replaces, replaced; and beside each line the constraints on its project, as uv adds them."""
        found: list[str] = []
        for line in lines:
            for one in self._overrides.get(line.name, [line]):
                found.append(self._text(one, one.marker))
                found += [
                    self._text(constraint, _both(one.marker, constraint.marker))
                    for constraint in self.question.constraints
                    if constraint.name == one.name and constraint.specifier
                ]
        return list(dict.fromkeys(found))

    def allows_yanked(self, name: NormalizedName, version: str) -> bool:
        """Whether a constraint or override of the user's pins a version: packse has no other word that lets it in."""
        markers = self.question.target.markers
        return any(
            one.name == name
            and pinned(one.specifiers)
            and one.specifiers.contains(version, prereleases=True)
            and one.applies(markers) is not False
            for one in (*self.question.constraints, *self.question.overrides)
        )

    def _text(self, requirement: Requirement, condition: str | None) -> str:
        extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
        specifier = requirement.specifier
        if requirement.url is not None:
            version = self._direct.get(requirement.name)
            specifier = "" if version is None else f"=={version}"
        return f"{requirement.name}{extras}{specifier}{f' ; {condition}' if condition else ''}"


def _both(one: str | None, other: str | None) -> str | None:
    return f"({one}) and ({other})" if one and other else one or other


def _packages(asked: _Asked, world: World) -> Iterator[tuple[NormalizedName, Mapping[str, Any]]]:
    for stand_in in asked.question.stand_ins:
        yield canonicalize_name(stand_in.name), {stand_in.version: _release(asked, (), stand_in)}
    direct = {canonicalize_name(one.name) for one in asked.question.stand_ins}
    pages: dict[NormalizedName, Listing] = {}
    for listing in (*world.pages.values(), *world.links.values()):
        if isinstance(listing, Listing) and listing.versions:
            pages.setdefault(listing.name, listing)  # the first index that has a project
    for name in sorted(pages.keys() - direct):
        versions = dict(_versions(asked, pages[name], world))
        if versions:
            yield name, versions
    for name, _ in sorted(world.directs):
        found = world.directs[name, _]
        if name not in direct and name not in pages and isinstance(found, Metadata):
            yield name, {found.version: _release(asked, (), found)}


def _versions(asked: _Asked, listing: Listing, world: World) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The versions looked at, and of those between them the outermost.

    That there are others decides how far a resolver may generalise from one version to its neighbours.
    """
    known = {
        place: entry for place in range(len(listing.versions)) if (entry := _version(asked, listing, place, world))
    }
    for place, version in enumerate(listing.versions):
        entry = known.get(place)
        if entry is not None:
            yield version, entry
        elif place - 1 in known or place + 1 in known:
            yield version, _UNUSABLE


def _version(asked: _Asked, listing: Listing, place: int, world: World) -> dict[str, Any] | None:
    """A version with the files it had before the cut-off; None where nobody looked at it, or nobody can read it."""
    cut_off, options = asked.behaviour.cut_off, asked.question.options
    flat = listing.index in asked.question.indexes.find_links
    if not bytes(listing.table.files[place]):
        return None
    files = tuple(file for file in listing.files(place) if cut_off.hides(file, options, flat=flat) is None)
    if asked.allows_yanked(listing.name, listing.versions[place]):
        files = tuple(msgspec.structs.replace(file, yanked=None) for file in files)
    said = _metadata(files, world)
    return _release(asked, files, said) if files and not isinstance(said, Unavailable) else None


def _metadata(files: Sequence[File], world: World) -> Metadata | Unavailable | None:
    """What a version says of itself, a build before a wheel before an sdist; None where nobody looked."""
    unreadable: Unavailable | None = None
    for found in (
        *(world.builds.get(file.url) for file in files),
        *(world.metadata.get(file.url) for file in files),
        *(_sdist_metadata(file, world) for file in files),
    ):
        if isinstance(found, Metadata):
            return found
        if isinstance(found, Unavailable) and not found.failure.unknown:
            unreadable = unreadable or found
    return unreadable


def _sdist_metadata(file: File, world: World) -> Metadata | Unavailable | None:
    contents = world.sdists.get(file.url)
    if not isinstance(contents, SdistContents):
        return contents
    return static_metadata(contents, file) or legacy_metadata(contents, file)


def _release(asked: _Asked, files: Sequence[File], said: Metadata | None) -> dict[str, Any]:
    """One version. Fields that are as packse assumes are left out, but for Requires-Python."""
    entry: dict[str, Any] = {"requires_python": _requires_python(files, said)}
    plain, extras = _dependencies(asked, said)
    if plain:
        entry["requires"] = plain
    if extras:
        entry["extras"] = extras
    tags = _tags(files, asked.question.target.tag_rank)
    if files and not any(file.kind is FileKind.SDIST for file in files):
        entry["sdist"] = False
    if files and not tags:
        entry["wheel"] = False
    if tags and tags != ["py3-none-any"]:
        entry["wheel_tags"] = tags
    if files and all(file.yanked is not None for file in files):
        entry["yanked"] = True
    return entry


def _requires_python(files: Sequence[File], said: Metadata | None) -> str:
    texts = [file.requires_python for file in files] + ([] if said is None else [said.requires_python])
    text = next((one for one in texts if one), None)
    found = None if text is None else lenient_specifier(text)
    return str(found) if found is not None and str(found) else _ANY_PYTHON


def _dependencies(asked: _Asked, said: Metadata | None) -> tuple[list[str], dict[str, list[str]]]:
    """Requirements, and those of each extra without the condition that says so."""
    if said is None:
        return [], {}
    plain: list[str] = []
    gated: dict[str, list[str]] = {canonicalize_name(extra): [] for extra in said.provides_extra}
    for text in said.requires_dist:
        requirement = lenient_requirement(text)
        extra, rest = (None, None) if requirement is None else _gate(requirement.marker)
        if requirement is None or extra is None or canonicalize_name(extra) not in gated:
            plain.append(text)
        else:
            head = _head(requirement)
            gated[canonicalize_name(extra)].append(head if rest is None else f"{head} ; {rest}")
    return asked.requires(plain), {extra: asked.requires(texts) for extra, texts in gated.items()}


def _head(requirement: Requirement) -> str:
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"


def _gate(condition: str | None) -> tuple[str | None, str | None]:
    """``python_version < "3.9" and extra == "x"`` as ``x`` and the rest of it; None and None for any other form."""
    parts = [] if condition is None else _conjuncts(str(marker(condition)))
    gates = [found for found in map(_EXTRA.fullmatch, parts) if found]
    if len(gates) != 1:
        return None, None
    rest = [part for part in parts if not _EXTRA.fullmatch(part)]
    return gates[0][1] or gates[0][2], " and ".join(rest) or None


def _conjuncts(text: str) -> list[str]:
    """The parts of a marker that must all hold; one part where it is an ``or``."""
    parts, depth, quote, start, place = [], 0, "", 0, 0
    while place < len(text):
        character = text[place]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif depth == 0 and text.startswith(" or ", place):
            return [text]
        elif depth == 0 and text.startswith(" and ", place):
            parts.append(text[start:place])
            start = place + 5
        place += 1
    return [*parts, text[start:]]


def _tags(files: Sequence[File], rank: Mapping[str, int]) -> list[str]:
    wheels = dict.fromkeys(
        "-".join(file.filename.removesuffix(".whl").split("-")[-3:]) for file in files if file.kind is FileKind.WHEEL
    )
    fitting = [tag for tag in wheels if any(one in rank for one in _expanded(tag))]
    return fitting or list(wheels)


def _expanded(tag: str) -> Iterator[str]:
    pythons, abis, platforms = tag.split("-")
    for python in pythons.split("."):
        for abi in abis.split("."):
            for platform in platforms.split("."):
                yield f"{python}-{abi}-{platform}"


def _resolver_options(question: Question) -> dict[str, Any]:
    options = question.options
    entry: dict[str, Any] = {"python": question.target.python}
    platform = _platform(question.target.tags)
    if platform is not None:
        entry["python_platform"] = platform
    if options.prerelease == "allow":
        entry["prereleases"] = True
    for name, projects in (("no_build", options.formats.only_binary), ("no_binary", options.formats.no_binary)):
        if projects:
            entry[name] = sorted(projects)
    return entry


_PLATFORMS = (
    (re.compile(r".*-manylinux_2_(\d+)_(\w+)"), "{1}-manylinux_2_{0}"),
    (re.compile(r".*-musllinux_1_\d+_(\w+)"), "{0}-unknown-linux-musl"),
    (re.compile(r".*-macosx_\d+_\d+_arm64"), "aarch64-apple-darwin"),
    (re.compile(r".*-macosx_\d+_\d+_x86_64"), "x86_64-apple-darwin"),
    (re.compile(r".*-win_amd64"), "x86_64-pc-windows-msvc"),
    (re.compile(r".*-win_arm64"), "aarch64-pc-windows-msvc"),
    (re.compile(r".*-win32"), "i686-pc-windows-msvc"),
)


def _platform(tags: Iterable[str]) -> str | None:
    """The name uv has for a platform, by its best tag; None where it has none."""
    for tag in tags:
        for pattern, name in _PLATFORMS:
            found = pattern.fullmatch(tag)
            if found is not None:
                return name.format(*found.groups())
    return None


def _slug(question: Question) -> str:
    """A name for the scenario: that of the first project asked for."""
    first = question.subject or next(iter(question.requirements), None)
    return "question" if first is None else f"{first.name}-question"


# The pip scenario collection


def pip_scenario(question: Question, world: World) -> str:
    """A scenario of the pip resolution benchmarks: a table of its own, to be put into one of their files.

    They resolve on PyPI as of a moment: the cut-off, or where there is none the newest upload that was recorded.
    """
    entry: dict[str, Any] = {
        "python_version": ".".join(question.target.python.split(".")[:2]),
        "platform_system": question.target.markers.get("platform_system", ""),
        "datetime": _day(question.options.exclude_newer or max(_uploads(world), default="")),
        "requirements": [_written(one) for one in question.requirements],
    }
    if question.constraints:
        entry["constraints"] = [_written(one) for one in question.constraints]
    if question.options.max_rounds is not None:
        entry["max_resolution_rounds"] = question.options.max_rounds
    return _toml({_slug(question).removesuffix("-question"): entry})


def _uploads(world: World) -> Iterator[str]:
    for page in (*world.pages.values(), *world.links.values()):
        if isinstance(page, Listing):
            yield from filter(None, page.table.earliest)


def _day(moment: str) -> str:
    """``2024-10-07 21:46:00``, as the collection writes it."""
    if not moment:
        raise InputError("no time is known at which to resolve: give one with --exclude-newer")
    return moment[:19].replace("T", " ")


def _written(requirement: Requirement) -> str:
    return safe(requirement.text)


# Requirements and constraints


def requirements(question: Question) -> str:
    """What is asked for, as a requirements file."""
    return _lines(_written(one) for one in question.requirements)


def constraints(question: Question, run: Run) -> str:
    """The answer as a constraints file; beside the requirements it leaves nothing to decide.

    The user's own constraints stand before the pins. Direct references are no constraints, their projects stay open.
    """
    pins = [f"{pin.name}=={pin.version}" for pin in run.pins if pin.url is None]
    if run.mode is not Mode.SPECIFIC:
        pins = [wording.requirement_line(one) for one in run.lines if one.url is None]
    return _lines((*(_written(one) for one in question.constraints), *sorted(pins)))


def _lines(texts: Iterable[str]) -> str:
    return "".join(f"{text}\n" for text in (f"# {MARK}", *texts))


# TOML 1.0


def _toml(document: Mapping[str, Any]) -> str:
    return f"# {MARK}\n{tomli_w.dumps(_shown(document))}"


def _shown(value: Any) -> Any:
    """What can be written as TOML: texts without credentials, and what does not print spelled out."""
    match value:
        case str():
            return safe(value)
        case Mapping():
            return {_shown(key): _shown(one) for key, one in value.items()}
        case list() | tuple():
            return [_shown(one) for one in value]
        case _:
            return value
