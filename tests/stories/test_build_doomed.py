"""Sdists whose build fails, as their texts and what their build requires tell: BT119."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import pytest
from packaging.utils import NormalizedName
from syrupy.assertion import SnapshotAssertion

from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.case import Report
from backtrail.model.files import File, Listing
from backtrail.model.finding import BuildDoomed, DoomReason, Finding, Gone, RemedyResult
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.requirement import Requirement
from backtrail.resolvers.registry import parse_resolver
from backtrail.sources.case_file import Recorder, Replay
from support.ours import INDEX, WorldSource
from support.small_worlds import Projects, asked_of, releases, report_of, said, small_world
from support.worlds import Release, World, release

UV = parse_resolver("uv@0.13.9")
PIP = parse_resolver("pip@26.3")
BOTH = pytest.mark.parametrize("policy", [UV, PIP], ids=lambda policy: policy.key)

SETUP = "from setuptools import setup\n"
PYPROJECT = '[build-system]\nrequires = [{}]\nbuild-backend = "setuptools.build_meta"\n'

TOOLS: Projects = {
    "setuptools": releases("setuptools", "49.1.3", "58.0.0", "59.8.0", "66.1.0", "73.0.1", "81.0.0", "82.0.0"),
    "cython": releases("cython", "0.29.37", "3.0.0"),
    "numpy": (
        *releases("numpy", "1.26.4", "2.2.0"),
        release("numpy", "1.19.5", tags=("cp38-cp38-manylinux_2_17_x86_64",), sdist=True),
    ),
    "wheel": releases("wheel", "0.45.0"),
}
"""What builds require, as it was released."""

CYTHON_COMMAND = """
from setuptools import setup
from setuptools.command.build_ext import build_ext as _build_ext
try:
    from Cython.Distutils import build_ext as _build_ext
    with_cython = True
except ImportError:
    pass
class build_ext(_build_ext):
    def get_source_files(self):
        for extension in self.extensions:
            if with_cython:
                self.cython_sources(extension.sources, extension)
        return []
if __name__ == '__main__':
    setup(name='old', cmdclass={'build_ext': build_ext})
"""

PLACEHOLDER = """
import os, sys
from setuptools import setup
def refuse():
    if os.environ.get('ALLOW_OLD', 'unset').lower() == 'true':
        return
    raise SystemExit("This name is deprecated,\\nuse 'new' instead")
if __name__ == '__main__':
    if not (len(sys.argv) == 2 and sys.argv[1] == 'sdist'):
        refuse()
    setup(name='old')
