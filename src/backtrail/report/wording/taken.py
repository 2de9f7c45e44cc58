"""BT113 and BT115: what let a pre-release in, and which file's requirements were believed."""

from backtrail.model.finding import MetadataDiffers, PrereleaseRule, PrereleaseTaken
from backtrail.report.lines import Block, Line, Spans, Table, line, spans
from backtrail.report.wording.askers import whose
from backtrail.report.wording.reasons import exclusion
from backtrail.report.wording.words import NAMES_SHOWN, file, listed, specifier, version


def prerelease_rule(detail: PrereleaseTaken) -> Spans:
    """What let a pre-release in."""
    match detail.rule:
        case PrereleaseRule.SETTING:
            by = spans(" (", specifier(detail.origin), ")") if detail.origin else ()
            return spans("you allow them", by)
        case PrereleaseRule.REQUIREMENT:
            return spans("allowed by ", whose(detail.asked) if detail.asked else "a requirement")
        case PrereleaseRule.ONLY_PRERELEASES:
            return spans("the project has no other releases")
        case PrereleaseRule.NO_STABLE if detail.asked is not None:
            return spans("no stable release meets ", whose(detail.asked))
        case PrereleaseRule.NO_STABLE if detail.exclusions and detail.stable is not None:
            why = listed((exclusion(one.reason) for one in detail.exclusions), last="and", shown=2)
            return spans("no stable release can be used (", version(detail.stable), ": ", why, ")")
        case PrereleaseRule.NO_STABLE:
            return spans("no stable release was left to take")


def prerelease_body(detail: PrereleaseTaken) -> Block:
    """The stable release beside it, if there is one."""
    if detail.stable is None:
        return ()
    return (line("the newest stable release is ", version(detail.stable), indent=2),)


def metadata_differs(detail: MetadataDiffers) -> Spans:
    """Whose requirements were believed."""
    if detail.other is not None:
        return spans("its files disagree on what it needs: ", file(detail.read), " was read, not ", file(detail.other))
    if detail.read != detail.file:
        return spans(
            "its requirements were read from ", file(detail.read), ", and ", file(detail.file), " is installed"
        )
    return spans("its requirements were read without running its build (", _read_by(detail.source), ")")


def _read_by(source: str) -> str:
    return {
        "egg-info": "the egg-info in the sdist",
        "setup-cfg": "its setup.cfg",
        "setup-py": "its setup.py",
        "legacy-pkg-info": "a PKG-INFO that is not binding",
    }.get(source, source)


def differs_body(detail: MetadataDiffers) -> Block:
    """The requirements that only one of the files has."""
    found: list[Line | Table] = []
    for name, texts in ((detail.read, detail.only_read), (detail.other, detail.only_other)):
        if texts and name is not None:
            wanted = listed(map(specifier, texts), shown=NAMES_SHOWN)
            found.append(line("only ", file(name), " needs ", wanted, indent=2))
    return tuple(found)
