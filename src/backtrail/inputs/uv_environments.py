"""The environments that something is resolved for, from what a project's settings of uv say."""

from collections.abc import Iterable

from packaging.markers import InvalidMarker, Marker

from backtrail.model.errors import InputError
from backtrail.model.question import Setting
from backtrail.model.universal import Universal


def read_environments(environments: Iterable[Setting], required: Iterable[Setting]) -> Universal:
    """Read ``environments`` and ``required-environments``. Raises InputError where an entry is no marker."""
    return Universal(environments=tuple(map(_marker, environments)), required=tuple(map(_marker, required)))


def _marker(setting: Setting) -> str:
    try:
        Marker(setting.value)
    except InvalidMarker as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{setting.origin}: {setting.name}: {setting.value!r} is not a marker: {reason}") from None
    return setting.value
