"""Reports made by hand: the story of numba 0.53.1, and small ones around it."""

from msgspec.structs import replace
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.model.case import Report
from backtrail.model.files import File, FileKind, Unreadable
from backtrail.model.finding import (
    BuildAborts,
    BuildDoomed,
    BuildRefuses,
    Chain,
    ConflictUndeclared,
    Detail,
    DoomReason,
    Extent,
    Finding,
    Forked,
    ForkedVersion,
    ForkReason,
    Gone,
    Guard,
    HeldBack,
    Hidden,
    IndexShadowed,
    Link,
    LocalVariants,
    LockPreference,
    MetadataDiffers,
    NearestMiss,
    NotFound,
    NothingUsable,
    NotSibling,
    Obstacle,
    ObstacleKind,
    OrderSensitive,
    PrereleaseRule,
    PrereleaseTaken,
    PythonGuard,
    ReasonCount,
    Refusals,
    Remedy,
    RemedyKind,
    RemedyResult,
    SdistChosen,
    Severity,
    SplitFailed,
    SplitReason,
    Treatment,
    TriedOrder,
    UniversalHeldBack,
    Variant,
    YankedTaken,
)
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.policy import Mode
from backtrail.model.project import Answer, Hold, Judged, ProjectView, Standing, VersionRow, VersionTable
from backtrail.model.question import Indexes, Options, Question, Setting
from backtrail.model.requirement import Origin, Requirement, parse_requirement
from backtrail.model.run import Asked, Counters, Pin, PinnedLine, Run
from backtrail.model.target import Target
from backtrail.model.trail import Because, Decided, Finished, Outcome, Package, Rejected, Required, Split, SplitBy
from backtrail.model.verdict import Exclusion, Reason, Verdict
from backtrail.model.workspace import ConflictItem, ItemKind

INDEX = "https://index.example/simple"
UV = "uv@0.13.9"
NEWER = (
    "0.60.0", "0.59.1", "0.59.0", "0.58.1", "0.58.0", "0.57.1", "0.57.0", "0.56.4",
    "0.56.3", "0.56.2", "0.56.0", "0.55.2", "0.55.1", "0.55.0", "0.54.1", "0.54.0",
)  # fmt: skip

TARGET = Target(
    python="3.10.0",
    markers={"python_version": "3.10", "sys_platform": "linux"},
    tags=("cp310-cp310-manylinux_2_17_x86_64", "py3-none-any"),
    platform="Linux x86_64",
    origin="--python 3.10",
)


def wanted(text: str, file: str | None = None, line: int | None = None) -> Requirement:
    parsed = parse_requirement(text)
    return Requirement(
        name=parsed.name,
        extras=parsed.extras,
        specifier=parsed.specifier,
        marker=parsed.marker,
        url=parsed.url,
        text=text,
        origin=Origin(file=file, line=line),
    )


def asked(by: str, version: str, text: str) -> Asked:
    return Asked(requirement=parse_requirement(text), by=canonicalize_name(by), version=version)


def sdist(name: str, version: str, uploaded: str, requires_python: str | None = None) -> File:
    return File(
        filename=f"{name}-{version}.tar.gz",
        url=f"{INDEX}/{name}-{version}.tar.gz",
        version=version,
        kind=FileKind.SDIST,
        index=INDEX,
        uploaded=uploaded,
        requires_python=requires_python,
    )


def wheel(name: str, version: str, tags: str, uploaded: str = "2024-10-01T00:00:00Z") -> File:
    return File(
        filename=f"{name}-{version}-{tags}.whl",
        url=f"{INDEX}/{name}-{version}-{tags}.whl",
        version=version,
        kind=FileKind.WHEEL,
        index=INDEX,
        uploaded=uploaded,
    )


