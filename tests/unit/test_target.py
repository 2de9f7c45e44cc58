"""Targets: the running Python as `packaging` sees it, and others as the tools would put them together."""

import sys
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from backtrail.inputs.asked_target import target
from backtrail.inputs.platforms import TargetRules
from backtrail.model.errors import InputError
from backtrail.model.policy import Policy
from backtrail.model.target import Target
from backtrail.resolvers.registry import parse_resolver, resolver_of

UV, OLD_UV, PIP, OLD_PIP = (parse_resolver(text) for text in ("uv", "uv@0.4.18", "pip", "pip@26.2"))


def rules(policy: Policy) -> TargetRules:
    return resolver_of(policy).behaviour.target


def linux(python: str, policy: str = "uv", platform: str = "linux") -> Target:
    return target(python, platform, rules(parse_resolver(policy)), environ={})


def test_the_running_interpreter_is_what_packaging_says() -> None:
    found = target(None, None, rules(PIP), environ={})
    assert list(found.tags) == [str(tag) for tag in sys_tags()]
    assert found.markers == {key: value for key, value in default_environment().items() if key != "extra"}
    assert (found.origin, found.interpreter, found.installed) == ("running interpreter", sys.executable, found.python)


def test_uv_and_older_pip_put_the_bare_linux_tag_last() -> None:
    for policy in ("uv", "pip@26.2"):
        tags = linux("3.10", policy).tags
        assert (tags[0], tags[27]) == ("cp310-cp310-manylinux_2_28_x86_64", "cp310-cp310-linux_x86_64")
    assert linux("3.10", "pip").tags[:2] == ("cp310-cp310-linux_x86_64", "cp310-cp310-manylinux_2_28_x86_64")


def test_a_minor_version_means_its_first_release() -> None:
    found = linux("3.10")
    assert (found.python, found.origin) == ("3.10.0", "--python 3.10")
    versions = [found.markers[f"{name}_version"] for name in ("python_full", "python", "implementation")]
    assert versions == ["3.10.0", "3.10", "3.10.0"]
    assert linux("3.10.13").markers["python_full_version"] == "3.10.13"
    assert linux("310").python == "3.10.0"
    assert linux("3.15.0rc1").python == "3.15.0rc1"


def test_tags_of_two_digit_minors_and_of_free_threading() -> None:
    tags = linux("3.13").tags
    assert {"cp313-abi3-manylinux_2_17_x86_64", "cp32-abi3-linux_x86_64", "py310-none-any"} <= set(tags)
    assert tags[-1] == "py30-none-any"
    threaded = linux("3.13t").tags
    assert threaded[0] == "cp313-cp313t-manylinux_2_28_x86_64"
    assert not [tag for tag in threaded if "-cp313-" in tag or "-abi3-" in tag]
    for policy, knows in (("uv", True), ("uv@0.11.2", False), ("pip", True), ("pip@26.0", False)):
        assert ("cp310-abi3t-linux_x86_64" in linux("3.13t", policy).tags) is knows  # PEP 803


@pytest.mark.parametrize(
    ("platform", "policy", "words", "first", "markers"),
    [
        ("linux", UV, "Linux x86_64 (glibc 2.28)", "manylinux_2_28_x86_64", "linux Linux x86_64"),
        ("linux", OLD_UV, "Linux x86_64 (glibc 2.17)", "manylinux_2_17_x86_64", "linux Linux x86_64"),
        ("windows", UV, "Windows AMD64", "win_amd64", "win32 Windows AMD64"),
        ("windows", OLD_UV, "Windows x86_64", "win_amd64", "win32 Windows x86_64"),
        ("windows", OLD_PIP, "Windows AMD64", "win_amd64", "win32 Windows AMD64"),
        ("i686-pc-windows-msvc", UV, "Windows x86", "win32", "win32 Windows x86"),
        ("macos", UV, "macOS 13.0 arm64", "macosx_13_0_arm64", "darwin Darwin arm64"),
        ("macos", OLD_UV, "macOS 12.0 arm64", "macosx_12_0_arm64", "darwin Darwin arm64"),
        ("x86_64-apple-darwin", UV, "macOS 13.0 x86_64", "macosx_13_0_x86_64", "darwin Darwin x86_64"),
        ("aarch64-unknown-linux-musl", UV, "Linux aarch64 (musl 1.2)", "musllinux_1_2_aarch64", "linux Linux aarch64"),
        ("manylinux_2_34_s390x", UV, "Linux s390x (glibc 2.34)", "manylinux_2_34_s390x", "linux Linux s390x"),
        ("x86_64-manylinux2014", UV, "Linux x86_64 (glibc 2.17)", "manylinux_2_17_x86_64", "linux Linux x86_64"),
        ("riscv64-unknown-linux", UV, "Linux riscv64 (glibc 2.39)", "manylinux_2_39_riscv64", "linux Linux riscv64"),
        ("aarch64-linux-android", UV, "Android aarch64 (API 24)", "android_24_arm64_v8a", "android Android aarch64"),
        ("arm64-apple-ios", UV, "iOS 13.0 arm64", "ios_13_0_arm64_iphoneos", "ios iOS arm64"),
        ("wasm32-pyodide2025", UV, "Pyodide 2025 wasm32", "pyemscripten_2025_0_wasm32", "emscripten Emscripten wasm32"),
    ],
)  # fmt: skip
def test_platforms(platform: str, policy: object, words: str, first: str, markers: str) -> None:
    found = target("3.13", platform, rules(policy), environ={})  # type: ignore[arg-type]
    assert found.platform == words
    assert found.tags[0] == f"cp313-cp313-{first}"
    names = ("sys_platform", "platform_system", "platform_machine")
    assert " ".join(found.markers[name] for name in names) == markers
    assert found.markers["os_name"] == ("nt" if markers.startswith("win32") else "posix")


