"""What each resolver admits, file by file, and which file stands for a version."""

import pytest
from packaging.utils import NormalizedName

from backtrail.model.files import File, Listing
from backtrail.model.policy import Policy
from backtrail.model.question import FormatControl, Options
from backtrail.model.verdict import Reason
from backtrail.resolvers.registry import resolver_of
from backtrail.resolvers.uv.distributions import represent
from backtrail.standards.requires_python import from_below, within
from backtrail.standards.wheel_tags import fit, wheel_name
from support.listings import OLD_UV, PIP, UV, file, target

HERE = target()
NAME = NormalizedName("a")
PLAIN = Options()


def reasons(
    one: File, policy: Policy, options: Options = PLAIN, *, yanked_allowed: bool = False, flat: bool = False
) -> list[Reason]:
    verdict = resolver_of(policy).judge(one, HERE, options, yanked_allowed=yanked_allowed, flat=flat)
    return [exclusion.reason for exclusion in verdict.exclusions]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", 1),
        ("cp311-cp311-manylinux2014_x86_64", 2),
        ("py2.py3-none-any", "py3-none-any"),
        ("cp37-abi3-linux_x86_64", "cp37-abi3-linux_x86_64"),
        ("cp312-cp312-manylinux_2_17_x86_64", Reason.TAG_PYTHON),
        ("cp311-cp311d-manylinux_2_17_x86_64", Reason.TAG_ABI),
        ("cp311-cp311-win_amd64", Reason.TAG_PLATFORM),
        ("cp312.cp311-cp312-manylinux_2_17_x86_64", Reason.TAG_ABI),
        ("cp312.cp311-cp311-musllinux_1_2_x86_64", Reason.TAG_PLATFORM),
    ],
)
def test_tags_fit_at_their_best_combination_or_miss_at_their_closest(tag: str, expected: int | str | Reason) -> None:
    wheel = wheel_name(f"a-1.0-{tag}.whl")
    assert wheel is not None
    if isinstance(expected, str) and not isinstance(expected, Reason):
        expected = HERE.tag_rank[expected]
    assert fit(wheel, HERE) == expected


@pytest.mark.parametrize(
    ("filename", "build"),
    [
        ("a-1.0-py3-none-any.whl", ()),
        ("a-1.0-2-py3-none-any.whl", (2, "")),
        ("a-1.0-10b-py3-none-any.whl", (10, "b")),
    ],
)
def test_the_build_tag_orders_by_number(filename: str, build: tuple[object, ...]) -> None:
    wheel = wheel_name(filename)
    assert wheel is not None
    assert wheel.build == build


@pytest.mark.parametrize(
    "filename",
    [
        "a-1.0.tar.gz",
        "a-1.0-any.whl",
        "a-1.0-x-py3-none-any.whl",
        "a-1.0-1-2-py3-none-any.whl",
        "a-1.0-py3--any.whl",
        "a-1.0-" + "py3." * 300 + "py3-none-any.whl",
        f"a-1.0-{'.'.join(['p'] * 99)}-{'.'.join(['a'] * 99)}-any.whl",
    ],
)
def test_what_is_no_wheel_name_or_too_much_of_one(filename: str) -> None:
    assert wheel_name(filename) is None


@pytest.mark.parametrize(
    ("requires_python", "uv", "pip"),
    [
        (">=3.8", True, True),
        (">=3.12", False, False),
        (">=3.8,<3.10", True, False),
        ("<3.8", True, False),
        ("==3.9.*", True, False),
        ("!=3.11.*,>=3.8", True, False),
        ("!=3.11.*,>=3.11", False, False),
        ("!=3.10.*,!=3.11.*,>=3.10", False, False),
        (">3.11", True, True),
        (">3.11.4", False, False),
        (">=3.11.4rc1", True, True),
        ("~=3.12", False, False),
        (">=3.12,<3.11", True, False),
        (">=3.11.5,!=3.11.4", False, False),
        ("===3.12", False, False),
        (">3.11,!=3.10.*", True, True),
        (">=3.7.*", True, True),  # uv mends it, pip ignores it
    ],
)
def test_requires_python_counts_from_below_in_uv_and_whole_in_pip(requires_python: str, uv: bool, pip: bool) -> None:
    assert from_below(requires_python, HERE.python_version) is uv
    assert within(requires_python, HERE.python_version) is pip