"""


Script = tuple[str, str | None]
"""A setup.py and a pyproject.toml."""


class Scripted(WorldSource):
    """A world in which some sdists have a setup.py and a pyproject.toml, by the name of the project."""

    def __init__(self, world: World, scripts: Mapping[str, Script]) -> None:
        super().__init__(world)
        self._scripts = scripts

    def sdist(self, file: File) -> SdistContents | Unavailable:
        found = super().sdist(file)
        name = file.filename.rpartition("-")[0]
        if not isinstance(found, SdistContents) or name not in self._scripts:
            return found
        script, pyproject = self._scripts[name]
        return SdistContents(file=found.file, pkg_info=found.pkg_info, setup_py=script, pyproject=pyproject)


def old(*, wheels: bool = True) -> tuple[Release, ...]:
    """A project with an sdist of long ago, and, later, wheels."""
    newer = releases("old", "2.0") if wheels else ()
    return (release("old", "1.0", tags=("cp36-cp36m-manylinux_2_17_x86_64",), sdist=True), *newer)


def told(
    script: str,
    *requires: str,
    python: str = "3.12",
    policy: Policy = UV,
    legacy: bool = False,
    line: str = "old==1.0",
    more: Mapping[str, Script] = {},
    tools: Projects = TOOLS,
) -> Report:
    """The report on an sdist with this setup.py, which requires this to be built; ``legacy``: it does not say."""
    world = small_world("doomed", {"old": old(), **tools}, line)
    world = replace(world, question=replace(world.question, python=python))
    pyproject = None if legacy else PYPROJECT.format(", ".join(f"'{one}'" for one in requires or ("setuptools",)))
    source = Scripted(world, {"old": (script, pyproject), **more})
    return report_of(world, source=source, policy=policy)


def doom(report: Report) -> BuildDoomed | None:
    return next((one.detail for one in report.findings if isinstance(one.detail, BuildDoomed)), None)


def missing(report: Report) -> Gone:
    found = doom(report)
    assert found is not None
    assert found.gone is not None
    return found.gone


def finding(report: Report) -> Finding:
    return next(one for one in report.findings if one.code == "BT119")


def remedies(report: Report) -> set[tuple[str, str, str]]:
    return {(one.kind.value, one.change, one.result.value) for one in finding(report).remedies}


@BOTH
def test_a_module_that_python_no_longer_has(policy: Policy, snapshot: SnapshotAssertion) -> None:
    report = told(f"import imp\n{SETUP}setup(name='old')\n", policy=policy)
    found, gone = finding(report).detail, missing(report)
    assert isinstance(found, BuildDoomed)
    assert (found.because, found.certain, found.line, gone.what, gone.since) == (
        DoomReason.GONE, True, 1, "imp", "3.12",
    )  # fmt: skip
    assert ("relax", "old>=1.0", "verified") in remedies(report)
    assert ("python", "3.11", "unknown") in remedies(report), "there it is an sdist still, and nobody built it"
    assert said(report) == snapshot
    assert doom(told(f"import imp\n{SETUP}setup(name='old')\n", policy=policy, python="3.11")) is None


def test_distutils_is_back_where_setuptools_brings_it(snapshot: SnapshotAssertion) -> None:
    """setuptools has a distutils of its own from 60.0 on; what runs on Python 3.12 at all is newer than that."""
    script = "from distutils.core import setup\nsetup(name='old')\n"
    assert doom(told(script)) is None
    assert doom(told(script, legacy=True)) is None
    capped = told(script, "setuptools<60")
    found, gone = finding(capped).detail, missing(capped)
    assert isinstance(found, BuildDoomed)
    assert (gone.by, gone.version, gone.until) == ("setuptools", "59.8.0", "66.1.0")
    assert not {one for one in remedies(capped) if one[0] == "build-constraint"}, "no constraint can lift a cap"
    assert said(capped) == snapshot
    assert doom(told(script, "setuptools<60", python="3.11")) is None


@BOTH
def test_pkg_resources_left_setuptools(policy: Policy, snapshot: SnapshotAssertion) -> None:
    report = told(f"import pkg_resources\n{SETUP}setup(name='old')\n", policy=policy)
    found, gone = finding(report).detail, missing(report)
    assert isinstance(found, BuildDoomed)
    assert (gone.by, gone.version, gone.since) == ("setuptools", "82.0.0", "82.0.0")
    assert ("build-constraint", "setuptools<82", "unknown") in remedies(report), "nothing was built"
    assert said(report) == snapshot
    assert doom(told(f"import pkg_resources\n{SETUP}setup(name='old')\n", "setuptools<82", policy=policy)) is None


def test_numpy_distutils_went_with_python_and_broke_with_setuptools(snapshot: SnapshotAssertion) -> None:
    script = "from numpy.distutils.core import setup\nsetup(name='old')\n"
    gone = missing(told(script, "setuptools", "numpy"))
    assert (gone.what, gone.by, gone.python) == ("numpy.distutils", "numpy", "3.12")
    assert doom(told(script, "setuptools", "numpy", python="3.11")) is None
    broken = told(script, "setuptools", "numpy<2", python="3.11")
    assert ("build-constraint", "setuptools<74", "unknown") in remedies(broken)
    assert said(broken) == snapshot
    assert doom(told(script, "setuptools<74", "numpy<2", python="3.11")) is None


@BOTH
def test_a_newer_cython_has_not_what_a_command_calls(policy: Policy, snapshot: SnapshotAssertion) -> None:
    """PyYAML 5.4 since July 2023."""
    report = told(CYTHON_COMMAND, "setuptools", "wheel", "Cython", policy=policy)
    found, gone = finding(report).detail, missing(report)
    assert isinstance(found, BuildDoomed)
    assert (gone.by, gone.version, gone.since, found.line) == ("cython", "3.0.0", "3.0.0", 13)
    assert ("build-constraint", "cython<3", "unknown") in remedies(report)
    assert said(report) == snapshot
    assert doom(told(CYTHON_COMMAND, "setuptools", "Cython<3", policy=policy)) is None
    assert doom(told(CYTHON_COMMAND, "setuptools", policy=policy)) is None, "without Cython it builds without"


def test_setup_refuses_a_keyword_that_it_knew(snapshot: SnapshotAssertion) -> None:
    report = told(f"{SETUP}setup(name='old', use_2to3=True)\n", python="3.11")
    assert ("build-constraint", "setuptools<58.0.2", "unknown") in remedies(report)
    assert said(report) == snapshot
    assert doom(told(f"{SETUP}setup(name='old', use_2to3=False)\n", python="3.11")) is None


@pytest.mark.parametrize(
    "extra",
    [
        "extra = {}\nif sys.version_info >= (3, 0):\n    extra.update(use_2to3=True)\n",
        "extra = {}\nif sys.version_info >= (3,):\n    extra['use_2to3'] = True\n",
        "extra = dict(use_2to3=True)\n",
        "extra = {'zip_safe': False}\nextra.update({'use_2to3': True}, zip_safe=True)\n",
    ],
)
def test_setup_is_given_a_keyword_by_way_of_a_dictionary(extra: str) -> None:
    call = "setup(name='old', **extra)\n"
    report = told(f"import sys\n{SETUP}{extra}{call}", python="3.11")
    assert missing(report).what == "use_2to3="
    assert doom(told(f"import sys\n{SETUP}{extra}extra = {{}}\n{call}", python="3.11")) is None
    assert doom(told(f"import sys\n{SETUP}{extra}extra.pop('use_2to3')\n{call}", python="3.11")) is None


@BOTH
def test_what_a_build_requires_cannot_be_met(policy: Policy, snapshot: SnapshotAssertion) -> None:
    report = told(f"{SETUP}setup(name='old')\n", "setuptools", "numpy==0.1", policy=policy)
    found = doom(report)
    assert found is not None
    assert (found.because, found.requirement) == (DoomReason.REQUIREMENT, "numpy==0.1")
    assert said(report) == snapshot


@BOTH
def test_what_a_build_requires_does_not_build_itself(policy: Policy, snapshot: SnapshotAssertion) -> None:
    numpy = {"numpy": (f"{SETUP}setup(name='numpy')\n", PYPROJECT.format("'setuptools<49.2'"))}
    report = told(f"{SETUP}setup(name='old')\n", "setuptools", "numpy==1.19.5", policy=policy, more=numpy)
    found, gone = finding(report).detail, missing(report)
    assert isinstance(found, BuildDoomed)
    assert (found.through, gone.version) == (("numpy==1.19.5",), "49.1.3")
    assert said(report) == snapshot


@BOTH
def test_what_no_build_requirement_brings(policy: Policy, snapshot: SnapshotAssertion) -> None:
    report = told(f"import numpy\n{SETUP}setup(name='old')\n", policy=policy)
    assert said(report) == snapshot
    assert doom(told(f"import numpy\n{SETUP}setup(name='old')\n", "setuptools", "numpy", policy=policy)) is None


@BOTH
def test_a_placeholder_always_fails(policy: Policy, snapshot: SnapshotAssertion) -> None:
    report = told(PLACEHOLDER, policy=policy)
    found = doom(report)
    assert found is not None
    assert (found.because, found.message) == (DoomReason.STOPS, "This name is deprecated, use 'new' instead")
    assert said(report) == snapshot


@BOTH
def test_an_sdist_that_ends_a_run_because_nothing_is_built(policy: Policy) -> None:
    """No text in it says what it needs, so the answer is unknown; that it does not build is known all the same."""

    class Untold(Scripted):
        def sdist(self, file: File) -> SdistContents | Unavailable:
            found = super().sdist(file)
            return msgspec.structs.replace(found, pkg_info=None) if isinstance(found, SdistContents) else found

    projects = {"old": (release("old", "1.0", tags=(), sdist=True),), **TOOLS}
    world = small_world("unknown", projects, "old")
    report = report_of(world, source=Untold(world, {"old": ("raise SystemExit('no')\n", None)}), policy=policy)
    assert report.runs[0].outcome.value == "unknown"
    found = doom(report)
    assert found is not None
    assert (found.because, found.message) == (DoomReason.STOPS, "no")


def test_a_python_that_setup_py_refuses_is_said_once() -> None:
    """It is BT104's to say."""
    script = (
        f"import sys\n{SETUP}if sys.version_info >= (3, 10):\n    raise RuntimeError('too new')\nsetup(name='old')\n"
    )
    assert [one.code for one in told(script).findings if one.severity.value == "error"] == ["BT104"]


