"""Which version of a project pip takes for one requirement, by its pages alone (docs/pip.md 1.3 to 1.7)."""

from collections.abc import Sequence

from backtrail.model.files import Listing
from backtrail.model.question import Options
from backtrail.model.requirement import Requirement
from backtrail.model.verdict import Verdict
from backtrail.resolvers.file_rules import accepted
from backtrail.resolvers.pip.behaviour import pip_files
from backtrail.resolvers.pip.early_specifiers import admits
from backtrail.resolvers.pip.finder import ProjectFiles, Row
from backtrail.resolvers.protocol import Considered, Look, Picked, prerelease


def choose(requirement: Requirement, look: Look, seen: Sequence[Listing], options: Options) -> Picked:
    """Take the best of all files that pass; ``seen`` are the pages that count."""
    files = ProjectFiles(look.links, seen, look.policy, look.target, options)
    stop = files.stop()
    if stop is not None:
        return Picked(None, None, stop=stop)

    def looked_at(row: Row) -> Considered:
        """A version with its files in the order of pip's list, a yank held against them."""
        return Considered(version=row.version, verdicts=tuple(files.verdicts(row, requirement.hashes)))

    hashes = frozenset(requirement.hashes) or None
    best = next(files.offers(requirement.specifiers, hashes), None)
    considered = [looked_at(row) for row in files.looked_at]
    if best is not None and (hashes is None or not best.file.hashes or accepted(best.file, hashes)):
        judged = (one for row in considered for one in row.verdicts if one.file is best.file)
        return Picked(best.version, Verdict(file=best.file, rank=next(judged).rank), tuple(considered))
    known = {one.version for one in considered}
    for row in files.rows:
        if row.version not in known and admits(requirement.specifiers, row.version, pip_files(look.policy)):
            one = looked_at(row)
            verdicts = tuple(map(prerelease, one.verdicts)) if row.version.is_prerelease else one.verdicts
            considered.append(Considered(version=row.version, verdicts=verdicts))
    return Picked(None, None, tuple(considered))