def test_an_unreadable_requires_python_hides_the_file_from_uv_and_nothing_from_pip() -> None:
    one = file("a-1.0-py3-none-any.whl", requires_python="three")
    assert reasons(one, UV) == [Reason.INVALID_REQUIRES_PYTHON]
    assert reasons(one, PIP) == []
    assert not represent([one], UV, HERE, PLAIN).exists


def test_pip_can_be_asked_to_ignore_requires_python() -> None:
    one = file("a-1.0-py3-none-any.whl", requires_python="<3.10")
    assert reasons(one, PIP) == [Reason.REQUIRES_PYTHON]
    assert reasons(one, PIP, Options(ignore_requires_python=True)) == []


@pytest.mark.parametrize(
    ("uploaded", "uv", "pip"),
    [
        ("2024-05-31T23:59:59.999999Z", [], []),
        ("2024-06-01T00:00:00Z", [Reason.EXCLUDE_NEWER], [Reason.EXCLUDE_NEWER]),
        ("2024-06-01T00:00:00.000100Z", [Reason.EXCLUDE_NEWER], [Reason.EXCLUDE_NEWER]),
        (None, [Reason.NO_UPLOAD_TIME], [Reason.NO_UPLOAD_TIME]),
    ],
)
def test_a_file_uploaded_at_the_cut_off_is_too_new(uploaded: str | None, uv: list[Reason], pip: list[Reason]) -> None:
    one = file("a-1.0-py3-none-any.whl", uploaded=uploaded)
    options = Options(exclude_newer="2024-06-01T00:00:00.000000Z")
    assert reasons(one, UV, options) == uv
    assert reasons(one, PIP, options) == pip


def test_uv_compares_uploads_in_milliseconds() -> None:
    one = file("a-1.0-py3-none-any.whl", uploaded="2024-06-01T00:00:00.000100Z")
    options = Options(exclude_newer="2024-06-01T00:00:00.000500Z")
    assert reasons(one, UV, options) == [Reason.EXCLUDE_NEWER]
    assert reasons(one, PIP, options) == []


def test_find_links_files_have_no_cut_off_in_uv() -> None:
    one = file("a-1.0-py3-none-any.whl", uploaded=None)
    assert reasons(one, UV, Options(exclude_newer="2024-06-01T00:00:00.000000Z"), flat=True) == []


def test_pip_leaves_files_on_disk_alone_whoever_lists_them() -> None:
    one = file("a-1.0-py3-none-any.whl", uploaded=None, index="file:///mirror/simple")
    options = Options(exclude_newer="2024-06-01T00:00:00.000000Z")
    assert reasons(one, PIP, options) == reasons(one, PIP, options, flat=True) == []
    assert reasons(one, UV, options) == [Reason.NO_UPLOAD_TIME]


BEFORE, AFTER = "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"


@pytest.mark.parametrize("policy", [UV, OLD_UV, PIP], ids=lambda policy: policy.key)
@pytest.mark.parametrize(
    ("uploads", "hidden"),
    [
        ((BEFORE, AFTER), []),
        ((BEFORE, None), []),
        ((AFTER,), [Reason.EXCLUDE_NEWER]),
        ((None, None), [Reason.NO_UPLOAD_TIME]),
        ((AFTER, None), [Reason.EXCLUDE_NEWER, Reason.NO_UPLOAD_TIME]),
    ],
    ids=str,
)
def test_a_version_exists_before_the_cut_off_if_one_of_its_files_is_known_to(
    uploads: tuple[str | None, ...], hidden: list[Reason], policy: Policy
) -> None:
    names = ("a-1.0-py3-none-any.whl", "a-1.0.tar.gz")
    listing = Listing.of(NAME, "", [file(name, uploaded=each) for name, each in zip(names, uploads, strict=False)])
    options = Options(exclude_newer="2024-06-01T00:00:00.000000Z")
    cut_off = resolver_of(policy).behaviour.cut_off
    shown = cut_off.hiding(listing, 0, options, flat=False)
    assert [one.reason for one in shown] == hidden
    assert cut_off.exists(listing, 0, options, flat=False) is not bool(hidden)
    assert cut_off.exists(listing, 0, PLAIN, flat=False)


