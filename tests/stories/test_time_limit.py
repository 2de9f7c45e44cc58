"""Runs that are stopped: by ``--time-limit``, and by our own bound on what a search may cost."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from backtrail import inquiry
from backtrail.cases.questions import diff, replay, shrink
from backtrail.cli import run
from backtrail.inputs.settings import amount
from backtrail.inquiry import Answered, Asked, Inquiry, answer
from backtrail.model import question as asking
from backtrail.model.case import Report
from backtrail.model.errors import IndexFailure, InputError
from backtrail.model.question import Setting
from backtrail.model.trail import Limit, Outcome, Stop
from backtrail.report.page import page
from backtrail.report.skins.json_document import encode
from backtrail.report.skins.text import text
from backtrail.resolvers.registry import parse_resolver, resolve
from backtrail.sources.case_file import Recorder
from backtrail.sources.pace import Pace
from support.building import BuildIndex
from support.loopback import Loopback
from support.ours import WorldSource, question_of, run_for_all
from support.worlds import ForAll, Project, Question, World, release

# The same lines are gone over thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted

SECONDS = 30.0

HELD_BACK = World(
    name="held back",
    projects=(
        Project(name="a", releases=(release("a", "1"), release("a", "2", "b<2", "c"))),
        Project(name="b", releases=(release("b", "1"), release("b", "2"))),
        Project(name="c", releases=(release("c", "1"),)),
    ),
    question=Question(requirements=("b", "a")),
)
"""Both tools find something to explain, and try again for it."""


def pigeons(count: int) -> World:
    """One hole too few: there is no answer, and every resolver has to try for long to know."""
    names = [f"pigeon{number}" for number in range(count)]
    return World(
        name="pigeons",
        projects=tuple(
            Project(
                name=name,
                releases=tuple(
                    release(name, str(hole), *(f"{other}!={hole}" for other in names[place + 1 :]))
                    for hole in range(1, count)
                ),
            )
            for place, name in enumerate(names)
        ),
        question=Question(requirements=tuple(names)),
    )


class Clock:
    """Stands still, and is ``SECONDS`` on when it was looked at for the so-manieth time; counts the looks."""

    def __init__(self, looks: int | None) -> None:
        self.looks = 0
        self._last = looks

    def __call__(self) -> float:
        self.looks += 1
        return SECONDS if self._last is not None and self.looks > self._last else 0.0


def ask(
    world: World, resolvers: tuple[str, ...], looks: int | None, max_rounds: int | None = None
) -> tuple[Answered, Clock]:
    """Ask a world's question, with a time that is over when the clock was looked at so often; None: never."""
    policies = [parse_resolver(name) for name in resolvers]
    asked = tuple(
        Asked(policy=policy, question=question_of(world, policy, time_limit=SECONDS, max_rounds=max_rounds))
        for policy in policies
    )
    whole = Inquiry(asked=asked, solves=True, budget=24)
    clock = Clock(looks)
    pace, recorder = Pace(SECONDS, clock=clock), Recorder(WorldSource(world))
    report = answer(whole, recorder, pace=pace)
    return Answered(msgspec.structs.replace(whole, stopped=pace.stopped), report, recorder), clock


def shown(report: Report) -> str:
    return text(page(report))


RESOLVERS = [("uv",), ("pip",), ("uv", "pip")]


@pytest.mark.parametrize("resolvers", RESOLVERS)
def test_wherever_the_time_runs_out_a_recording_stops_there_again(tmp_path: Path, resolvers: tuple[str, ...]) -> None:
    """Each place where the time is looked at, from the first one on; of two resolvers every third.

    No time is no finding, least of all that a solution was missed, which the other resolver may have found in time.
    """
    _, whole = ask(HELD_BACK, resolvers, None)
    path = tmp_path / "stopped.backtrail"
    outcomes: set[Outcome] = set()
    for looks in (*range(1, whole.looks, 2 * len(resolvers) - 1), whole.looks):
        answered, _ = ask(HELD_BACK, resolvers, looks)
        late = {one.key for one in answered.report.runs if one.stop is not None}
        about = {code.code for code in answered.report.findings if late.intersection(code.runs)}
        assert about.isdisjoint({"BT109", "BT110", "BT116"})
        answered.case.write(path)
        again = replay(str(path))
        assert encode(again.report) == encode(answered.report)
        assert again.inquiry.stopped == answered.inquiry.stopped
        outcomes.update(one.outcome for one in answered.report.runs)
    assert outcomes == {Outcome.GAVE_UP, Outcome.SOLVED}
    assert answered.inquiry.stopped is None  # the last look was none too many


