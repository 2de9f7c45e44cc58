"""`why REQ` without a solve: one small page each, and what is said about it."""

from collections.abc import Collection, Sequence

import pytest
from packaging.utils import canonicalize_name

from backtrail.explain.lookup.availability import Availability, availability
from backtrail.explain.lookup.selection import Look
from backtrail.model.files import Absent, File, Listing, Page, Unreadable
from backtrail.model.finding import (
    Hidden,
    LocalVariants,
    NearestMiss,
    NotFound,
    NothingUsable,
    PythonGuard,
    ReasonCount,
    RemedyResult,
    SdistChosen,
    Severity,
    Treatment,
    YankedTaken,
)
from backtrail.model.policy import Policy
from backtrail.model.question import FormatControl, Options, Setting
from backtrail.model.requirement import parse_requirement
from backtrail.model.target import Target
from support.listings import OLD_UV, PIP, UV, file, target

FIRST = "https://first.example/simple"
SECOND = "https://second.example/simple"
HERE = target("3.10.0")
LINUX = "manylinux_2_17_x86_64"


def page(name: str, *files: File, index: str = FIRST) -> Listing:
    return Listing.of(canonicalize_name(name), index, files)


def why(
    requirement: str,
    *pages: Page,
    options: Options | None = None,
    settings: Sequence[Setting] = (),
    policies: Sequence[Policy] = (UV, PIP),
    here: Target = HERE,
    names: Sequence[str] = (),
    links: Sequence[Listing] = (),
    there: Collection[str] = (),
) -> Availability:
    looks = [Look(policy=policy, target=here, pages=pages, links=tuple(links)) for policy in policies]
    asked = parse_requirement(requirement)
    return availability(
        asked, looks, options or Options(), settings=settings, names=names, there=lambda name: name in there
    )


def test_the_file_that_would_be_taken_and_its_index() -> None:
    wheel = file(f"torch-2.3.0-cp310-cp310-{LINUX}.whl", index=FIRST)
    found = why(
        "torch>=2", page("torch", wheel, file("torch-2.2.0-py3-none-any.whl"), file("torch-3.0.tar.gz", yanked=""))
    )
    for answer in found.answers.values():
        assert (answer.available, answer.version, answer.file, answer.index) == (True, "2.3.0", wheel.filename, FIRST)
    assert found.findings == ()
    assert [judged.file.version for judged in found.project.files] == ["3.0", "2.3.0"]


TORCH = page(
    "torch",
    file(f"torch-2.3.0+cpu-cp310-cp310-{LINUX}.whl"),
    file(f"torch-2.3.0+cu118-cp310-cp310-{LINUX}.whl"),
    file("torch-2.3.0+rocm6-cp310-cp310-win_amd64.whl"),
    file(f"torch-2.2.0-cp310-cp310-{LINUX}.whl"),
)


def test_only_local_builds_of_the_version_asked_for() -> None:
    found = why("torch==2.3.0", TORCH, policies=(UV, PIP, OLD_UV))
    assert found.answers["uv@0.13.9"].version == found.answers["pip@26.3"].version == "2.3.0+cu118"
    assert (found.answers["uv@0.4.18"].available, found.answers["uv@0.4.18"].reason) == (False, "no-version")
    refused, taken = found.findings
    assert (refused.code, refused.severity, refused.runs) == ("BT105", Severity.ERROR, ("uv@0.4.18",))
    assert (taken.code, taken.severity, taken.runs) == ("BT105", Severity.INFO, ("uv@0.13.9", "pip@26.3"))
    detail = refused.detail
    assert isinstance(detail, LocalVariants)
    assert [(variant.version, variant.usable) for variant in detail.variants] == [
        ("2.3.0+rocm6", False),
        ("2.3.0+cu118", True),
        ("2.3.0+cpu", True),
    ]
    assert detail.pick == "2.3.0+cpu"
    assert detail.accepts == {"uv@0.13.9": True, "pip@26.3": True, "uv@0.4.18": False}
    (remedy,) = refused.remedies
    assert (remedy.kind, remedy.change, remedy.of, remedy.result) == (
        "replace",
        "torch==2.3.0+cpu",
        "torch==2.3.0",
        RemedyResult.VERIFIED,
    )
    assert [variant.version for variant in found.project.variants] == ["2.3.0+rocm6", "2.3.0+cu118", "2.3.0+cpu"]


def test_the_old_uv_is_named_even_when_nobody_asked_for_it() -> None:
    (finding,) = why("torch==2.3.0", TORCH).findings
    assert isinstance(finding.detail, LocalVariants)
    assert finding.detail.accepts["uv@0.4.18"] is False


def test_a_public_build_beside_local_ones_needs_no_word() -> None:
    both = page("torch", file("torch-2.3.0-py3-none-any.whl"), file("torch-2.3.0+cpu-py3-none-any.whl"))
    assert why("torch==2.3.0", both).findings == ()


