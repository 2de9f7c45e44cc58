"""PyTorch from the index of a backend, as with ``--torch-backend`` of uv: its projects alone, and from there alone."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backtrail import cli
from backtrail.resolvers.registry import parse_resolver, resolver_of
from support import worlds
from support.loopback import Loopback
from support.real_uv import TIMEOUT, find_uv, read_pins
from support.torch_index import TorchIndex, torch_index
from support.worlds import World, release

pytestmark = pytest.mark.usefixtures("alone")

Report = Callable[..., dict[str, Any]]


def world(*projects: worlds.Project) -> World:
    return World(name="w", projects=projects, question=worlds.Question(requirements=("torch",)))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "UV_TORCH_BACKEND", "UV_NO_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def index() -> Iterator[str]:
    """The default index: it has all projects, torch newer than PyTorch's own."""
    with Loopback() as loopback:
        yield loopback.mount(
            world(
                worlds.Project(name="torch", releases=(release("torch", "2.9.0", "numpy"),)),
                worlds.Project(name="triton", releases=(release("triton", "9.0"),)),
                worlds.Project(name="numpy", releases=(release("numpy", "2.0"),)),
            )
        )


@pytest.fixture
def pytorch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TorchIndex]:
    with torch_index(tmp_path) as found:
        for backend in ("cpu", "cu126"):
            found.mount(
                backend,
                world(
                    worlds.Project(name="torch", releases=(release("torch", f"2.8.0+{backend}", "numpy", "triton"),)),
                    worlds.Project(name="triton", releases=(release("triton", "3.0"),)),
                    worlds.Project(name="numpy", releases=(release("numpy", "3.0"),)),
                ),
            )
        for name, value in found.variables.items():
            monkeypatch.setenv(name, value)
        yield found


@pytest.fixture
def report(index: str, pytorch: TorchIndex, capsys: pytest.CaptureFixture[str]) -> Report:
    del pytorch

    def asked(*words: str) -> dict[str, Any]:
        code = cli.run([*words, "--default-index", index, "--format", "json", "--budget", "0"])
        said = capsys.readouterr()
        assert code in (0, 1), said.err
        found: dict[str, Any] = {**json.loads(said.out), "said": said.err}
        return found

    return asked


def pins(run: dict[str, Any]) -> dict[str, str]:
    return {name: pin["version"] for name, pin in run["pins"].items()}


def setting(document: dict[str, Any], name: str) -> list[tuple[str, str, bool]]:
    found = document["question"]["settings"]
    return [(one["value"], one["origin"], one["honoured"]) for one in found if one["name"] == name]


TAKEN = {"torch": "2.8.0+cu126", "triton": "3.0", "numpy": "2.0"}
PINNED = {"cu126/torch", "cu126/triton"}

WAYS = pytest.mark.parametrize(
    "way",
    [
        pytest.param(("--torch-backend", "cu126"), id="option"),
        pytest.param({"UV_TORCH_BACKEND": "cu126"}, id="variable"),
        pytest.param('torch-backend = "cu126"\n', id="key"),
        pytest.param('torch-backend = "cpu"\n[pip]\ntorch-backend = "cu126"\n', id="key below pip"),
    ],
)
Way = tuple[str, ...] | dict[str, str] | str