def test_what_a_script_can_do_without_is_no_reason() -> None:
    for script in (
        f"try:\n    import imp\nexcept ImportError:\n    imp = None\n{SETUP}setup(name='old')\n",
        f"from contextlib import suppress\nwith suppress(ImportError):\n    import imp\n{SETUP}setup(name='old')\n",
        f"import sys\nif sys.version_info < (3, 12):\n    import imp\n{SETUP}setup(name='old')\n",
        f"{SETUP}def later():\n    import imp\nsetup(name='old')\n",
        f"import sys\n{SETUP}if 'upload' in sys.argv:\n    import imp\nsetup(name='old')\n",
    ):
        assert doom(told(script)) is None, script


def test_nobody_can_tell_whether_a_build_gets_there(snapshot: SnapshotAssertion) -> None:
    report = told(f"import helpers\n{SETUP}if helpers.compiled():\n    import imp\nsetup(name='old')\n")
    found = doom(report)
    assert found is not None
    assert not found.certain
    assert finding(report).severity.value == "info"
    assert said(report, verbose=True) == snapshot


def test_what_a_build_would_install_is_not_known() -> None:
    """No page of setuptools: a recording of before, or an index that cannot be read."""
    report = told(f"import pkg_resources\n{SETUP}setup(name='old')\n", tools={})
    assert doom(report) is None


