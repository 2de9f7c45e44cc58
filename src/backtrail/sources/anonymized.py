"""What is nobody's business, taken out of a question and of what is read for it, before anything else sees them.

Always: credentials and queries of URLs, the home directory, where local files lie, the names of user and computer in
what programs said, and the values of variables that stand in requirement files. On request: names of projects, and
the hosts of indexes that are not the default. A thing is called the same wherever it stands, and the disguised source
knows what was meant; so runs, recordings and reports hold nothing private, and a recording gives its report again.
"""

import getpass
import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import msgspec
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.model.files import File, Listing, Page
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.question import Question
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.safe_text import without_credentials
from backtrail.model.source import Source
from backtrail.sources.forwarding import Forwarding

__all__ = ["Disguise", "Variables", "private_places"]

R = TypeVar("R", bound=Record)

_URL = re.compile(r"""(?:[A-Za-z][\w+.-]{0,30}://|\bfile:/)[^\s"'<>|]*""")
_HOMES = r"(?<![\w.~-])(?:/home|/Users|[A-Za-z]:[\\/]Users)[\\/][^\\/\s:\"']+"
_REVISION = re.compile(r"(?:&?(?:subdirectory|lfs|rev|tag|branch)=[^&]*)+")  # as a uv.lock names a commit
_SHORT = re.compile(r"/(?:\d+/)?[^/]+")
_INTERPRETER = re.compile(r"(--python|--env) \S*[\\/]\S*")
_SHORTEST = 4  # letters; a shorter value of a variable, or a shorter name, is a word like any other
_NOBODY = frozenset({"root", "user", "admin", "runner", "build", "builder", "docker", "ubuntu", "debian", "localhost"})

_SPOKEN = frozenset({"detail", "error"})
"""Fields that hold what programs said, in which any word may stand."""

_CLOSED = frozenset(
    {"tags", "markers", "kind", "reason", "what", "why", "to", "resolver", "profile", "tool", "release"}
)
"""Fields that hold words of the program and of the standards."""

_WORDS_ALONE = frozenset({"tags", "markers"})
"""Those of them that hold nothing else, and much."""


class Variables(Mapping[str, str]):
    """An environment that remembers which of its variables were asked for."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Nothing was asked for yet."""
        self.environ = environ
        self.used: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        value = self.used[name] = self.environ[name]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.environ)

    def __len__(self) -> int:
        return len(self.environ)

    def unsaid(self, text: str) -> str:
        """A text with ``${NAME}`` for what a variable that was asked for stands for."""
        for name, value in self.used.items():
            if len(value) >= _SHORTEST:
                text = text.replace(value, f"${{{name}}}")
        return text