def question(*requirements: Requirement, command: str = "explain-backtrack", target: Target = TARGET) -> Question:
    return Question(
        command=command,
        requirements=requirements,
        target=target,
        indexes=Indexes(default=INDEX),
        options=Options(exclude_newer="2024-10-07T21:46:00.000000Z"),
        settings=(Setting(name="exclude-newer", value="2024-10-07T21:46:00Z", origin="--exclude-newer"),),
    )


def finding(
    code: str,
    subject: str,
    detail: Detail,
    severity: Severity = Severity.WARNING,
    *,
    runs: tuple[str, ...] = (UV,),
    evidence: tuple[str, ...] = (),
    remedies: tuple[Remedy, ...] = (),
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        runs=runs,
        subject=NormalizedName(subject),
        detail=detail,
        evidence=evidence,
        remedies=remedies,
    )


NUMBA = sdist("numba", "0.53.1", "2021-03-26T09:15:50Z", ">=3.6,<3.10")
LLVMLITE = sdist("llvmlite", "0.36.0", "2021-03-16T22:20:29Z", ">=3.6,<3.10")
LIBROSA = asked("librosa", "0.10.2.post1", "numba>=0.51.0")

FIXED: dict[str, tuple[str | None, str | None]] = {
    "numba": ("0.53.1", "0.60.0"),
    "llvmlite": ("0.36.0", "0.43.0"),
    "numpy": ("2.1.2", "2.0.2"),
}
FIXES = (
    Remedy(kind=RemedyKind.ADD, change="numba>=0.54", result=RemedyResult.VERIFIED, pins_changed=FIXED),
    Remedy(kind=RemedyKind.ADD, change="numpy<2.1", result=RemedyResult.VERIFIED, pins_changed=FIXED),
    Remedy(kind=RemedyKind.ORDER, change="numba", result=RemedyResult.VERIFIED, pins_changed=FIXED),
)

HELD_BACK = HeldBack(
    chosen="0.53.1",
    newest="0.60.0",
    uploaded="2021-03-26T09:15:50Z",
    alternative=FIXED,
    blocker=canonicalize_name("numpy"),
    blocker_version="2.1.2",
    blocker_first=True,
    blocker_asked_by=12,
    blocker_capped_by=(),
    tried=17,
    every=True,
    refused=(
        Refusals(
            versions=NEWER,
            because=Because.CONFLICT,
            on=canonicalize_name("numpy"),
            version="2.1.2",
            requirement="numpy<2.1,>=1.22",
        ),
    ),
    asked=(LIBROSA,),
    kind=FileKind.SDIST,
)


def _old_sdist(name: str, version: str, uploaded: str, wheels: int, line: int) -> tuple[Finding, ...]:
    file = f"{name}-{version}.tar.gz"
    message = "only versions >=3.6,<3.10 are supported"
    return (
        finding(
            "BT102",
            name,
            SdistChosen(
                version=version,
                file=file,
                uploaded=uploaded,
                wheels=wheels,
                axes={"python": 12, "platform": wheels - 12},
                nearest=NearestMiss(file=f"{name}-{version}-cp39-cp39-manylinux2014_x86_64.whl", axes=("python",)),
                pythons=("3.6", "3.7", "3.8", "3.9"),
            ),
            evidence=(f"file:{file}",),
        ),
        finding(
            "BT103",
            name,
            PythonGuard(
                version=version,
                file=file,
                requires_python=">=3.6,<3.10",
                treatment=Treatment.UPPER_BOUND_IGNORED,
                others={"pip": Treatment.REFUSED},
            ),
            evidence=(f"file:{file}",),
        ),
        finding(
            "BT104",
            name,
            BuildRefuses(
                version=version,
                file=file,
                guards=(Guard(line=line, bounds=">=3.6,<3.10", message=message, passes=False),),
                unreadable=None,
            ),
            Severity.ERROR,
            evidence=(f"file:{file}",),
        ),
    )


