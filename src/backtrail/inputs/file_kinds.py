"""What a file that people have is, by its name and its first lines, and how to ask about what is in it."""

import os
import re
from enum import Enum
from pathlib import Path

from backtrail.inputs.file_content import exists, is_file, is_folder
from backtrail.model.errors import InputError
from backtrail.model.marks import SCANNED, is_case, is_ours

DASH = "-"
"""Standard input, where a file may be named."""


class Kind(Enum):
    """What a file is; the value completes "… is"."""

    REQUIREMENTS = "a list of requirements"
    PROJECT = "a project"
    CASE = "a recording"
    REPORT = "a report of backtrail"
    SCRIPT = "a script with requirements of its own (PEP 723)"
    PYTHON = "Python code without requirements of its own (PEP 723)"
    SETUP = "a part of a project"
    UV_LOCK = "a lock file of uv"
    POETRY_LOCK = "a lock file of Poetry"
    PDM_LOCK = "a lock file of PDM"
    PYLOCK = "a lock file (PEP 751)"
    LOCK = "a lock file"
    PIPFILE = "a Pipfile"
    PIPENV_LOCK = "a lock file of Pipenv"
    CONDA = "an environment of conda"
    CONDA_LIST = "a list of conda packages"
    LOG = "a log"
    DOCKERFILE = "a Dockerfile"
    PIP_LIST = "a table as pip list prints it"
    CSV = "a table (CSV)"
    NOTEBOOK = "a notebook"
    OUTPUT = "the output of a command"
    SETTINGS = "a file of settings"
    SECRETS = "a file of passwords or keys"
    ARCHIVE = "an archive"
    PROGRAM = "a program"
    BINARY = "a binary file"
    JSON = "JSON"
    YAML = "YAML"
    TOML = "TOML"
    MARKUP = "a document"


_NAMES = {
    "pyproject.toml": Kind.PROJECT,
    "uv.lock": Kind.UV_LOCK,
    "poetry.lock": Kind.POETRY_LOCK,
    "pdm.lock": Kind.PDM_LOCK,
    "pixi.lock": Kind.LOCK,
    "pipfile": Kind.PIPFILE,
    "pipfile.lock": Kind.PIPENV_LOCK,
    "environment.yml": Kind.CONDA,
    "environment.yaml": Kind.CONDA,
    "conda.yml": Kind.CONDA,
    "conda.yaml": Kind.CONDA,
    "setup.py": Kind.SETUP,
    "setup.cfg": Kind.SETUP,
    "uv.toml": Kind.SETTINGS,
    **dict.fromkeys((".netrc", "_netrc", ".pypirc", ".pgpass", ".git-credentials", ".env"), Kind.SECRETS),
    "pixi.toml": Kind.SETTINGS,
    **dict.fromkeys(("dockerfile", "containerfile"), Kind.DOCKERFILE),
}
"""By the whole name, in lower case."""

_SUFFIXES = {
    ".backtrail": Kind.CASE,
    ".txt": Kind.REQUIREMENTS,
    ".in": Kind.REQUIREMENTS,
    ".lock": Kind.LOCK,
    ".cfg": Kind.SETTINGS,
    ".ini": Kind.SETTINGS,
    ".toml": Kind.TOML,
    ".sarif": Kind.JSON,
    ".dockerfile": Kind.DOCKERFILE,
    ".csv": Kind.CSV,
    ".tsv": Kind.CSV,
    ".ipynb": Kind.NOTEBOOK,
    ".yml": Kind.YAML,
    ".md": Kind.MARKUP,
    ".svg": Kind.MARKUP,
}
"""Endings of files that no well-known project has in its name."""

_SHARED_SUFFIXES = {
    ".py": Kind.PYTHON,
    ".yaml": Kind.YAML,
    ".log": Kind.LOG,
    ".json": Kind.JSON,
    ".html": Kind.MARKUP,
    ".conf": Kind.SETTINGS,
}
"""Endings that projects have, too (``discord.py``, ``ruamel.yaml``, ``oslo.log``): a file where there is one."""

LISTS = frozenset(
    {Kind.REQUIREMENTS, Kind.LOCK, Kind.LOG, Kind.SETTINGS, Kind.JSON, Kind.YAML, Kind.TOML, Kind.MARKUP, Kind.PYTHON}
)
"""What may be a list of requirements nevertheless, since pip reads one from a file of any name."""

_ARCHIVES = (".whl", ".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz", ".xz", ".txz", ".tlz", ".lz", ".lzma", ".egg")

_SCRIPT = re.compile(rb"^# /// script\s*$", re.MULTILINE)
_CONDA = re.compile(rb"^(channels|dependencies):\s*$", re.MULTILINE)
_CONDA_LIST = re.compile(rb"^(# This file may be used to create an environment using:|@EXPLICIT)", re.MULTILINE)
_LOG = re.compile(
    rb"^(?:\d{4}-\d\d-\d\d[T ][\d:.,]+Z? )?\s*"
    rb"(Collecting \S+|Requirement already satisfied: |Looking in (indexes|links): |Obtaining \S+|Downloading \S+"
    rb"|Using cached \S+|Processing \S|ERROR: |WARNING: |Resolved \d+ packages? in |error: |\xc3\x97 No solution found"
    rb"|(DEBUG|TRACE|INFO|WARN) \S|\$ (pip|uv|python) )",
    re.MULTILINE,
)
_PIP_LIST = re.compile(rb"\s{0,80}Package +Version\b[^\n]{0,200}\n-{3,200} +-{3,200}")
_SECRETS = re.compile(
    rb"^\s*machine\s+\S+\s+(login|account|password)\s|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----", re.MULTILINE
)
_WORD = re.compile(r"[^\s\[\]<>=!~;@]+")
_TELLING = 40  # lines of a text in which a log shows what it is


