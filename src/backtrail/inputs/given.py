"""Everything said of settings, on the command line, in files and around, and who wins in pip and in uv."""

from collections.abc import Collection, Mapping, Sequence

import msgspec
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from backtrail.inputs.dialects import Dialect, Tier
from backtrail.inputs.settings_catalogue import Form, Place, rows
from backtrail.model.errors import InputError
from backtrail.model.question import Setting
from backtrail.model.safe_text import shortened, without_secrets

_ADDING = frozenset(row.setting for row in rows("pip", Place.OPTION).values() if row.form is Form.NAMES)


class Given:
    """Everything said, by option, ready to be asked; keeps what was used, and what is passed over whatever is asked."""

    def __init__(
        self,
        flags: Sequence[Setting],
        lines: tuple[Setting, ...],
        environ: Mapping[str, str],
        configured: tuple[Setting, ...],
        dialect: Dialect,
        typed: frozenset[str],
    ) -> None:
        self.dialect = dialect
        self.typed = typed
        self.used: list[Setting] = []
        self.warnings: list[str] = []
        self.flags = tuple(flags)
        self.environ = environ
        self._places = {name: place for place, name in enumerate(environ)}
        variables = tuple(setting for read in dialect.variables for setting in read(environ))
        self.variables = tuple(setting for setting in variables if setting.honoured)
        self.configured = tuple(setting for setting in configured if setting.honoured)
        ignored = tuple(line for line in lines if line.name in dialect.ignored_lines)
        self.lines = tuple(line for line in lines if line not in ignored)
        self.passed_over = [_redacted(setting) for setting in (*variables, *configured) if not setting.honoured]
        for line in ignored:
            self.pass_over(line)

    def one(self, *names: str) -> Setting | None:
        """The setting that wins among options which mean the same; among lines the last, as in pip."""
        variables, configured = _named(self.variables, names), _named(self.configured, names)
        flagged = [setting for setting in self.flags if setting.name in names]
        if len({setting.value for setting in flagged}) > 1:
            first, second = flagged[:2]
            raise InputError(
                f"{first.origin} {first.value!r} and {second.origin} {second.value!r} contradict each other"
            )
        written = [setting for setting in self.lines if setting.name in names][-1:]
        said = {
            Tier.FLAG: flagged,
            Tier.LINE: written,
            Tier.VARIABLE: variables,
            Tier.CONFIGURED: configured,
        }
        tiers = [said[tier] for tier in self.dialect.order]
        found = [tier[0] for tier in tiers if tier and self.typed.isdisjoint(names)]
        if not found:
            return None
        if flagged and written and flagged[0].value != written[0].value:
            self.warnings.append(
                f"{written[0].origin}: --{written[0].name}: the flag beats this line in uv, and not in pip"
            )
        self._use(found[0])
        return found[0]

    def all(self, *names: str, by_name: bool = False) -> list[Setting]:
        """Every value of options that add up, in the tool's order; those of flags as typed, or by name."""
        flagged, variables, configured, written = (
            [setting for setting in tier if setting.name in names]
            for tier in (self.flags, self.variables, self.configured, self.lines)
        )
        if by_name:
            flagged.sort(key=lambda setting: names.index(setting.name))
        if self.dialect.variables_displace:
            # A variable stands instead of what is configured, but where each adds to those before: those in the order
            # of the environment.
            instead = {setting.name for setting in variables} - _ADDING
            variables.sort(key=lambda setting: self._places[setting.origin])
            configured = [one for one in configured if one.name not in instead]
        else:
            typed = self.typed.union(setting.name for setting in flagged)
            variables = [one for one in variables if one.name not in typed or not one.origin.startswith("UV_")]
        said = {
            Tier.FLAG: flagged,
            Tier.LINE: written,
            Tier.VARIABLE: variables,
            Tier.CONFIGURED: configured,
        }
        found = [one for tier in self.dialect.lists for one in said[tier]]
        for setting in found:
            self._use(setting)
        return found

    def by_project(self, name: str) -> dict[NormalizedName, tuple[Setting, str]]:
        """What is said of single projects (``NAME=VALUE``), the values as they are: the strongest, of flags the last.

        Empty in a tool that has no such setting. Raises InputError.
        """
        found: dict[NormalizedName, tuple[Setting, str]] = {}
        for setting in self.all(name):
            if not self.dialect.sets_by_project:
                self.pass_over(setting)
                continue
            project, _, value = setting.value.partition("=")
            key = project_of(msgspec.structs.replace(setting, value=project.strip()))
            if key not in found or setting in self.flags:
                found[key] = setting, value
        return found

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """One of a closed list; None: not given."""
        setting = self.one(name)
        if setting is not None and setting.value not in allowed:
            raise refused(setting, f"is not one of {', '.join(allowed)}")
        return None if setting is None else setting.value

    def switch(self, name: str, off: str | None = None) -> bool:
        """Whether a switch is on; the last of on and off wins among lines."""
        setting = self.one(name) if off is None else self.one(name, off)
        return setting is not None and setting.name == name and setting.value == "true"

    def pass_over(self, setting: Setting) -> None:
        """Note a setting that is not honoured, whether it was asked for or not."""
        shown = _redacted(setting)
        self.used = [one for one in self.used if one != shown]
        self.passed_over.append(msgspec.structs.replace(shown, honoured=False))

    def _use(self, setting: Setting) -> None:
        self.used.append(_redacted(setting))


def refused(setting: Setting, why: str) -> InputError:
    """What to raise for a value that is not allowed, naming where it was set."""
    option = f"--{setting.name}"
    origin = option if setting.origin == option else f"{setting.origin}: {option}"
    return InputError(f"{origin} {shortened(without_secrets(setting.value), 300)!r} {why}")


def project_of(setting: Setting) -> NormalizedName:
    """The project that a setting names. Raises InputError for what is not the name of one."""
    try:
        return canonicalize_name(setting.value, validate=True)
    except InvalidName:
        raise refused(setting, "is not the name of a project") from None


def _redacted(setting: Setting) -> Setting:
    return msgspec.structs.replace(setting, value=without_secrets(setting.value))


def _named(tier: Sequence[Setting], names: Collection[str]) -> list[Setting]:
    """Those with one of the names, in the order of the names."""
    return [setting for name in names for setting in tier if setting.name == name]
