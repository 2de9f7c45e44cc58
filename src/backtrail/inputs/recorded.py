"""What a recorded question must look like to be one that a user could have asked."""

from backtrail.inputs.recorded_universal import FORK_STRATEGY, UNIVERSAL_FORMS
from backtrail.inputs.settings import INDEX_STRATEGIES, PRERELEASES, RESOLUTIONS
from backtrail.model.declaration import DeclaredMetadata
from backtrail.model.forms import (
    COMMIT,
    EXTRA,
    MANY,
    MARKER,
    METADATA,
    MOMENT,
    NAME,
    SPECIFIER,
    STATUS,
    TEXT,
    URL,
    VERSION,
    WORDS,
    Form,
    Forms,
    is_option,
    matching,
    number,
    one_of,
)
from backtrail.model.installed import Installed, InstalledEnvironment, Renewal
from backtrail.model.metadata import Unavailable
from backtrail.model.question import ALL, FormatControl, Indexes, LeftOut, Options, Question, Setting
from backtrail.model.requirement import Origin, Requirement
from backtrail.model.target import Target

COMMANDS = ("compare", "explain-backtrack", "graph", "why")
"""The commands that ask questions."""

_MARKERS = frozenset(
    {
        "implementation_name", "implementation_version", "os_name", "platform_machine",
        "platform_python_implementation", "platform_release", "platform_system", "platform_version",
        "python_full_version", "python_version", "sys_platform",
    }
)  # fmt: skip


_VERSIONS = ("implementation_version", "python_full_version", "python_version")


def _is_environment(markers: dict[str, str]) -> bool:
    versions = [markers.get(name, "").rstrip("+") for name in _VERSIONS]
    return markers.keys() == _MARKERS and all(map(WORDS.holds, markers.values())) and all(map(VERSION.holds, versions))


def _is_typed(origin: str) -> bool:
    """Whether what begins as an option is one, with at most one value: it is part of a command to paste."""
    return TEXT.holds(origin) and (not origin.startswith("-") or is_option(origin.partition(" ")[0]))


def _is_requirement(text: str) -> bool:
    """Whether a text can be typed as a requirement: it is no other option."""
    return len(text) <= 100_000 and (not text.startswith("-") or text.startswith("-e "))


_TAG = matching(r"[!-,.-~]{1,200}-[!-,.-~]{1,200}-[!-,.-~]{1,200}", "a wheel tag (PEP 425)")
_NAME_OR_ALL = Form(f"the normal form of a project's name, or {ALL}", lambda name: name == ALL or NAME.holds(name))
_ORIGIN = Form("where a setting can be made", _is_typed)

QUESTION_FORMS: Forms = {
    Question: {
        "command": one_of(COMMANDS, "a command that asks a question"),
        "excludes": NAME,
        "": Form(f"a question with at most {MANY} changes of the index", lambda one: len(one.index_changes) <= MANY),
    },
    Requirement: {
        "name": NAME,
        "extras": EXTRA,
        "specifier": SPECIFIER,
        "marker": MARKER,
        "url": URL,
        "text": Form("the text of a requirement", _is_requirement),
        "index": TEXT,
        "groups": EXTRA,
        "pythons": SPECIFIER,
        "hashes": matching(r"\w{1,20}:[!-~]{1,1000}", "a digest (sha256:…)"),
    },
    Origin: {"file": TEXT, "line": number(0, 2**31)},
    Target: {
        "python": VERSION,
        "markers": Form("the environment of a Python (PEP 508)", _is_environment),
        "tags": _TAG,
        "platform": WORDS,
        "origin": _ORIGIN,
        "interpreter": TEXT,
        "installed": WORDS,
    },
    Indexes: {"default": TEXT, "extra": TEXT, "find_links": TEXT, "pinned": TEXT},
    Options: {
        "exclude_newer": MOMENT,
        "prerelease": one_of(PRERELEASES, "a way with pre-releases"),
        "resolution": one_of(RESOLUTIONS, "a resolution"),
        "index_strategy": one_of(INDEX_STRATEGIES, "an index strategy"),
        "max_rounds": number(1, 2**63),
        "time_limit": number(0, 2**31),
        "max_memory": number(1, 2**50),
        "fork_strategy": FORK_STRATEGY,
        "no_sources": _NAME_OR_ALL,
        "exclude_newer_package": TEXT,
        "exclude_newer_spans": TEXT,
        "prerelease_package": TEXT,
    },
    FormatControl: dict.fromkeys(("only_binary", "no_binary"), _NAME_OR_ALL),
    LeftOut: {"why": WORDS},
    Setting: {"name": WORDS, "value": TEXT, "origin": _ORIGIN},
    Installed: {
        "name": NAME,
        "version": VERSION,
        "place": WORDS,
        "installer": WORDS,
        "url": URL,
        "commit": COMMIT,
        "tags": _TAG,
        "pkg_info": TEXT,
    },
    InstalledEnvironment: {"origin": _ORIGIN},
    DeclaredMetadata: {
        "name": NAME,
        "version": VERSION,
        "requires_dist": TEXT,
        "requires_python": TEXT,
        "provides_extra": TEXT,
    },
    Renewal: {"upgraded": NAME, "reinstalled": NAME},
    Unavailable: {"file": TEXT, "detail": TEXT, "status": STATUS},
    **UNIVERSAL_FORMS,
    **METADATA,
}
"""The form of each field of a question and of the records in it."""
