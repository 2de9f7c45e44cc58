"""What a lock was made from, as far as that is here: the files, and the options that it says it was made with."""

import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from backtrail.inputs.file_content import is_file
from backtrail.inputs.locks.revision import is_revision
from backtrail.inputs.pyproject import groups_of
from backtrail.inputs.toml_document import PYPROJECT
from backtrail.model.locked import LockFile, LockFormat
from backtrail.model.record import Record

_VALUES = {
    "-r": "files", "--requirement": "files", "-c": "constraints", "--constraint": "constraints",
    "--constraints": "constraints", "--override": "overrides", "--overrides": "overrides",
    "--extra": "extras", "--group": "groups", "--only-group": "groups",
    "-p": "python", "--python": "python", "--python-version": "python", "--python-platform": "platform",
    "--resolution": "resolution", "--prerelease": "prerelease", "--exclude-newer": "exclude_newer",
    "--fork-strategy": "fork_strategy", "--index-url": "indexes", "-i": "indexes", "--default-index": "indexes",
    "--extra-index-url": "indexes", "--index": "indexes",
}  # fmt: skip
"""Options with a value that change an answer, and where the value goes."""

_OTHER_VALUES = frozenset({
    "-o", "--output-file", "--annotation-style", "--find-links", "-f", "--index-strategy", "--cert", "--trusted-host",
    "--cache-dir", "--pip-args", "--resolver", "--newline", "--format", "--keyring-provider", "--no-binary",
    "--only-binary", "--upgrade-package", "-P", "--no-emit-package", "--unsafe-package", "--package", "--directory",
    "--project", "--config-setting", "-C", "--custom-compile-command", "--torch-backend", "--build-constraint", "-b",
    "--refresh-package", "--no-build-package", "--reinstall-package", "--max-rounds", "--config", "--client-cert",
})  # fmt: skip
"""Those that do not, or are not taken over."""

_SWITCHES = {
    "--universal": "universal", "--pre": "pre", "--all-extras": "all_extras", "--all-groups": "all_groups",
}  # fmt: skip


class MadeFrom(Record, frozen=True, kw_only=True):
    """The inputs of a lock that are here, and the options that its head names, by what they are called in a question.

    ``missing`` are files that it names and that are not here. ``indexes`` are only named: nobody is asked because a
    file says so.
    """

    files: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    all_extras: bool = False
    all_groups: bool = False
    universal: bool = False
    python: str | None = None
    platform: str | None = None
    pre: bool = False
    resolution: str | None = None
    prerelease: str | None = None
    exclude_newer: str | None = None
    fork_strategy: str | None = None
    indexes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def made_from(lock: LockFile, base: Path = Path()) -> MadeFrom:
    """What is known of how a lock was made; of a lock in a commit nothing, as what is here is of another moment.

    ``base`` is the folder that it was made in, as far as that is not its own.
    """
    if is_revision(lock.file):
        return MadeFrom()
    folder = Path(lock.file).parent
    said = _said(lock.command)
    named = tuple(dict.fromkeys((*said.get("files", ()), *([] if said else lock.origins))))
    groups = [(path or PYPROJECT, group) for path, _, group in (one.rpartition(":") for one in said.get("groups", ()))]
    exported = lock.command[:2] == ("uv", "export") and not {"--only-group", "--only-dev"} & set(lock.command)
    if not named and (exported or not groups):
        beside = tuple(str(one) for one in _beside(lock, folder)[:1])
        known: dict[str, object] = {"files": beside, "missing": ()}
        if beside and lock.format in (LockFormat.POETRY, LockFormat.PDM):
            known |= {"all_extras": True, "all_groups": True}
        elif beside and exported:
            asked = (name for _, name in groups)
            listed = dict.fromkeys((*asked, *_usual_groups(beside[0], lock.command)))
            known["groups"] = tuple(f"{beside[0]}:{name}" for name in listed)
        return _with(said, **known)
    lists = (*named, *said.get("constraints", ()), *said.get("overrides", ()), *(path for path, _ in groups))
    places = {name: _place(name, (base, folder)) for name in lists}

    def here(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(place for name in names if (place := places[name]) is not None)

    return _with(
        said,
        files=here(named),
        constraints=here(said.get("constraints", ())),
        overrides=here(said.get("overrides", ())),
        groups=tuple(f"{places[path]}:{group}" for path, group in groups if places[path] is not None),
        missing=tuple(name for name, place in places.items() if place is None),
    )


def _usual_groups(path: str, command: Sequence[str]) -> tuple[str, ...]:
    """The group that ``uv export`` takes unless it is told otherwise."""
    if not {"--no-dev", "--no-default-groups", "--no-group"}.isdisjoint(command):
        return ()
    return tuple(name for name in groups_of(path) if name == "dev")


def _with(said: dict[str, tuple[str, ...]], **known: object) -> MadeFrom:
    """What a command says, by the kind of each field: a switch, one value, or several."""
    fields = zip(MadeFrom.__struct_fields__, MadeFrom.__struct_defaults__, strict=True)
    values = {
        name: True if default is False else said[name][-1] if default is None else said[name]
        for name, default in fields
        if name in said
    }
    return MadeFrom(**{**values, **known})  # type: ignore[arg-type]


def _said(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The options of a command by their fields, and as ``files`` the words that are none."""
    found: dict[str, list[str]] = {}
    left = list(words[1:])
    while left and left[0] in ("pip", "compile", "export"):
        left.pop(0)
    while left:
        word, equals, value = left.pop(0).partition("=")
        if not word.startswith("-"):
            found.setdefault("files", []).append(f"{word}{equals}{value}")
        elif word in _VALUES or word in _OTHER_VALUES:
            given = value if equals else left.pop(0) if left else ""
            if word in _VALUES:
                found.setdefault(_VALUES[word], []).append(given)
        elif word in _SWITCHES:
            found[_SWITCHES[word]] = [word]
    return {name: tuple(values) for name, values in found.items()}


def _place(name: str, folders: tuple[Path, ...]) -> str | None:
    """A file that a lock names: seen from where it was made, as it was called, else from the folder of the lock."""
    if "://" in name or PurePath(name).is_absolute():
        return None
    return next((str(one) for one in (folder / name for folder in folders) if is_file(one)), None)


def _beside(lock: LockFile, folder: Path) -> list[Path]:
    """The files that a lock is made from by its name, in the order in which they are looked for."""
    stem = Path(lock.file).name.partition(".")[0]
    lists = [folder / f"{stem}.in", folder / "requirements.in"]
    project = [folder / PYPROJECT]
    order = [*lists[:1], *project] if lock.format is LockFormat.COMPILED else [*project, *lists]
    return [Path(os.path.normpath(one)) for one in order if one.is_file()]
