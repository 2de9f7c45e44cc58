"""An environment that is there: who needs what, who put it there, and what an install would do."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from backtrail import cli
from support.environments import Dist, dist, environment, site_of
from support.links import folder_of
from support.worlds import release

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in an empty folder; gives code, stdout, stderr."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def ran(*arguments: str) -> tuple[int, str, str]:
        return cli.run([*arguments]), *capsys.readouterr()

    return ran


APP = (
    dist("app", "1.0", "web>=1", installer="uv", requested=True),
    dist("web", "1.2", "lib>=1,<3", 'old; python_version < "3"'),
    dist("lib", "2.1", installer="conda"),
    dist("tool", "0.1", "lib<3", "nose; extra == 'test'", extras=("test",)),
)


def made(tmp_path: Path, *dists: Dist) -> str:
    environment(tmp_path / "env", *dists)
    return str(tmp_path / "env")


def shown(out: str) -> list[str]:
    """The lines, without the release of Python and codes."""
    return [line.strip().partition("  ")[0].replace(_python(line), "Python") for line in out.splitlines() if line]


def _python(line: str) -> str:
    words = line.partition("for Python ")[2]
    return f"Python {words.split(',')[0].split()[0]}" if words else "\0"


def test_why_says_who_needs_it_who_put_it_there_and_what_it_came_with(tmp_path: Path, run: Run) -> None:
    code, out, err = run("why", "lib", "--env", made(tmp_path, *APP))
    assert (code, err) == (0, "")
    assert shown(out) == [
        "lib 2.1 is installed for Python, by conda",
        "needed by tool 0.1 as lib<3 and web 1.2 as lib>=1,<3",
        "it came with app 1.0, which needs web",
    ]


def test_a_project_that_is_not_there_ends_with_code_1(tmp_path: Path, run: Run) -> None:
    code, out, _ = run("why", "nose", "--env", made(tmp_path, *APP))
    assert (code, shown(out)) == (1, ["nose is not installed for Python, which has 4 packages"])


def test_what_is_missing_and_what_is_too_old_is_found_with_the_cause(tmp_path: Path, run: Run) -> None:
    env = made(
        tmp_path, dist("ui", "4.0", "pillow>=10", "fonts"), dist("app", "1.0", "pillow<10"), dist("pillow", "9.5")
    )
    code, out, _ = run("why", "pillow", "--env", env)
    assert (code, shown(out)[2:]) == (
        0,
        ["pillow 9.5 is installed, by pip: ui 4.0 needs pillow>=10",
         "others need it as it is: app 1.0 needs pillow<10"],
    )  # fmt: skip
    code, out, _ = run("why", "ui", "--env", env, "--format", "json")
    found = json.loads(out)["findings"]
    assert [(one["code"], one["subject"], one["detail"]["because"]) for one in found] == [
        ("BT128", "pillow", "wrong-version"), ("BT128", "fonts", "missing"),
    ]  # fmt: skip
    assert run("why", "pillow", "--env", env, "--fail-on", "BT128")[0] == 4


def test_the_document_says_the_same(tmp_path: Path, run: Run) -> None:
    code, out, _ = run("why", "lib", "--env", made(tmp_path, *APP), "--format", "json")
    found = json.loads(out)
    assert (code, found["runs"], found["environment"]["project"]) == (0, [], "lib")
    assert found["environment"]["installed"][0] == {
        "version": "2.1", "installer": "conda", "url": None, "commit": None, "editable": False, "requested": False,
        "place": "lib-2.1.dist-info",
    }  # fmt: skip
    assert [(one["by"], one["requirement"]) for one in found["environment"]["way"]] == [
        ("app==1.0", "web>=1"), ("web==1.2", "lib>=1,<3"),
    ]  # fmt: skip


def test_other_things_that_do_not_fit(tmp_path: Path, run: Run) -> None:
    env = made(
        tmp_path, dist("twice", "1.0"), dist("twice", "2.0"), dist("young", "1.0", requires_python=">=9"),
        dist("far", "1.0", tags=("cp39-cp39-win_amd64",)), dist("odd", "1.0", "not a requirement at all"),
    )  # fmt: skip
    kinds = {}
    for name in ("twice", "young", "far", "odd"):
        _, out, _ = run("why", name, "--env", env, "--format", "json")
        (found,) = json.loads(out)["findings"]
        kinds[name] = found["detail"]["because"], found["severity"]
    assert kinds == {
        "twice": ("duplicate", "warning"), "young": ("requires-python", "error"), "far": ("tags", "error"),
        "odd": ("unreadable", "warning"),
    }  # fmt: skip


def test_the_active_environment_is_looked_at_where_nothing_else_is(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", made(tmp_path, *APP, dist("secret", "1.0")))
    code, out, _ = run("why", "lib", "--env")
    assert (code, shown(out)[0]) == (0, "lib 2.1 is installed for Python (active environment), by conda")
    (tmp_path / "links").mkdir()
    index = ("--no-index", "-f", str(tmp_path / "links"))
    code, out, _ = run("why", "lib", *index)
    assert (code, "  needed by tool 0.1 as lib<3 and web 1.2 as lib>=1,<3\n" in out) == (1, True)
    assert "installed" not in run("why", "nothing-here", *index)[1]
    run("why", "lib", *index, "-o", "lib.backtrail")
    with zipfile.ZipFile("lib.backtrail") as archive:  # of what else is there nobody was asked
        installed = json.loads(archive.read("case.json"))["question"]["asked"][0]["question"]["environment"]
    assert [one["name"] for one in installed["distributions"]] == ["app", "lib", "tool", "web"]
    assert "installed" not in run("why", "lib", "--isolated", *index)[1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--env", "nope"), "--env 'nope' is neither an interpreter nor the folder of an environment"),
        (("--env", "nope", "--python", "3.10"),
         "--env says which Python and platform the answer is for: give no --python beside it"),
        (("--env", "nope", "--python-platform", "linux"),
         "--env says which Python and platform the answer is for: give no --python-platform beside it"),
        (("--env", "nope", "--resolver", "uv-universal"),
         "--env is for the Python of one environment, and --universal and --lock are for all"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_one_sentence(run: Run, options: tuple[str, ...], sentence: str) -> None:
    assert run("why", "lib", *options) == (2, "", f"error: {sentence}\n")


def test_a_recording_holds_it_without_the_place(tmp_path: Path, run: Run) -> None:
    env = made(tmp_path, *APP, dist("here", "1.0", direct_url={"url": f"file://{tmp_path}/src/here"}))
    out = run("why", "here", "--env", env, "-o", "case.backtrail")[1]
    assert run("replay", "case.backtrail")[1] == out
    _, document, _ = run("replay", "case.backtrail", "--format", "json")
    assert str(tmp_path) not in document
    assert json.loads(document)["environment"]["origin"] == "--env PATH"


# What an install would do there


PROJECTS = (
    ("ext", release("ext", "0.9", "pillow")),
    ("ext", release("ext", "1.0", "pillow>=10")),
    ("pillow", release("pillow", "9.5")),
    ("pillow", release("pillow", "10.4")),
    ("pillow", release("pillow", "11.0")),
    ("lib", release("lib", "1.0", "base<2")),
    ("lib", release("lib", "2.0", "base>=2")),
    ("base", release("base", "1.0")),
    ("base", release("base", "2.0")),
)


@pytest.fixture
def index(tmp_path: Path) -> tuple[str, ...]:
    """Options for a folder of files as the only index."""
    folder_of(tmp_path / "links", *PROJECTS)
    return ("--no-index", "-f", str(tmp_path / "links"))


def planned(answer: tuple[int, str, str]) -> dict[str, dict[str, tuple[str, str | None, str]]]:
    """By tool and project: what is done, from which version, to which."""
    assert answer[0] == 0, answer
    return {
        run["resolver"]: {step["name"]: (step["action"], step["from"], step["to"]) for step in run["plan"]}
        for run in json.loads(answer[1])["runs"]
    }


LIB = ("keep", "1.0", "1.0")
BASE = ("upgrade", "1.0", "2.0")


@pytest.mark.parametrize(
    ("options", "with_uv", "with_pip"),
    [
        ((), {"lib": LIB, "base": LIB}, {"lib": LIB, "base": LIB}),
        (("-U",), {"lib": BASE, "base": BASE}, {"lib": BASE, "base": BASE}),
        (("--upgrade-package", "base"), {"lib": LIB, "base": LIB}, {"lib": LIB, "base": LIB}),
        (("--upgrade-package", "lib"), {"lib": BASE, "base": BASE}, {"lib": LIB, "base": LIB}),
        (("--reinstall",), {"lib": BASE, "base": BASE}, {"lib": BASE, "base": BASE}),
        (("--reinstall-package", "base"), {"lib": LIB, "base": ("reinstall", "1.0", "1.0")}, {"lib": LIB, "base": LIB}),
        (("--ignore-installed",), {"lib": LIB, "base": LIB},
         {"lib": ("install", None, "2.0"), "base": ("install", None, "2.0")}),
    ],
)  # fmt: skip
def test_options_renew_what_each_tool_renews_by_them(
    tmp_path: Path,
    run: Run,
    index: tuple[str, ...],
    options: tuple[str, ...],
    with_uv: dict[str, object],
    with_pip: dict[str, object],
) -> None:
    env = made(tmp_path, dist("lib", "1.0", "base<2", requested=True), dist("base", "1.0"))
    answer = run("explain-backtrack", "lib", "--env", env, *index, *options, "--format", "json")
    assert planned(answer) == {"uv": with_uv, "pip": with_pip}


def test_pip_upgrades_eagerly_only_if_it_is_to(tmp_path: Path, run: Run, index: tuple[str, ...]) -> None:
    env = made(tmp_path, dist("ext", "0.9", "pillow"), dist("pillow", "9.5"))
    pip = ("explain-backtrack", "ext<1", "--env", env, *index, "-U", "--resolver", "pip", "--format", "json")
    assert planned(run(*pip))["pip"]["pillow"] == ("keep", "9.5", "9.5")
    assert planned(run(*pip, "--upgrade-strategy", "eager"))["pip"]["pillow"] == ("upgrade", "9.5", "11.0")


def test_what_forces_an_upgrade_and_what_it_breaks_is_said_with_a_fix(
    tmp_path: Path, run: Run, index: tuple[str, ...]
) -> None:
    Path("new.txt").write_text("ext>=1\n")
    env = made(tmp_path, dist("app", "1.0", "pillow<11"), dist("pillow", "9.5"))
    code, out, _ = run("explain-backtrack", "-r", "new.txt", "--env", env, *index, "--resolver", "uv")
    assert code == 0
    assert [line for line in shown(out) if "resolves" not in line] == [
        "upgrade",
        "install",
        "pillow 11.0 breaks what is installed: app 1.0 needs pillow<11",
        "Fix, solved again with uv 0.13.9:",
        "1. constraint pillow<11",
        "installed pillow 9.5 is upgraded to 11.0: ext 1.0 needs pillow>=10",
    ]


def test_an_upgrade_that_follows_from_another_is_traced_to_its_cause(
    tmp_path: Path, run: Run, index: tuple[str, ...]
) -> None:
    """lib 1.0 is in range of all that is asked; it is its own requirement that a line contradicts."""
    env = made(tmp_path, dist("lib", "1.0", "base<2"), dist("base", "1.0"))
    for tool in ("uv", "pip"):
        asked = ("explain-backtrack", "lib", "base>=2", "--env", env, *index, "--resolver", tool, "--format", "json")
        found = {one["subject"]: one["detail"] for one in json.loads(run(*asked)[1])["findings"]}
        assert {name: one["because"][0]["text"] for name, one in found.items()} == {"lib": "base>=2", "base": "base>=2"}
        assert found["lib"]["asked"] == []


def test_where_the_tools_part_by_what_they_keep_is_proved(tmp_path: Path, run: Run, index: tuple[str, ...]) -> None:
    env = made(tmp_path, dist("lib", "1.0", "base<2"), dist("base", "1.0"))
    asked = ("compare", "lib", "--env", env, *index, "-U", "--format", "json")
    # Of lib 2.0 the base may be any from 2.0 on; an older one than that stays with pip only where it may.
    (found,) = [one for one in json.loads(run(*asked)[1])["findings"] if one["code"] == "BT111"] or [None]
    assert found is None
    folder_of(tmp_path / "links", ("lib", release("lib", "3.0", "base>=1")))
    (found,) = [one for one in json.loads(run(*asked)[1])["findings"] if one["code"] == "BT111"]
    assert (found["detail"]["cause"], found["detail"]["proved"]) == ("installed", True)
    assert found["detail"]["parting"]["kept_by"] == "pip@26.3"
    assert [(one["run"], one["agrees"]) for one in found["detail"]["switched"]] == [
        ("pip@26.3", True), ("uv@0.13.9", True),
    ]  # fmt: skip


def test_a_recording_is_shrunk_to_what_is_installed_and_matters(
    tmp_path: Path, run: Run, index: tuple[str, ...]
) -> None:
    env = made(
        tmp_path, dist("app", "1.0", "pillow<11"), dist("pillow", "9.5"), dist("base", "1.0"), dist("lib", "1.0")
    )
    run("explain-backtrack", "ext", "base", "--env", env, *index, "-U", "--resolver", "uv", "-o", "all.backtrail")
    code, out, _ = run("shrink", "all.backtrail", "--keep", "BT127:pillow", "-o", "small.backtrail")
    assert (code, out.splitlines()[-1]) == (0, "ext")
    assert json.loads(run("replay", "small.backtrail", "--format", "json")[1])["environment"]["packages"] == 1
    assert run("replay", "small.backtrail", "--python", "3.12")[2] == (
        "error: --python: the recording is of an environment, which has one Python\n"
    )


def test_diff_says_which_installed_version_changed_the_answer(tmp_path: Path, run: Run, index: tuple[str, ...]) -> None:
    for number, (version, options) in enumerate((("9.5", ()), ("10.4", ()), ("10.4", ("-U",)))):
        environment(tmp_path / f"env{number}", dist("pillow", version))
        env = str(tmp_path / f"env{number}")
        asked = ("explain-backtrack", "ext<1", "pillow", "--env", env, *index, *options, "--resolver", "pip")
        assert run(*asked, "-o", f"{number}.backtrail")[0] == 0
    assert (
        "  pillow 10.4 installed instead of 9.5\n    pillow 9.5 became 10.4\n"
        in run("diff", "0.backtrail", "1.backtrail")[1]
    )
    assert (
        "  renewed: upgrade instead of nothing\n    pillow 10.4 became 11.0\n"
        in run("diff", "1.backtrail", "2.backtrail")[1]
    )


def test_nothing_to_do_is_said(tmp_path: Path, run: Run, index: tuple[str, ...]) -> None:
    env = made(tmp_path, dist("base", "1.0"))
    code, out, _ = run("explain-backtrack", "base", "--env", env, *index)
    assert (code, out.partition(": ")[2]) == (0, "nothing to install, all are there\n")


def test_uv_looks_at_no_index_where_everything_is_there(tmp_path: Path, run: Run) -> None:
    """And pip at none for what it keeps."""
    env = made(tmp_path, dist("app", "1.0", "lib>=1"), dist("lib", "1.0"))
    code, out, _ = run("explain-backtrack", "app", "--env", env, "--index-url", "http://127.0.0.1:9/simple")
    assert (code, "nothing to install" in out) == (0, True)


def test_uv_looks_at_no_index_for_what_is_excluded(tmp_path: Path, run: Run) -> None:
    """Measured with uv 0.13.9."""
    env = made(tmp_path, dist("app", "1.0", "lib>=1"))
    Path("excludes.txt").write_text("lib\n", encoding="utf-8")
    nowhere = ("--index-url", "http://127.0.0.1:9/simple", "--resolver", "uv@0.13.9")
    code, out, _ = run("explain-backtrack", "app", "--env", env, *nowhere, "--excludes", "excludes.txt")
    assert (code, "nothing to install" in out) == (0, True)


def test_what_each_tool_makes_of_metadata_that_cannot_be_read(tmp_path: Path, run: Run, index: tuple[str, ...]) -> None:
    """Measured with uv 0.13.9 and pip 26.3: to pip, what says nothing requires nothing."""
    env = made(tmp_path, dist("base", "1.0"), dist("lib", "1.0", "not a requirement at all"))
    (site_of(tmp_path / "env") / "base-1.0.dist-info" / "METADATA").unlink()
    for name, outcomes in (("base", ("aborted", "solved")), ("lib", ("aborted", "aborted"))):
        code, out, _ = run("explain-backtrack", name, "--env", env, *index, "--format", "json")
        assert (code, tuple(one["outcome"] for one in json.loads(out)["runs"])) == (1, outcomes)


@pytest.mark.parametrize(
    ("requirement", "outcomes"),
    [
        ("lib>=1.*", ("solved", "aborted")),
        (f"lib; {'(' * 300}python_version > '2'{')' * 300}", ("unknown", "unknown")),
    ],
)
def test_pip_reads_a_requirement_of_what_is_installed_as_one_of_an_index(
    tmp_path: Path, run: Run, requirement: str, outcomes: tuple[str, ...]
) -> None:
    """Measured with pip 24.0, which reads the first, and 26.3; the second is nested deeper than we read."""
    env = made(tmp_path, dist("app", "1.0", requirement), dist("lib", "1.0"))
    resolvers = ("--resolver", "pip@24.0", "--resolver", "pip@26.3")
    _, out, _ = run("explain-backtrack", "app", "--env", env, "--no-index", *resolvers, "--format", "json")
    assert tuple(one["outcome"] for one in json.loads(out)["runs"]) == outcomes


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--reinstall",), "--reinstall is about what is installed: name the environment with --env"),
        (("--upgrade-strategy", "eager"),
         "--upgrade-strategy is about what is installed: name the environment with --env"),
        (("--env", "--upgrade-strategy", "lazy"), "--upgrade-strategy 'lazy' is not one of only-if-needed, eager"),
        (("--env", "--reinstall-package", "a b"), "--reinstall-package 'a b' is not the name of a project"),
    ],
)  # fmt: skip
def test_options_of_an_install_need_an_environment(run: Run, options: tuple[str, ...], sentence: str) -> None:
    assert run("explain-backtrack", "lib", *options) == (2, "", f"error: {sentence}\n")
