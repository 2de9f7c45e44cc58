"""Themes about the files of a release: tags, formats, builds, and what their metadata says."""

from collections.abc import Sequence
from dataclasses import replace

from support.random_worlds import FALSE_MARKERS, FITTING_TAGS, FOREIGN_TAGS, TRUE_MARKERS
from support.themes.requirements import Extras
from support.themes.small import FINALS, WHEEL, Small
from support.worlds import File, Question, Release


class Wheels(Small):
    """Several wheels of one release: tags, build tags, Pythons, platforms, and which one stands for the release.

    The wheels of a release say different things, so that the answer tells which was read.
    """

    tags: Sequence[str] = (
        *FITTING_TAGS, *FOREIGN_TAGS, "py39-none-any", "py311-none-any", "py31-none-any", "cp311-none-any",
        "cp311-abi3-linux_x86_64", "cp311-cp311-linux_x86_64", "cp311-cp311-manylinux_2_28_x86_64",
        "cp311-cp311-manylinux_2_35_x86_64", "cp311-cp311-manylinux2014_x86_64",
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp39-abi3-manylinux2010_x86_64",
        "cp311-cp311-musllinux_1_1_x86_64", "py3-none-linux_x86_64", "py3-none-manylinux1_x86_64",
        "cp311-none-linux_x86_64", "py310.py311-none-any", "cp312-abi3-linux_x86_64", "cp311-cp311t-linux_x86_64",
        "cp311-cp311d-linux_x86_64", "cp311-cp310-linux_x86_64", "pp310-none-any", "jy3-none-any", "py3-abi3-any",
        "py3-none-macosx_10_9_universal2", "py2.py3-none-win32", "cp311-cp311-plan9_x86", "foo3-none-any",
        "py3-bar-any", "graalpy311-graalpy240_311_native-linux_x86_64", "py4-none-any", "py3.py39-none-any",
    )  # fmt: skip

    def files(self, name: str, version: str) -> tuple[File, ...]:
        tags = self.dice.some(self.tags, self.dice.between(1, 3)) if self.dice.chance(0.6) else [WHEEL]
        made = []
        for tag in tags:
            build = self.dice.one(("", "", "", "1-", "2b-", "10-"))
            made.append(self.wheel(name, version, f"{build}{tag}"))
        if self.dice.chance(0.3):
            made.append(self.sdist(name, version))
        return tuple(replace(file, requires_dist=tuple(self.requires(name))) for file in made)


class Formats(Wheels):
    """``--only-binary`` and ``--no-binary`` by name and for all, wheels that do not fit beside sdists."""

    def files(self, name: str, version: str) -> tuple[File, ...]:
        kind = self.dice.between(1, 5)
        made = [self.wheel(name, version)] if kind <= 3 else []
        if kind == 4:
            made.append(self.wheel(name, version, self.dice.one(FOREIGN_TAGS)))
        if kind in (2, 3, 5) or self.dice.chance(0.4):
            made.append(self.sdist(name, version))
        return tuple(replace(file, requires_dist=tuple(self.requires(name))) for file in made)

    def asked(self, question: Question) -> Question:
        names = (":all:", *self.names)
        only = tuple(self.dice.some(names, self.dice.between(0, 2)))
        return replace(question, only_binary=only, no_binary=tuple(self.dice.some(names, self.dice.between(0, 2))))


class Sdists(Small):
    """Releases without wheels, in every archive format, and wheels for other machines beside them."""

    extensions: Sequence[str] = (
        ".tar.gz",
        ".tar.gz",
        ".tar.gz",
        ".zip",
        ".tar.bz2",
        ".tgz",
        ".tar.xz",
        ".tar",
        ".tbz",
        ".egg",
    )

    def files(self, name: str, version: str) -> tuple[File, ...]:
        kind = self.dice.between(1, 5)
        if kind <= 2:
            return (self.wheel(name, version),)
        sdist = self.sdist(name, version, self.dice.one(self.extensions))
        if kind == 3:
            foreign = self.wheel(name, version, self.dice.one(FOREIGN_TAGS))
            return (replace(foreign, requires_dist=tuple(self.requires(name))), sdist)
        if kind == 4 and self.dice.chance(0.5):
            return (sdist, self.sdist(name, version, self.dice.one(self.extensions)))
        return (sdist,)