class Disguise:
    """Replaces what is private, alike wherever it stands. What was replaced already stays as it is."""

    def __init__(
        self, *, variables: Mapping[str, str] | None = None, names: Iterable[str] = (), places: Iterable[str] = ()
    ) -> None:
        """``variables`` stand in requirement files; ``names`` of projects and ``places`` (URLs) get other names."""
        self._known: dict[str, str] = {}  # URLs, and what they are called
        self._meant: dict[str, str] = {}  # and back
        self._taken: dict[str, str] = {}
        self._values = {value: f"${{{name}}}" for name, value in (variables or {}).items() if len(value) >= _SHORTEST}
        self._names = {canonicalize_name(name): f"private{number}" for number, name in enumerate(names, start=1)}
        self._real_names = {other: str(name) for name, other in self._names.items()}
        self._renamed = _any(f"(?<![A-Za-z0-9]){other}(?![A-Za-z0-9])" for other in _long(self._real_names))
        self._valued = _any(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])" for value in self._values)
        self._named = _any(
            f"(?<![A-Za-z0-9]){name.replace('-', '[-_.]+')}(?![A-Za-z0-9])" for name in _long(self._names)
        )
        self._here = _any(rf"(?<![\w.~-]){re.escape(here)}[\\/]" for here in _here())
        self._home = _any((*(rf"(?<![\w.~-]){re.escape(home)}(?![\w.-])" for home in _homes()), _HOMES))
        self._people = _any(rf"(?<!\w){re.escape(word)}(?!\w)" for word in _people())
        self._places: dict[str, str] = {}
        self._hosts: dict[str, str] = {}
        for place in places:
            self._rename(place)
        self._look_for_all()

    def _look_for_all(self) -> None:
        self._hosted = _any(rf"(?<![\w.-]){re.escape(host)}(?![\w.-])" for host in _long(self._hosts))
        found = (self._valued, self._named, self._hosted, self._here, self._home, self._people)
        telling = "|".join(pattern.pattern for pattern in found if pattern is not None)
        # In JSON, which is quick to make and to search, a backslash is two.
        self._telling = re.compile(
            rf"://[^\s\"]*[@?]|\bfile:/|[A-Za-z]:\\\\|--(?:python|env) |{telling}", re.IGNORECASE
        )

    @property
    def renames(self) -> bool:
        """Whether projects or indexes get other names."""
        return bool(self._names or self._hosts)

    def _rename(self, place: str) -> None:
        host = _host(place)
        if not host:
            return
        number = 1 + len(set(self._hosts.values()))
        name = self._hosts.setdefault(host, f"index{number}.example")
        self._hosts.setdefault(host.partition(":")[0], name)
        number = 1 + sum(one.startswith(f"https://{name}/") for one in self._places.values())
        self._places.setdefault(self._place(place), f"https://{name}/simple{number if number > 1 else ''}")

    @staticmethod
    def _place(url: str) -> str:
        """An address without its scheme, credentials and last slash."""
        return _host(url) + urlsplit(url).path.rstrip("/")

    def hide_hosts(self, index: str, files: Iterable[File]) -> None:
        """Where the files of a renamed index lie gets another name as well."""
        if self._place(index) not in self._places:
            return
        hosts = {_host(file.url) for file in files} - self._hosts.keys() - {""}
        for host in sorted(hosts):
            self._hosts[host] = f"files{1 + sum(name.startswith('files') for name in self._hosts.values())}.example"
        if hosts:
            self._known.clear()
            self._look_for_all()

    # Records

    def record(self, value: R) -> R:
        """The record with every text in it replaced, if there is anything to replace."""
        try:
            telling = self._telling.search(msgspec.json.encode(value).decode()) is not None
        except UnicodeEncodeError:  # a lone surrogate is no JSON
            telling = True
        return self.question(value) if telling else value

    def question(self, value: R) -> R:
        """The same of a record that likely has something to replace, as questions do, and much that has not."""
        found: R = self._hidden(value, "")
        return found

    def _hidden(self, value: Any, field: str) -> Any:
        if field in _WORDS_ALONE:
            return value
        match value:
            case Enum():
                return value
            case str():
                return value if field in _CLOSED else self.text(value, spoken=field in _SPOKEN)
            case Record():
                return type(value)(
                    **{name: self._hidden(getattr(value, name), name) for name in value.__struct_fields__}
                )
            case dict():
                return value if field in _CLOSED else {
                    self._hidden(key, ""): self._hidden(one, field) for key, one in value.items()
                }  # fmt: skip
            case tuple() | frozenset():
                return type(value)(self._hidden(one, field) for one in value)
            case _:
                return value

    def file(self, file: File) -> File:
        """The file under its other name and address."""
        url = file.url
        plain = not (self._names or self._hosts or self._values)
        return (
            file if plain and "?" not in url and "@" not in url and not url.startswith("file:") else self.record(file)
        )

    def name(self, name: NormalizedName) -> NormalizedName:
        """What a project is called."""
        return NormalizedName(self._words(name)) if self._named is not None else name

    def real_name(self, name: NormalizedName) -> NormalizedName:
        """The project that is meant."""
        if self._renamed is None:
            return name
        return NormalizedName(self._renamed.sub(lambda found: self._real_names[found[0]], name))

    def real(self, place: str) -> str:
        """The address or the path that is meant."""
        return self._meant.get(place, place)

    def source(self, inner: Source) -> Source:
        """A source that takes and gives everything under its other name."""
        return _Disguised(inner, self)

    # Texts

    def text(self, text: str, *, spoken: bool = False) -> str:
        """A text with everything private replaced; ``spoken``: a program said it, so that any word may stand in it."""
        found = _URL.sub(lambda url: self._url(url[0]), without_credentials(text))
        found = self._words(_INTERPRETER.sub(r"\1 PATH", found))
        if spoken and self._people is not None:
            found = self._people.sub("…", found)
        if found != text:
            self._meant.setdefault(found, text)
        return found

    def _words(self, text: str) -> str:
        if self._valued is not None and ("/" in text or "\\" in text):
            text = self._valued.sub(lambda found: self._values.get(found[0], found[0]), text)
        if self._here is not None:
            text = self._here.sub("", text)
        if self._home is not None:
            text = self._home.sub("~", text)
        if self._hosted is not None:
            text = self._hosted.sub(lambda found: self._hosts[found[0].lower()], text)
        if self._named is not None:
            text = self._named.sub(lambda found: self._names[canonicalize_name(found[0])], text)
        return text

    def _url(self, url: str) -> str:
        found = self._known.get(url)
        if found is None:
            try:
                found = self._words(self._shortened(url))
            except ValueError:  # no URL at all
                found = self._words(url)
            self._known[url] = self._known[found] = found
            self._meant.setdefault(found, url)
        return found

    def _shortened(self, url: str) -> str:
        """A local file by its name alone; of a place to rename the last part; other addresses without their query."""
        parts = urlsplit(url)
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        of_lock = f"?{parts.query}" if _REVISION.fullmatch(parts.query) else ""
        if parts.scheme.rpartition("+")[2] == "file":
            return self._last(f"{parts.scheme}://", parts.path.rstrip("/")) + of_lock + fragment
        host = _host(url)
        name = self._hosts.get(host)
        if name is not None:
            known = self._places.get(self._place(url))
            if known is not None:
                return known + ("/" if parts.path.endswith("/") else "")
            scheme = "https" if parts.scheme == "http" else parts.scheme
            return self._last(f"{scheme}://{name}", f"{parts.path.rstrip('/')}?{parts.query}") + fragment
        if not parts.query or parts.query.isdecimal() or of_lock:
            return url
        bare = f"{host}{parts.path}?"
        number = 1 + sum(one.startswith(bare) for one in self._taken)
        return urlunsplit(parts._replace(query=self._taken.setdefault(bare + parts.query, str(number))))

    def _last(self, base: str, path: str) -> str:
        """The last part of a path below a base; a number tells those apart that end alike."""
        if _SHORT.fullmatch(path) and self._taken.setdefault(base + path, path) == path:
            return base + path
        last = path.partition("?")[0].rpartition("/")[2]
        number = 1
        while True:
            short = f"{base}/{last}" if number == 1 else f"{base}/{number}/{last}"
            if self._taken.setdefault(short, path) == path:
                return short
            number += 1