@pytest.mark.parametrize(("resolver", "doomed"), [("pip@25.2", False), ("pip@25.3", True), ("uv@0.4.18", True)])
def test_isolates_builds(resolver: str, doomed: bool) -> None:
    """pip before 25.3 builds what has no pyproject.toml beside what is installed, if setuptools and wheel are."""
    policy = parse_resolver(resolver)
    found = doom(told(f"import numpy\n{SETUP}setup(name='old')\n", legacy=True, policy=policy))
    assert (found is not None) is doomed
    assert doom(told(f"import imp\n{SETUP}setup(name='old')\n", legacy=True, policy=policy)) is not None


def test_a_fix_that_leaves_an_sdist_that_does_not_build_is_none() -> None:
    """The yanked release has an answer, and that is an sdist that does not build."""
    projects: Projects = {"old": (release("old", "1.0", tags=(), sdist=True, yanked="broken"),), **TOOLS}
    world = small_world("none", projects, "old~=1.0")
    good = Scripted(world, {"old": (f"{SETUP}setup(name='old')\n", None)})
    bad = Scripted(world, {"old": (f"{SETUP}raise SystemExit('no')\n", None)})
    (helped, *_), (left, *_) = report_of(world, source=good).findings, report_of(world, source=bad).findings
    assert [one.result for one in helped.remedies if one.change == "old==1.0"] == [RemedyResult.VERIFIED]
    assert not [one for one in left.remedies if one.result is RemedyResult.VERIFIED]


