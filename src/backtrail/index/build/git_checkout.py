"""A commit of a git repository on this disk, with its submodules."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from backtrail.index.build.git_command import GitError, access, git, protocols
from backtrail.index.build.git_submodules import UnlistedError, submodules_of

__all__ = ["Checkout", "Reference", "absolute", "check_out", "read_reference"]

MAX_SUBMODULES = 200
"""How many repositories one may have inside it, at any depth."""

_COMMIT = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)


class Reference(NamedTuple):
    """What a ``git+…`` URL names. ``revision`` is a branch, tag or commit; None: the head of the repository."""

    repository: str
    revision: str | None
    subdirectory: str


class Checkout(NamedTuple):
    """Where the files of a commit are, and which commit that is.

    ``missing`` is why a submodule could not be fetched, after which no other was; None: all are there. ``unlisted``: it
    was not tried, as nothing says where any of them is from.
    """

    folder: Path
    commit: str
    missing: str | None = None
    unlisted: bool = False


def read_reference(url: str) -> Reference:
    """Take a ``git+…`` URL apart: the revision stands behind the last ``@`` of its path. Raises GitError."""
    parts = urlsplit(url)
    path, at, revision = parts.path.rpartition("@")
    fragment = parse_qs(parts.fragment)
    scheme = parts.scheme.removeprefix("git+")
    repository = urlunsplit(parts._replace(scheme=scheme, path=path if at else parts.path, fragment=""))
    if scheme == "file" and not parts.netloc:
        repository = f"file://{path if at else parts.path}"
    if at and revision.startswith("-"):
        raise GitError(f"{revision!r} is not a revision")
    return Reference(repository, revision if at else None, fragment.get("subdirectory", [""])[0])


def check_out(reference: Reference, folder: Path, credentials: tuple[str, str] | None = None) -> Checkout:
    """Fetch one commit into a new folder and put its files there, then its submodules', recursively. Raises GitError.

    The network is reached as the user's own configuration of git says. Files are put there without it: no hook, no
    filter and no link of the repository takes part. ``credentials`` are user and password for the origin of the
    repository (RFC 6454), in place of what the user's helpers of git know; no other host is told them, and no command
    line has them. Submodules from that origin get them, too, as in uv.
    """
    known = access(reference.repository, credentials)
    commit = _fetched(folder, reference.repository, reference.revision or "HEAD", known, protocols(by_user=True))
    try:
        _fetch_submodules(folder, reference.repository, known)
    except GitError as failure:
        return Checkout(folder, commit, str(failure), isinstance(failure, UnlistedError))
    return Checkout(folder, commit)


def _fetch_submodules(folder: Path, repository: str, known: Mapping[str, str]) -> None:
    """Fetch those of a checkout, and theirs; ``known`` are variables for the origin of its repository."""
    waiting, taken = [(folder, repository, submodules_of(folder))], 0
    while waiting:
        parent, its_url, listed = waiting.pop()
        for path, named, wanted in listed:
            inside = parent / path
            taken += 1
            if taken > MAX_SUBMODULES:
                raise GitError(f"it has more than {MAX_SUBMODULES} submodules")
            try:
                whole = absolute(named, its_url)
                url, pair = _with_its_own(whole)
                own = {**(access(url, pair) if pair else known), "GIT_PROTOCOL_FROM_USER": "0"}
                _fetched(inside, url, wanted, own, protocols(by_user=False))
                waiting.append((inside, whole, submodules_of(inside)))
            except GitError as failure:
                shown = inside.relative_to(folder).as_posix()
                raise GitError(f"submodule {shown!r}: {failure}") from None


def absolute(url: str, parent: str) -> str:
    """The URL of a submodule, which counts from its parent's if it begins with ``./`` or ``../`` (git-submodule)."""
    if not url.startswith(("./", "../")):
        return url
    base, slash = parent.removesuffix("/"), "/"
    while url.startswith(("./", "../")):
        step, _, url = url.partition("/")
        if step == "..":
            slash = "/" if "/" in base else ":"
            base = base.rpartition(slash)[0]
    return f"{base}{slash}{url}".removesuffix("/")


def _fetched(folder: Path, repository: str, wanted: str, network: Mapping[str, str], allowed: tuple[str, ...]) -> str:
    """Put the files of a revision of a repository into a folder; return its commit. Raises GitError."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--template=")
    fetch = (*allowed, "fetch", "--quiet", "--no-recurse-submodules")
    try:
        git(folder, *fetch, "--depth=1", "--no-tags", "--", repository, wanted, network=network)
        found = "FETCH_HEAD"
    except GitError as failure:
        if _COMMIT.fullmatch(wanted) is None or failure.absent:
            raise
        # a short name of a commit, or a server that hands out no commit by its name
        git(folder, *fetch, "--", repository, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*",
            network=network)  # fmt: skip
        found = wanted
    commit = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{found}^{{commit}}").strip()
    git(folder, "checkout", "--quiet", "--detach", commit)
    return commit


def _with_its_own(url: str) -> tuple[str, tuple[str, str] | None]:
    """A URL without the user and password in it, and these; None where there is no password. Raises GitError."""
    try:
        parts = urlsplit(url)
    except ValueError as failure:
        raise GitError(f"not a URL: {failure}") from None
    userinfo, _, host = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    if parts.scheme not in ("http", "https") or not password:
        return url, None
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))