def test_musl_has_no_manylinux_and_old_glibc_no_newer_tags() -> None:
    assert not [tag for tag in linux("3.12", platform="x86_64-unknown-linux-musl").tags if "manylinux" in tag]
    oldest = [tag.split("-")[2] for tag in linux("3.12", platform="aarch64-manylinux_2_17").tags[:3]]
    assert oldest == ["manylinux_2_17_aarch64", "manylinux2014_aarch64", "linux_aarch64"]


def test_the_deployment_target_of_macos_is_heeded() -> None:
    found = target("3.12", "macos", rules(UV), environ={"MACOSX_DEPLOYMENT_TARGET": "14.2"})
    assert found.platform == "macOS 14.2 arm64"
    assert found.tags[0] == "cp312-cp312-macosx_14_0_arm64"


def test_an_interpreter_by_path_is_asked_once_and_answers_as_it_would_itself() -> None:
    found = target(sys.executable, None, rules(PIP), environ={})
    assert (found.origin, found.interpreter) == (f"--python {sys.executable}", sys.executable)
    assert list(found.tags) == [str(tag) for tag in sys_tags()]


def test_a_version_that_is_not_here_has_no_interpreter_for_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert (linux("3.7").interpreter, linux("3.7").installed) == (None, None)
    here = linux("{}.{}".format(*sys.version_info[:2]))
    assert here.interpreter == sys.executable


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("echo no >&2; exit 3", "is not a Python that can say which one it is: no"),
        ("echo '[]'", "did not answer as a Python interpreter does"),
        ("echo '{'", "did not answer as a Python interpreter does"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
def test_what_is_no_python(tmp_path: Path, script: str, sentence: str) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    with pytest.raises(InputError, match=sentence):
        target(str(fake), None, rules(UV), environ={})


@pytest.mark.parametrize(
    ("python", "platform", "sentence"),
    [
        ("3", None, "--python '3' has no minor version"),
        ("snake", None, "--python 'snake' is neither a version"),
        ("3.10", "beos", "--python-platform 'beos' is not known: linux, windows, macos"),
    ],
)
def test_what_is_not_known(python: str, platform: str | None, sentence: str) -> None:
    with pytest.raises(InputError, match=f"^{sentence}"):
        target(python, platform, rules(UV), environ={})


def test_a_directory_without_python(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory without a Python interpreter"):
        target(str(tmp_path), None, rules(UV), environ={})
    (tmp_path / "python").write_text("not executable")
    with pytest.raises(InputError, match="cannot be run: Permission denied"):
        target(str(tmp_path / "python"), None, rules(UV), environ={})


@pytest.mark.parametrize(
    ("resolver", "python", "refused"),
    [
        ("uv", "2.7", "3.6"),
        ("uv", "3.5.10", "3.6"),
        ("uv", "3.6", None),
        ("uv@0.10.12", "3.6", None),
        ("uv@0.10.11", "3.6", "3.7"),
        ("uv@0.4.18", "3.6", "3.7"),
        ("uv@0.4.18", "3.7", None),
        ("pip", "2.7", None),
    ],
)
def test_what_uv_refuses_as_too_old_is_refused(resolver: str, python: str, refused: str | None) -> None:
    """pip resolves for any Python that ``--python-version`` names."""
    policy = parse_resolver(resolver)
    if refused is None:
        assert target(python, "linux", rules(policy), environ={}).python.startswith(python)
        return
    with pytest.raises(InputError, match=f"^--python {python}: uv {policy.release} refuses Python before {refused}$"):
        target(python, "linux", rules(policy), environ={})


def test_a_python_that_a_variable_names_is_said_to_be_from_there() -> None:
    found = target("3.9", None, rules(UV), environ={}, options=("UV_PYTHON", "--python-platform"))
    assert (found.python, found.origin) == ("3.9.0", "UV_PYTHON")
    with pytest.raises(InputError, match=r"^UV_PYTHON 'snake' is neither a version"):
        target("snake", None, rules(UV), environ={}, options=("UV_PYTHON", "--python-platform"))
