"""pip's answers to the resolver library's questions (docs/pip.md 2)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import overload

from packaging.utils import NormalizedName
from packaging.version import Version
from resolvelib import AbstractProvider

from backtrail.index import DEFAULT_INDEX
from backtrail.model.files import File, Listing, Unreadable
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.question import Question
from backtrail.model.requirement import LONGEST_KEPT, Requirement, specifier_set
from backtrail.model.source import Source
from backtrail.model.trail import Outcome
from backtrail.resolvers.pip.behaviour import Preset, behaviour
from backtrail.resolvers.pip.candidates import (
    PYTHON,
    Candidate,
    Constraint,
    Distribution,
    Exactly,
    Extended,
    Interpreter,
    PipRequirement,
    PythonRequirement,
    Specified,
    Unmeetable,
    both_hashes,
    parts_of,
)
from backtrail.resolvers.pip.dependencies import Environment
from backtrail.resolvers.pip.early_extras import named, requested
from backtrail.resolvers.pip.early_specifiers import admits
from backtrail.resolvers.pip.finder import Offer, ProjectFiles, Remembered
from backtrail.resolvers.pip.installed_candidates import Present
from backtrail.resolvers.pip.order import Information, Key, order
from backtrail.resolvers.pip.preparer import Preparer, StopError, refuse_nameless, refuse_references
from backtrail.resolvers.pip.recorder import Recorder
from backtrail.standards.requires_python import fits


class Matches(Sequence[Candidate]):
    """The candidates of an identifier, prepared while they are walked.

    It is a sequence only so that the resolver library keeps it as it is; whether there is any prepares the first.
    """

    def __init__(self, walk: Callable[[], Iterator[Candidate]]) -> None:
        """``walk`` begins anew each time."""
        self._walk = walk
        self._any: bool | None = None

    def __iter__(self) -> Iterator[Candidate]:
        """Walk from the best to the worst."""
        return self._walk()

    def __bool__(self) -> bool:
        """Whether one can be prepared; remembered."""
        if self._any is None:
            self._any = any(True for _ in self._walk())
        return self._any

    def __len__(self) -> int:
        """Never asked: it would prepare them all."""
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Candidate]: ...
    def __getitem__(self, index: int | slice) -> Candidate | Sequence[Candidate]:
        """Never asked, like the length."""
        raise NotImplementedError


class Provider(AbstractProvider[PipRequirement, Candidate, str]):
    """pip's rules for one question. What is asked for is read at the moment at which pip would read it."""

    def __init__(self, question: Question, preset: Preset, source: Source, recorder: Recorder) -> None:
        """Nothing is read yet."""
        self._question = question
        self._preset = preset
        self._source = source
        self._recorder = recorder
        self._preparer = Preparer(source, preset, question, recorder)
        self._environment = Environment(question.target.markers, question.target.python_version, preset)
        self._interpreter = Interpreter(question.target.python_version)
        self.present = Present(question, preset.files)
        self._asked: dict[str, int] = {}
        self._order = order(preset, self._asked)
        self._shelves: dict[NormalizedName, ProjectFiles] = {}
        self.passed_over: dict[NormalizedName, list[Unreadable]] = {}
        """Pages that could not be read and that pip goes on without."""
        self._ahead: dict[NormalizedName, int] = {}
        self._offers: dict[tuple[NormalizedName, str, frozenset[str] | None], Remembered[Offer]] = {}
        self._extended: dict[tuple[Distribution, frozenset[str]], Extended] = {}
        self._dependencies: dict[Candidate, Iterable[PipRequirement]] = {}
        self._constraints: dict[NormalizedName, Constraint] = {}

    def roots(self) -> list[PipRequirement]:
        """The user's requirements; direct references are read at once. Raises StopError."""
        for constraint in self._question.constraints:
            if self._environment.applies(constraint):
                self._constrain(constraint)
        needs: list[PipRequirement] = []
        requirements = [one for one in self._question.requirements if self._environment.applies(one)]
        self._expect(requirements)
        for place, requirement in enumerate(requirements):
            made = list(self._needs(requirement))
            self._asked.setdefault(made[0].identifier, place)
            needs += made
        if self._preset.splits_extras:
            needs.sort(key=lambda need: "[" in need.identifier)
        return needs

    def means(self, need: PipRequirement) -> tuple[str, ...] | None:
        """What a root asks of its candidates: alike in two roots, and the second changes nothing.

        None where that depends on more than the roots of its own identifier.
        """
        if not isinstance(need, Specified) or self._constraints.get(need.requirement.name, Constraint()).references:
            return None
        if need.requirement.extras and not self._preset.splits_extras:
            return None  # the base's roots may come in between
        written = need.requirement.text if need.requirement.extras else ""
        return need.identifier, need.requirement.specifier, written, *need.requirement.hashes

    def told(self, chosen: Iterable[Candidate]) -> None:
        """Look at what pip names in its last line; raises StopError where a name is missing.

        So far only releases come that take a wheel without one, and setuptools' reader gives it the file's.
        """
        tells = self._preset.tells_names and self._environment.own_reader
        for candidate in chosen if tells else ():
            if isinstance(candidate, Distribution):
                refuse_nameless(candidate.metadata)

    def lists(self, name: NormalizedName) -> bool:
        """Whether the project was looked up, and some page has a version of it."""
        return name in self._shelves and any(True for _ in self._shelves[name].rows)

    # what the library asks

    def identify(self, requirement_or_candidate: PipRequirement | Candidate) -> str:
        """See AbstractProvider."""
        return requirement_or_candidate.identifier

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[str],
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],
        information: Mapping[str, Iterator[Information]],
        backtrack_causes: Sequence[Information],
    ) -> Iterable[str]:
        """See AbstractProvider."""
        del candidates, information
        return self._order.narrow(list(identifiers), resolutions, backtrack_causes)

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],
        information: Mapping[str, Iterator[Information]],
        backtrack_causes: Sequence[Information],
    ) -> Key:
        """See AbstractProvider."""
        del resolutions, candidates
        return self._order.key(identifier, list(information[identifier]), backtrack_causes)

    def why(self, identifier: str, information: Sequence[Information], causes: Sequence[Information]) -> str:
        """What speaks for deciding an identifier next."""
        return self._order.why(identifier, information, causes)

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[PipRequirement]],
        incompatibilities: Mapping[str, Iterator[Candidate]],
    ) -> Sequence[Candidate]:
        """See AbstractProvider."""
        own = list(requirements[identifier])
        excluded = frozenset(incompatibilities[identifier]) if identifier in incompatibilities else frozenset()
        if identifier == PYTHON:
            met = own and all(need.met_by(self._interpreter) for need in own) and self._interpreter not in excluded
            return [self._interpreter] if met else []
        name, extras = parts_of(identifier)
        base = list(requirements[name]) if extras and name in requirements else []
        explicit = [need.candidate for need in own if isinstance(need, Exactly)]
        plain = frozenset(extras)
        explicit += [self._extend(need.candidate.base, plain) for need in base if isinstance(need, Exactly)]
        specified = [need for need in own if isinstance(need, Specified)]
        if self._preset.splits_extras:
            specified += [need for need in base if isinstance(need, Specified)]
        constraint = self._constraints.get(name) or Constraint()
        if specified:
            if not all(map(self._preparer.supports, constraint.references)):
                return []
            for reference in constraint.references:
                distribution = self._preparer.direct(reference)
                if distribution is not None:
                    explicit.append(self._extend(distribution, plain))
        if explicit:
            return [
                candidate
                for candidate in dict.fromkeys(explicit)
                if candidate not in excluded
                and self._admits(constraint, candidate)
                and all(self._meets(need, candidate) for need in own)
            ]
        if not specified:
            return []
        # Where only the base's requirements are left, pip forgets the extras: it offers the bare base in their place.
        spelled = frozenset(
            one for need in specified if need.extras for one in requested(need.requirement, self._preset)
        )
        extend = partial(self._extend, spelled=spelled)
        return self._found(identifier, extend, specified, constraint, excluded)

    def is_satisfied_by(self, requirement: PipRequirement, candidate: Candidate) -> bool:
        """See AbstractProvider."""
        return self._meets(requirement, candidate)

    def get_dependencies(self, candidate: Candidate) -> Iterable[PipRequirement]:
        """See AbstractProvider."""
        found = self._dependencies.get(candidate)
        if found is None:
            each = self._depends_on(candidate)
            found = self._dependencies[candidate] = list(each) if self._preset.reads_all_ahead else Remembered(each)
        return found

    # from what is written to what has to be met

    def _constrain(self, requirement: Requirement) -> None:
        self._recorder.constrained(requirement)
        constraint = self._constraints.setdefault(requirement.name, Constraint())
        if requirement.url is not None:
            constraint.references.append(requirement)
        constraint.specifier = _merged((constraint.specifier, requirement.specifier))
        constraint.hashes = both_hashes(constraint.hashes, _hashes(requirement))

    def _needs(self, requirement: Requirement) -> Iterator[PipRequirement]:
        if requirement.url is None:
            if requirement.extras and requirement.specifier and self._preset.splits_extras:
                yield Specified(requirement, self._preset.files)
            yield Specified(requirement, self._preset.files, named(requested(requirement, self._preset), self._preset))
            return
        if not self._preparer.supports(requirement):
            detail = "no tag of the wheel fits this Python and platform"
            raise StopError(Outcome.ABORTED, Unavailable(failure=Failure.INVALID, file=requirement.text, detail=detail))
        distribution = self._preparer.direct(requirement)
        if distribution is None:
            yield Unmeetable(requirement.name, text=requirement)
            return
        yield Exactly(distribution, requirement)
        if requirement.extras:
            yield Exactly(self._extend(distribution, requested(requirement, self._preset)), requirement)

    def _depends_on(self, candidate: Candidate) -> Iterator[PipRequirement]:
        if isinstance(candidate, Interpreter):
            return
        base = candidate.base
        if isinstance(candidate, Extended):
            yield Exactly(base)
        elif self._preset.python_first:
            yield from self._python(base)
        if not self._question.options.no_deps:
            if base.flaw is not None:
                raise StopError(Outcome.UNKNOWN if base.flaw.failure.unknown else Outcome.ABORTED, base.flaw)
            spelled = candidate.spelled if isinstance(candidate, Extended) else ()
            requires = list(self._environment.dependencies(base, spelled))
            if base.file is not None and base.file.index == DEFAULT_INDEX:
                refuse_references(tuple(requires), base.file)
            self._expect(requires)
            for requirement in requires:
                yield from self._needs(requirement)
        if isinstance(candidate, Distribution) and not self._preset.python_first:
            yield from self._python(base)

    def _python(self, base: Distribution) -> Iterator[PipRequirement]:
        python = base.requires_python
        if python is None or self._question.options.ignore_requires_python:
            return
        whole = self._preset.reads_whole_requires_python
        if whole or not fits(str(python), self._question.target.python_version, whole=whole):
            yield PythonRequirement(python, self._interpreter)

    def _extend(self, base: Distribution, spelled: frozenset[str]) -> Distribution | Extended:
        if not spelled:
            return base
        found = self._extended.get((base, spelled))
        if found is None:
            found = self._extended[base, spelled] = Extended(base, named(spelled, self._preset), spelled)
        return found

    def _meets(self, need: PipRequirement, candidate: Candidate) -> bool:
        """Whether a candidate meets a requirement; raises StopError where their extras are spelled otherwise."""
        if isinstance(need, Specified) and need.identifier != candidate.identifier:
            detail = f"pip takes {candidate.identifier} for another candidate than {need.identifier}"
            raise StopError(
                Outcome.ABORTED, Unavailable(failure=Failure.INVALID, file=need.requirement.text, detail=detail)
            )
        return need.met_by(candidate)

    # from what has to be met to candidates

    def _found(
        self,
        identifier: str,
        extend: Callable[[Distribution], Distribution | Extended],
        specified: Sequence[Specified],
        constraint: Constraint,
        excluded: frozenset[Candidate],
    ) -> Matches:
        name, _ = parts_of(identifier)
        specifier = _merged((constraint.specifier, *(need.requirement.specifier for need in specified)))
        hashes = constraint.hashes
        for need in specified:
            hashes = both_hashes(hashes, _hashes(need.requirement))
        template = specified[0].requirement
        given = frozenset(template.hashes)
        # ``==1.*`` is exact enough for pip here.
        exact = [one.operator.rstrip("=") for one in template.specifiers] == [""]
        if self._preset.hashes_pin:
            given = given or constraint.hashes or given
            exact = exact or bool(given)

        there = self._present(name, extend, specifier, excluded)
        first = not self.present.is_upgraded(identifier, self._asked)

        def walk() -> Iterator[Candidate]:
            return (candidate for candidate in found() if candidate not in excluded)

        def found() -> Iterator[Candidate]:
            seen: set[int] = set()  # versions; each is one object, and long walks are walked often
            waiting = there
            if waiting is not None and first:
                yield waiting
                waiting = None
            offers = self._offered(name, specifier, hashes)
            for place, (version, file) in enumerate(offers):
                if id(version) in seen or (first and there is not None and there.version == version):
                    continue
                if waiting is not None and waiting.version >= version:
                    yield waiting
                    waiting = None
                made: Distribution | Failure | None = self._preparer.made(file)
                if made is None:
                    self._look_ahead(name, offers, place)
                    made = self._preparer.prepare(name, file, given, pinned=exact)
                if isinstance(made, Distribution):
                    seen.add(id(version))
                    yield extend(made)
                elif made is Failure.INVALID:
                    if there is not None:  # measured: beside an installed version pip does not pass over it
                        raise StopError(Outcome.ABORTED, Unavailable(failure=Failure.INVALID, file=file.filename))
                    seen.add(id(version))
            if waiting is not None:
                yield waiting

        return Matches(walk)

    def _present(
        self,
        name: NormalizedName,
        extend: Callable[[Distribution], Distribution | Extended],
        specifier: str,
        excluded: frozenset[Candidate],
    ) -> Distribution | Extended | None:
        """What is installed of a project, where it is in range; once it is excluded, nothing is."""
        there = self.present.candidate(name)
        if there is None or not specifier_set(specifier).contains(there.version, prereleases=True):
            return None
        candidate = extend(there)
        return None if candidate in excluded else candidate

    def _look_ahead(self, name: NormalizedName, offers: Remembered[Offer], place: int) -> None:
        """Ask early for what comes next when a project's files are walked further and further."""
        asked = self._ahead.get(name, 0)
        if place > 0 and place >= asked:
            upto = self._ahead[name] = place + min(10 * (asked + 1), 50)
            # Of each version the best file: the others are prepared only where that one is no good.
            best: dict[Version, File] = {}
            for version, file in islice(offers, place, upto):
                best.setdefault(version, file)
            self._source.want_metadata(best.values())

    def _offered(self, name: NormalizedName, specifier: str, hashes: frozenset[str] | None) -> Remembered[Offer]:
        key = (name, specifier, hashes)
        found = self._offers.get(key)
        if found is None:
            found = Remembered(self._project_files(name).offers(specifier_set(specifier), hashes))
            if len(specifier) <= LONGEST_KEPT:
                self._offers[key] = found
        return found

    def _project_files(self, name: NormalizedName) -> ProjectFiles:
        found = self._shelves.get(name)
        if found is None:
            found = self._shelves[name] = self._read(name)
        return found

    def _read(self, name: NormalizedName) -> ProjectFiles:
        self._recorder.read("listing", name)
        links = [self._source.links(location, name) for location in self._question.indexes.find_links]
        pages = []
        for index in self._indexes():
            page = self._source.page(index, name)
            if isinstance(page, Listing):
                pages.append(page)
            elif isinstance(page, Unreadable):
                if not behaviour(self._preset.policy).passes_over(page):
                    raise StopError(Outcome.UNKNOWN, page)
                self.passed_over.setdefault(name, []).append(page)
        files = ProjectFiles(links, pages, self._preset.policy, self._question.target, self._question.options)
        stop = files.stop()
        if stop is not None:
            raise StopError(Outcome.ABORTED, stop)
        return files

    def _indexes(self) -> tuple[str, ...]:
        """Index URLs in pip's order."""
        return behaviour(self._preset.policy).index_order(self._question.indexes)

    def _expect(self, requirements: Iterable[Requirement]) -> None:
        """Let pages that are asked for next be fetched together."""
        names = dict.fromkeys(
            requirement.name
            for requirement in requirements
            if requirement.url is None and requirement.name not in self._shelves
        )
        for index in self._indexes() if names else ():
            self._source.want_pages(index, names)

    def _admits(self, constraint: Constraint, candidate: Distribution | Extended) -> bool:
        if any(self._preparer.direct(reference) is not candidate.base for reference in constraint.references):
            return False
        return admits(specifier_set(constraint.specifier), candidate.version, self._preset.files)


def _hashes(requirement: Requirement) -> frozenset[str] | None:
    return frozenset(requirement.hashes) or None


def _merged(specifiers: Iterable[str]) -> str:
    """Specifiers joined, each once."""
    parts = {part.strip() for one in specifiers for part in one.split(",")}
    return ",".join(sorted(filter(None, parts)))