def test_a_yank_yields_to_a_pin_only() -> None:
    one = file("a-1.0-py3-none-any.whl", yanked="broken")
    assert reasons(one, UV) == reasons(one, PIP) == [Reason.YANKED]
    assert reasons(one, UV, yanked_allowed=True) == reasons(one, PIP, yanked_allowed=True) == []


def test_every_rule_that_refuses_a_file_is_reported_in_the_resolvers_own_order() -> None:
    one = file(
        "a_b-1.0-cp312-cp312-win_amd64.whl", requires_python=">=3.12", yanked="", uploaded="2024-07-01T00:00:00Z"
    )
    options = Options(exclude_newer="2024-06-01T00:00:00.000000Z", formats=FormatControl(no_binary=frozenset({"a-b"})))
    assert reasons(one, OLD_UV, options)[:2] == [Reason.NO_BINARY, Reason.EXCLUDE_NEWER]
    assert reasons(one, UV, options) == [
        Reason.EXCLUDE_NEWER,
        Reason.NO_BINARY,
        Reason.YANKED,
        Reason.TAG_PYTHON,
        Reason.REQUIRES_PYTHON,
    ]
    assert reasons(one, PIP, options) == [
        Reason.NO_BINARY,
        Reason.TAG_PYTHON,
        Reason.EXCLUDE_NEWER,
        Reason.REQUIRES_PYTHON,
        Reason.YANKED,
    ]


@pytest.mark.parametrize("filename", ["zope-interface-5.0.tar.gz", "zope_interface-5.0.zip"])
def test_only_binary_finds_the_project_in_old_sdist_names_too(filename: str) -> None:
    options = Options(formats=FormatControl(only_binary=frozenset({"zope-interface"})))
    assert reasons(file(filename), UV, options) == [Reason.ONLY_BINARY]


def test_uv_refuses_old_archive_formats_since_0_12() -> None:
    one = file("a-1.0.tar.bz2")
    assert reasons(one, UV) == [Reason.SDIST_NAME]
    assert reasons(one, OLD_UV) == reasons(one, PIP) == []


def test_a_free_threaded_python_takes_no_abi3() -> None:
    here = target("3.13.1", free_threaded=True)
    verdict = resolver_of(UV).judge(file("a-1.0-cp39-abi3-manylinux_2_17_x86_64.whl"), here, PLAIN)
    assert [exclusion.reason for exclusion in verdict.exclusions] == [Reason.TAG_ABI_FREE_THREADED]


def test_tags_without_a_name_in_uv_are_forgotten() -> None:
    assert reasons(file("a-1.0-cp311-cp311-plan9_x86.whl"), UV) == [Reason.TAG_INVALID]
    assert reasons(file("a-1.0-cp311-cp311-plan9_x86.whl"), OLD_UV) == [Reason.TAG_PLATFORM]


# Which file stands for a version


def test_the_best_tag_wins_and_then_the_higher_build() -> None:
    found = represent(
        [
            file("a-1.0-py3-none-any.whl"),
            file("a-1.0-1-cp311-cp311-linux_x86_64.whl"),
            file("a-1.0-2-cp311-cp311-linux_x86_64.whl"),
            file("a-1.0.tar.gz"),
        ],
        UV,
        HERE,
        PLAIN,
    )
    assert found.kind == "wheel"
    assert found.install is not None
    assert found.install.filename == "a-1.0-2-cp311-cp311-linux_x86_64.whl"
    assert found.metadata == found.install


def test_metadata_comes_from_the_closest_wheel_when_only_the_sdist_can_be_installed() -> None:
    """uv before 0.5.5 compared misses the wrong way round and read the farthest."""
    files = [
        file("a-1.0.tar.gz", requires_python=">=3.12"),
        file("a-1.0-cp27-cp27m-win_amd64.whl"),
        file("a-1.0-cp311-cp311-win_amd64.whl"),
    ]
    found, old = represent(files, UV, HERE, PLAIN), represent(files, OLD_UV, HERE, PLAIN)
    assert found.kind == old.kind == "incompatible-wheel"
    assert found.install == old.install == files[0]
    assert found.metadata == files[2]
    assert old.metadata == files[1]
    assert found.requires_python == ">=3.12"
    assert not found.python_ok


