"""The error text of uv and of pip, as it is pasted into issues, taken apart into its statements.

uv: sentences "Because A and B, we can conclude that C". pip: the block below "The conflict is caused by".
"""

import re
from collections.abc import Iterable, Iterator

from packaging.utils import NormalizedName, canonicalize_name

from backtrail.inputs.logs.log_lines import LogLine
from backtrail.inputs.logs.pip_log import pip_requirement
from backtrail.inputs.logs.uv_log import requirement_of
from backtrail.inputs.logs.uv_ranges import specifier_of, split_node
from backtrail.model.log import Claim, Statement
from backtrail.model.requirement import Origin

_MOST = 2_000
"""Statements of one message; a proof of uv has some dozens."""

_FRAME = re.compile(r"[\s│╰├└─▶>→]{0,40}(?:cause: )?")
_ENDS = ("hint: ", "help: ", "error: ", "warning: ", "Traceback")
_KNOWN_FROM = re.compile(r"(?:we know from|we already know from) \(\d{1,4}\) (?:and \(\d{1,4}\) )?that ")
_CONCLUSION = ", we can conclude that "
_NODE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}(?:\[[^\]]{0,200}\])?(?:\{[^}]{0,500}\})?"
_SUBJECT = rf"(?:all versions of |all of: )?(?P<subject>{_NODE}(?:[=<>*][^ ]{{0,2000}})?)"
_PLACES = "(?:package registry|cache|provided package locations)"
_USER_ASKS = "(?:you require|your project (?:requires|depends on)|root depends on)"
_PYTHON_IS = r"the (?:requested|current) Python version \([^)]{1,60}\)"
_LEAVES: tuple[tuple[Claim, re.Pattern[str]], ...] = tuple(
    (claim, re.compile(f"{pattern}$"))
    for claim, pattern in (
        (Claim.REQUIRED, rf"{_USER_ASKS} (?P<object>.{{1,2000}})"),
        (Claim.DEPENDS, rf"{_SUBJECT} (?:depends|depend) on (?:one of: )?(?P<object>.{{1,4000}})"),
        (Claim.ONLY, rf"only (?P<subject>{_NODE}(?:[=<>*].{{0,2000}})?) is available"),
        (Claim.ONLY, rf"only the following versions of (?P<name>{_NODE}) are available: (?P<list>.{{1,20000}})"),
        (Claim.NONE, rf"there (?:is no version|are no versions) of (?P<subject>{_NODE}(?:[=<>*].{{0,2000}})?)"),
        (Claim.NOT_FOUND, rf"(?P<subject>{_NODE}) was not found in the {_PLACES}.{{0,200}}"),
        (Claim.PYTHON, rf"{_PYTHON_IS} does not satisfy Python(?P<object>.{{1,200}})"),
        (Claim.UNUSABLE, rf"{_SUBJECT} (?:has|have|was|were|needs|need|requires|is|are|cannot) .{{1,400}}"),
    )
)
_DEPENDS = re.compile(r" {4}(?P<name>\S{1,200}) (?P<version>\S{1,100}) depends on (?P<requirement>.{1,1000})$")
_USER = re.compile(r" {4}The user requested (?P<constraint>\(constraint\) )?(?P<requirement>.{1,1000})$")
_NO_VERSION = re.compile(
    r"ERROR: Could not find a (?:final )?version that satisfies the requirement (?P<requirement>.{1,500}?)"
    r"(?: \(from .{1,500}?\))? \(from versions: (?P<versions>.{0,100000})\)$"
)


def statements(lines: Iterable[LogLine], file: str) -> tuple[Statement, ...]:
    """Every statement of the error messages among some lines, each once, in order."""
    found: dict[Statement, None] = {}
    proof: list[str] = []
    place = 0
    for line in lines:
        text = line.text.rstrip()
        bare = text[_FRAME.match(text).end() :] if _FRAME.match(text) else text  # type: ignore[union-attr]
        if proof and bare and not bare.startswith(_ENDS):
            proof.append(bare)
            continue
        if bare.startswith(("Because ", "And because ")):
            place = place or line.number
            proof.append(bare)
            continue
        if proof and bare.startswith(_ENDS):
            found.update(dict.fromkeys(_proved(" ".join(proof), Origin(file=file, line=place))))
            proof, place = [], 0
        found.update(dict.fromkeys(_said_by_pip(text, Origin(file=file, line=line.number))))
    found.update(dict.fromkeys(_proved(" ".join(proof), Origin(file=file, line=place or 1))))
    return tuple(found)[:_MOST]


