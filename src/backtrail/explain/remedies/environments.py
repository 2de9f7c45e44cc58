"""Fewer environments for a universal resolution: without a system, this one alone, newer or older Pythons only."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from packaging.markers import InvalidMarker

from backtrail.explain.remedies.proposals import Change
from backtrail.model.errors import InputError
from backtrail.model.finding import RemedyKind
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Question
from backtrail.model.requirement import marker as parsed_marker
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.marker_text import reader
from backtrail.resolvers.uv.markers import FALSE
from backtrail.resolvers.uv.universal.marker_relations import python_marker
from backtrail.resolvers.uv.universal.python_range import interval_of, pythons_of

_SYSTEMS = ("win32", "darwin", "linux")


class Narrower(NamedTuple):
    """A change, and the marker of the environments that are asked about no longer; empty: all but this computer's."""

    change: Change
    without: str


def narrower(question: Question, policy: Policy) -> Iterator[Narrower]:
    """What can be left out, the least first, as long as this computer stays in; this computer alone last."""
    here = question.target.markers
    system, machine = here["sys_platform"], here["platform_machine"]
    for other in _SYSTEMS:
        if other != system:
            yield from _environments(question, policy, f"sys_platform != '{other}'", f"sys_platform == '{other}'")
    yield from _environments(question, policy, f"sys_platform == '{system}'", f"sys_platform != '{system}'")
    yield from newer_pythons(question, policy, here["python_version"])
    after = _after(here["python_version"])
    older, newer = f"python_full_version < '{after}'", f"python_full_version >= '{after}'"
    yield from _environments(question, policy, older, newer)
    own = f"sys_platform == '{system}' and platform_machine == '{machine}'"
    yield from _environments(question, policy, own, f"platform_machine != '{machine}'")
    yield from here_alone(question, policy)


def here_alone(question: Question, policy: Policy) -> Iterator[Narrower]:
    """This system, machine, implementation and minor version of Python, and nothing else."""
    here = question.target.markers
    names = ("sys_platform", "platform_machine", "platform_python_implementation")
    tests = [f"{name} == '{here[name]}'" for name in names]
    version = here["python_version"]
    tests += [f"python_full_version >= '{version}'", f"python_full_version < '{_after(version)}'"]
    yield from _environments(question, policy, " and ".join(tests), "")


def without(question: Question, policy: Policy, marker: str, negated: str) -> Iterator[Narrower]:
    """All but the environments of a marker; ``negated`` is its opposite."""
    yield from _environments(question, policy, negated, marker)


def newer_pythons(question: Question, policy: Policy, version: str) -> Iterator[Narrower]:
    """A newer Python to begin with: ``requires-python`` of what is locked, else the Python that is asked about."""
    before = question.target.pythons
    assert before is not None
    try:
        pythons = pythons_of([before.specifiers, f">={version}"])
    except InputError:
        return
    if pythons == before:
        return
    target = msgspec.structs.replace(question.target, pythons=pythons)
    kind, text = (
        (RemedyKind.REQUIRES_PYTHON, pythons.specifiers) if policy.mode is Mode.LOCK else (RemedyKind.PYTHON, version)
    )
    changed = msgspec.structs.replace(question, target=target)
    if not all(_possible(changed, policy, one) for one in question.universal.environments):
        return
    yield Narrower(Change(kind, text, None, changed), f"python_full_version < '{version}'")


def _environments(question: Question, policy: Policy, marker: str, lost: str) -> Iterator[Narrower]:
    """The environments that the user has, or all, as far as a marker holds in them."""
    before = question.universal.environments
    both = (f"({one}) and {marker}" for one in before) if before else (marker,)
    kept = tuple(one for one in both if _possible(question, policy, one))
    if not kept or kept == before:
        return
    universal = msgspec.structs.replace(question.universal, environments=kept)
    written = ", ".join(f'"{one}"' for one in kept)
    changed = msgspec.structs.replace(question, universal=universal)
    yield Narrower(Change(RemedyKind.EXTEND, f"environments = [{written}]", None, changed), lost)


def _possible(question: Question, policy: Policy, marker: str) -> bool:
    """Whether some Python that is asked about can meet a marker."""
    try:
        parsed_marker(marker)
    except InvalidMarker:  # a platform whose name no marker can quote
        return False
    markers = reader(profile(policy))
    assert question.target.pythons is not None
    pythons = python_marker(markers.algebra, interval_of(question.target.pythons).range)
    return markers.algebra.both(markers.read(marker), pythons) is not FALSE


def _after(version: str) -> str:
    major, _, minor = version.partition(".")
    return f"{major}.{int(minor) + 1}"
