"""Credentials written into URLs: taken out before a URL is kept, so that no report can show them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

Credentials = dict[str, tuple[str, str]]
"""User and password by the place that they were written for, as ``place`` gives it."""

_taken: ContextVar[tuple[Credentials, Mapping[str, str]] | None] = ContextVar("credentials taken out", default=None)


@contextmanager
def taken_out(environ: Mapping[str, str] = MappingProxyType({})) -> Iterator[Credentials]:
    """What is taken out of references while inside, in this thread, for who fetches them; else it is forgotten.

    ``environ`` has those of indexes with a name. It stands beside what is read, so that no record that can be written
    has a place for it. It is no value that is passed along, as some twenty readers lie between who opens a question and
    the line, the source or the table that has a URL, and none of them is to do anything with it.
    """
    found: Credentials = {}
    token = _taken.set((found, environ))
    try:
        yield found
    finally:
        _taken.reset(token)


def without_its_credentials(url: str, name: str | None = None) -> str:
    """A reference without user and password, which are kept for who asked for them. Raises as ``split_credentials``.

    ``name`` is that of an index. The user of an SSH address is a part of it, and stays.
    """
    if urlsplit(url).scheme.endswith("ssh"):
        return url
    clean, pair = split_credentials(url)
    taken = _taken.get()
    if taken is not None:
        found, environ = taken
        if name is not None and (pair is None or not pair[1]):
            pair = of_index(name, environ) or pair
        if pair is not None:
            found.setdefault(place(clean), pair)
    return clean


class Taken:
    """User and password by URL, as they are taken out of settings, each with the setting that says them."""

    def __init__(self) -> None:
        """Nothing is taken yet."""
        self.credentials: Credentials = {}
        self.origins: dict[str, str] = {}

    def take(self, url: str, pair: tuple[str, str], origin: str) -> None:
        """Keep a pair for a URL, unless there is one."""
        if url not in self.credentials:
            self.credentials[url], self.origins[url] = pair, origin


def variable_of(name: str) -> str:
    """How the variables of an index of uv begin that has a name."""
    return f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', name.upper())}"


def of_index(name: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """User and password of an index of uv with a name: ``UV_INDEX_<NAME>_USERNAME`` and the like; None: neither."""
    user, password = (environ.get(f"{variable_of(name)}_{part}", "") for part in ("USERNAME", "PASSWORD"))
    return (user, password) if user or password else None


def place(url: str) -> str:
    """What of a reference is fetched: without its fragment, a repository of git without the revision."""
    parts = urlsplit(url)
    path, at, _ = parts.path.rpartition("@") if parts.scheme.startswith("git+") else ("", "", "")
    return urlunsplit(parts._replace(path=path if at else parts.path, fragment=""))


def _has_port(parts: SplitResult) -> bool:
    """Whether what stands in the place of a port is one."""
    try:
        return parts.port != -1
    except ValueError:
        return False


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """The URL without its userinfo, and the user and password, percent-decoded; None where it carries none.

    Raises ValueError for what is no URL at all (an unclosed IPv6 bracket, a port that is none: part of a password).
    """
    parts = urlsplit(url)
    if not _has_port(parts):
        raise ValueError("its port is no number, or its password is not percent-encoded")
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = userinfo.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))