def is_conflict_of_pip(text: str) -> bool:
    """Whether a line is one of the block in which pip names a conflict."""
    return bool(_DEPENDS.match(text) or _USER.match(text) or _NO_VERSION.match(text.strip()))


def _said_by_pip(text: str, origin: Origin) -> Iterator[Statement]:
    said = text.strip()
    if (found := _DEPENDS.match(text)) is not None:
        requirement = pip_requirement(found["requirement"], None)
        version = found["version"]
        yield Statement(
            text=said, claim=Claim.DEPENDS, name=canonicalize_name(found["name"]), versions=f"=={version}",
            requirement=requirement,
        )  # fmt: skip
    elif (found := _USER.match(text)) is not None:
        claim = Claim.REQUIRED if found["constraint"] is None else Claim.CONSTRAINED
        yield Statement(text=said, claim=claim, requirement=pip_requirement(found["requirement"], origin))
    elif (found := _NO_VERSION.match(said)) is not None:
        requirement = pip_requirement(found["requirement"], origin)
        if requirement is not None:
            claim = Claim.NOT_FOUND if found["versions"].strip() == "none" else Claim.NONE
            shown = said if len(said) < 200 else f"{said[:200]}…"
            yield Statement(text=shown, claim=claim, name=requirement.name, versions=requirement.specifier)


def _proved(proof: str, origin: Origin) -> Iterator[Statement]:
    """The leaves of uv's proof: what it takes for granted, not what it concludes."""
    for sentence in re.split(r"(?<=\.) +(?=And because |Because |and because )", proof):
        premises, _, _conclusion = sentence.partition(_CONCLUSION)
        premises = premises.removeprefix("And because ").removeprefix("Because ").removeprefix("and because ")
        for text in _parts(premises):
            known = _KNOWN_FROM.match(text)
            if known is None:
                yield from _leaf(text, origin)


def _parts(premises: str) -> list[str]:
    """What "and" joins; what says nothing alone belongs to what stands before it."""
    found: list[list[str]] = []
    for part in premises.split(" and "):
        said = part.strip().rstrip(",.")
        if found and not _KNOWN_FROM.match(said) and not any(pattern.match(said) for _, pattern in _LEAVES):
            found[-1].append(part)
        else:
            found.append([said])
    return list(map(" and ".join, found))


def _leaf(text: str, origin: Origin) -> Iterator[Statement]:
    """The statement of one premise; of several packages that one requires, one each."""
    claim, found = next(((claim, one) for claim, pattern in _LEAVES if (one := pattern.match(text))), (None, None))
    if claim is None or found is None:
        return
    groups = found.groupdict()
    if claim is Claim.PYTHON:
        yield Statement(text=text, claim=claim, versions=specifier_of(_spaced(groups["object"])))
        return
    name: NormalizedName | None = None
    versions: str | None = ""
    if groups.get("list") is not None:
        name, versions = canonicalize_name(groups["name"]), _listed(groups["list"])
    elif groups.get("subject") is not None:
        node, written = split_node(groups["subject"])
        name, versions = canonicalize_name(node.partition("[")[0].partition("{")[0]), specifier_of(_spaced(written))
    if groups.get("object") is None:
        yield Statement(text=text, claim=claim, name=name, versions=versions)
        return
    head = text[: found.start("object")]
    for asked in groups["object"].split(" and "):
        requirement = requirement_of(_one(asked), origin if claim is Claim.REQUIRED else None)
        yield Statement(
            text=f"{head}{asked.strip()}", claim=claim, name=name, versions=versions, requirement=requirement
        )


def _listed(text: str) -> str | None:
    """The versions of a list that uv gives one below the other; None where they are not one after the other."""
    ranges = [split_node(one)[1] for one in text.split()]
    return specifier_of(" | ".join(map(_spaced, ranges))) if len(ranges) < 100 else None


def _one(text: str) -> str:
    """A package with its range, in the form that logs have it."""
    node, versions = split_node(text.strip())
    return f"{node}{_spaced(versions)}"


def _spaced(versions: str) -> str:
    return ", ".join(part.strip() for part in versions.split(","))