class _Disguised(Forwarding):
    """Questions are asked of the other source as they are meant, and its answers disguised."""

    def __init__(self, inner: Source, disguise: Disguise) -> None:
        super().__init__(inner)
        self._disguise = disguise
        self._meant: dict[str, File] = {}

    def page(self, index: str, name: NormalizedName) -> Page:
        found = self._inner.page(self._disguise.real(index), self._disguise.real_name(name))
        return self._listing(found) if isinstance(found, Listing) else self._disguise.record(found)

    def links(self, location: str, name: NormalizedName) -> Listing:
        return self._listing(self._inner.links(self._disguise.real(location), self._disguise.real_name(name)))

    def metadata(self, file: File) -> Metadata | Unavailable:
        return self._disguise.record(self._inner.metadata(self._real(file)))

    def sdist(self, file: File) -> SdistContents | Unavailable:
        found = self._inner.sdist(self._real(file))
        # What an index hands out to everybody is private by its names only.
        return self._disguise.record(found) if self._disguise.renames or isinstance(found, Unavailable) else found

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        real = tuple(self._real_requirement(one) for one in constraints)
        return self._disguise.record(self._inner.build(self._real(file), real))

    def _real_requirement(self, requirement: Requirement) -> Requirement:
        name = self._disguise.real_name(requirement.name)
        return msgspec.structs.replace(
            requirement, name=name, text=f"{name}{requirement.text[len(requirement.name) :]}"
        )

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        url = None if requirement.url is None else self._disguise.real(requirement.url)
        named = requirement.locked_as
        if named is not None:
            named = msgspec.structs.replace(named, value=self._disguise.real(named.value))
        name = self._disguise.real_name(requirement.name)
        real = msgspec.structs.replace(requirement, name=name, url=url, locked_as=named)
        return self._disguise.record(self._inner.direct(real))

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        self._inner.want_pages(self._disguise.real(index), map(self._disguise.real_name, names))

    def want_metadata(self, files: Iterable[File]) -> None:
        self._inner.want_metadata(map(self._real, files))

    def _real(self, file: File) -> File:
        return self._meant.get(file.url, file)

    def _listing(self, listing: Listing) -> Listing:
        return _Veiled(listing, self._disguise, self._meant)