def kind_of(path: str) -> Kind:
    """What a file is: by its name, and where that leaves it open by what is in it.

    Of what is no regular file (a pipe) nothing is read.
    """
    name = os.path.basename(path).lower()  # noqa: PTH119  any text may be asked about
    start = _start(path)
    if is_case(start):
        return Kind.CASE
    if name in _NAMES:
        return _NAMES[name]
    if name.startswith("dockerfile."):
        return Kind.DOCKERFILE
    if name.startswith("pylock.") and name.endswith(".toml"):
        return Kind.PYLOCK
    if name.endswith(_ARCHIVES):
        return Kind.ARCHIVE
    suffix = os.path.splitext(name)[1]  # noqa: PTH122
    named = _SUFFIXES.get(suffix) or _SHARED_SUFFIXES.get(suffix)
    return _read_kind(named, start)


def _read_kind(named: Kind | None, start: bytes) -> Kind:
    """What the first bytes say where the name leaves it open."""
    if is_ours(start, b"") and named is not Kind.REQUIREMENTS:
        return Kind.REPORT
    match named:
        case Kind.PYTHON:
            return Kind.SCRIPT if _SCRIPT.search(start) else Kind.PYTHON
        case Kind.YAML:
            return Kind.CONDA if _CONDA.search(start) else Kind.YAML
        case None | Kind.REQUIREMENTS:
            if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
                return Kind.BINARY
            if named is None and start.startswith(b"#!"):
                return Kind.PROGRAM
            if _SECRETS.search(start):
                return Kind.SECRETS
            if _CONDA_LIST.search(start):
                return Kind.CONDA_LIST
            if _PIP_LIST.match(start):
                return Kind.PIP_LIST
            return Kind.OUTPUT if _LOG.search(b"\n".join(start.splitlines()[:_TELLING])) else Kind.REQUIREMENTS
        case _:
            return named


def _start(path: str) -> bytes:
    """The first bytes of a regular file; nothing of any other, and of one that cannot be read."""
    if not is_file(path):
        return b""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(SCANNED)
    except OSError:
        return b""


def is_file_word(word: str) -> bool:
    """Whether a word that stands where a requirement may is a file to read; archives are requirements.

    A file that exists is one, but for a program, whose name may be that of its project. What does not exist is one by
    its name: that of a well-known file, or an ending that no project has. Raises InputError for such a file.
    """
    name = os.path.basename(word).lower()  # noqa: PTH119
    suffix = os.path.splitext(name)[1]  # noqa: PTH122
    inside = name != word.lower()
    if word == DASH or "://" in word:
        return word == DASH or _SUFFIXES.get(suffix) is Kind.REQUIREMENTS
    if is_folder(word) or (name.endswith(_ARCHIVES) and kind_of(word) is Kind.ARCHIVE):
        return False
    if exists(word):
        return inside or bool(suffix) or kind_of(word) not in (Kind.PROGRAM, Kind.BINARY)
    if _WORD.fullmatch(word) and (name in _NAMES or suffix in _SUFFIXES or (inside and suffix in _SHARED_SUFFIXES)):
        raise InputError(f"{word!r}: no such file")
    return False


def refuse(path: str, kind: Kind) -> InputError:
    """Why a file cannot be read as requirements, and how to ask."""
    return InputError(f"{path!r} is {kind.value}{_instead(path, kind)}")


def _instead(path: str, kind: Kind) -> str:
    match kind:
        case Kind.PROJECT | Kind.SCRIPT | Kind.SETUP | Kind.PIPFILE | Kind.CONDA:
            return ": only -r reads one; constraints, overrides and what files include are lists of requirements"
        case Kind.CASE:
            return f": backtrail replay {path} answers it again"
        case Kind.REPORT:
            return ": a recording can be asked again, a report cannot"
        case Kind.PIPENV_LOCK:
            return ": give the Pipfile that it was made from"
        case Kind.UV_LOCK | Kind.POETRY_LOCK | Kind.PDM_LOCK | Kind.PYLOCK | Kind.LOCK:
            return ": give the requirements that it was made from, such as -r pyproject.toml"
        case Kind.CONDA_LIST:
            return ", which pip and uv do not read: pip list --format freeze writes one that they do"
        case Kind.PIP_LIST:
            return ": pip list --format freeze writes one that is read"
        case Kind.DOCKERFILE:
            return ": give what it installs, such as -r requirements.txt"
        case Kind.LOG | Kind.OUTPUT:
            return f": backtrail log {path} explains one of uv or pip"
        case Kind.ARCHIVE:
            return ": give it as a requirement, without -r"
        case Kind.TOML:
            return ": of TOML only a pyproject.toml and a Pipfile are read"
        case _:
            return ", and not a list of requirements"