def test_nothing_fits_this_python() -> None:
    listing = page(
        "torch",
        file(f"torch-2.3.0-cp311-cp311-{LINUX}.whl", requires_python=">=3.11"),
        file("torch-2.3.0-cp311-cp311-win_amd64.whl", requires_python=">=3.11"),
        file("torch-2.3.0-cp310-cp310-win_amd64.whl"),
        file(f"torch-2.3.0-cp39-abi3-{LINUX.replace('2_17', '2_39')}.whl"),
    )
    found = why("torch==2.3.0", listing)
    (finding,) = found.findings
    assert (finding.code, finding.runs) == ("BT106", ("uv@0.13.9", "pip@26.3"))
    detail = finding.detail
    assert isinstance(detail, NothingUsable)
    assert detail.version == "2.3.0"
    assert detail.reasons == (
        ReasonCount(reason="requires-python", files=2),
        ReasonCount(reason="tag-platform", files=2),
        ReasonCount(reason="tag-python-version", files=2),
    )
    assert detail.nearest == NearestMiss(file="torch-2.3.0-cp39-abi3-manylinux_2_39_x86_64.whl", axes=("libc",))
    assert detail.requires_python == (">=3.11",)
    assert detail.pythons == ("3.11",)
    assert found.answers["uv@0.13.9"].reason == "requires-python"


def test_a_version_that_does_not_exist_lies_between_two_that_do() -> None:
    listing = page(
        "torch", *(file(f"torch-{version}-py3-none-any.whl") for version in ("2.3.0", "2.4.0", "2.6.0", "3.0rc1"))
    )
    (finding,) = why("torch==2.5.9", listing).findings
    assert finding.detail == NotFound(
        requirement="torch==2.5.9",
        project=True,
        standard_library=False,
        close=(),
        newest="2.6.0",
        below="2.4.0",
        above="2.6.0",
        indexes=(FIRST,),
    )
    (finding,) = why("torch==2.99", listing).findings
    assert isinstance(finding.detail, NotFound)
    assert (finding.detail.below, finding.detail.above) == ("2.6.0", None)


@pytest.mark.parametrize(
    ("wanted", "below", "above"),
    [
        (">=2.0.0rc1,<2.0.0", "1.26.4", "2.0.0"),
        ("<2.0.0,>=2.0.0rc1", "1.26.4", "2.0.0"),
        (">1.26.4,<2", "1.26.4", "2.0.0"),
        ("<1", None, "1.26.4"),
        (">2.0.1", "2.0.1", None),
        ("==1.99.*", "1.26.4", "2.0.0"),
        ("~=1.27", "1.26.4", "2.0.0"),
        (">=2.0,!=2.0.0,<2.0.1", "1.26.4", "2.0.0"),
    ],
)
def test_the_releases_next_to_a_range_without_any(wanted: str, below: str | None, above: str | None) -> None:
    listing = page("numpy", *(file(f"numpy-{version}-py3-none-any.whl") for version in ("1.26.4", "2.0.0", "2.0.1")))
    (finding,) = why(f"numpy{wanted}", listing).findings
    assert isinstance(finding.detail, NotFound)
    assert (finding.detail.below, finding.detail.above) == (below, above)


def test_what_came_after_the_cut_off_is_not_the_newest_nor_near() -> None:
    days = {"1.0": "2022-05-01", "1.2": "2022-06-01", "1.4": "2023-06-01", "4.0": "2024-06-01"}
    files = (file(f"coin-{version}-py3-none-any.whl", uploaded=f"{day}T00:00:00Z") for version, day in days.items())
    listing = page("coin", *files)
    (finding,) = why("coin==1.3", listing, options=Options(exclude_newer="2023-01-01T00:00:00.000000Z")).findings
    assert isinstance(finding.detail, NotFound)
    assert (finding.detail.newest, finding.detail.below, finding.detail.above) == ("1.2", "1.2", None)


@pytest.mark.parametrize(
    ("name", "close", "standard"), [("toch", "torch", False), ("numyp", "numpy", False), ("pickle", None, True)]
)
def test_a_project_that_does_not_exist(name: str, close: str | None, standard: bool) -> None:
    found = why(name, Absent(index=FIRST), Absent(index=SECOND), there=["torch", "numpy"])
    (finding,) = found.findings
    assert isinstance(finding.detail, NotFound)
    assert not finding.detail.project
    assert finding.detail.standard_library is standard
    assert close is None or finding.detail.close[0] == close
    assert finding.detail.indexes == (FIRST, SECOND)
    assert found.answers["pip@26.3"].reason == "not-found"