class Builds(Sdists):
    """Sdists that have to be built, some in vain."""

    extensions = (".tar.gz",)
    most_versions = 3

    def files(self, name: str, version: str) -> tuple[File, ...]:
        files = super().files(name, version)
        return tuple(self.built(file) for file in dict.fromkeys(files))

    def built(self, file: File) -> File:
        if file.is_wheel:
            return file
        return replace(file, dynamic=self.dice.chance(0.5), build_fails=self.dice.chance(0.25))


class BrokenMetadata(Small):
    """Metadata of another project or version, that does not parse, and that lacks what it needs."""

    def release(self, name: str, version: str) -> Release:
        made = super().release(name, version)
        return replace(made, files=tuple(self.broken(name, version, file) for file in made.files))

    def files(self, name: str, version: str) -> tuple[File, ...]:
        if self.dice.chance(0.3):
            return (self.sdist(name, version),)
        if self.dice.chance(0.2):
            return (self.wheel(name, version), self.wheel(name, version, "cp311-none-any"))
        return (self.wheel(name, version),)

    def broken(self, name: str, version: str, file: File) -> File:
        if not self.dice.chance(0.35):
            return file
        says = {"Metadata-Version": "2.2", "Name": name, "Version": version}
        needs = list(self.requires(name))
        for _ in range(self.dice.between(1, 2)):
            self.spoil(says, needs)
        lines = [f"{field}: {value}" for field, value in says.items()]
        lines += [f"Requires-Dist: {need}" for need in needs]
        return replace(file, raw_metadata=("\n".join(lines) + "\n").encode())

    def spoil(self, says: dict[str, str], needs: list[str]) -> None:
        match self.dice.between(1, 10):
            case 1:
                says["Name"] = self.dice.one(("other", "Not A Name", "other-lib"))
            case 2:
                says["Version"] = self.dice.one(("2.5", "1.0+local", "1.0.0", "not-a-version"))
            case 3 | 4:
                needs.append(
                    self.dice.one(("not a requirement", "b>=2.0.*", "b==", "b; python_version", "b @ nowhere"))
                )
            case 5:
                needs.append(
                    self.dice.one(
                        ("b; extra == 'x' and", "b>=1.0; foo == 'bar'", "[x]", "b=>1.0", "b>1.0 <2.0", "-e b")
                    )
                )
            case 6:
                says["Requires-Python"] = self.dice.one(("~=3", ">=3.x", ">=3.12", "3.8", ">=3.8.*", "python>=3.8"))
            case 7:
                says.pop(self.dice.one(("Name", "Version", "Metadata-Version")), None)
            case 8:
                says["Metadata-Version"] = self.dice.one(("1.0", "1.2", "2.1", "2.3", "2.4", "3.0", "9", "x"))
            case 9:
                says["Dynamic"] = self.dice.one(
                    ("Requires-Dist", "Requires-Python", "Version", "requires-dist", "License")
                )
            case _:
                says["Provides-Extra"] = self.dice.one(("x", "X_Y", "not an extra!", ""))


class Mixtures(Extras):
    """A little of everything at once."""

    pool = (*FINALS, "2.0a1", "3.0rc1", "1.1+cpu", "2.1.post1")

    def files(self, name: str, version: str) -> tuple[File, ...]:
        match self.dice.between(1, 10):
            case 1:
                return (self.sdist(name, version),)
            case 2:
                return (self.wheel(name, version, self.dice.one(FOREIGN_TAGS)), self.sdist(name, version))
            case 3:
                return (replace(self.wheel(name, version), yanked=True),)
            case 4:
                return (replace(self.wheel(name, version), requires_python=self.dice.one((">=3.12", "<3.8", ">=3.8")),
                                requires_python_on_page=self.dice.chance(0.5)),)  # fmt: skip
            case _:
                return (self.wheel(name, version),)

    def requirement(self, name: str) -> str:
        required = super().requirement(name)
        if self.dice.chance(0.15):
            return f"{required}; {self.dice.one(TRUE_MARKERS if self.dice.chance(0.6) else FALSE_MARKERS)}"
        return required

    def asked(self, question: Question) -> Question:
        if self.dice.chance(0.3):
            name = self.dice.one(self.names)
            question = replace(question, constraints=(f"{name}{self.specifier(name)}",))
        return replace(question, prerelease=self.dice.one((None, None, None, None, "allow", "disallow")))
