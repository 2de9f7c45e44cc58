"""How pip weighs settings (docs/settings.md)."""

from collections.abc import Callable, Mapping
from pathlib import Path

from backtrail.inputs.dialects import Dialect, Tier
from backtrail.inputs.pip_config import pip_settings
from backtrail.inputs.variables import read_library_variables, read_pip_variables
from backtrail.model.question import Setting


def _configured(
    environ: Mapping[str, str], folder: Path, prefix: Callable[[], str], locks: bool
) -> tuple[Setting, ...]:
    del folder, locks
    return (*pip_settings(environ, prefix()), *read_library_variables(environ))


DIALECT = Dialect(
    variables=(read_pip_variables,),
    configured=_configured,
    order=(Tier.LINE, Tier.FLAG, Tier.VARIABLE, Tier.CONFIGURED),
    lists=(Tier.CONFIGURED, Tier.VARIABLE, Tier.FLAG, Tier.LINE),
    variables_displace=True,
    line_ends_indexes=True,
    skips_missing_links=True,
    sets_by_project=False,
    configured_lines_first=True,
)