def test_a_name_of_the_question_may_be_meant() -> None:
    (finding,) = why("house-stlye", Absent(index=FIRST), names=["House_Style"], there=["house-style"]).findings
    assert isinstance(finding.detail, NotFound)
    assert finding.detail.close == ("house-style",)


def test_nobody_is_sent_to_a_project_that_the_index_does_not_have() -> None:
    (finding,) = why("house-stlye", Absent(index=FIRST), names=["House_Style"], there=["torch"]).findings
    assert isinstance(finding.detail, NotFound)
    assert finding.detail.close == ()


def test_a_yanked_version_is_hidden_until_pinned() -> None:
    listing = page("a", file("a-2.0-py3-none-any.whl", yanked="broken"))
    found = why("a>=2", listing)
    (finding,) = found.findings
    detail = finding.detail
    assert isinstance(detail, Hidden)
    assert (detail.version, detail.rule, detail.value, detail.allow) == ("2.0", "yanked", "broken", "a==2.0")
    assert [remedy.change for remedy in finding.remedies] == ["a==2.0"]
    pinned = why("a==2.0", listing)
    assert all(answer.available for answer in pinned.answers.values())
    (taken,) = pinned.findings
    assert isinstance(taken.detail, YankedTaken)
    assert (taken.code, taken.detail.reason, taken.detail.newest) == ("BT114", "broken", None)


def test_the_newest_that_is_not_yanked_is_named_beside_a_yanked_pin() -> None:
    listing = page(
        "a", file("a-1.0-py3-none-any.whl"), file("a-2.0-py3-none-any.whl", yanked="broken"), file("a-3.0.tar.gz")
    )
    taken = next(one.detail for one in why("a==2.0", listing).findings if isinstance(one.detail, YankedTaken))
    assert (taken.version, taken.newest) == ("2.0", "3.0")


def test_a_prerelease_is_hidden_by_a_setting_whose_place_is_reported() -> None:
    listing = page("a", file("a-1.0-py3-none-any.whl"), file("a-2.0rc1-py3-none-any.whl"))
    setting = Setting(name="prerelease", value="disallow", origin="UV_PRERELEASE")
    found = why("a>=1.5", listing, options=Options(prerelease="disallow"), settings=[setting], policies=[UV])
    (finding,) = found.findings
    detail = finding.detail
    assert isinstance(detail, Hidden)
    assert (detail.version, detail.rule, detail.value, detail.origin) == (
        "2.0rc1",
        "prerelease",
        "disallow",
        "UV_PRERELEASE",
    )
    assert [remedy.change for remedy in finding.remedies] == ["--prerelease allow"]


def test_pip_and_uv_fall_back_on_prereleases_where_the_old_uv_does_not() -> None:
    listing = page("a", file("a-1.0-py3-none-any.whl"), file("a-2.0rc1-py3-none-any.whl"))
    found = why("a>=1.5", listing, policies=(UV, PIP, OLD_UV))
    assert [answer.version for answer in found.answers.values()] == ["2.0rc1", "2.0rc1", None]
    assert found.answers["uv@0.4.18"].reason == "prerelease"


def test_a_version_after_the_cut_off() -> None:
    listing = page("a", file("a-1.0-py3-none-any.whl", uploaded="2020-01-01T00:00:00Z"), file("a-2.0-py3-none-any.whl"))
    options = Options(exclude_newer="2023-01-01T00:00:00.000000Z")
    setting = Setting(name="exclude-newer", value="2023-01-01", origin="--exclude-newer")
    found = why("a==2.0", listing, options=options, settings=[setting])
    (finding,) = found.findings
    detail = finding.detail
    assert isinstance(detail, Hidden)
    assert (detail.rule, detail.value, detail.origin, detail.uploaded) == (
        "exclude-newer",
        "2023-01-01",
        "--exclude-newer",
        "2024-01-01T00:00:00Z",
    )
    assert [(one.kind, one.change) for one in finding.remedies] == [("policy", "--exclude-newer 2024-01-01T00:00:01Z")]
    older = why("a", listing, options=options)
    assert all(answer.version == "1.0" for answer in older.answers.values())
    assert [judged.file.version for judged in older.project.files] == ["1.0"]


def test_only_binary_hides_a_release_of_sdists_but_not_one_whose_wheels_miss() -> None:
    options = Options(formats=FormatControl(only_binary=frozenset({":all:"})))
    (hidden,) = why("a", page("a", file("a-1.0.tar.gz")), options=options).findings
    assert isinstance(hidden.detail, Hidden)
    assert hidden.detail.rule == "only-binary"
    listing = page("a", file("a-1.0.tar.gz"), file("a-1.0-cp310-cp310-win_amd64.whl"))
    (refused,) = why("a", listing, options=options).findings
    assert refused.code == "BT106"


