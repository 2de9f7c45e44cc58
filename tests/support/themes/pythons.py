"""Themes about Pythons and platforms: Requires-Python, and wheels for other machines."""

from collections.abc import Sequence
from dataclasses import replace

from support.random_worlds import FOREIGN_TAGS, PYTHON
from support.themes.small import Small
from support.worlds import File, Question


class Pythons(Small):
    """Requires-Python of every kind, on the page and in the metadata alone, for several Pythons."""

    values: Sequence[str] = (
        ">=3.8", ">=3.11", ">=3.12", ">3.11", ">=3.6,<3.10", "<3.8", "<3.11", "<=3.11", "<3.12", "!=3.11.*,>=3.8",
        "==3.9.*", "==3.11", "==3.11.*", "==3.12.*", "~=3.9", "~=3.12", "~=3.11.2", ">=3.11.5", ">=3.11.0",
        ">=3.8,<3.8", ">=3.10,!=3.11.0", ">=3.11rc1", ">=3.12.0a1", ">=3.12,<4", ">=2.7,!=3.0.*,!=3.1.*,!=3.2.*",
        ">=3", "<4.0", ">=3.11.*", ">=3.7,<4.0,!=3.11.1", "!=3.11.*", "!=3.11.0,!=3.11.1", ">=3.11,!=3.11.*",
        "===3.11", ">=3.8,", ">= 3.8", ">=3.8 , <3.13", ">=3.12+local", "<3.0",
    )  # fmt: skip

    def requires_python(self) -> str | None:
        return self.dice.one(self.values) if self.dice.chance(0.5) else None

    def files(self, name: str, version: str) -> tuple[File, ...]:
        made = [self.wheel(name, version)]
        if self.dice.chance(0.15):
            made = [self.sdist(name, version)]
        elif self.dice.chance(0.15):
            made = [self.wheel(name, version, self.dice.one(FOREIGN_TAGS)), self.sdist(name, version)]
        elif self.dice.chance(0.15):
            made.append(self.sdist(name, version))
        files = []
        for file in made:
            own = self.dice.one(self.values) if self.dice.chance(0.15) else None
            files.append(replace(file, requires_python=own, requires_python_on_page=self.dice.chance(0.7)))
        return tuple(files)

    def asked(self, question: Question) -> Question:
        return replace(
            question, python=self.dice.one((PYTHON, PYTHON, PYTHON, "3.8", "3.10", "3.12", "3.13", "3.11.5"))
        )


class BrokenPythons(Pythons):
    """Requires-Python that does not parse, or only after mending."""

    values = (
        "~=3", ">=3.x", "python>=3.8", ">=3.8,", "3.8", ">=3.6.*", ">=3.12.*", "", " ", "!=3.0*,>=3.8",
        ">=3.8.*,<3.13", ">3.6.*", "==3", ">=3.8<4", ">='3.8'", '">=3.12"', ">=3.8;", "Python 3", "none", "3",
        "=>3.8", "~=3.8.*", ">=3.8,<4.0.*", ">dev", ">=3.8 <4", "!=~3.5", ">=3.8.1.dev0.0", ">= 3.8, <3.13.*", "any",
        "==3.*", ">=3.8", ">=3.12",
    )  # fmt: skip

    def asked(self, question: Question) -> Question:
        return question


class Targets(Small):
    """Other platforms and Pythons, and wheels for them."""

    tools = ("uv",)
    platforms: Sequence[str] = (
        "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "windows", "macos",
        "linux", "x86_64-apple-darwin", "aarch64-apple-darwin", "x86_64-pc-windows-msvc", "x86_64-manylinux_2_17",
        "x86_64-manylinux_2_28",
    )  # fmt: skip
    kinds: Sequence[str] = (
        "manylinux_2_5_x86_64", "manylinux1_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64",
        "manylinux_2_28_x86_64", "manylinux_2_34_x86_64", "manylinux2014_aarch64", "manylinux_2_28_aarch64",
        "musllinux_1_1_x86_64", "musllinux_1_2_x86_64", "linux_x86_64", "win_amd64", "win32", "win_arm64",
        "macosx_10_9_x86_64", "macosx_11_0_arm64", "macosx_12_0_arm64", "macosx_13_0_arm64", "macosx_14_0_arm64",
        "macosx_10_9_universal2", "macosx_12_0_x86_64", "any",
    )  # fmt: skip

    def files(self, name: str, version: str) -> tuple[File, ...]:
        made = []
        for kind in self.dice.some(self.kinds, self.dice.between(1, 4)):
            python = self.dice.one(
                ("cp311-cp311", "cp38-abi3", "py3-none", "cp39-cp39", "cp312-cp312", "cp313-cp313t", "cp311-none")
            )
            file = self.wheel(name, version, f"{python}-{kind}")
            made.append(replace(file, requires_dist=tuple(self.requires(name))))
        if self.dice.chance(0.3):
            made.append(self.sdist(name, version))
        return tuple(made)

    def requirement(self, name: str) -> str:
        markers = (
            "sys_platform == 'win32'", "platform_system == 'Darwin'", "platform_machine == 'arm64'",
            "platform_machine == 'aarch64'", "os_name == 'posix'", "platform_machine == 'AMD64'",
            "platform_machine == 'x86_64'", "sys_platform == 'linux'", "python_version >= '3.12'",
            "platform_version == ''",
        )  # fmt: skip
        required = super().requirement(name)
        return f"{required}; {self.dice.one(markers)}" if self.dice.chance(0.25) else required

    def asked(self, question: Question) -> Question:
        python = self.dice.one((PYTHON, PYTHON, "3.9", "3.12", "3.13"))
        return replace(question, python=python, python_platform=self.dice.one(self.platforms))
