"""What an install is to renew of what is there, by the options of the tools."""

from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from backtrail.model.errors import InputError
from backtrail.model.installed import Renewal
from backtrail.model.question import Setting
from backtrail.preparation.ask import Ask

UPGRADE_STRATEGIES = ("only-if-needed", "eager")
"""What pip upgrades with ``--upgrade``, beside what is named."""


def check_env(ask: Ask) -> None:
    """Raise InputError for options of an install without an environment, and for what contradicts one."""
    if ask.env is None:
        renewing = {
            "--upgrade-strategy": ask.upgrade_strategy,
            "--reinstall": ask.reinstall,
            "--reinstall-package": ask.reinstall_packages,
            "--ignore-installed": ask.ignore_installed,
        }
        lost = next((option for option, given in renewing.items() if given), None)
        if lost is not None:
            raise InputError(f"{lost} is about what is installed: name the environment with --env")
        return
    for option, given in (("--python", ask.python), ("--python-platform", ask.platform)):
        if given is not None:
            raise InputError(f"--env says which Python and platform the answer is for: give no {option} beside it")
    if ask.universal or ask.lock or any(one.startswith(("uv-universal", "uv-lock")) for one in ask.resolvers):
        raise InputError("--env is for the Python of one environment, and --universal and --lock are for all")
    if ask.log is not None:
        raise InputError("a log says itself what was there: give no --env beside it")
    if ask.upgrade_strategy not in (None, *UPGRADE_STRATEGIES):
        named = ", ".join(UPGRADE_STRATEGIES)
        raise InputError(f"--upgrade-strategy {ask.upgrade_strategy!r} is not one of {named}")
    for option, names in (("--upgrade-package", ask.upgrade_packages), ("--reinstall-package", ask.reinstall_packages)):
        for name in names:
            project_name(name, option)


def renewal_of(ask: Ask, renews: frozenset[str]) -> Renewal:
    """What is to be renewed of what is installed, by the options that a resolver has."""
    if ask.env is None:
        return Renewal()
    upgraded = ask.upgrade_packages if "upgrade-package" in renews else ()
    reinstalled = ask.reinstall_packages if "reinstall-package" in renews else ()
    return Renewal(
        upgrade=ask.upgrade,
        upgraded=frozenset(canonicalize_name(name) for name in upgraded),
        eager=ask.upgrade_strategy == "eager" and "upgrade-strategy" in renews,
        reinstall=ask.reinstall,
        reinstalled=frozenset(canonicalize_name(name) for name in reinstalled),
        ignores_installed=ask.ignore_installed and "ignore-installed" in renews,
    )


def renewal_settings(ask: Ask, renews: frozenset[str]) -> tuple[Setting, ...]:
    """The options of an install as they were typed, and whether a resolver has them."""
    given = [
        *([("upgrade", "")] if ask.upgrade else []),
        *(("upgrade-package", name) for name in ask.upgrade_packages),
        *([("upgrade-strategy", ask.upgrade_strategy)] if ask.upgrade_strategy else []),
        *([("reinstall", "")] if ask.reinstall else []),
        *(("reinstall-package", name) for name in ask.reinstall_packages),
        *([("ignore-installed", "")] if ask.ignore_installed else []),
    ]
    return tuple(Setting(name=name, value=value, origin=f"--{name}", honoured=name in renews) for name, value in given)


def project_name(text: str, option: str = "--anonymize") -> NormalizedName:
    """The name of a project that an option has, in its normal form. Raises InputError for what is none."""
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise InputError(f"{option} {text!r} is not the name of a project") from None