def test_the_first_index_hides_what_a_later_one_has_from_uv_only() -> None:
    first = page("a", file("a-1.0-py3-none-any.whl", index=FIRST))
    second = page("a", file("a-2.0-py3-none-any.whl", index=SECOND), index=SECOND)
    found = why("a>=2", first, second)
    assert found.answers["pip@26.3"].index == SECOND
    (finding,) = found.findings
    detail = finding.detail
    assert isinstance(detail, Hidden)
    assert finding.runs == ("uv@0.13.9",)
    assert (detail.rule, detail.value, detail.origin) == ("first-index", SECOND, None)
    assert [remedy.change for remedy in finding.remedies] == ["--index-strategy unsafe-best-match"]
    merged = why("a>=2", first, second, options=Options(index_strategy="unsafe-best-match"))
    assert all(answer.available for answer in merged.answers.values())


def test_an_unreadable_page_leaves_the_answer_open() -> None:
    listing = page("a", file("a-1.0-py3-none-any.whl"))
    lost = Unreadable(index=SECOND, reason="status", status=500)
    found = why("a", lost, listing)
    assert [answer.reason for answer in found.answers.values()] == ["unknown", "unknown"]
    assert found.unknown
    assert found.findings == ()
    # uv stops at the first index that has the project.
    after = why("a", listing, lost)
    assert [answer.available for answer in after.answers.values()] == [True, False]


def test_an_old_sdist_is_taken_and_uv_ignores_the_upper_bound() -> None:
    listing = page(
        "numba",
        file("numba-0.53.1.tar.gz", requires_python=">=3.6,<3.10", uploaded="2021-03-26T09:15:50Z"),
        file("numba-0.53.1-cp39-cp39-manylinux2014_x86_64.whl", requires_python=">=3.6,<3.10"),
        file("numba-0.53.1-cp37-cp37m-win_amd64.whl", requires_python=">=3.6,<3.10"),
    )
    found = why("numba==0.53.1", listing)
    assert found.answers["uv@0.13.9"].file == "numba-0.53.1.tar.gz"
    assert not found.answers["pip@26.3"].available
    details = {finding.code: (finding.detail, finding.runs) for finding in found.findings}
    sdist, runs = details["BT102"]
    assert runs == ("uv@0.13.9",)
    assert sdist == SdistChosen(
        version="0.53.1",
        file="numba-0.53.1.tar.gz",
        uploaded="2021-03-26T09:15:50Z",
        wheels=2,
        axes={"platform": 1, "python": 2},
        nearest=NearestMiss(file="numba-0.53.1-cp39-cp39-manylinux2014_x86_64.whl", axes=("python",)),
        pythons=("3.9",),
    )
    guard, runs = details["BT103"]
    assert runs == ("uv@0.13.9",)
    assert guard == PythonGuard(
        version="0.53.1",
        file="numba-0.53.1.tar.gz",
        requires_python=">=3.6,<3.10",
        treatment=Treatment.UPPER_BOUND_IGNORED,
        others={"pip@26.3": Treatment.REFUSED},
    )
    refused, runs = details["BT106"]
    assert runs == ("pip@26.3",)
    assert isinstance(refused, NothingUsable)
    assert refused.requires_python == (">=3.6,<3.10",)


def test_find_links_are_enough_without_an_index() -> None:
    links = page("a", file("a-1.0-py3-none-any.whl", index="/wheels", uploaded=None), index="/wheels")
    found = why("a", links=[links])
    assert [(answer.version, answer.index) for answer in found.answers.values()] == [("1.0", "/wheels")] * 2


def test_pip_prefers_any_wheel_to_a_newer_sdist_when_asked_to() -> None:
    listing = page("a", file("a-2.0.tar.gz"), file("a-1.0-py3-none-any.whl"))
    found = why("a", listing, options=Options(prefer_binary=True))
    assert [answer.version for answer in found.answers.values()] == ["2.0", "1.0"]


def test_of_equal_files_pip_takes_that_of_the_last_index() -> None:
    pages = [page("a", file("a-1.0-py3-none-any.whl", index=index), index=index) for index in (FIRST, SECOND)]
    found = why("a", *pages)
    assert [answer.index for answer in found.answers.values()] == [FIRST, SECOND]


def test_pip_takes_a_yanked_file_only_where_every_file_is_yanked_and_the_version_pinned() -> None:
    listing = page("a", file("a-1.0-cp310-cp310-linux_x86_64.whl", yanked=""), file("a-1.0-py3-none-any.whl"))
    assert why("a==1.0", listing, policies=[PIP]).answers["pip@26.3"].file == "a-1.0-py3-none-any.whl"
    yanked = page("a", file("a-1.0-py3-none-any.whl", yanked=""))
    assert why("a==1.0", yanked, policies=[PIP]).answers["pip@26.3"].available
    assert why("a==1.*", yanked, policies=[PIP]).answers["pip@26.3"].reason == "yanked"
