"""Requirements that are not names: paths, archives and URLs, and what they are called."""

from pathlib import Path

import pytest

from backtrail.inputs.requirement_text import check_direct, read_requirement
from backtrail.model.errors import InputError
from backtrail.model.metadata import Metadata, MetadataSource
from backtrail.model.requirement import Origin, Requirement

LINE = Origin(file="r.txt", line=3)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("Big_Lib-1.0+cpu-py3-none-any.whl", "lib-2.0.tar.gz", "main.zip"):
        Path(name).write_bytes(b"")


def project(folder: str, **files: str) -> None:
    Path(folder).mkdir()
    for name, content in files.items():
        Path(folder, name.replace("__", ".")).write_text(content)


def read(text: str, *, editable: bool = False) -> Requirement:
    return read_requirement(text, LINE, editable=editable)


def test_a_wheel_is_called_what_its_file_name_says() -> None:
    requirement = read("./Big_Lib-1.0+cpu-py3-none-any.whl ; python_version > '3'")
    assert requirement.name == "big-lib"
    assert requirement.url == Path("Big_Lib-1.0+cpu-py3-none-any.whl").absolute().as_uri()
    assert (requirement.marker, requirement.specifier) == ('python_version > "3"', "")


def test_an_sdist_and_a_file_url_too() -> None:
    assert read("lib-2.0.tar.gz").name == "lib"
    assert read(Path("lib-2.0.tar.gz").absolute().as_uri()).name == "lib"
    assert read("lib @ file:lib-2.0.tar.gz").url == read("lib-2.0.tar.gz").url


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject__toml": "[project]\nname = 'My.Lib'\n"},
        {"pyproject__toml": "[tool.poetry]\nname = 'my-lib'\n"},
        {"pyproject__toml": "[build-system]\n", "setup__cfg": "[metadata]\nname = my_lib\n"},
        {"setup__py": "import setuptools\nsetuptools.setup(version='1', name='my-lib')\n"},
        {"setup__py": "import x\nx.go()\n", "PKG-INFO": "Metadata-Version: 1.0\nName: my-lib\n\nName: other\n"},
    ],
)
def test_a_directory_is_called_what_its_project_says_without_running_it(files: dict[str, str]) -> None:
    project("folder", **files)
    requirement = read("./folder[Fast,tests]")
    assert (requirement.name, requirement.extras) == ("my-lib", ("fast", "tests"))
    assert read("./folder", editable=True).text == "-e ./folder"


def test_a_name_that_only_a_build_could_tell_is_asked_for() -> None:
    project("folder", setup__py="setup(name=compute())")
    for text in ("./folder", "./main.zip"):
        with pytest.raises(InputError, match=r"^r.txt:3: .*is not known without building it: write NAME @ file:"):
            read(text)
    assert read(f"lib @ {Path('main.zip').absolute().as_uri()}").name == "lib"


def test_a_directory_that_is_no_project() -> None:
    Path("data").mkdir()
    with pytest.raises(InputError, match=r"is not a project$"):
        read("./data")


def test_version_control_takes_its_name_from_the_egg() -> None:
    requirement = read("git+https://forge.example/x/lib.git@v1#egg=My_Lib[fast]&subdirectory=python", editable=True)
    assert (requirement.name, requirement.extras) == ("my-lib", ("fast",))


def test_a_remote_wheel_takes_its_name_from_the_file() -> None:
    assert read("https://files.example/torch-2.3.0%2Bcpu-cp310-cp310-linux_x86_64.whl").name == "torch"


def test_credentials_are_never_kept() -> None:
    requirement = read("lib @ git+https://me:s3cret@forge.example/lib.git")
    assert "s3cret" not in repr(requirement)
    assert read("lib @ git+ssh://git@forge.example/lib.git").url == "git+ssh://git@forge.example/lib.git"


def test_what_cannot_be_fetched_needs_a_stand_in() -> None:
    remote, local = read("Sub.Lib @ git+https://forge.example/lib"), read("lib-2.0.tar.gz")
    with pytest.raises(InputError, match=r"^r.txt:3: 'Sub.Lib @ .*--dependency-metadata"):
        check_direct([local, remote], [])
    stand_in = Metadata(name="sub_lib", version="1", source=MetadataSource.STAND_IN)
    check_direct([local, remote], [stand_in])
