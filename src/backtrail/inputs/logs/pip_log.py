"""A log of pip, with or without ``-v`` or the debug lines of its resolver: what was asked, looked at and answered."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import msgspec
from packaging.requirements import InvalidRequirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.inputs.logs.log_lines import LogLine
from backtrail.inputs.requirement_text import release_of_file
from backtrail.model.log import Direct, Stated, Visit
from backtrail.model.requirement import Origin, Requirement, parse_requirement
from backtrail.model.trail import Outcome

# A sentence a line. All groups are bounded.
_COLLECT = re.compile(r"Collecting (?P<requirement>.{1,1000}?)(?: \(from (?P<chain>.{1,4000})\))?$")
_PROCESS = re.compile(r"Processing (?P<path>.{1,1000}?)(?: \(from (?P<chain>.{1,4000})\))?$")
_SATISFIED = re.compile(
    r"Requirement already satisfied: (?P<requirement>.{1,1000}?) in (?P<place>.{1,500}?)"
    r"(?: \(from (?P<chain>.{1,4000}?)\))?(?: \((?P<version>[^()]{1,100})\))?$"
)
_OBTAIN = re.compile(
    r"(?:Downloading|Using cached|Resuming download) (?P<file>\S{1,600}?)(?:\.metadata)?(?: \([^()]{1,40}\))?$"
)
_USING = re.compile(
    r"(?:Using )?pip (?P<release>\d{1,4}(?:\.\d{1,4}){0,3}) from .{1,500} \(python (?P<python>\d\.\d{1,3})\)$"
)
_NOTICE = re.compile(
    r"(?:\[notice\] |WARNING: )?A new release of pip(?: available| is available): (?P<release>\d[\d.]{0,12}) ->"
)
_OLD_NOTICE = re.compile(r"WARNING: You are using pip version (?P<release>\d[\d.]{0,12}); however, ")
_INDEXES = re.compile(r"Looking in indexes: (?P<urls>.{1,4000})$")
_RESULT = re.compile(r"(?:Would install|Successfully installed|Successfully downloaded) (?P<items>.{1,200000})$")
_ROOT = re.compile(r"-[rc] (?P<file>.{1,300}?) \(line (?P<line>\d{1,9})\)$")
_IMPOSSIBLE = re.compile(r"ERROR: (?:ResolutionImpossible|No matching distribution found|Cannot install )")
_DEPENDS = re.compile(r" {4}(?P<name>\S{1,200}) (?P<version>\S{1,100}) depends on (?P<requirement>.{1,1000})$")
_DIFFERENT = re.compile(r"ERROR: Package '.{1,300}?' requires a different Python: ")
_ABORTED = re.compile(
    r"(?:error: )?(?:subprocess-exited-with-error|metadata-generation-failed|resolution-too-deep)$"
    r"|ERROR: Failed to build "
)
_MOMENT = re.compile(r"\s*Uploaded-prior-to: (?P<moment>\S{1,40})$")

_KNOWN = (
    "Looking in ", "Ignoring ", "Obtaining ", "Installing build dependencies", "Getting requirements to build",
    "Preparing metadata", "Preparing editable metadata", "Installing backend dependencies", "Running command ",
    "INFO: pip is ", "INFO: This is taking longer", "Will try a different candidate", "INFO: Will try",
    "The conflict is caused by:", "The user requested ",
    "To fix this you could try to:", "1. ", "2. ", "ERROR: ", "WARNING: ", "DEPRECATION: ", "Discarding ",
    "Found link ", "Skipping link: ", "Given no hashes to check ", "Found index url", "Fetched page ",
    "Initialized build tracking", "Fetching project page", "Getting page ", "Link requires a different Python",
    "Reporter.", "Created temporary directory", "Created build tracker", "Entered build tracker",
    "Removed build tracker", "Removed ", "Added ", "Cleaning up", "Created ", "Created wheel", "Building wheel",
    "Building wheels", "Successfully built", "Stored in directory", "Installing collected packages",
    "Attempting uninstall", "Found existing installation", "Uninstalling ", "Successfully uninstalled", "[notice] ",
    "note: ", "hint: ", "error: ", "\N{MULTIPLICATION SIGN} ", "╰─> ", "│ ", "Remote version of pip",
    "Local version of pip", "Was pip installed by pip", "Starting new HTTP", "Looking up ", "No cache entry",
    "Cache entry", "Updating cache", "Caching ", "Source in ", "Non-user install", "User install",
    "Defaulting to user install", "Collecting ", "Processing ", "Reason for being yanked",
    "Resetting dropped connection", "Link is not a link", "Ignoring link", "Downloading ", "Using cached ",
    "Requirement already satisfied", "File was already downloaded", "Saved ", "Cloning ", "Resolved ",
    "Running setup.py", "Analyzing links from page", "analyzing links of page", "Skipping page", "status: ",
    "HTTP error", "Could not fetch URL", "Rewriting ", "Arguments: ", "cwd: ", "Complete output", "Building ",
    "removing ", "Would install ", "command: ", "Exited with code", "Hint: ", "exit code: ", "See above for output",
    "[end of output]", "Created temporary",
)  # fmt: skip
# What begins a block that goes on as long as its lines are indented; errors and their causes stand at the margin.
_BLOCKS = ("Exception information:", "Additionally, some packages in these conflicts")
_RAISED = re.compile(
    r"Traceback \(most recent call last\):|The above exception was |During handling of |[\w.]{1,200}(?:Error|Exception|"
    r"Impossible|NotFound|TooDeep)\b"
)
_OF_PIP_ALONE = (
    "Collecting ", "Requirement already satisfied: ", "Looking in indexes: ", "Reporter.", "Successfully installed ",
    "Would install ",
)  # fmt: skip
_HTTP = re.compile(
    r"https?://\S{1,300} \"(?:GET|HEAD) |\d{1,6} location\(s\) to search|\* (?:https?://|file:)|\S{0,20} {0,8}[━╸╺]"
)


class PipLog:
    """Takes the lines of one stream, in order."""

    def __init__(self, file: str) -> None:
        """Nothing is read yet."""
        self.file = file
        self.release: str | None = None
        self.python: str | None = None
        self.cut_off: str | None = None
        self.indexes: tuple[str, ...] = ()
        self.roots: dict[NormalizedName, tuple[str, int, Requirement]] = {}
        self.stated: dict[Stated, None] = {}
        self.direct: dict[NormalizedName, Direct] = {}
        self.visits: list[Visit] = []
        self._looked_at: dict[NormalizedName, str] = {}
        self.pins: dict[NormalizedName, str] = {}
        self.outcome: Outcome | None = None
        self.lines = self.understood = 0
        self._output = self._block = False
        self._takes: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int], None]], ...] = (
            (_COLLECT, self._collected),
            (_PROCESS, self._processed),
            (_SATISFIED, self._satisfied),
            (_OBTAIN, self._obtained),
            (_USING, self._used),
            (_NOTICE, self._noticed),
            (_OLD_NOTICE, self._noticed),
            (_INDEXES, self._looked),
            (_RESULT, self._ended),
            (_MOMENT, self._cut),
        )

    @property
    def size(self) -> int:
        """How much it tells."""
        return len(self.visits) + len(self.roots)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The user's own, those of the command line first, then those of files in the order of their lines."""
        files = sorted(dict.fromkeys(file for file, _, _ in self.roots.values()), key=lambda file: file != "")
        places = {file: place for place, file in enumerate(files)}
        return tuple(one for _, _, one in sorted(self.roots.values(), key=lambda root: (places[root[0]], root[1])))

    def read(self, lines: Iterable[LogLine]) -> None:
        """Read lines."""
        for line in lines:
            text = line.text.rstrip()
            if not text.strip():
                continue
            self.lines += 1
            if self._line(text, line.number):
                self.understood += 1

    def _line(self, text: str, number: int) -> bool:
        if (found := _DEPENDS.match(text)) is not None:
            requirement = pip_requirement(found["requirement"], None)
            if requirement is not None:
                name = canonicalize_name(found["name"])
                self.stated[Stated(by=name, version=_version(found["version"]), requirement=requirement)] = None
            return True
        said = text.lstrip()
        if said.startswith("[end of output]"):
            self._output = False
        self._block = said.startswith(_BLOCKS) or (self._block and (text != said or bool(_RAISED.match(said))))
        for pattern, take in self._takes:
            found = pattern.match(said)
            if found is not None:
                take(found, number)
                return True
        if _IMPOSSIBLE.match(said) or _DIFFERENT.match(said):
            self.outcome = Outcome.IMPOSSIBLE
        elif _ABORTED.match(said):
            self.outcome = self.outcome or Outcome.ABORTED
        if said.startswith(("╰─> [", "Complete output")) and "output" in said:
            self._output = True
        return self._output or self._block or said.startswith(_KNOWN) or bool(_HTTP.match(said))

    def _asked(self, text: str, chain: str | None, number: int) -> Requirement | None:
        """A requirement and who has it: the last link of a chain is where the user wrote it, the first the asker."""
        links = _links(chain) if chain else []
        origin = _ROOT.match(links[-1]) if links else None
        depth = len(links) - (origin is not None)
        place = Origin(file=self.file, line=number) if origin is None else Origin(
            file=origin["file"], line=int(origin["line"])
        )  # fmt: skip
        requirement = pip_requirement(text, place if depth == 0 else None)
        if requirement is None:
            return None
        if depth == 0:
            if requirement.url is not None:
                self._reference(requirement.name, requirement.url)
            file = "" if origin is None else origin["file"]
            line = number if origin is None else int(origin["line"])
            self.roots.setdefault(requirement.name, (file, line, requirement))
        else:
            asker = pip_requirement(links[0], None)
            if asker is not None:
                known = self._looked_at.get(asker.name)
                direct = self.direct.get(asker.name)
                version = known if direct is None else direct.version
                self.stated[Stated(by=asker.name, version=version, requirement=requirement)] = None
                self._root_of(links, number)
        return requirement

    def _root_of(self, links: Sequence[str], number: int) -> None:
        """The user's own requirement at the end of a chain, which need not have a line of its own."""
        origin = _ROOT.match(links[-1])
        if origin is not None:
            place = Origin(file=origin["file"], line=int(origin["line"]))
            root = pip_requirement(links[-2], place)
            if root is not None:
                self.roots.setdefault(root.name, (origin["file"], int(origin["line"]), root))
        else:
            root = pip_requirement(links[-1], Origin(file=self.file, line=number))
            if root is not None:
                self.roots.setdefault(root.name, ("", number, root))

    def _collected(self, found: re.Match[str], number: int) -> None:
        self._asked(found["requirement"], found["chain"], number)

    def _processed(self, found: re.Match[str], number: int) -> None:
        """A local file, or a reference to one: its name is that of the file."""
        path = found["path"]
        named = _file(path)
        if named is None:
            return
        name, version = named
        self.direct[name] = Direct(name=name, url=path, version=version)
        self._asked(f"{name} @ {path}", found["chain"], number)

    def _satisfied(self, found: re.Match[str], number: int) -> None:
        requirement = self._asked(found["requirement"], found["chain"], number)
        version = None if found["version"] is None else _version(found["version"])
        if requirement is not None and version is not None:
            self._visit(Visit(name=requirement.name, version=version))
            self.pins.setdefault(requirement.name, version)

    def _obtained(self, found: re.Match[str], _: int) -> None:
        named = _file(found["file"])
        if named is None:
            return
        visit = Visit(name=named[0], version=named[1], file=_last(found["file"]))
        # What was prepared and is downloaded at the end is not looked at again.
        if visit not in self.visits[-1:] and not self.pins:
            self._visit(visit)

    def _visit(self, visit: Visit) -> None:
        self.visits.append(visit)
        self._looked_at[visit.name] = visit.version

    def _used(self, found: re.Match[str], _: int) -> None:
        self.release, self.python = found["release"], found["python"]

    def _noticed(self, found: re.Match[str], _: int) -> None:
        self.release = self.release or found["release"].rstrip(".")

    def _looked(self, found: re.Match[str], _: int) -> None:
        self.indexes = self.indexes or tuple(one.strip() for one in found["urls"].split(", "))

    def _cut(self, found: re.Match[str], _: int) -> None:
        self.cut_off = found["moment"]

    def _ended(self, found: re.Match[str], _: int) -> None:
        self.outcome = Outcome.SOLVED
        for item in found["items"].split():
            name, _dash, version = item.rpartition("-")
            if name and _version(version) is not None:
                self.pins[canonicalize_name(name)] = version

    def _reference(self, name: NormalizedName, url: str) -> None:
        named = _file(url)
        self.direct.setdefault(name, Direct(name=name, url=url, version=None if named is None else named[1]))


def is_pip_line(text: str) -> bool:
    """Whether a line is one that only pip writes."""
    said = text.lstrip()
    return bool(_USING.match(said) or said.startswith(_OF_PIP_ALONE) or _IMPOSSIBLE.match(said))


def _links(chain: str) -> list[str]:
    return [one.strip() for one in chain.split("->")]


def pip_requirement(text: str, origin: Origin | None) -> Requirement | None:
    """A requirement as pip writes it in a message (``numpy<2 and >=1.20``); None where it is none."""
    text = text.replace(" and ", ",")
    with suppress(InvalidRequirement):
        return msgspec.structs.replace(parse_requirement(text.strip()), origin=origin)
    return None


def _version(text: str) -> str | None:
    with suppress(ValueError):  # also what has more digits than Python converts
        return str(Version(text))
    return None


def _last(path: str) -> str:
    return path.rpartition("/")[2].partition("#")[0].replace("%2B", "+")


def _file(path: str) -> tuple[NormalizedName, str] | None:
    """The project and version of a file, by its name; None where it has none."""
    named = release_of_file(_last(path))
    return None if named is None else (named[0], str(named[1]))