class _Veiled(Listing):
    """A listing whose files are disguised when they are looked at; ``meant`` remembers who is who."""

    def __init__(self, inner: Listing, disguise: Disguise, meant: dict[str, File]) -> None:
        table = inner.table
        super().__init__(
            msgspec.structs.replace(
                table,
                name=disguise.name(table.name),
                index=disguise.text(table.index),
                skipped=tuple(map(disguise.record, table.skipped)) if disguise.renames else table.skipped,
            )
        )
        self._inner = inner
        self._disguise = disguise
        self._meant = meant

    def version(self, place: int) -> Version:
        return self._inner.version(place)

    def files(self, place: int) -> tuple[File, ...]:
        found = self._files.get(place)
        if found is None:
            real = self._inner.files(place)
            self._disguise.hide_hosts(self._inner.index, real)
            found = tuple(map(self._disguise.file, real))
            self._meant.update((other.url, file) for file, other in zip(real, found, strict=True) if other is not file)
            self._files[place] = found
        return found

    def has(self, place: int, holds: Callable[[File], bool]) -> bool:
        return self._inner.has(place, holds)


def private_places(questions: Iterable[Question], public: str) -> tuple[str, ...]:
    """The indexes, locations and direct references that are not ``public``."""
    found: dict[str, None] = {}
    for question in questions:
        indexes = question.indexes
        asked = (*question.requirements, *question.constraints, *question.overrides, *question.build_constraints)
        direct = (one.url for one in asked if one.url is not None)
        pinned = (url for _, url in indexes.pinned)
        for place in (indexes.default, *indexes.extra, *pinned, *indexes.find_links, *direct):
            if place and place.rstrip("/") != public.rstrip("/"):
                found[place] = None
    return tuple(found)


def _host(url: str) -> str:
    """The host and port of an address, "" where it has none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _any(patterns: Iterable[str]) -> re.Pattern[str] | None:
    joined = "|".join(patterns)
    return re.compile(joined, re.IGNORECASE) if joined else None


def _long(words: Iterable[str]) -> list[str]:
    """The longest first, so that a part of a name does not win over the whole."""
    return sorted(words, key=len, reverse=True)


def _here() -> list[str]:
    with suppress(OSError):
        here = str(Path.cwd())
        return [here] if len(here) >= _SHORTEST else []
    return []


def _homes() -> list[str]:
    """The home directory as paths may spell it."""
    found = [os.environ.get("HOME"), os.environ.get("USERPROFILE")]
    with suppress(RuntimeError):
        found.append(str(Path.home()))
    return _long({path.rstrip("/\\") for path in found if path and len(path) >= _SHORTEST})


def _people() -> list[str]:
    """The name of the user and of the computer."""
    found: list[str] = []
    with suppress(KeyError, OSError, ImportError):
        found.append(getpass.getuser())
    with suppress(OSError):
        found += [socket.gethostname(), socket.gethostname().partition(".")[0]]
    return _long({word for word in found if len(word) >= _SHORTEST and word.lower() not in _NOBODY})