def laid_out(way: Way, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """What is typed; variables and files stand ready."""
    if isinstance(way, str):
        Path("uv.toml").write_text(way)
    for name, value in way.items() if isinstance(way, dict) else ():
        monkeypatch.setenv(name, value)
    return way if isinstance(way, tuple) else ()


@WAYS
def test_its_projects_come_from_its_index_and_no_others(
    way: Way, report: Report, pytorch: TorchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch's index has a newer numpy, the default one a newer torch and triton."""
    document = report("explain-backtrack", "torch", "--resolver", "uv", *laid_out(way, monkeypatch))
    (run,) = document["runs"]
    assert pins(run) == TAKEN
    assert run["pins"]["torch"]["index"].endswith("/whl/cu126")
    assert pytorch.asked <= PINNED
    assert [(value, honoured) for value, _, honoured in setting(document, "torch-backend")] == [("cu126", True)]


@pytest.mark.likeness
@WAYS
def test_the_real_uv_takes_the_same(way: Way, index: str, pytorch: TorchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = find_uv("0.13.9")
    assert uv is not None
    words = laid_out(way, monkeypatch)
    command = [str(uv.executable), "pip", "compile", "-", "--no-cache", "--default-index", index, *words]
    done = subprocess.run(command, input="torch", capture_output=True, encoding="utf-8", timeout=TIMEOUT, check=False)
    assert dict(read_pins(done.stdout)) == TAKEN, done.stderr
    assert pytorch.asked == PINNED


def test_pip_knows_none_and_looks_where_it_always_does(report: Report) -> None:
    document = report("explain-backtrack", "torch", "--torch-backend", "cu126")
    assert [pins(run) for run in document["runs"]] == [TAKEN, {"torch": "2.9.0", "numpy": "2.0"}]
    assert [finding["code"] for finding in document["findings"]].count("BT111") == 1


def test_which_file_is_looked_for_there_too(report: Report, pytorch: TorchIndex) -> None:
    document = report("why", "torch", "--torch-backend", "cpu", "--resolver", "uv")
    assert document["runs"][0]["answer"]["version"] == "2.8.0+cpu"
    assert pytorch.asked == {"cpu/torch"}


def test_a_lock_has_no_backend(report: Report, pytorch: TorchIndex, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["torch"]\n'
        '[tool.uv]\ntorch-backend = "cpu"\n'
    )
    document = report("explain-backtrack", "--lock", "--torch-backend", "cu126")
    assert pins(document["runs"][0])["torch"] == "2.9.0"
    assert ("cu126", "--torch-backend", False) in setting(document, "torch-backend")
    assert pytorch.asked == set()
    forked = report("explain-backtrack", "-r", "pyproject.toml", "--universal", "--resolver", "uv-universal")
    assert pins(forked["runs"][0])["torch"] == "2.8.0+cpu"


def test_auto_is_answered_for_a_machine_without_a_gpu_and_says_so(report: Report) -> None:
    document = report("explain-backtrack", "torch", "--torch-backend", "auto", "--resolver", "uv")
    assert pins(document["runs"][0])["torch"] == "2.8.0+cpu"
    assert "--torch-backend auto: uv looks for the drivers of a GPU" in document["said"]


def test_what_is_no_backend_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain-backtrack", "torch", "--torch-backend", "cuda", "--resolver", "uv"]) == 2
    assert "--torch-backend 'cuda' is no backend of PyTorch that uv knows" in capsys.readouterr().err


def test_a_source_of_the_project_comes_first(report: Report, tmp_path: Path, index: str) -> None:
    """An index that ``[tool.uv.sources]`` names beats the backend, as in uv."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "1"\ndependencies = ["torch"]\n[tool.uv.sources]\ntorch = { index = "x" }\n'
        f'[[tool.uv.index]]\nname = "x"\nurl = "{index}"\nexplicit = true\n'
    )
    document = report("explain-backtrack", "-r", "pyproject.toml", "--resolver", "uv", "--torch-backend", "cpu")
    assert pins(document["runs"][0])["torch"] == "2.9.0"


BEGAN = "torch torchvision torchaudio torchtext torcharrow torchcsprng torchdistx torchserve pytorch-triton"


@pytest.mark.parametrize(
    ("release_before", "first", "gained", "lost"),
    [
        ("0.6.8", "0.6.9", f"{BEGAN} torch-model-archiver torch-tb-profiler torchdata", ""),
        ("0.7.13", "0.7.14", "pytorch-triton-rocm pytorch-triton-xpu", ""),
        ("0.8.12", "0.8.13", "triton", ""),
        ("0.8.16", "0.8.17", "", "pytorch-triton-rocm pytorch-triton-xpu triton"),
        ("0.8.17", "0.8.18", "pytorch-triton-rocm pytorch-triton-xpu triton", ""),
        ("0.9.8", "0.9.9", "", "torch-model-archiver torch-tb-profiler"),
        ("0.9.16", "0.9.17", "torch-tensorrt torchao", ""),
        ("0.10.8", "0.10.9", "fbgemm-gpu fbgemm-gpu-genai torchcodec torchrec torchtune xformers", ""),
        ("0.11.0", "0.11.1", "", "torchdata"),
        ("0.11.7", "0.11.8", "triton-rocm triton-xpu", ""),
        ("0.11.8", "0.13.9", "", ""),
    ],
)
def test_which_projects_it_is_about_by_release(release_before: str, first: str, gained: str, lost: str) -> None:
    """Each read off the requests of the real release and of the one before."""
    dialects = [resolver_of(parse_resolver(f"uv@{one}")).behaviour.dialect for one in (release_before, first)]
    before, after = (set(one.torch_projects) for one in dialects)
    assert (after - before, before - after) == (set(gained.split()), set(lost.split()))


def test_a_release_without_the_option_does_not_take_it_into_account(report: Report) -> None:
    document = report("explain-backtrack", "torch", "--torch-backend", "cpu", "--resolver", "uv@0.6.8")
    assert pins(document["runs"][0])["torch"] == "2.9.0"
    assert setting(document, "torch-backend") == [("cpu", "--torch-backend", False)]
