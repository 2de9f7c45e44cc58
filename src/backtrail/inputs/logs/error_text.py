"""The error text of uv and of pip, as it is pasted into issues, taken apart into its statements.

uv: sentences "Because A and B, we can conclude that C". pip: the block below "The conflict is caused by".
"""

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.inputs.logs.log_lines import LogLine
from backtrail.inputs.logs.pip_log import pip_requirement
from backtrail.inputs.logs.uv_log import requirement_of
from backtrail.inputs.logs.uv_ranges import specifier_of, split_node
from backtrail.model.log import Claim, Statement
from backtrail.model.requirement import Origin, Requirement

_MOST = 2_000
"""Statements of one message; a proof of uv has some dozens."""

_LONGEST_LIST = 100
"""Lines of one list of versions that are read."""

_SENTENCES = re.compile(r"(?<=\.|\)) {1,8}(?=And because |Because |and because )")
"""Where one sentence of a proof ends; its number may stand behind it: ``. (1) Because``."""

_FRAME = re.compile(r"[\s│╰├└─▶>→]{0,40}(?:cause: )?")
_ENDS = ("hint: ", "help: ", "error: ", "warning: ", "Traceback")
_KNOWN_FROM = re.compile(r"(?:we know from|we already know from) \(\d{1,4}\) (?:and \(\d{1,4}\) )?that ")
_CONCLUSION = re.compile(",? we can conclude that ")  # after a list uv leaves the comma out
_NODE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}(?:\[[^\]]{0,200}\])?(?:\{[^}]{0,500}\})?"
_SUBJECT = rf"(?:all versions of |all of: )?(?P<subject>{_NODE}(?:[=<>*][^ ]{{0,2000}})?)"
_PLACES = "(?:package registry|cache|provided package locations)"
_USER_ASKS = "(?:you require|your project (?:requires|depends on)|root depends on)"
_PYTHON_IS = r"the (?:requested|current) Python version \((?:>=)?(?P<python>[^)]{1,60})\)"
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
_PYTHON_SAID = re.compile(_PYTHON_IS)
_LEFT = "Will try a different candidate, due to conflict:"
_DEPENDS = re.compile(r" {4}(?P<name>\S{1,200}) (?P<version>\S{1,100}) depends on (?P<requirement>.{1,1000})$")
_USER = re.compile(r" {4}The user requested (?P<constraint>\(constraint\) )?(?P<requirement>.{1,1000})$")
_NO_VERSION = re.compile(
    r"ERROR: Could not find a (?:final )?version that satisfies the requirement (?P<requirement>.{1,500}?)"
    r"(?: \(from (?P<chain>.{1,500}?)\))? \(from versions: (?P<versions>.{0,100000})\)$"
)


def statements(lines: Iterable[LogLine], file: str) -> tuple[Statement, ...]:
    """Every statement of the error messages among some lines, each once, in order."""
    found: dict[Statement, None] = {}
    proof: list[str] = []
    place = 0
    trying = False
    for line in lines:
        text = line.text.rstrip()
        # With -vv, pip says of each candidate that it leaves in the same words why: that is no error.
        trying = text.lstrip().startswith(_LEFT) or (trying and is_conflict_of_pip(text))
        if trying:
            continue
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


def asked_by(said: Iterable[Statement]) -> tuple[Requirement, ...]:
    """What the statements say that the user requires, one requirement a project."""
    of_user = (Claim.REQUIRED, Claim.NONE, Claim.NOT_FOUND)
    own = (one.requirement for one in said if one.claim in of_user and one.requirement is not None)
    return tuple({one.name: one for one in own}.values())


def python_of(said: Iterable[Statement]) -> str | None:
    """The Python that the statements are about; None where none names it."""
    for one in said:
        found = _PYTHON_SAID.match(one.text) if one.claim is Claim.PYTHON else None
        if found is not None:
            return found["python"]
    return None


def is_conflict_of_pip(text: str) -> bool:
    """Whether a line is one of the block in which pip names a conflict."""
    return bool(_DEPENDS.match(text) or _USER.match(text) or _NO_VERSION.match(text.strip()))


def _said_by_pip(text: str, origin: Origin) -> Iterator[Statement]:
    said = text.strip()
    if (found := _DEPENDS.match(text)) is not None:
        name, extras = _named(found["name"])
        yield Statement(
            text=said, claim=Claim.DEPENDS, name=name, versions=f"=={found['version']}", extras=extras,
            requirement=pip_requirement(found["requirement"], None),
        )  # fmt: skip
    elif (found := _USER.match(text)) is not None:
        claim = Claim.REQUIRED if found["constraint"] is None else Claim.CONSTRAINED
        yield Statement(text=said, claim=claim, requirement=pip_requirement(found["requirement"], origin))
    elif (found := _NO_VERSION.match(said)) is not None:
        requirement = pip_requirement(found["requirement"], origin)
        if requirement is not None:
            claim = Claim.NOT_FOUND if found["versions"].strip() == "none" else Claim.NONE
            shown = said if len(said) < 200 else f"{said[:200]}…"
            own = requirement if found["chain"] is None or found["chain"].startswith(("-r ", "-c ")) else None
            yield Statement(
                text=shown, claim=claim, name=requirement.name, versions=requirement.specifier, requirement=own
            )


def _proved(proof: str, origin: Origin) -> Iterator[Statement]:
    """The leaves of uv's proof: what it takes for granted, not what it concludes."""
    for sentence in _SENTENCES.split(proof):
        premises = _CONCLUSION.split(sentence, maxsplit=1)[0]
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
    about = Statement(text=text, claim=claim)
    if groups.get("list") is not None:
        versions, ranges = _listed(groups["list"])
        about = replace(about, name=canonicalize_name(groups["name"]), versions=versions, ranges=ranges)
    elif groups.get("subject") is not None:
        node, written = split_node(groups["subject"])
        name, extras = _named(node)
        about = replace(about, name=name, extras=extras, versions=specifier_of(_spaced(written)))
    if groups.get("object") is None:
        yield about
        return
    head = text[: found.start("object")]
    for asked in groups["object"].split(" and "):
        requirement = requirement_of(_one(asked), origin if claim is Claim.REQUIRED else None)
        yield replace(about, text=f"{head}{asked.strip()}", requirement=requirement)


def _named(node: str) -> tuple[NormalizedName, tuple[str, ...]]:
    """The project of a package as the tools print it, and its extras."""
    name, _, extras = node.partition("{")[0].partition("[")
    return canonicalize_name(name), tuple(filter(None, extras.rstrip("]").split(",")))


def _listed(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The versions of a list that uv gives one below the other: as one set of specifiers, else as several."""
    written = [_spaced(split_node(one)[1]) for one in text.split()]
    if len(written) >= _LONGEST_LIST:
        return None, ()
    whole = specifier_of(" | ".join(written))
    ranges = [] if whole is not None else [specifier_of(one) for one in written]
    return whole, tuple(one for one in ranges if one is not None) if None not in ranges else ()


def _one(text: str) -> str:
    """A package with its range, in the form that logs have it."""
    node, versions = split_node(text.strip())
    return f"{node}{_spaced(versions)}"


def _spaced(versions: str) -> str:
    return ", ".join(part.strip() for part in versions.split(","))
