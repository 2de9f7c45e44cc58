"""Settings: who said it, who wins, and what a moment means."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from backtrail.inputs.dialects import EITHER
from backtrail.inputs.moments import cutoff, span
from backtrail.inputs.settings import Flags, Settled, settle
from backtrail.model.errors import InputError
from backtrail.model.question import FormatControl, Setting
from backtrail.resolvers.registry import parse_resolver, resolver_of

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone(timedelta(hours=2)))
DEFAULT = "https://default.example/simple"


def settled(
    *lines: tuple[str, str], environ: dict[str, str] | None = None, tool: str | None = None, **flags: Any
) -> Settled:
    written = [
        Setting(name=name, value=value, origin=f"r.txt:{number}") for number, (name, value) in enumerate(lines, start=1)
    ]
    dialect = EITHER if tool is None else resolver_of(parse_resolver(tool)).behaviour.dialect
    return settle(Flags(**flags), written, environ=environ or {}, now=NOW, default_index=DEFAULT, dialect=dialect)


def test_nothing_said() -> None:
    nothing = settled()
    assert (nothing.indexes.default, nothing.indexes.extra, nothing.indexes.find_links) == (DEFAULT, (), ())
    assert (nothing.options.prerelease, nothing.options.exclude_newer, nothing.settings) == (None, None, ())


def test_a_flag_beats_a_line_beats_the_environment_and_the_origin_tells() -> None:
    environ = {"PIP_INDEX_URL": "https://env.example/simple"}
    line = ("index-url", "https://line.example/simple")
    for found, host, origin in (
        (settled(environ=environ), "env", "PIP_INDEX_URL"),
        (settled(line, environ=environ), "line", "r.txt:1"),
        (settled(line, environ=environ, index_url="https://flag.example/simple"), "flag", "--index-url"),
    ):
        assert found.indexes.default == f"https://{host}.example/simple"
        assert [each.origin for each in found.settings] == [origin]


def test_in_pip_the_line_beats_the_flag_and_whoever_asks_both_is_reported() -> None:
    line = ("index-url", "https://line.example/simple")
    flag = "https://flag.example/simple"
    assert settled(line, index_url=flag, tool="pip").indexes.default == "https://line.example/simple"
    both = settled(line, index_url=flag)
    assert both.indexes.default == flag
    assert both.warnings == ("r.txt:1: --index-url: the flag beats this line in uv, and not in pip",)


def test_indexes_add_up_in_the_order_they_are_searched() -> None:
    found = settled(
        ("extra-index-url", "https://line.example/simple"),
        ("extra-index-url", "https://flag.example/simple"),
        index=("name=https://first.example/simple",),
        extra_index_url=("https://flag.example/simple",),
        environ={"PIP_EXTRA_INDEX_URL": "https://one.example/simple https://two.example/simple"},
    )
    assert [url.split("/")[2].removesuffix(".example") for url in found.indexes.extra] == [
        "first",
        "one",
        "two",
        "flag",
        "line",
    ]


def test_a_list_of_uv_in_the_environment_gives_way_to_a_flag() -> None:
    environ = {"UV_EXTRA_INDEX_URL": "https://env.example/simple"}
    assert settled(environ=environ).indexes.extra == ("https://env.example/simple",)
    found = settled(environ=environ, extra_index_url=("https://flag.example/simple",))
    assert found.indexes.extra == ("https://flag.example/simple",)


def test_each_tool_reads_its_own_environment() -> None:
    environ = {"PIP_PRE": "1", "UV_RESOLUTION": "lowest", "PIP_CONSTRAINT": "a.txt b.txt", "UV_CONSTRAINT": "c.txt"}
    uv, pip, both = (settled(environ=environ, tool=tool) for tool in ("uv", "pip", None))
    assert [(each.options.prerelease, each.options.resolution) for each in (uv, pip, both)] == [
        (None, "lowest"),
        ("allow", "highest"),
        ("allow", "lowest"),
    ]
    assert [[each.value for each in one.lines] for one in (uv, pip)] == [["c.txt"], ["a.txt", "b.txt"]]


def test_what_is_not_honoured_stands_among_the_settings() -> None:
    """The driver of a GPU, the proxy of an office: either may change what the tool would have answered."""
    environ = {
        "UV_CUDA_DRIVER_VERSION": "550.1", "UV_NO_BUILD": "1", "UV_NO_BINARY": "0", "UV_CACHE_DIR": "/tmp/cache",
        "PIP_PROXY": "http://me:s3cret@proxy.example:3128", "PIP_TIMEOUT": "60",
    }  # fmt: skip
    uv, pip = (settled(environ=environ, tool=tool).settings for tool in ("uv", "pip"))
    shown = [Setting(name=name, value=value, origin=name, honoured=False) for name, value in (
        ("UV_CUDA_DRIVER_VERSION", "550.1"), ("UV_NO_BUILD", "true"),
    )]  # fmt: skip
    assert list(uv) == shown
    proxy = Setting(name="proxy", value="http://proxy.example:3128", origin="PIP_PROXY", honoured=False)
    assert pip == (proxy,)


def test_certificates_that_are_not_there_end_nothing(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    environ = {"SSL_CERT_FILE": str(bundle), "PIP_CERT": str(bundle), "REQUESTS_CA_BUNDLE": str(bundle)}
    for tool, origin in (("uv", "SSL_CERT_FILE"), ("pip", "PIP_CERT")):
        bundle.unlink(missing_ok=True)
        gone = settled(environ=environ, tool=tool)
        assert (gone.cert, [(one.origin, one.honoured) for one in gone.settings]) == (None, [(origin, False)])
        bundle.touch()
        found = settled(environ=environ, tool=tool)
        assert (found.cert, [(one.origin, one.honoured) for one in found.settings]) == (str(bundle), [(origin, True)])


def test_uv_is_offline_where_a_variable_says_so() -> None:
    assert settled(environ={"UV_OFFLINE": "1"}, tool="uv").offline
    assert not settled(environ={"UV_OFFLINE": "0"}, tool="uv").offline
    assert not settled(environ={"UV_OFFLINE": "1"}, tool="pip").offline


def test_uv_ignores_some_lines_and_says_so() -> None:
    assert settled(("pre", "true"), tool="pip").options.prerelease == "allow"
    uv = settled(("pre", "true"), tool="uv")
    assert uv.options.prerelease is None
    assert uv.settings == (Setting(name="pre", value="true", origin="r.txt:1", honoured=False),)


def test_release_controls_of_pip_are_read_as_far_as_they_speak_of_all() -> None:
    assert settled(("only-final", ":all:"), tool="pip").options.prerelease == "disallow"
    named = settled(("all-releases", "numpy"), tool="pip")
    assert named.options.prerelease is None
    assert Setting(name="all-releases", value="numpy", origin="r.txt:1", honoured=False) in named.settings


def test_hashes_are_required_until_a_later_line_takes_it_back() -> None:
    assert settled(("require-hashes", "true")).options.require_hashes
    assert not settled(("require-hashes", "true"), ("no-require-hashes", "true")).options.require_hashes


def test_no_index_leaves_find_links_alone() -> None:
    found = settled(("no-index", "true"), index_url="https://x.example/simple", find_links=("wheels",))
    assert (found.indexes.default, found.indexes.extra, found.indexes.find_links) == (None, (), ("wheels",))


def test_credentials_are_kept_apart() -> None:
    found = settled(
        index_url="https://me:s3%40cret@index.example:8443/simple", index=("corp=https://token@corp.example/simple",)
    )
    assert found.indexes.default == "https://index.example:8443/simple"
    assert found.credentials == {
        "https://index.example:8443/simple": ("me", "s3@cret"),
        "https://corp.example/simple": ("token", ""),
    }
    assert not [each for each in found.settings if "cret" in each.value or "token" in each.value]


ONLY, NO = "only-binary", "no-binary"
Formats = list[tuple[str, str]]


@pytest.mark.parametrize(
    ("said", "pip", "uv"),
    [
        ([(NO, "a,B_c")], ([], ["a", "b-c"]), ([], ["a", "b-c"])),
        ([(ONLY, "flask"), (NO, "flask")], ([], ["flask"]), (["flask"], ["flask"])),
        ([(NO, "flask"), (ONLY, "flask")], (["flask"], []), (["flask"], ["flask"])),
        ([(ONLY, "a"), (NO, "a"), (ONLY, "a")], (["a"], []), (["a"], ["a"])),
        ([(ONLY, ":all:"), (NO, ":all:")], ([], [":all:"]), ([":all:"], [":all:"])),
        ([(NO, ":all:"), (ONLY, "numba")], (["numba"], [":all:"]), (["numba"], [":all:"])),
        ([(ONLY, "numba"), (NO, ":all:")], ([], [":all:"]), (["numba"], [":all:"])),
        ([(NO, "a"), (NO, ":none:"), (ONLY, ":all:")], ([":all:"], []), ([":all:"], [])),
        ([(ONLY, ":all:,:none:")], ([], []), ([], [])),
        ([(ONLY, "a,:all:,b")], ([":all:"], []), ([":all:"], [])),
        ([(ONLY, ":all:,a,:none:,b")], (["b"], []), (["b"], [])),
    ],
)
def test_formats_in_the_order_they_are_given(
    said: Formats, pip: tuple[list[str], list[str]], uv: tuple[list[str], list[str]]
) -> None:
    """Measured with the real tools (tests/likeness): in pip the last one wins, uv reads each list by itself."""
    flags: dict[str, Any] = {
        "only_binary": tuple(value for option, value in said if option == ONLY),
        "no_binary": tuple(value for option, value in said if option == NO),
        "order": tuple(option.replace("-", "_") for option, _ in said),
    }
    tools: tuple[tuple[str, tuple[list[str], list[str]]], ...] = (("pip", pip), ("uv", uv))
    for tool, (only, no) in tools:
        found = settled(tool=tool, **flags)
        assert found.options.formats == FormatControl(only_binary=frozenset(only), no_binary=frozenset(no)), tool
        assert [(one.name, one.value) for one in found.settings] == said


def formats(found: Settled) -> tuple[list[str], list[str]]:
    return sorted(found.options.formats.only_binary), sorted(found.options.formats.no_binary)


def test_formats_of_lines_come_after_those_of_flags() -> None:
    lines = ((ONLY, ":none:"), (NO, "b"), (ONLY, "b"))
    assert formats(settled(*lines, only_binary=(":all:",), tool="pip")) == (["b"], [])
    # A line of a file cannot take back a flag of uv.
    assert formats(settled(*lines, only_binary=(":all:",), tool="uv")) == ([":all:"], ["b"])


def test_formats_of_variables_are_in_the_order_of_the_environment() -> None:
    only, no = {"PIP_ONLY_BINARY": "a,b"}, {"PIP_NO_BINARY": "a,b"}
    assert formats(settled(environ={**no, **only}, tool="pip")) == (["a", "b"], [])
    assert formats(settled(environ={**only, **no}, tool="pip")) == ([], ["a", "b"])
    assert settled(environ={"PIP_ONLY_BINARY": "a b"}, tool="pip").options.formats.allows("a", "sdist")


@pytest.mark.parametrize(
    ("control", "wheel", "sdist"),
    [
        (FormatControl(), True, True),
        (FormatControl(only_binary=frozenset({"a"})), True, False),
        (FormatControl(only_binary=frozenset({":all:"}), no_binary=frozenset({"a"})), False, True),
        (FormatControl(no_binary=frozenset({":all:"}), only_binary=frozenset({"a"})), True, False),
        (FormatControl(no_binary=frozenset({"a"}), only_binary=frozenset({"a"})), False, False),
        (FormatControl(no_binary=frozenset({":all:"}), only_binary=frozenset({":all:"})), False, False),
    ],
)
def test_a_name_beats_all(control: FormatControl, wheel: bool, sdist: bool) -> None:
    assert (control.allows("a", "wheel"), control.allows("a", "sdist")) == (wheel, sdist)


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_pre_beats_any_mode(tool: str) -> None:
    """As measured with uv 0.13.9 and 0.4.18, whatever the order, and whether a flag or a variable names the mode."""
    assert settled(pre=True, prerelease="disallow", tool=tool).options.prerelease == "allow"
    assert (
        settled(prerelease="explicit", pre=True, order=("prerelease", "pre"), tool=tool).options.prerelease == "allow"
    )
    assert settled(pre=True, environ={"UV_PRERELEASE": "disallow"}, tool=tool).options.prerelease == "allow"
    assert settled(prerelease="disallow", environ={"PIP_PRE": "1"}, tool=tool).options.prerelease == "disallow"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-10-07T21:46:00Z", "2024-10-07T21:46:00.000000Z"),
        ("2024-10-07t21:46:00.1234567+02:00", "2024-10-07T19:46:00.123456Z"),
        ("2024-10-07 21:46", "2024-10-07T22:00:00.000000Z"),  # without a zone uv reads the day alone
        ("2024-10-07", "2024-10-07T22:00:00.000000Z"),  # the end of that day there
        ("P7D", "2026-11-17T10:00:00.000000Z"),
        ("7 days", "2026-11-17T10:00:00.000000Z"),
        ("2 weeks ago", "2026-11-10T10:00:00.000000Z"),
        ("PT24H", "2026-11-23T10:00:00.000000Z"),
        ("24h", "2026-11-23T10:00:00.000000Z"),
        ("1 day, 2hrs 3min", "2026-11-23T07:57:00.000000Z"),
        ("9999-12-31", None),
        ("2024-13-01", None),
        ("99999999999 days", None),
        ("yesterday", None),
        ("P", None),
        ("", None),
    ],
)
def test_moments(text: str, moment: str | None) -> None:
    assert cutoff(text, NOW) == moment


def test_a_date_is_its_beginning_for_pip() -> None:
    assert settled(uploaded_prior_to="2024-10-07").options.exclude_newer == "2024-10-06T22:00:00.000000Z"
    assert settled(uploaded_prior_to="2024-10-07 21:46").options.exclude_newer == "2024-10-07T19:46:00.000000Z"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("7 days", "P7D"),
        ("1 week, 2d", "P1W2D"),
        ("36h", "PT36H"),
        ("p1dt0h5m", "P1DT5M"),
        ("2 weeks ago", "-P2W"),
        ("0 days", "PT0S"),
        ("2024-10-07", None),
    ],
)
def test_how_long_ago_is_kept_as_uv_writes_it(text: str, written: str | None) -> None:
    assert span(text) == written


@pytest.mark.parametrize(
    ("flags", "environ", "sentence"),
    [
        ({"resolution": "low"}, {}, "--resolution 'low' is not one of highest, lowest, lowest-direct"),
        ({}, {"UV_PRERELEASE": "yes"}, "UV_PRERELEASE: --prerelease 'yes' is not one of disallow, allow, if-necessary"),
        ({"index_strategy": "best"}, {}, "--index-strategy 'best' is not one of first-index, unsafe-first-match"),
        ({"exclude_newer": "soon"}, {}, "--exclude-newer 'soon' is not a moment"),
        ({"index_url": "https://index/\udcff"}, {}, "--index-url 'https://index/\\udcff' is not UTF-8"),
        ({"index_url": "nowhere"}, {}, "--index-url 'nowhere' is not a URL of an index"),
        (
            {"index_url": "https://u:pa/ss@x/simple"},
            {},
            "--index-url 'https://x/simple' is not a URL: its port is no number",
        ),
        ({"index_url": "https://u:p@[x/simple"}, {}, "--index-url 'https://[x/simple' is not a URL: Invalid IPv6 URL"),
        ({"max_rounds": 0}, {}, "--max-rounds '0' is not a positive number"),
        ({}, {"PIP_PRE": "perhaps"}, "PIP_PRE: pre 'perhaps' is neither true nor false"),
        (
            {"index_url": "https://a.example", "default_index": "https://b.example"},
            {},
            "--index-url 'https://a.example' and --default-index 'https://b.example' contradict each other",
        ),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_its_option(
    flags: dict[str, Any], environ: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        settled(environ=environ, **flags)
    assert str(caught.value).startswith(sentence)
