"""How uv weighs settings (docs/settings.md)."""

from collections.abc import Callable, Mapping
from pathlib import Path

from backtrail.inputs.dialects import Dialect, Tier
from backtrail.inputs.uv_config import uv_settings
from backtrail.inputs.variables import read_uv_variables
from backtrail.model.question import Setting


def _configured(
    environ: Mapping[str, str], folder: Path, prefix: Callable[[], str], locks: bool
) -> tuple[Setting, ...]:
    del prefix
    return uv_settings(environ, folder, pip=not locks)


DIALECT = Dialect(
    variables=(read_uv_variables,),
    configured=_configured,
    order=(Tier.FLAG, Tier.VARIABLE, Tier.CONFIGURED, Tier.LINE),
    lists=(Tier.FLAG, Tier.VARIABLE, Tier.CONFIGURED, Tier.LINE),
    ignored_lines=frozenset({"pre", "prefer-binary", "trusted-host", "use-feature"}),
    names_move=False,
    indexes_have_names=True,
)
