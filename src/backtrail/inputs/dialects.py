"""How a tool weighs what is said in several places: each resolver has its own dialect, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from packaging.utils import NormalizedName

from backtrail.inputs.variables import read_pip_variables, read_uv_variables
from backtrail.model.question import Setting


class Tier(Enum):
    """Where a setting is said."""

    FLAG = "flag"
    LINE = "line"
    VARIABLE = "variable"
    CONFIGURED = "configured"


Variables = Callable[[Mapping[str, str]], tuple[Setting, ...]]
"""The settings that variables make."""


def _nothing(environ: Mapping[str, str], folder: Path, prefix: Callable[[], str], locks: bool) -> tuple[Setting, ...]:  # noqa: ARG001
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What a tool reads, and who wins."""

    variables: tuple[Variables, ...] = (read_uv_variables, read_pip_variables)
    """What it reads from environment variables."""
    configured: Callable[[Mapping[str, str], Path, Callable[[], str], bool], tuple[Setting, ...]] = _nothing
    """Its configuration files, the strongest first: by the environment, the folder that it runs in, the prefix of the
    Python that it runs on, and whether a project is locked. Raises InputError for a file that ends the tool, too.
    """
    order: tuple[Tier, ...] = (Tier.FLAG, Tier.LINE, Tier.VARIABLE, Tier.CONFIGURED)
    """Who beats whom, the strongest first."""
    lists: tuple[Tier, ...] = (Tier.VARIABLE, Tier.FLAG, Tier.CONFIGURED, Tier.LINE)
    """In which order values add up."""
    variables_displace: bool = False
    """A variable with a list stands instead of what is configured; where not, a flag stands instead of a variable."""
    ignored_lines: frozenset[str] = frozenset()
    """Options that do not count in requirement files."""
    names_move: bool = True
    """A project named by ``--only-binary`` leaves ``--no-binary``, and the other way round: the last one wins."""
    indexes_have_names: bool = False
    """Of a name the first index counts, and flags of one kind come before those of another."""
    line_ends_indexes: bool = False
    """A line with ``--index-url`` puts an end to all indexes before it."""
    skips_missing_links: bool = False
    """A find-links location that is not on this machine is passed over."""
    sets_by_project: bool = True
    """A single project may have a cut-off, and a way with pre-releases, of its own."""
    torch_projects: frozenset[NormalizedName] = frozenset()
    """The projects that ``--torch-backend`` is about; none: there is no such option."""
    configured_lines_first: bool = False
    """Constraints of variables and files come before those of the command line."""


EITHER = Dialect()
"""No tool in particular: variables and lines of either count, and a line beats a variable."""
