"""What is guessed ahead: the file that the resolver will read, and nothing by guesses alone."""

import pytest
from packaging.utils import NormalizedName

from backtrail.model.files import File, FileKind, Listing
from backtrail.model.metadata import Metadata, MetadataSource, SdistContents
from backtrail.model.policy import Policy
from backtrail.sources.guessing import Expected, Guesses, Pages, Sdist
from backtrail.sources.prefetch import Scout
from backtrail.sources.reading import ReadFile
from support.ours import WorldSource, question_of
from support.worlds import Project, Question, World, release

UV = Policy(tool="uv", release="0.13.9")
PIP = Policy(tool="pip", release="26.3")
A, B = NormalizedName("a"), NormalizedName("b")
ELSEWHERE, SDIST = "a-1.0-cp27-cp27m-win32.whl", "a-1.0.tar.gz"

WORLD = World(
    name="guess",
    projects=(
        Project(name="a", releases=(release("a", "1.0", "b", tags=("cp27-cp27m-win32",), sdist=True),)),
        Project(name="b", releases=(release("b", "1.0"),)),
    ),
    question=Question(requirements=("a",)),
)


def listing(policy: Policy, name: NormalizedName = A) -> Listing:
    index = question_of(WORLD, policy).indexes.default
    assert index is not None
    page = WorldSource(WORLD).page(index, name)
    assert isinstance(page, Listing)
    return page


def guesses(policy: Policy) -> Guesses:
    return Guesses(Scout(question_of(WORLD, policy), policy))


@pytest.mark.parametrize(("policy", "filename"), [(UV, ELSEWHERE), (PIP, SDIST)])
def test_of_a_version_without_a_wheel_that_fits_each_resolver_reads_another_file(policy: Policy, filename: str) -> None:
    """uv reads a wheel's metadata whether the wheel fits or not, pip reads what it will install."""
    (guess,) = guesses(policy).after(listing(policy))
    assert isinstance(guess, Expected)
    assert [file.filename for file in guess.files] == [filename]


def test_requirements_lead_on_and_those_of_a_guess_do_not() -> None:
    found = guesses(UV)
    list(found.after(listing(UV)))
    file = next(file for file in listing(UV).files(0) if file.kind is FileKind.WHEEL)
    said = Metadata(name="a", version="1.0", requires_dist=("b",), source=MetadataSource.METADATA_FILE)
    assert list(found.after(ReadFile(file, said, speculative=True))) == []
    assert list(found.after(ReadFile(file, said, speculative=False))) == [Pages((B,))]


def test_an_sdist_that_arrived_may_be_built_and_says_what_it_requires() -> None:
    file = File(filename=SDIST, url="https://files.example/a", version="1.0", kind=FileKind.SDIST)
    text = "Metadata-Version: 2.2\nName: a\nVersion: 1.0\nRequires-Dist: b\n"
    contents = SdistContents(file=SDIST, pkg_info=text)
    assert list(guesses(PIP).after(ReadFile(file, contents, speculative=False))) == [Sdist(file, contents), Pages((B,))]