class Memory:
    """One GiB is taken at first, and five from the so-manieth look on; None: never."""

    def __init__(self, looks: int | None) -> None:
        self.looks = 0
        self._last = looks

    def __call__(self) -> int:
        self.looks += 1
        return (5 if self._last is not None and self.looks >= self._last else 1) << 30


def full(looks: int | None) -> tuple[Answered, Memory]:
    """Ask a long question, with memory that is used up when it was looked at so often."""
    policy = parse_resolver("pip@23.0")
    question = question_of(pigeons(6), policy, max_memory=4 << 30)
    whole = Inquiry(asked=(Asked(policy=policy, question=question),), solves=True, budget=24)
    memory = Memory(looks)
    pace, recorder = Pace(memory=4 << 30, used=memory), Recorder(WorldSource(pigeons(6)))
    report = answer(whole, recorder, pace=pace)
    return Answered(msgspec.structs.replace(whole, stopped=pace.stopped), report, recorder), memory


def test_a_run_whose_memory_is_used_up_gives_up_and_a_recording_of_it_there_again(tmp_path: Path) -> None:
    answered, _ = full(3)
    (one,) = answered.report.runs
    assert one.outcome is Outcome.GAVE_UP
    assert one.stop == Stop(limit=Limit.MEMORY, bound=4 << 30)
    assert " after taking 4 GiB of memory, which --max-memory raises, for Python" in shown(answered.report)
    answered.case.write(tmp_path / "full.backtrail")
    again = replay(str(tmp_path / "full.backtrail"))
    assert encode(again.report) == encode(answered.report)
    assert again.inquiry.stopped == answered.inquiry.stopped


def test_memory_that_is_enough_is_no_limit() -> None:
    answered, memory = full(None)
    assert answered.inquiry.stopped is None
    assert memory.looks > 3


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5GiB", "1P", "9999999T", "\u0663", "1" * 5000, ""])
def test_an_amount_of_memory_is_a_number_with_a_unit(
    value: str, cases: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["explain-backtrack", "a", "--no-index"], ["replay", cases[0]]):
        assert run([*command, f"--max-memory={value}"]) == 2
        assert "is not an amount of memory (4GiB, 512MiB)" in capsys.readouterr().err


@pytest.mark.parametrize(("value", "size"), [("1", 1), ("2k", 2048), ("512MiB", 512 << 20), ("4 GB", 4 << 30)])
def test_units_of_memory(value: str, size: int) -> None:
    assert amount(Setting(name="max-memory", value=value, origin="--max-memory")) == size


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses memory")


