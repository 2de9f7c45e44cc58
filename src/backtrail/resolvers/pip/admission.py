"""One file judged by pip's rules, in the order in which pip checks them (docs/pip.md 1)."""

from functools import lru_cache

from backtrail.model.files import File, FileKind
from backtrail.model.policy import Policy
from backtrail.model.question import Options
from backtrail.model.target import Target
from backtrail.model.verdict import Exclusion, Reason, Verdict
from backtrail.resolvers.file_rules import SDISTS, format_rule, hash_rule, yank_rule
from backtrail.resolvers.pip.behaviour import CUT_OFF, pip_files
from backtrail.resolvers.pip.early_specifiers import legacy_specifiers
from backtrail.standards.requires_python import fits
from backtrail.standards.wheel_tags import WheelName, fit, wheel_name

PIP_SDISTS = tuple(suffix for suffix in SDISTS if suffix != ".tar.zst")
"""What pip takes for an sdist."""


def judge(
    file: File,
    policy: Policy,
    target: Target,
    options: Options,
    *,
    yanked_allowed: bool = False,
    hashes: tuple[str, ...] = (),
    flat: bool = False,
) -> Verdict:
    """Every rule of a release of pip that refuses the file, first the one it acts on; none: it can be used.

    ``yanked_allowed``: the version is pinned in the way that allows a yanked file (PEP 592). ``hashes`` are those the
    user accepts, ``algorithm:hex``; none: any. ``flat``: the file is from a find-links location.
    """
    found: list[Exclusion] = []
    rank = None
    if file.kind is FileKind.WHEEL:
        format_rule(file, options, found)
        wheel = wheel_name(file.filename)
        fitting = None if wheel is None else fit(_lower(wheel), target)
        if wheel is None:
            found.append(Exclusion(reason=Reason.INVALID_NAME, value=file.filename))
        elif isinstance(fitting, Reason):
            found.append(Exclusion(reason=fitting, value=wheel.tag))
        else:
            rank = fitting
    elif not file.filename.endswith(PIP_SDISTS):
        found.append(Exclusion(reason=Reason.SDIST_NAME, value=file.filename))
    late = CUT_OFF.hides(file, options, flat=flat)
    if late is not None:
        found.append(late)
    if file.kind is FileKind.SDIST:
        format_rule(file, options, found)
    spec = file.requires_python
    behaviour = pip_files(policy)
    whole = behaviour.reads_whole_requires_python
    if spec is not None and behaviour.knows_legacy_versions:
        spec = legacy_specifiers(spec) or spec
    if spec is not None and not options.ignore_requires_python and not fits(spec, target.python_version, whole=whole):
        found.append(Exclusion(reason=Reason.REQUIRES_PYTHON, value=file.requires_python or ""))
    hash_rule(file, hashes, found)
    yank_rule(file, yanked_allowed, found)
    return Verdict(file=file, exclusions=tuple(found), rank=rank)


@lru_cache(maxsize=65536)
def _lower(wheel: WheelName) -> WheelName:
    return wheel._replace(
        pythons=tuple(tag.lower() for tag in wheel.pythons),
        abis=tuple(tag.lower() for tag in wheel.abis),
        platforms=tuple(tag.lower() for tag in wheel.platforms),
    )