def seed() -> Report:
    """The bug that started the project: uv takes numba 0.53.1 for Python 3.10, whose setup.py refuses it."""
    librosa = canonicalize_name("librosa")
    torch = wanted("torch==2.3.1")
    tortoise = wanted("librosa", "requirements.txt", 11)
    numba = canonicalize_name("numba")
    package = Package(kind="project", name=numba)
    run = Run(
        resolver="uv",
        profile="0.13.9",
        basis="exact",
        outcome=Outcome.SOLVED,
        pins=(
            Pin(
                name=librosa,
                version="0.10.2.post1",
                file=wheel("librosa", "0.10.2.post1", "py3-none-any"),
                requested_by=(Asked(requirement=tortoise),),
            ),
            Pin(
                name=canonicalize_name("llvmlite"),
                version="0.36.0",
                file=LLVMLITE,
                requested_by=(asked("numba", "0.53.1", "llvmlite>=0.36.0rc1,<0.37"),),
            ),
            Pin(name=numba, version="0.53.1", file=NUMBA, requested_by=(LIBROSA,)),
            Pin(
                name=canonicalize_name("numpy"),
                version="2.1.2",
                file=wheel("numpy", "2.1.2", "cp310-cp310-manylinux_2_17_x86_64"),
                requested_by=(
                    asked("librosa", "0.10.2.post1", "numpy!=1.22.0,!=1.22.1,!=1.22.2,>=1.20.3"),
                    asked("numba", "0.53.1", "numpy>=1.15"),
                ),
            ),
            Pin(
                name=canonicalize_name("suno-bark"),
                version="0.0.1a0",
                url="git+https://user:secret@git.example/bark@main#egg=suno-bark",
                verified=True,
                requested_by=(
                    Asked(requirement=wanted("suno-bark @ git+https://git.example/bark@main", "requirements.txt", 8)),
                ),
            ),
            Pin(
                name=canonicalize_name("torch"),
                version="2.3.1",
                file=wheel("torch", "2.3.1", "cp310-cp310-manylinux1_x86_64"),
                requested_by=(Asked(requirement=torch),),
            ),
        ),
        attempts={"torch": ("2.3.1",), "numpy": ("2.1.2",), "numba": (*NEWER, "0.53.1"), "llvmlite": ("0.36.0",)},
        counters=Counters(listings=117, metadata=140, decisions=260, rejections=45, conflicts=12, backjumps=9),
        trail=(
            Required(id=1, requirement=parse_requirement("numpy<2.1,>=1.22"), by=numba, version=NEWER[0]),
            Rejected(package=package, version=NEWER[0], because=Because.CONFLICT, requirements=(1,)),
            *(Rejected(package=package, version=version, because=Because.CONFLICT) for version in NEWER[1:]),
            Decided(package=package, version="0.53.1", level=40, file=NUMBA.filename),
            Finished(outcome=Outcome.SOLVED),
        ),
    )
    return Report(
        question=question(torch, tortoise),
        runs=(run,),
        findings=(
            finding(
                "BT101",
                "numba",
                HELD_BACK,
                remedies=FIXES,
                evidence=("trail:uv@0.13.9#412", "page:numba", "metadata:numba==0.60.0"),
            ),
            *_old_sdist("numba", "0.53.1", "2021-03-26T09:15:50Z", 28, 47),
            *_old_sdist("llvmlite", "0.36.0", "2021-03-16T22:20:29Z", 24, 55),
        ),
    )