@on_linux
@pytest.mark.parametrize(
    ("command", "reader", "size"),
    [
        (("report", "CASE", "-o", "x.md", "--max-memory", "700M"), "sources.case_file.read_case", "0.684"),
        (("replay", "CASE"), "sources.case_file.read_case", "2"),
        (("replay", "CASE", "--max-memory", "3GiB"), "sources.case_file.read_case", "3"),
        (("shrink", "CASE", "--keep", "outcome", "--max-memory", "1GiB"), "sources.case_file.read_case", "1"),
        (("diff", "CASE", "CASE", "--max-memory", "1GiB"), "sources.case_file.read_case", "1"),
        (("diff", "pylock.toml", "pylock.toml", "--max-memory", "1GiB"), "inputs.locks.any_lock.file_text", "1"),
        (("log", "ci.log", "--max-memory", "1GiB"), "inputs.logs.log_file.read_text", "1"),
        (("why", "a", "-r", "ci.txt", "--max-memory", "1GiB"), "inputs.requirements_file.file_bytes", "1"),
    ],
)
def test_what_takes_more_memory_at_once_ends_with_a_sentence(
    command: tuple[str, ...], reader: str, size: str, cases: tuple[str, str], tmp_path: Path
) -> None:
    code = f"import backtrail.{reader.rpartition('.')[0]}; backtrail.{reader} = lambda *_, **__: bytearray(8 << 30)\n"
    code += "from backtrail.cli import main; main()"
    for file in ("pylock.toml", "ci.log", "ci.txt"):
        (tmp_path / file).touch()
    words = [cases[0] if word == "CASE" else word for word in command]
    program = [sys.executable, "-c", code, *words]
    ended = subprocess.run(program, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    said = f"it takes more memory than there is, or than the {size} GiB that --max-memory allows"
    assert (ended.returncode, ended.stderr) == (3, f"error: {said}\n")


ASKS = """
import resource, sys
from backtrail import ceiling, transient
from backtrail.index.network import fetch_process
def limit(number=0): return resource.prlimit(number, resource.RLIMIT_DATA)[0]
def started(): return int(transient.run([sys.executable, "-c", SAYS], timeout=60).stdout)
SAYS = "import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0])"
before = limit()
ceiling.refuse_beyond(1 << 30)
first = limit(), started(), limit()
ceiling.refuse_beyond(2 << 30, instead=True)
with fetch_process.started() as processes:
    print(before, first, limit(), started(), {limit(one.pid) for one in processes}, ceiling.allowed())
"""


@on_linux
@pytest.mark.parametrize("own", [None, 1200 << 20])
def test_the_ceiling_is_for_this_program_and_not_for_what_it_starts(own: int | None) -> None:
    """A compiler may need more. A limit that the user's shell has set holds for all."""
    set_own = "" if own is None else f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({own}, -1))\n"
    ended = subprocess.run([sys.executable, "-c", set_own + ASKS], capture_output=True, encoding="utf-8", check=True)
    before = -1 if own is None else own
    half_more = own or (3 << 29)
    assert ended.stdout == f"{before} {(half_more, before, half_more)} {3 << 30} {before} {{{3 << 30}}} {2 << 30}\n"


def test_a_run_that_was_stopped_says_so_and_by_what() -> None:
    answered, _ = ask(pigeons(6), ("pip@23.0",), 100)
    (one,) = answered.report.runs
    assert one.outcome is Outcome.GAVE_UP
    assert one.stop == Stop(limit=Limit.TIME, bound=SECONDS)
    first = shown(answered.report).splitlines()[0]
    assert f" was stopped in round {one.counters.rounds} after 30 s, as --time-limit asked, for Python" in first
    assert first.endswith("whether a solution exists is not known")
    assert json.loads(encode(answered.report))["runs"][0]["stopped"] == {"by": "time-limit", "bound": 30.0}


def test_a_recorded_time_limit_means_nothing_for_another_question(tmp_path: Path) -> None:
    answered, _ = ask(HELD_BACK, ("uv",), 3)
    path = tmp_path / "stopped.backtrail"
    answered.case.write(path)
    changed = replay(str(path), resolvers=["pip"])
    assert changed.report.runs[0].outcome is Outcome.UNKNOWN  # the recording reaches no further
    assert changed.inquiry.stopped is None
    assert "time-limit" not in {one.name for one in changed.report.question.settings}


@pytest.fixture
def cases(tmp_path: Path) -> tuple[str, str]:
    """Two recordings of a search that takes its time."""
    paths = tmp_path / "one.backtrail", tmp_path / "other.backtrail"
    for path, size in zip(paths, (7, 6), strict=True):
        ask(pigeons(size), ("uv",), None, max_rounds=50)[0].case.write(path)
    return str(paths[0]), str(paths[1])


SOON = "0.000001"


def test_a_recording_is_replayed_for_as_long_as_one_likes(cases: tuple[str, str]) -> None:
    stopped = replay(cases[0], time_limit=SOON).report
    assert stopped.runs[0].stop == Stop(limit=Limit.TIME, bound=float(SOON))
    assert [one.value for one in stopped.question.settings if one.name == "time-limit"] == [SOON]
    assert replay(cases[0]).report.runs[0].stop == Stop(limit=Limit.ROUNDS, bound=50)


def test_what_was_stopped_is_not_shrunk_to_and_not_compared(cases: tuple[str, str]) -> None:
    with pytest.raises(IndexFailure, match="unknown"):
        shrink(cases[0], "outcome", budget=10, time_limit=SOON)
    (found,) = diff(*cases, budget=10, time_limit=SOON).differences
    assert found.changes == ()
    assert found.old.undecided


