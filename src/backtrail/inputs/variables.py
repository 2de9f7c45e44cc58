"""What pip and uv read from environment variables."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from backtrail.inputs.settings_catalogue import Fate, Form, Place, Row, rows
from backtrail.model.errors import InputError
from backtrail.model.question import Setting
from backtrail.model.safe_text import without_secrets

_ON = frozenset({"1", "y", "yes", "t", "true", "on"})
_OFF = frozenset({"0", "n", "no", "f", "false", "off"})


def read_pip_variables(environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """The settings that pip's own variables make, in the order in which they weigh; an empty one makes none.

    Raises InputError naming a switch that is neither on nor off.
    """
    options = rows("pip", Place.OPTION).values()
    return _read(environ, ((f"PIP_{row.name.upper().replace('-', '_')}", row) for row in options))


def read_uv_variables(environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """The same for uv's."""
    return _read(environ, rows("uv", Place.VARIABLE).items())


def read_library_variables(environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """What the libraries inside pip read from variables: it weighs less than pip's own variables and files."""
    return _read(environ, rows("pip", Place.VARIABLE).items())


def _read(environ: Mapping[str, str], variables: Iterable[tuple[str, Row]]) -> tuple[Setting, ...]:
    given = ((row, environ[name], name) for name, row in variables if environ.get(name, "").strip())
    return tuple(chain.from_iterable(settings_of(*one) for one in given))


def settings_of(row: Row, text: str, origin: str) -> Iterator[Setting]:
    """What a text sets that stands at ``origin`` for this row; nothing for what is irrelevant, or reported and off.

    Raises InputError for a switch that is neither on nor off.
    """
    if row.fate is Fate.IRRELEVANT:
        return
    honoured = row.fate is Fate.HONOURED
    for value in _values(row, text.strip(), origin):
        if honoured or value != "false":
            yield Setting(name=row.setting, value=value, origin=origin, honoured=honoured)


def _values(row: Row, text: str, origin: str) -> list[str]:
    match row.form:
        case Form.SWITCH | Form.ON:
            if text.lower() not in _ON | _OFF:
                raise InputError(f"{origin}: {row.name} {without_secrets(text)!r} is neither true nor false")
            off = [] if row.form is Form.ON else ["false"]
            return ["true"] if text.lower() in _ON else off
        case Form.WORDS:
            return text.split()
        case Form.COMMAS:
            return [one for one in text.split(",") if one]
        case Form.TEXT | Form.NAMES | Form.TABLE:
            return [text]