def test_equally_far_wheels_stand_in_order_of_their_names() -> None:
    files = [
        file("a-1.0.tar.gz"),
        file("a-1.0-cp311-cp311-win_amd64.whl"),
        file("a-1.0-cp311-cp311-macosx_11_0_arm64.whl"),
    ]
    assert represent(files, UV, HERE, PLAIN).metadata == files[2]
    assert represent(files, OLD_UV, HERE, PLAIN).metadata == files[2]


def test_no_binary_still_reads_metadata_from_a_wheel() -> None:
    files = [file("a-1.0-py3-none-any.whl"), file("a-1.0.tar.gz")]
    found = represent(files, UV, HERE, Options(formats=FormatControl(no_binary=frozenset({":all:"}))))
    assert (found.kind, found.install, found.metadata) == ("incompatible-wheel", files[1], files[0])


def test_one_wheel_after_the_cut_off_spoils_the_others_as_metadata() -> None:
    """The corner of the rule: too new outranks every other miss, and a too new wheel is not read."""
    files = [
        file("a-1.0-cp311-cp311-macosx_11_0_arm64.whl"),
        file("a-1.0-cp311-cp311-win_amd64.whl", uploaded="2025-01-01T00:00:00Z"),
        file("a-1.0.tar.gz"),
    ]
    options = Options(exclude_newer="2024-06-01T00:00:00.000000Z")
    found, old = represent(files, UV, HERE, options), represent(files, OLD_UV, HERE, options)
    assert (found.kind, found.metadata) == ("sdist", files[2])
    assert (old.kind, old.metadata) == ("incompatible-wheel", files[1])


def test_a_version_wholly_after_the_cut_off_does_not_exist() -> None:
    options = Options(
        exclude_newer="2023-01-01T00:00:00.000000Z", formats=FormatControl(only_binary=frozenset({":all:"}))
    )
    sdist = [file("a-1.0.tar.gz")]
    assert not represent(sdist, UV, HERE, options).exists
    # The old uv sees the sdist that may not be built before it looks at the time.
    assert represent(sdist, OLD_UV, HERE, options).exists
    assert not represent([file("a-1.0-py3-none-any.whl")], OLD_UV, HERE, options).exists


def test_the_sdist_is_blamed_before_the_wheels() -> None:
    files = [file("a-1.0-cp312-cp312-win_amd64.whl"), file("a-1.0.tar.gz", yanked="bad")]
    found = represent(files, UV, HERE, PLAIN)
    assert found.kind == "incompatible"
    assert [exclusion.reason for exclusion in found.exclusions] == [Reason.YANKED]
    only_wheels = represent(files[:1], UV, HERE, PLAIN)
    assert [exclusion.reason for exclusion in only_wheels.exclusions] == [Reason.TAG_PYTHON]


def test_requires_python_does_not_choose_among_wheels() -> None:
    files = [
        file("a-1.0-cp311-cp311-linux_x86_64.whl", requires_python=">=3.12"),
        file("a-1.0-py3-none-any.whl", requires_python=">=3.8"),
    ]
    found = represent(files, UV, HERE, PLAIN)
    assert found.install == files[0]
    assert not found.python_ok


def test_a_matching_hash_beats_a_better_tag_and_an_sdist_beats_a_wheel() -> None:
    files = [
        file("a-1.0-cp311-cp311-linux_x86_64.whl", hashes={"sha256": "aa"}),
        file("a-1.0-py3-none-any.whl", hashes={"sha256": "bb"}),
        file("a-1.0.tar.gz", hashes={"sha256": "cc"}),
    ]
    assert represent(files, UV, HERE, PLAIN, hashes=("sha256:bb",)).install == files[1]
    assert represent(files, UV, HERE, PLAIN, hashes=("sha256:cc",)).install == files[2]


def test_find_links_files_join_those_of_the_index() -> None:
    link = file("a-1.0-cp311-cp311-linux_x86_64.whl", uploaded=None, index="/wheels")
    found = represent(
        [file("a-1.0-py3-none-any.whl")],
        UV,
        HERE,
        Options(exclude_newer="2024-06-01T00:00:00.000000Z"),
        links=[link],
    )
    assert found.install == link