def everything(text: str) -> Report:
    """A report with one finding of each kind, in which every word that an index or a user could write is ``text``."""
    name = NormalizedName(text)
    requirement = Requirement(
        name=name, specifier=text, marker=text, url=text, text=text, origin=Origin(file=text, line=1)
    )
    one = Asked(requirement=requirement, by=name, version=text)
    asks = (one, Asked(requirement=requirement))
    file = File(
        filename=text,
        url=text,
        version=text,
        kind=FileKind.SDIST,
        index=text,
        requires_python=text,
        uploaded=text,
        yanked=text,
    )
    exclusions = tuple(Exclusion(reason=reason, value=text) for reason in Reason)
    refused = tuple(
        Refusals(
            versions=(text, text, text),
            because=because,
            on=name,
            version=text,
            requirement=text,
            exclusions=exclusions,
        )
        for because in Because
    )
    nearest = NearestMiss(file=text, axes=(text, "python"))
    variant = Variant(version=text, files=(text,), usable=True)
    guard = Guard(line=1, bounds=text, message=text, passes=False)
    obstacles = tuple(
        Obstacle(kind=kind, text=text, file=text, line=1, by=by, project=name, version=text)
        for kind in ObstacleKind
        for by in (name, None)
    )
    extent = Extent(count=3, runs=((text, text),), every=False)
    chain = Chain(links=tuple(Link(asked=each, versions=(text,), others=(text,)) for each in asks), project=name,
                  admits=extent)  # fmt: skip
    details: dict[str, Detail] = {
        "BT101": HeldBack(
            chosen=text,
            newest=text,
            uploaded=text,
            because=obstacles,
            chains=(chain,),
            alternative={text: (text, text)},
            blocker=name,
            blocker_version=text,
            blocker_asked_by=3,
            blocker_capped_by=asks,
            tried=3,
            refused=refused,
            asked=asks,
            kind=FileKind.SDIST,
        ),
        "BT102": SdistChosen(
            version=text, file=text, uploaded=text, wheels=2, axes={text: 1}, nearest=nearest, pythons=(text,)
        ),
        "BT103": PythonGuard(
            version=text,
            file=text,
            requires_python=text,
            treatment=Treatment.REFUSED,
            others={"pip": Treatment.UPPER_BOUND_IGNORED},
        ),
        "BT104": BuildRefuses(version=text, file=text, guards=(guard,), unreadable=text),
        "BT105": LocalVariants(version=text, variants=(variant,), pick=text, accepts={UV: True}),
        "BT106": NothingUsable(
            requirement=text,
            version=text,
            reasons=(ReasonCount(reason=text, files=2),),
            nearest=nearest,
            requires_python=(text,),
            pythons=(text,),
        ),
        "BT107": NotFound(
            requirement=text,
            project=True,
            standard_library=False,
            close=(text,),
            newest=text,
            below=text,
            above=text,
            indexes=(text,),
        ),
        "BT108": Hidden(requirement=text, version=text, rule=text, value=text, origin=text, uploaded=text, allow=text),
        "BT112": OrderSensitive(
            tried=TriedOrder.REVERSED,
            order=(text, text),
            moved=(text, text),
            outcome=Outcome.SOLVED,
            pins_changed={text: (text, None)},
        ),
        "BT113": PrereleaseTaken(
            version=text,
            file=text,
            rule=PrereleaseRule.REQUIREMENT,
            value=text,
            origin=text,
            asked=one,
            stable=text,
            exclusions=exclusions,
        ),
        "BT114": YankedTaken(version=text, file=text, reason=text, asked=one, newest=text),
        "BT115": MetadataDiffers(
            version=text,
            file=text,
            read=text,
            source=text,
            verified=False,
            other=text,
            only_read=(text,),
            only_other=(text,),
        ),
        "BT119": BuildDoomed(
            version=text,
            file=text,
            because=DoomReason.GONE,
            certain=True,
            gone=Gone(what=text, needs=text, by=name, version=text, since=text),
            line=2,
            through=(f"{text}=={text}",),
        ),
        "BT120": UniversalHeldBack(chosen=text, alone=text, marker=text, because=obstacles, fork=text, asked=asks),
        "BT121": SplitFailed(
            marker=text,
            splits=tuple(
                SplitReason(package=text, version=text, why=why, names=(text,), markers=(text, text)) for why in SplitBy
            ),
            here=False,
            beyond=True,
            because=obstacles,
        ),
        "BT122": Forked(
            versions=tuple(
                ForkedVersion(version=text, marker=text, why=why, asked=asked, newer=text, index=text)
                for why in ForkReason
                for asked in (one, None)
            )
        ),
        "BT124": LockPreference(chosen=text, newest=text, asked=asks, file=text),
        "BT125": ConflictUndeclared(
            sets=(tuple(ConflictItem(package=name, kind=kind, name=text) for kind in ItemKind),), asked=asks
        ),
        "BT126": NotSibling(one=one, other=one),
        "BT118": IndexShadowed(version=text, index=text, later=text, hidden=(text, text, text), origin=text),
        "BT117": BuildAborts(version=text, file=text, asked=asks, error=text),
    }
    package = Package(kind="project", name=name)
    unavailable = Unavailable(failure=Failure.NETWORK, file=text, detail=text)
    solved = Run(
        resolver="uv",
        profile="0.13.9",
        basis="exact",
        outcome=Outcome.SOLVED,
        pins=(
            Pin(name=name, version=text, file=file, verified=False, requested_by=asks),
            Pin(name=NormalizedName(f"{text}2"), version=text, url=text, requested_by=asks),
        ),
        attempts={text: (text, f"{text}1")},
        trail=(Rejected(package=package, version=text, because=Because.METADATA, unavailable=unavailable),),
    )
    splits = tuple(
        Split(package=package, version=text, why=why, names=(text,), marker=f"{text}{side}", markers=(text, text))
        for side in range(2)
        for why in SplitBy
    )
    forks = tuple(
        replace(solved, marker=text, mode=Mode.UNIVERSAL, outcome=outcome, trail=(split, *solved.trail))
        for split, outcome in zip(splits, (Outcome.SOLVED, *Outcome), strict=False)
    )
    lines = (PinnedLine(name=name, version=text, marker=text),)
    return Report(
        question=Question(
            command="why",
            requirements=(requirement,),
            constraints=(requirement,),
            overrides=(requirement,),
            subject=requirement,
            target=Target(python="3.10.0", markers={}, tags=(), platform=text, origin=text),
            indexes=Indexes(default=text, extra=(text,)),
            settings=(Setting(name=text, value=text, origin=text),),
        ),
        runs=(
            solved,
            Run(resolver="uv", profile="0.4.18", basis="exact", outcome=Outcome.UNKNOWN, failure=unavailable),
            replace(forks[0], resolver="uv-universal", forks=forks, lines=lines),
            Run(
                resolver="uv",
                profile="0.5.0",
                basis="composed",
                outcome=Outcome.ABORTED,
                failure=Unreadable(index=text, reason=text, detail=text),
            ),
        ),
        findings=tuple(
            finding(
                code,
                name,
                detail,
                Severity.ERROR,
                remedies=tuple(
                    Remedy(kind=kind, change=text, of=text, result=result, pins_changed={text: (text, None)})
                    for kind in RemedyKind
                    for result in RemedyResult
                ),
            )
            for code, detail in details.items()
        ),
        project=ProjectView(
            name=name,
            requirement=requirement,
            variants=(variant,),
            files=(Judged(file=file, verdicts={UV: Verdict(file=file, exclusions=exclusions)}),),
            tables=(
                VersionTable(
                    run=UV,
                    chosen=text,
                    rows=tuple(
                        VersionRow(
                            versions=(text, text, text),
                            standing=standing,
                            because=Because.CONFLICT,
                            asked=one,
                            on=name,
                            version=text,
                            exclusions=exclusions,
                            evidence=(f"page:{text}",),
                        )
                        for standing in Standing
                    ),
                    holds=(Hold(asked=one, path=asks, binding=True, gives=text),),
                ),
            ),
        ),
        answers={
            UV: Answer(available=True, version=text, file=text, reason=None, index=text),
            "pip@26.3": Answer(available=False, version=None, file=None, reason=text),
        },
    )