class Built(Scripted):
    """Its sdist builds with a Cython of before 3.0."""

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        if "cython<3" in {one.text for one in constraints}:
            return Metadata(name="old", version="1.0", source=MetadataSource.BUILT, file=file.filename)
        detail = "AttributeError: 'build_ext' object has no attribute 'cython_sources'"
        return Unavailable(failure=Failure.BUILD_FAILED, file=file.filename, detail=detail)


@BOTH
def test_a_build_constraint_is_tried_by_a_build(policy: Policy, snapshot: SnapshotAssertion) -> None:
    """Of what uv reads in a wheel it makes no build; pip stops at it. The recording holds both builds."""
    world = small_world("built", {"old": old(), **TOOLS}, "old==1.0")
    world = replace(world, question=replace(world.question, python="3.12"))
    question = asked_of(world, policy, build_sdists=True)
    question = msgspec.structs.replace(question, target=msgspec.structs.replace(question.target, installed="3.12.4"))
    inquiry = Inquiry(asked=(Asked(policy=policy, question=question),), solves=True, budget=24)
    recorder = Recorder(Built(world, {"old": (CYTHON_COMMAND, PYPROJECT.format("'setuptools', 'Cython'"))}))
    report = answer(inquiry, recorder)
    assert ("build-constraint", "cython<3", "verified") in remedies(report)
    assert said(report) == snapshot
    assert answer(inquiry, Replay(recorder.world())) == report


def test_a_build_that_ends_a_run_is_looked_up_by_its_version_alone() -> None:
    """A recording may hold no other version."""
    world = small_world("built", {"old": (*releases("old", "0.1", "0.2"), *old()), **TOOLS}, "old==1.0")
    recorder = Recorder(Built(world, {"old": (PLACEHOLDER, PYPROJECT.format("'setuptools'"))}))
    report = report_of(world, source=recorder, policy=PIP, budget=0, build_sdists=True)
    assert report.runs[0].outcome.value == "aborted"
    assert doom(report) is not None
    page = Replay(recorder.world()).page(INDEX, NormalizedName("old"))
    assert isinstance(page, Listing)
    assert [version for place, version in enumerate(page.versions) if bytes(page.table.files[place])] == ["1.0"]


@BOTH
def test_two_sdists_that_do_not_build_have_one_fix_of_two_changes(policy: Policy) -> None:
    """Neither change alone is a fix: it leaves an sdist that does not build."""
    elder = (release("elder", "1.0", tags=("cp36-cp36m-manylinux_2_17_x86_64",), sdist=True), *releases("elder", "2.0"))
    world = small_world("two-doomed", {"old": old(), "elder": elder, **TOOLS}, "old==1.0", "elder==1.0")
    world = replace(world, question=replace(world.question, python="3.12"))
    pyproject = PYPROJECT.format("'setuptools'")
    scripts = {"old": (f"import imp\n{SETUP}setup(name='old')\n", pyproject), "elder": (PLACEHOLDER, pyproject)}
    report = report_of(world, source=Scripted(world, scripts), policy=policy)
    doomed = [one for one in report.findings if one.code == "BT119"]
    assert {one.subject for one in doomed} == {"old", "elder"}
    for one in doomed:
        (fix,) = (each for each in one.remedies if each.result is RemedyResult.VERIFIED)
        also = {(each.kind.value, each.change) for each in fix.also}
        assert {(fix.kind.value, fix.change), *also} == {("relax", "old>=1.0"), ("relax", "elder>=1.0")}
        assert fix.pins_changed == {"old": ("1.0", "2.0"), "elder": ("1.0", "2.0")}
