"""Themes about which versions there are: of every form, yanked, uploaded before and after a cut-off."""

from collections.abc import Sequence
from dataclasses import replace

from support.random_worlds import FOREIGN_TAGS
from support.themes.small import FINALS, Small
from support.worlds import File, Question

DATES = (
    "2024-01-01T00:00:00Z",
    "2024-05-31T23:59:59.999Z",
    "2024-06-01T00:00:00Z",
    "2024-06-01T00:00:00.000001Z",
    "2024-12-31T00:00:00Z",
)


class Prereleases(Small):
    """Alphas, candidates and development releases, allowed in every way."""

    pool: Sequence[str] = (
        "1.0", "1.0a1", "1.0rc1", "1.1", "1.1.dev1", "2.0", "2.0a1", "2.0b2", "2.0rc1", "3.0a1", "3.0.dev1", "3.0",
    )  # fmt: skip
    strictness = 0.7

    def asked(self, question: Question) -> Question:
        modes = (None, None, None, "allow", "disallow", "if-necessary", "explicit", "if-necessary-or-explicit")
        return replace(question, prerelease=self.dice.one(modes))


class OddVersions(Prereleases):
    """Epochs, post and development releases, locals, and specifiers that name any of them."""

    pool = (
        "0.0", "1.0", "1.1", "1.1.post1", "1.1.post2", "1.1.dev1", "1.1a1", "1.1a1.post1", "1.1a1.dev1", "1.1rc1",
        "1.1.post1.dev0", "1.1.post1.dev1", "1.1+cpu", "1.1.post1+cpu", "1.1a1+cpu", "1.10", "2.0", "2.0.dev0",
        "2.0b2.post1.dev3", "1!1.0", "1!1.0.post1", "2", "2.0.0.1", "2024.1.1",
    )  # fmt: skip
    operators = (">=", "<=", "<", "<", "<", ">", ">", "==", "!=", "~=", "==*", "!=*", ">=<", "===")
    stray_operands = 0.6
    strictness = 0.9


class Locals(Small):
    """Local builds beside their public versions or alone, and requirements on either."""

    pool: Sequence[str] = (
        "1.0", "1.0+cpu", "1.0+cu118", "1.1", "1.1+cpu", "1.1+1", "2.0", "2.0+cpu", "2.0.post1+cpu", "2.1+ubuntu.2",
    )  # fmt: skip
    operators = ("==", "==", "==", "<=", ">=", "<", ">", "!=", "!=", "~=", "==*", "!=*", "===", ">=<")
    strictness = 0.8


class Yanked(Small):
    """Yanked releases and files, and pins that let them in."""

    operators = ("==", "==", "==", ">=", "<=", "==*", "===", "<", ">=<", "~=")
    strictness = 0.8

    def files(self, name: str, version: str) -> tuple[File, ...]:
        files = [self.wheel(name, version)]
        if self.dice.chance(0.4):
            files.append(self.sdist(name, version))
        if self.dice.chance(0.2):
            files.append(self.wheel(name, version, "cp311-none-any"))
        if not self.dice.chance(0.5):
            return tuple(files)
        reasons: tuple[bool | str, ...] = (True, "broken")
        said = self.dice.one(reasons)
        return tuple(replace(file, yanked=said) if self.dice.chance(0.8) else file for file in files)

    def asked(self, question: Question) -> Question:
        name = self.dice.one(self.names)
        pinned = self.dice.chance(0.2)
        return replace(question, constraints=(f"{name}=={self.dice.one(self.versions[name])}",) if pinned else ())


class Lowest(Prereleases):
    """``--resolution lowest`` and ``lowest-direct``."""

    tools = ("uv",)
    pool = (*FINALS, "1.0a1", "2.0rc1", "3.0.dev1")

    def asked(self, question: Question) -> Question:
        return replace(super().asked(question), resolution=self.dice.one(("lowest", "lowest-direct")))


class CutOff(Prereleases):
    """A cut-off, and files uploaded before and after it."""

    pool = (*FINALS, "2.0a1", "3.0rc1", "1.1+cpu", "4.0.post1")
    dates: Sequence[str | None] = DATES

    def files(self, name: str, version: str) -> tuple[File, ...]:
        made = [self.wheel(name, version)]
        if self.dice.chance(0.3):
            made.append(self.sdist(name, version))
        if self.dice.chance(0.2):
            made.append(self.wheel(name, version, self.dice.one(FOREIGN_TAGS)))
        if self.dice.chance(0.1):
            made = made[1:] or made
        return tuple(replace(file, upload_time=self.dice.one(self.dates)) for file in made)

    def asked(self, question: Question) -> Question:
        moments = ("2024-06-01T00:00:00Z", "2024-06-01", "2024-06-01T00:00:00.000001Z", "2023-01-01T00:00:00Z")
        return replace(super().asked(question), exclude_newer=self.dice.one(moments))


class MixedDates(CutOff):
    """A cut-off, and files whose date the index does not tell."""

    dates = (*DATES, None, None)
