"""One file judged by uv's rules, in the order in which uv checks them (docs/uv.md 3)."""

from backtrail.model.files import File, FileKind
from backtrail.model.policy import Policy
from backtrail.model.question import Options
from backtrail.model.target import Target
from backtrail.model.verdict import Exclusion, Reason, Verdict
from backtrail.resolvers.file_rules import format_rule, hash_rule, yank_rule
from backtrail.resolvers.uv.behaviour import CUT_OFF, UvFiles, uv_files
from backtrail.standards.lenient import lenient_specifier
from backtrail.standards.python_tags import reached
from backtrail.standards.requires_python import fits
from backtrail.standards.wheel_tags import WheelName, fit, known, runs_without_gil, wheel_name


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
    """Every rule of a release of uv that refuses the file, first the one it acts on; none: it can be used.

    ``yanked_allowed``: the version is pinned in the way that allows a yanked file (PEP 592). ``hashes`` are those the
    user accepts, ``algorithm:hex``; none: any. ``flat``: the file is from a find-links location.
    """
    found: list[Exclusion] = []
    rank = None
    spec = file.requires_python
    if spec is not None and lenient_specifier(spec) is None:
        found.append(Exclusion(reason=Reason.INVALID_REQUIRES_PYTHON, value=spec))
        spec = None
    wheel = wheel_name(file.filename) if file.kind is FileKind.WHEEL else None
    if file.kind is FileKind.WHEEL and wheel is None:
        found.append(Exclusion(reason=Reason.INVALID_NAME, value=file.filename))
    behaviour = uv_files(policy)
    if behaviour.formats_first:
        format_rule(file, options, found)
    late = CUT_OFF.hides(file, options, flat=flat)
    if late is not None:
        found.append(late)
    if not behaviour.formats_first:
        format_rule(file, options, found)
    if not flat:  # a find-links location is read without yanks
        yank_rule(file, yanked_allowed, found)
    if wheel is not None:
        fitting = _fit(wheel, behaviour, target)
        if isinstance(fitting, Reason):
            found.append(Exclusion(reason=fitting, value=wheel.tag))
        else:
            rank = fitting
    elif file.kind is FileKind.SDIST and not file.filename.endswith(_sdists(behaviour)):
        found.append(Exclusion(reason=Reason.SDIST_NAME, value=file.filename))
    hash_rule(file, hashes, found)
    if spec is not None and not fits(spec, target.python_version, whole=behaviour.reads_whole_requires_python):
        found.append(Exclusion(reason=Reason.REQUIRES_PYTHON, value=spec))
    return Verdict(file=file, exclusions=tuple(found), rank=rank)


def _sdists(behaviour: UvFiles) -> tuple[str, ...]:
    return (".tar.gz", ".zip") if behaviour.keeps_to_pep_625 else behaviour.archives


def _fit(wheel: WheelName, behaviour: UvFiles, target: Target) -> int | Reason:
    if target.pythons is not None:
        return 0 if reached(wheel, target.pythons.low, target.pythons.high) else Reason.TAG_PYTHON_VERSION
    if target.free_threaded and behaviour.refuses_gil and not runs_without_gil(wheel):
        return Reason.TAG_ABI_FREE_THREADED
    found = fit(known(wheel, behaviour.abi_flags) if behaviour.forgets_unknown_tags else wheel, target)
    if behaviour.python_tags_are_floors and not isinstance(found, Reason):
        here = (target.python_version.release, True)
        return found if reached(wheel, here, None, exact=True) else Reason.TAG_ABI
    return found


def is_seen(file: File, policy: Policy) -> bool:
    """Whether uv takes a file of a page for one of the project at all (docs/uv.md 3.1)."""
    spec = file.requires_python
    if spec is not None and lenient_specifier(spec) is None:
        return False
    if file.kind is FileKind.WHEEL:
        return wheel_name(file.filename) is not None
    return file.filename.endswith(uv_files(policy).archives)
