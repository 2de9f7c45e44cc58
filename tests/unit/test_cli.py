"""The command line: what it asks, what it prints where, and how it ends. The inquiry behind it is a stand-in."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import networkx as nx
import pytest

import backtrail
from backtrail import cli
from backtrail.inputs.settings import Flags
from backtrail.model.case import Report
from backtrail.model.errors import IndexFailure, InputError
from backtrail.model.finding import Severity
from backtrail.model.project import Answer
from backtrail.model.trail import Outcome
from support.reports import UV, seed


@dataclass
class Ask:
    """The shape of the question as the inquiry takes it."""

    command: str
    subject: str | None
    requirements: tuple[str, ...]
    editables: tuple[str, ...]
    files: tuple[str, ...]
    constraint_files: tuple[str, ...]
    override_files: tuple[str, ...]
    exclude_files: tuple[str, ...]
    build_constraint_files: tuple[str, ...]
    resolvers: tuple[str, ...]
    universal: bool
    lock: bool
    upgrade: bool
    upgrade_packages: tuple[str, ...]
    upgrade_strategy: str | None
    reinstall: bool
    reinstall_packages: tuple[str, ...]
    ignore_installed: bool
    python: str | None
    platform: str | None
    env: str | None
    dependency_metadata: tuple[str, ...]
    flags: Flags
    cert: str | None
    trusted_hosts: tuple[str, ...]
    offline: bool
    refresh: bool
    isolated: bool
    config_file: str | None
    no_config: bool
    sandbox: bool
    budget: int
    extras: tuple[str, ...]
    all_extras: bool
    groups: tuple[str, ...]
    all_groups: bool
    no_groups: tuple[str, ...]
    only_groups: tuple[str, ...]
    found: str | None
    log: str | None
    lock_file: str | None
    preferences: str | None
    index_changes: tuple[tuple[str, str], ...]
    anonymize: tuple[str, ...]
    anonymize_index: bool
    writes: tuple[str, ...]


RECORDING = b"PK\x03\x04".ljust(30, b"\0") + b"case.json"


class Case:
    def write(self, path: Path) -> None:
        path.write_bytes(RECORDING)


@dataclass
class Answered:
    report: Report
    case: Case = field(default_factory=Case)
    inquiry: Any = field(default_factory=lambda: SimpleNamespace(warnings=()))

    def graph(self) -> Any:
        graph = nx.MultiDiGraph()
        graph.add_node("root", kind="root")
        return graph


class Desk:
    """Remembers what was asked, and answers what the test wants."""

    def __init__(self) -> None:
        self.asked: list[Ask] = []
        self.report = seed()
        self.error: BaseException | None = None
        self.warnings: tuple[str, ...] = ()

    def inquire(self, ask: Ask, **_: object) -> Answered:
        self.asked.append(ask)
        if self.error is not None:
            raise self.error
        return Answered(self.report, inquiry=SimpleNamespace(warnings=self.warnings))

    def replay(self, path: str, **_: object) -> Answered:
        assert path
        return Answered(self.report)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    """In a folder with nothing to ask about."""
    monkeypatch.chdir(tmp_path)
    found = Desk()
    module: Any = ModuleType("backtrail.inquiry")
    module.Ask, module.inquire, module.replay = Ask, found.inquire, found.replay
    cases: Any = ModuleType("backtrail.cases.questions")
    cases.replay, cases.read_keep = found.replay, str
    monkeypatch.setitem(sys.modules, "backtrail.cases.questions", cases)
    monkeypatch.setattr("backtrail.cases.questions", cases, raising=False)
    monkeypatch.setitem(sys.modules, "backtrail.inquiry", module)
    monkeypatch.setattr(backtrail, "inquiry", module, raising=False)
    return found


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], desk: Desk) -> Run:
    def invoke(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(arguments)
        captured = capfdbinary.readouterr()
        return code, captured.out.decode(), captured.err.decode()

    assert desk is not None
    return invoke


def test_every_option_reaches_the_question(
    run: Run, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(
        "explain-backtrack", "torch==2.3.1", "numpy", "-r", "a.txt", "-r", "b.txt", "-c", "c.txt",
        "--override", "o.txt", "--excludes", "x.txt", "-b", "b.txt", "--isolated", "-e", ".", "--extra", "x",
        "--group", "dev", "--resolver", "uv@0.4.18", "--resolver", "pip",
        "--python-version", "3.10", "--python-platform", "linux", "--dependency-metadata", "m", "--cert", "ca.pem",
        "--trusted-host", "h", "--offline", "--budget", "3", "-i", "https://index.example/simple",
        "--extra-index-url", "u1", "--extra-index-url", "u2", "--pre", "--only-binary", "numba", "--max-rounds", "7",
        "--uploaded-prior-to", "2024-10-07", "--build-sdists", "-f", "wheels", "--anonymize", "a", "--anonymize-index",
        "-o", "r.md", "--universal", "--fork-strategy", "fewest", "--lock", "-U", "--upgrade-package", "b",
        "--no-sources", "--no-sources-package", "d", "--yank", "a==1", "--publish", "m", "--yank=b==2",
        "--metadata", "c==1:m", "--unyank", "d==1", "--remove", "e",
        "--config-file", "u.toml", "--no-config",
    )  # fmt: skip
    (ask,) = desk.asked
    assert (ask.command, ask.subject, ask.requirements) == ("explain-backtrack", None, ("torch==2.3.1", "numpy"))
    assert (ask.files, ask.constraint_files, ask.override_files) == (("a.txt", "b.txt"), ("c.txt",), ("o.txt",))
    assert (ask.editables, ask.extras, ask.groups) == ((".",), ("x",), ("dev",))
    assert (ask.resolvers, ask.python, ask.platform) == (("uv@0.4.18", "pip"), "3.10", "linux")
    assert (ask.dependency_metadata, ask.cert, ask.trusted_hosts) == (("m",), "ca.pem", ("h",))
    assert (ask.offline, ask.refresh, ask.isolated, ask.budget) == (True, False, True, 3)
    assert (ask.config_file, ask.no_config) == ("u.toml", True)
    assert (ask.build_constraint_files, ask.exclude_files) == (("b.txt",), ("x.txt",))
    assert (ask.anonymize, ask.anonymize_index, ask.writes) == (("a",), True, ("r.md",))
    assert ask.flags == Flags(
        index_url="https://index.example/simple",
        extra_index_url=("u1", "u2"),
        find_links=("wheels",),
        pre=True,
        only_binary=("numba",),
        uploaded_prior_to="2024-10-07",
        build_sdists=True,
        max_rounds=7,
        fork_strategy="fewest",
        no_sources=True,
        no_sources_package=("d",),
        order=("index_url", "extra_index_url", "extra_index_url", "pre", "only_binary", "max_rounds",
               "uploaded_prior_to", "build_sdists", "find_links", "fork_strategy", "no_sources",
               "no_sources_package"),
    )  # fmt: skip
    assert (ask.universal, ask.lock, ask.upgrade, ask.upgrade_packages) == (True, True, True, ("b",))
    assert ask.index_changes == (
        ("yank", "a==1"), ("publish", "m"), ("yank", "b==2"), ("metadata", "c==1:m"), ("unyank", "d==1"),
        ("remove", "e"),
    )  # fmt: skip


def test_the_order_of_options_reaches_the_question(run: Run, desk: Desk) -> None:
    run("why", "a", "--only-binary", "x", "--no-binary=x,y", "--refresh", "--only-binary", "y")
    (ask,) = desk.asked
    assert (ask.flags.only_binary, ask.flags.no_binary, ask.refresh) == (("x", "y"), ("x,y",), True)
    assert ask.flags.order == ("only_binary", "no_binary", "only_binary")


def test_an_environment_needs_no_name(run: Run, desk: Desk) -> None:
    for words in (("--env",), ("--env", "-v"), ("--env", "venv"), ("--env=venv",)):
        run("why", "a", *words)
    run("why", "--env", "venv", "a")
    assert [ask.env for ask in desk.asked] == ["", "", "venv", "venv", "venv"]
    assert run("why", "a", "--env", "b", "--env", "c")[2] == "error: --env is given twice: give it once\n"


def test_what_is_not_given_is_not_asked(run: Run, desk: Desk) -> None:
    run("why", "torch==2.3.0")
    (ask,) = desk.asked
    assert (ask.command, ask.subject, ask.requirements, ask.flags) == ("why", "torch==2.3.0", (), Flags())
    assert (ask.python, ask.offline, ask.resolvers) == (None, False, ())


def test_the_answer_is_on_stdout_and_nothing_else(run: Run) -> None:
    code, out, err = run("explain-backtrack", "torch")
    assert (code, err) == (0, "")
    assert out.startswith("uv 0.13.9 resolves")
    assert "\x1b" not in out
    code, out, err = run("explain-backtrack", "torch", "--format", "json")
    assert json.loads(out)["schema"] == "backtrail.report"
    code, out, err = run("explain-backtrack", "torch", "--format", "markdown")
    assert out.startswith("**uv 0.13.9 resolves")


def test_more_silence_is_no_contradiction(run: Run) -> None:
    assert run("explain-backtrack", "a", "-qq") == run("explain-backtrack", "a", "-q", "--quiet") == (0, "", "")
    assert run("explain-backtrack", "a", "-vv") == run("explain-backtrack", "a", "-v")


def test_what_has_no_effect_is_said_beside_the_answer(run: Run, desk: Desk) -> None:
    desk.warnings = ("empty.txt holds no requirement",)
    code, out, err = run("explain-backtrack", "torch", "--format", "json")
    assert (code, err) == (0, "warning: empty.txt holds no requirement\n")
    assert json.loads(out)["schema"] == "backtrail.report"
    assert run("explain-backtrack", "torch", "-q") == (0, "", err)  # neither text nor progress
    assert run("graph", "torch")[2] == err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("why",), "Missing argument"),
        (("why", "a", "--colour"), "--colour"),
        (("why", "a", "--budget", "many"), "'--budget': 'many' is not a whole number"),
        (("explain-backtrack", "a", "--fix", "1.5"), "'--fix': '1.5' is not a whole number"),
        (("cache", "prune", "--days", "many"), "'--days': 'many' is not a number"),
        (("frobnicate",), "frobnicate"),
        (("explain-backtrack",), "nothing to resolve"),
        (("why", "a", "--format", "xml"), "'xml' is not one of text, markdown, html, json, sarif"),
        (("report", "a"), "Missing option '--output'"),
        (("report", "-o", "r.html"), "nothing to resolve"),
        (("why", "a", "-o", "r.pdf"), "suffix"),
        (("why", "a", "-o", "nowhere/r.md"), "there is no folder nowhere"),
        (("why", "a", "--fail-on", "BT101,BT199"), "--fail-on BT199"),
        (("compare",), "nothing to resolve"),
        (("shrink", "-r", "a.txt"), "Missing option '--keep'"),
        (("shrink", "--keep", "outcome"), "nothing to resolve"),
        (("shrink", "a", "--keep", "outcome", "-o", "small.txt"), "its suffix is .backtrail"),
        (("graph", "a", "--format", "png"), "'png' is not a form of the graph"),
        (("why", "a", "--offline", "--refresh"), "--offline and --refresh contradict each other"),
        (("why", "a", "-q", "-v"), "-q and -v contradict each other"),
        (("why", "a", "--pre", "--pre"), "--pre is given twice"),
        (
            ("why", "a", "--python", "3.10", "--python-version", "3.11"),
            "--python, --python-version and -p are one option",
        ),
        (("why", "a", "-p", "3.10", "-p", "3.10"), "--python, --python-version and -p are one option"),
        (
            ("why", "a", "--exclude-newer", "2024-01-01", "--exclude-newer", "2023-01-01"),
            "--exclude-newer is given twice",
        ),
        (("compare", "a", "--resolution", "highest", "--resolution", "lowest"), "--resolution is given twice"),
        (("graph", "a", "-i", "https://a.example", "--index-url", "https://b.example"), "are one option: give it once"),
        (("report", "a", "-o", "a.md", "-o", "b.md"), "--output and -o are one option: give it once"),
        (("replay", "x.backtrail", "--python", "3.10", "-p", "3.11"), "are one option: give it once"),
        (("diff", "a", "b", "--format", "json", "--format", "text"), "--format is given twice"),
        (("explain-backtrack", "a", "--fail-on", "BT101", "--fail-on", "BT102"), "--fail-on is given twice"),
    ],
)
def test_a_usage_error_is_one_sentence(run: Run, desk: Desk, arguments: tuple[str, ...], sentence: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert sentence in err
    assert desk.asked == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("requirements.txt:4: 'a b' is no requirement"), 2),
        (IndexFailure("https://me:pw@index.example could not be reached"), 3),
        (ZeroDivisionError("two\nlines"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_no_error_shows_a_traceback(run: Run, desk: Desk, error: BaseException, code: int) -> None:
    desk.error = error
    ended, out, err = run("why", "a")
    assert (ended, out) == (code, "")
    assert err.count("\n") == (0 if code == 130 else 1)
    assert "Traceback" not in err
    assert "pw" not in err


def _ended(outcome: Outcome) -> Report:
    report = seed()
    return msgspec.structs.replace(report, runs=(msgspec.structs.replace(report.runs[0], outcome=outcome),))


@pytest.mark.parametrize(
    ("outcome", "plainly", "gated"),
    [(Outcome.SOLVED, 0, 4), (Outcome.IMPOSSIBLE, 1, 4), (Outcome.GAVE_UP, 1, 4), (Outcome.ABORTED, 1, 4),
     (Outcome.UNKNOWN, 3, 3)],
)  # fmt: skip
def test_the_code_says_how_it_ended(run: Run, desk: Desk, outcome: Outcome, plainly: int, gated: int) -> None:
    desk.report = _ended(outcome)
    assert run("explain-backtrack", "a")[0] == plainly
    assert run("explain-backtrack", "a", "--fail-on", "bt108, BT104")[0] == gated
    assert run("explain-backtrack", "a", "--fail-on", "BT108")[0] == plainly


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_what_a_gate_found_is_reported_with_the_code(run: Run, desk: Desk, form: str) -> None:
    harmless = msgspec.structs.replace(seed().findings[0], severity=Severity.INFO)
    desk.report = msgspec.structs.replace(seed(), findings=(harmless,))
    code, shown, _ = run("explain-backtrack", "a", "--format", form)
    assert (code, "BT101" in shown.partition("<details>")[0]) == (0, False)
    code, shown, _ = run("explain-backtrack", "a", "--format", form, "--fail-on", "BT101")
    assert (code, "BT101" in shown.partition("<details>")[0]) == (4, True)


@pytest.mark.parametrize(("reason", "code"), [("no-version", 1), ("unknown", 3)])
def test_the_code_says_whether_it_is_to_be_had(run: Run, desk: Desk, reason: str, code: int) -> None:
    answer = Answer(available=False, version=None, file=None, reason=reason)
    desk.report = Report(question=seed().question, runs=(), answers={UV: answer})
    assert run("why", "a")[0] == code


@pytest.mark.parametrize(
    ("suffix", "start"), [(".md", b"**uv"), (".json", b'{\n  "schema"'), (".backtrail", RECORDING)]
)
def test_a_file_is_written_whole_beside_the_text(run: Run, tmp_path: Path, suffix: str, start: bytes) -> None:
    output = tmp_path / f"report{suffix}"
    output.write_bytes(RECORDING + b"of before")
    _, out, _ = run("explain-backtrack", "a", "-o", str(output))
    assert out.startswith("uv 0.13.9")
    assert output.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [output]
    assert run("explain-backtrack", "a", "-o", str(output), "-q")[1] == ""


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        (".html", b"<!doctype html>"),
        (".sarif", b'{\n  "$schema"'),
        (".md", b"**uv 0.13.9 resolves"),
        (".json", b"{"),
        (".svg", b"<svg "),
    ],
)
def test_a_report_is_written_from_a_question_or_a_recording(
    run: Run, desk: Desk, tmp_path: Path, suffix: str, start: bytes
) -> None:
    asked, recorded = tmp_path / f"asked{suffix}", tmp_path / f"recorded{suffix}"
    assert run("report", "torch", "-r", "a.txt", "-o", str(asked)) == (0, "", "")
    (ask,) = desk.asked
    assert (ask.command, ask.requirements, ask.files) == ("explain-backtrack", ("torch",), ("a.txt",))
    assert run("report", "bug.backtrail", "-o", str(recorded)) == (0, "", "")
    assert len(desk.asked) == 1
    assert asked.read_bytes() == recorded.read_bytes()
    assert asked.read_bytes().startswith(start)


def test_a_failing_write_leaves_what_was_there(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(_: Case, path: Path) -> None:
        path.write_bytes(b"rec")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Case, "write", half)
    output = tmp_path / "report.backtrail"
    output.write_bytes(RECORDING + b"of before")
    code, out, err = run("explain-backtrack", "a", "-o", str(output))
    assert (code, out) == (2, "")
    assert "No space left on device" in err
    assert output.read_bytes() == RECORDING + b"of before"
    assert list(tmp_path.iterdir()) == [output]


def test_graph_goes_where_it_is_asked_to(run: Run, tmp_path: Path) -> None:
    assert run("graph", "a")[1].startswith("digraph")
    output = tmp_path / "graph.json"
    assert run("graph", "a", "-o", str(output))[1] == ""
    assert json.loads(output.read_text())["nodes"] == [{"kind": "root", "id": "root"}]


def test_replay_and_the_small_commands(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path))
    assert run("replay", "x.backtrail")[1].startswith("uv 0.13.9")
    assert json.loads(run("schema")[1])["$schema"].endswith("2020-12/schema")
    assert run("--version")[1].startswith("backtrail ")
    assert run("cache", "dir")[1] == f"{tmp_path}\n"
    assert run("cache", "prune")[1] == "freed 0 bytes\n"
    assert run("cache", "clear")[1] == "freed 0 bytes\n"


def test_a_program_that_is_asked_nothing_shows_what_there_is_to_ask(run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out == run("--help")[1]
    assert "explain-backtrack" in out
    assert run("cache")[1] == run("cache", "-h")[1]
    assert run("cache", "frob")[0] == 2


@pytest.mark.parametrize("program", ["backtrail", "why", "explain-backtrack"])
def test_every_program_says_its_version_and_its_own_name(
    program: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for option in ("-V", "--version"):
        assert cli.run([option], program) == 0
        assert capfd.readouterr().out.startswith("backtrail 0")
    assert cli.run(["-h"], program) == 0
    assert capfd.readouterr().out.startswith(f"Usage: {program} ")
    monkeypatch.setenv("COMP_WORDS", f"{program} --he")
    monkeypatch.setenv("COMP_CWORD", "1")
    monkeypatch.setenv(f"_{program.upper().replace('-', '_')}_COMPLETE", "complete_bash")
    with pytest.raises(SystemExit) as ended:
        cli.run([], program)
    assert (ended.value.code, capfd.readouterr().out.split()) == (0, ["--help"])


@pytest.mark.parametrize(("program", "wanted"), [("why", "--resolver"), ("explain-backtrack", "--resolver")])
def test_a_program_of_one_command_completes_its_options(
    program: str, wanted: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The shell is looked for among the parent processes, where a test need not have one.
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    with pytest.raises(SystemExit):
        cli.run(["--show-completion"], program)
    script = capfd.readouterr().out
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    assert f"{variable}=complete_bash" in script
    monkeypatch.setenv("COMP_WORDS", f"{program} {wanted[:6]}")
    monkeypatch.setenv("COMP_CWORD", "1")
    monkeypatch.setenv(variable, "complete_bash")
    with pytest.raises(SystemExit):
        cli.run([], program)
    assert wanted in capfd.readouterr().out.split()


def test_the_module_is_the_program(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "backtrail", "schema", "frob"]
    ended = subprocess.run(arguments, capture_output=True, check=False, cwd=tmp_path, text=True)
    assert (ended.returncode, ended.stderr) == (2, "error: 'frob' is not one of report, diff\n")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    arguments = [sys.executable, "-c", "from backtrail.cli import main; main()", "schema"]
    ended = subprocess.run(arguments, stdout=write, stderr=subprocess.PIPE, check=False, cwd=tmp_path)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_without_room_is_one_sentence(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", "from backtrail.cli import main; main()", "schema"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, check=False, cwd=tmp_path, text=True)
    assert (ended.returncode, ended.stderr) == (2, "error: the answer cannot be written: No space left on device\n")


def test_a_stream_that_the_caller_closed_leads_nowhere(tmp_path: Path) -> None:
    program = "import sys; sys.stdout = None; from backtrail.cli import main; main()"
    ended = subprocess.run([sys.executable, "-c", program, "schema"], capture_output=True, check=False, cwd=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_the_command_line_loads_nothing_heavy_until_it_is_needed() -> None:
    probe = (
        "import sys; from backtrail.cli import run; run(['schema']);"
        "print([n for n in ('httpx', 'networkx', 'rich', 'truststore') if n in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=True, text=True)
    assert ended.stderr.strip() == "[]"
