"""BT102, BT103, BT104: what is odd about a file that a run chose, apart from its age."""

from collections.abc import Iterator

from backtrail.explain import catalogue
from backtrail.explain.evidence.releases import Releases
from backtrail.explain.evidence.setup_scripts import SetupScripts
from backtrail.explain.evidence.wheel_misses import count_axes, fitting_pythons, missed_axes, nearest_miss
from backtrail.model.files import File, FileKind
from backtrail.model.finding import BuildRefuses, Detail, Finding, Guard, PythonGuard, SdistChosen, Severity, Treatment
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Pin, Run
from backtrail.resolvers.registry import others, resolver_of
from backtrail.standards.requires_python import within


def chosen_files(run: Run, question: Question, releases: Releases, scripts: SetupScripts) -> Iterator[Finding]:
    """Look at every chosen file of a run; of the sdists, at what is inside."""
    chosen = [(pin, pin.file) for pin in run.pins if pin.file is not None]
    for pin, file in chosen:
        excluded = _excluded(file, question)
        if file.kind is FileKind.SDIST:
            yield from _sdist_chosen(run, pin, file, question, releases)
        if excluded and not resolver_of(releases.policy).behaviour.reads_whole_requires_python:
            yield _python_guard(run, pin, file, question, releases.policy)
        if file.kind is FileKind.SDIST:
            yield from _build_refuses(run, pin, file, scripts.guards(file, question.target.python), excluded=excluded)


def _excluded(file: File, question: Question) -> bool:
    return file.requires_python is not None and not within(file.requires_python, question.target.python_version)


def _finding(run: Run, pin: Pin, severity: Severity, detail: Detail, file: File) -> Finding:
    evidence = (f"page:{pin.name}", f"file:{file.filename}")
    return catalogue.finding(detail, runs=(run.key,), subject=pin.name, severity=severity, evidence=evidence)


def _sdist_chosen(run: Run, pin: Pin, file: File, question: Question, releases: Releases) -> Iterator[Finding]:
    """A surprise where another Python or release has a wheel for this machine; else it is as its authors want."""
    listing = releases.listing(pin)
    place = None if listing is None else listing.position.get(pin.version)
    files = () if listing is None or place is None else listing.files(place)
    wheels = [one for one in files if one.kind is FileKind.WHEEL]
    if not all(missed_axes(one, question.target) for one in wheels):
        return  # a wheel fits, and a setting of the user's says no to it
    detail = SdistChosen(
        version=pin.version,
        file=file.filename,
        uploaded=file.uploaded,
        wheels=len(wheels),
        axes=count_axes(wheels, question.target),
        nearest=nearest_miss(wheels, question.target),
        pythons=fitting_pythons(wheels, question.target),
    )
    surprising = bool(wheels) and (bool(detail.pythons) or releases.has_wheels(pin))
    yield _finding(run, pin, Severity.WARNING if surprising else Severity.INFO, detail, file)


def _python_guard(run: Run, pin: Pin, file: File, question: Question, policy: Policy) -> Finding:
    assert file.requires_python is not None
    wary = [one.tool for one in others(policy) if resolver_of(one).behaviour.reads_whole_requires_python]
    detail = PythonGuard(
        version=pin.version,
        file=file.filename,
        requires_python=file.requires_python,
        treatment=Treatment.UPPER_BOUND_IGNORED,
        others={} if question.options.ignore_requires_python else dict.fromkeys(wary, Treatment.REFUSED),
    )
    severity = Severity.WARNING if file.kind is FileKind.SDIST else Severity.INFO
    return _finding(run, pin, severity, detail, file)


def _build_refuses(
    run: Run, pin: Pin, file: File, guards: tuple[Guard, ...] | str, *, excluded: bool
) -> Iterator[Finding]:
    unreadable = guards if isinstance(guards, str) else None
    found = () if isinstance(guards, str) else tuple(guard for guard in guards if guard.passes is not True)
    if not found and unreadable is None:
        return
    severity = Severity.WARNING if excluded else Severity.INFO
    if any(guard.passes is False for guard in found):
        severity = Severity.ERROR
    detail = BuildRefuses(version=pin.version, file=file.filename, guards=found, unreadable=unreadable)
    yield _finding(run, pin, severity, detail, file)
