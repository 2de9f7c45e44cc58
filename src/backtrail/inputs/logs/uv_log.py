"""A verbose log of uv, of any release from 0.4 on: what it was asked, what it looked at, how it ended."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
from packaging.requirements import InvalidRequirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.inputs.logs.log_lines import LogLine
from backtrail.inputs.logs.uv_ranges import specifier_of, split_node
from backtrail.model.log import Direct, Stated, Visit
from backtrail.model.requirement import Origin, Requirement, parse_requirement
from backtrail.model.trail import Outcome

_LEVEL = re.compile(
    r"[\s│├└┐┘─]{0,40}(?:\d{1,6}(?:\.\d{1,6})?(?:ms|s|m)? {1,4})?[\s│├└┐┘─]{0,40}(?:TRACE|DEBUG|INFO|WARN|ERROR) {1,2}"
    r"(?:[a-z_0-9]{1,40}(?:::[a-z_0-9]{1,40}){1,6}:? |[a-z_0-9]{1,40}: )?(?P<message>.*)$"
)
_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_RELEASE = re.compile(r"uv (?P<release>\d{1,4}\.\d{1,4}\.\d{1,4})(?: \((?P<build>[^)]{0,100})\))?$")
_INSTALLED = re.compile(r"Solving with installed Python version: (?P<python>\d[\w.]{0,20})$")
_TARGET = re.compile(r"Solving with target Python version: >=(?P<python>\d[\w.]{0,20})(?:,.{0,40})?$")
_CUT_OFF = re.compile(r"Solving with exclude-newer: (?:global: )?(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,16})")
_DIRECT = re.compile(r"Adding direct dependency: (?P<dependency>.{1,2000})$")
_TRANSITIVE = re.compile(
    rf"Adding transitive dependency for (?P<name>{_NAME})(?:\[[^\]]*\]|\{{[^}}]*\}}){{0,2}}==(?P<version>\S{{1,100}}): "
    r"(?P<dependency>.{1,2000})$"
)
_SELECTING = re.compile(
    rf"Selecting: (?P<name>{_NAME})==(?P<version>\S{{1,100}}) \[(?P<kind>\w{{1,20}})\] \((?P<file>.{{0,300}})\)$"
)
_URL = re.compile(
    rf"Searching for a compatible version of (?P<name>{_NAME})(?:\[[^\]]*\])? @ `?(?P<url>\S{{1,500}}?)`? \("
)
_PAGE = re.compile(
    r"(?:No cache entry for|Found \S+ response for|Sending \S+ (?:\S+ )?request for): (?P<url>\S{1,500})$"
)
_FINISHED = re.compile(
    r"(?:Split )?(?P<where>specific environment|marker environment|all marker environments|split .{1,500}) "
    r"resolution took"
)
_SPLIT = re.compile(r"Solving split \(markers: (?P<marker>.{1,500}?)\)(?: \(requires-python|$)")
_PYTHON = re.compile(r"python_(?:full_)?version (?:>=|==) '(?P<python>\d{1,3}(?:\.\d{1,3}){1,2})(?:\.\*)?'")
_RESOLVED = re.compile(r"Resolved (?P<packages>\d{1,7}) packages? in ")
_PINNED = re.compile(rf"(?:[ +~]{{1,3}} )?(?P<name>{_NAME})==(?P<version>[^\s;\\]{{1,100}})")
_IMPOSSIBLE = re.compile(r"\s*(?:\N{MULTIPLICATION SIGN} |x |error: )?No solution found when resolving ")
_BUILD = re.compile(r"\s*(?:error: |\N{MULTIPLICATION SIGN} )Failed to (?:download and )?build ")

# What else uv says, which says nothing of the resolution that other lines do not; each is how a message begins.
_KNOWN = (
    "Abandoning prefetch", "Acquired ", "Adding root workspace", "Adding system dependency", "Assigned packages",
    "At least one ", "Backtracked ", "Bootstrapping ", "Building", "Built ", "Cached interpreter info", "Caching ",
    "Calling ", "Checking ", "Chose package ", "Clearing ", "Cloning ", "Computing ", "Copying ", "Created ",
    "Creating ", "Detected ", "Disabling ", "Discovered ", "Distribution not found", "Downloading ", "Enforcing ",
    "Failed to ", "Fetching ", "Finished ", "Forking ", "Found ", "Freed ", "Getting ", "Hashing ", "Identified ",
    "Ignoring ", "Incorrect ", "Initializing ", "Inspecting ", "Installed ", "Installing ", "Interpreter ",
    "Invalid ", "Linking ", "Loading ", "Lock ", "Malformed ", "Missing ", "Must revalidate", "Narrowed ",
    "No ", "Not ", "Omitting ", "Opportunistically", "Package ", "Populating ", "Pre-fork ", "Preferring ",
    "Prefetched ", "Prefetching ", "Preparing ", "Prepared ", "Probing ", "Proceeding ", "Querying ", "Read ",
    "Reading ", "Received ", "Recording ", "Registry requirement", "Released ", "Removing ", "Requested ",
    "Requirement ", "Requirements ", "Resolving ", "Retrying ", "Reusing ", "Revalidating ", "Satisfied ",
    "Searching ", "Sending ", "Skipping ", "Solution ", "Solving ", "Spawning ", "Split", "Starting ",
    "Streaming ", "Transient ", "Tried ", "Trying ", "Unable to extract metadata", "Uncached ", "Unnecessary ",
    "Updating ", "Using ", "Validated ", "Version ", "Virtual ", "Waiting ", "Writing ", "add_decision",
    "adding decision",
    "backtrack to ", "prior cause: ", "project ", "rejecting decision", "run_python ", "starting unit propagation",
    "unit propagation", "workspace ",
)  # fmt: skip
_INDENTED = re.compile(r"[a-z_]{1,40}(?:\{.{0,300}\})?(?: .{0,300})?$")


@dataclass(slots=True)
class UvResolution:
    """One resolution of a log while it is read."""

    python: str | None = None
    target: str | None = None
    cut_off: str | None = None
    requirements: list[Requirement] = field(default_factory=list)
    stated: dict[Stated, None] = field(default_factory=dict)
    direct: dict[NormalizedName, Direct] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    lost: int = 0
    universal: bool = False

    @property
    def size(self) -> int:
        """How much it tells."""
        return len(self.visits) + len(self.requirements) + len(self.direct)


class UvLog:
    """Takes the lines of one stream, in order."""

    def __init__(self, file: str) -> None:
        """Nothing is read yet."""
        self.file = file
        self.release: str | None = None
        self.build: str | None = None
        self.levelled = self.understood = 0
        self.pages: Counter[str] = Counter()
        self.pins: dict[NormalizedName, Visit] = {}
        self.packages: int | None = None
        self.outcome: Outcome | None = None
        self.resolutions: list[UvResolution] = []
        self._open: list[UvResolution] = []
        self._said = _messages(self)

    @property
    def largest(self) -> UvResolution:
        """The resolution that tells most: the others are of builds, or of other steps."""
        return max(self.resolutions, key=lambda one: one.size, default=UvResolution())

    def read(self, lines: Iterable[LogLine]) -> None:
        """Read lines."""
        for line in lines:
            levelled = _LEVEL.match(line.text)
            if levelled is None:
                self._plain(line.text)
                continue
            self.levelled += 1
            message = levelled["message"].rstrip()
            if self._message(message, line.number):
                self.understood += 1

    def _message(self, message: str, number: int) -> bool:
        for opening, pattern, take in self._said:
            if message.startswith(opening):
                found = pattern.match(message)
                if found is not None:
                    return take(found, number)
        return message.startswith(_KNOWN) or message == "" or bool(_FINISHED.match(message))

    def _plain(self, text: str) -> None:
        if (found := _RESOLVED.match(text)) is not None:
            self.packages, self.outcome = int(found["packages"]), self.outcome or Outcome.SOLVED
        elif _IMPOSSIBLE.match(text):
            self.outcome = Outcome.IMPOSSIBLE
        elif _BUILD.match(text):
            self.outcome = Outcome.ABORTED
        elif (found := _PINNED.match(text)) is not None:
            name = canonicalize_name(found["name"])
            if is_version(found["version"]):
                self.pins[name] = Visit(name=name, version=found["version"])

    @property
    def now(self) -> UvResolution:
        """The resolution that goes on; one that began before the log did is begun here."""
        if not self._open:
            self.begin("")
        return self._open[-1]

    def begin(self, python: str) -> None:
        """A resolution begins; one that goes on waits for a build that needs it."""
        self._open.append(UvResolution(python=python or None))
        self.resolutions.append(self._open[-1])

    def end(self) -> None:
        """The last resolution that began is over."""
        if self._open:
            self._open.pop()


_Take = Callable[[re.Match[str], int], bool]


def _messages(log: UvLog) -> Sequence[tuple[str, re.Pattern[str], _Take]]:
    """What a message says, by how it begins."""

    def release(found: re.Match[str], _: int) -> bool:
        log.release, log.build = found["release"], found["build"] or log.build
        return True

    def installed(found: re.Match[str], _: int) -> bool:
        log.begin(found["python"])
        return True

    def target(found: re.Match[str], _: int) -> bool:
        log.now.target = found["python"]
        return True

    def cut_off(found: re.Match[str], _: int) -> bool:
        log.now.cut_off = found["moment"]
        return True

    def direct(found: re.Match[str], number: int) -> bool:
        requirement = requirement_of(found["dependency"], Origin(file=log.file, line=number))
        if requirement is None:
            log.now.lost += 1
            return False
        log.now.requirements.append(requirement)
        return True

    def transitive(found: re.Match[str], _: int) -> bool:
        requirement = requirement_of(found["dependency"], None)
        if requirement is None or not is_version(found["version"]):
            log.now.lost += 1
            return False
        name = canonicalize_name(found["name"])
        if requirement.name != name:  # a package and itself under an extra or a marker
            log.now.stated[Stated(by=name, version=found["version"], requirement=requirement)] = None
        return True

    def selecting(found: re.Match[str], _: int) -> bool:
        name = canonicalize_name(found["name"])
        if not is_version(found["version"]):
            return False
        log.now.visits.append(Visit(name=name, version=found["version"], file=found["file"] or None))
        return True

    def url(found: re.Match[str], _: int) -> bool:
        name = canonicalize_name(found["name"])
        log.now.direct.setdefault(name, Direct(name=name, url=found["url"]))
        return True

    def page(found: re.Match[str], _: int) -> bool:
        address = found["url"]
        head, last = address.rstrip("/").rpartition("/")[::2]
        if address.endswith("/") and "://" in head and canonicalize_name(last) == last:
            log.pages[head] += 1
        return True

    def split(found: re.Match[str], _: int) -> bool:
        log.now.universal = True
        python = _PYTHON.search(found["marker"])
        if python is not None:
            log.now.target = python["python"]
        return True

    def finished(found: re.Match[str], _: int) -> bool:
        log.now.universal |= found["where"].startswith(("all ", "split "))
        log.end()
        return True

    return (
        ("uv ", _RELEASE, release),
        ("Solving with installed", _INSTALLED, installed),
        ("Solving with target", _TARGET, target),
        ("Solving with exclude-newer", _CUT_OFF, cut_off),
        ("Solving split", _SPLIT, split),
        ("Adding direct", _DIRECT, direct),
        ("Adding transitive", _TRANSITIVE, transitive),
        ("Selecting: ", _SELECTING, selecting),
        ("Searching ", _URL, url),
        ("No cache entry", _PAGE, page),
        ("Found ", _PAGE, page),
        ("Sending ", _PAGE, page),
        ("", _FINISHED, finished),
    )


def requirement_of(dependency: str, origin: Origin | None) -> Requirement | None:
    """A package with its range, as uv prints them, as a requirement; None where no requirement says the same."""
    node, written = split_node(dependency.strip())
    specifier = specifier_of(written)
    if specifier is None:
        return None
    name, _, marker = node.partition("{")
    name = name.partition(":")[0] if ":" in name else name
    text = f"{name.strip()}{specifier}"
    if marker:
        text = f"{text} ; {marker.rstrip('}')}"
    with suppress(InvalidRequirement):
        return msgspec.structs.replace(parse_requirement(text), url=None, origin=origin)
    return None


def is_version(text: str) -> bool:
    """Whether a text is a version (PEP 440)."""
    try:
        Version(text)
    except ValueError:  # also what has more digits than Python converts
        return False
    return True


def is_uv_line(text: str) -> bool:
    """Whether a line is one that only uv writes."""
    found = _LEVEL.match(text)
    said = text.strip() if found is None else found["message"]
    openings = (
        "Adding direct dependency: ",
        "Adding transitive dependency for ",
        "Searching for a compatible version of ",
    )
    return bool(_RELEASE.match(said) or _INSTALLED.match(said) or said.startswith(openings) or _SELECTING.match(said))


def versions_of_direct(resolution: UvResolution) -> Iterator[Direct]:
    """The direct references, each with the version that its own requirements name."""
    versions = {one.by: one.version for one in resolution.stated if one.by in resolution.direct}
    for name, one in resolution.direct.items():
        yield Direct(name=name, url=one.url, version=versions.get(name))