@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan", "inf"])
def test_a_time_that_is_none_is_an_input_error(
    value: str, cases: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["explain-backtrack", "a"], ["replay", cases[0]], ["diff", *cases]):
        assert run([*command, f"--time-limit={value}"]) == 2
        assert f"--time-limit {value!r} is not a positive number of seconds" in capsys.readouterr().err
    with pytest.raises(InputError):
        replay(cases[0], time_limit=value)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BuildIndex]:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Loopback() as server:
        yield BuildIndex(server, tmp_path / "notes")


@pytest.mark.parametrize("hangs", ["index", "build"])
def test_what_is_waited_for_does_not_outlast_the_time(
    index: BuildIndex, hangs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index.wheel("b")
    index.sdist("a", "time.sleep(600)")
    if hangs == "index":
        index.server.delays["/simple/a/"] = 600.0
    case, document = tmp_path / "case.backtrail", tmp_path / "again.json"
    asked = ["explain-backtrack", "b", "a", "--index-url", index.url, "--resolver", "uv", "--build-sdists"]
    assert run([*asked, "--time-limit", "3", "--format", "json", "-o", str(case)]) == 1
    before = capsys.readouterr().out
    found = json.loads(before)["runs"][0]
    assert (found["outcome"], found["stopped"]) == ("gave-up", {"by": "time-limit", "bound": 3.0})
    assert run(["replay", str(case), "-q", "-o", str(document)]) == 1
    assert document.read_text() == before


# Effort


def test_a_search_without_end_ends_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "EFFORT", 200)
    world, policy = pigeons(7), parse_resolver("pip@23.0")
    source = WorldSource(world)
    stopped = resolve(question_of(world, policy), policy, source)
    assert (stopped.outcome, stopped.stop) == (Outcome.GAVE_UP, Stop(limit=Limit.EFFORT, bound=200))
    assert stopped.counters.rounds == 200
    for lifted, limit in (({"max_rounds": 300}, Limit.ROUNDS), ({"time_limit": 60.0}, None)):
        went_on = resolve(question_of(world, policy, **lifted), policy, source)
        assert went_on.counters.rounds > 200
        assert (went_on.stop and went_on.stop.limit) is limit
    report = answer(
        Inquiry(asked=(Asked(policy=policy, question=question_of(world, policy)),), solves=True, budget=0), source
    )
    first = shown(report).splitlines()[0]
    assert "was stopped after 200 rounds, which --max-rounds or --time-limit raises" in first


def test_a_search_for_all_platforms_may_take_more_for_all_its_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real projects with many extras need more rounds over all forks than any answer for one platform."""
    monkeypatch.setattr(asking, "EFFORT", 2)
    monkeypatch.setattr(asking, "EFFORT_FOR_ALL", 20)
    lines = ("a ; sys_platform == 'linux'", "b ; sys_platform != 'linux'", "c", "d")
    asked = Question(requirements=lines, for_all=ForAll())
    projects = tuple(Project(name=name, releases=(release(name, "1.0"),)) for name in "abcd")
    world = World(name="forks", projects=projects, question=asked)
    assert run_for_all(world, "0.13.9").outcome is Outcome.SOLVED
    monkeypatch.setattr(asking, "EFFORT_FOR_ALL", 2)
    stopped = run_for_all(world, "0.13.9")
    assert (stopped.outcome, stopped.stop) == (Outcome.GAVE_UP, Stop(limit=Limit.EFFORT, bound=2))


def test_the_trials_about_a_costly_run_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search of thousands of rounds is not made two dozen times again to explain it."""
    monkeypatch.setattr("backtrail.explain.remedies.budget.TRIALS", 1_000)
    spent: list[int] = []
    solve = inquiry.resolve

    def counting(*asked: object, **options: object) -> object:
        found = solve(*asked, **options)  # type: ignore[arg-type]
        spent.append(found.counters.rounds)
        return found

    monkeypatch.setattr("backtrail.solving.resolve", counting)
    world, policy = pigeons(7), parse_resolver("pip@23.0")
    question = question_of(world, policy)
    monkeypatch.setattr(asking, "EFFORT", 1_500)
    answer(Inquiry(asked=(Asked(policy=policy, question=question),), solves=True, budget=24), WorldSource(world))
    assert spent[0] == 1_500
    assert sum(spent[1:]) <= 1_000 + 5_000  # and what another engine may take
