"""Options as a user would write them, and what becomes of a question's options with one more."""

from datetime import datetime, timedelta

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.model.question import FormatControl, Options

__all__ = ["just_after", "with_cut_off", "with_option", "with_prereleases"]


def with_option(options: Options, text: str) -> Options | None:
    """The options with one more, ``--prerelease allow``; None for one that is not known here."""
    option, _, value = text.partition(" ")
    replace = msgspec.structs.replace
    match option:
        case "--only-binary":
            return replace(options, formats=_formats(options.formats, only_binary=value))
        case "--no-binary":
            return replace(options, formats=_formats(options.formats, no_binary=value))
        case "--pre":
            return replace(options, prerelease="allow")
        case "--prerelease":
            return replace(options, prerelease=value)
        case "--prerelease-package":
            name, _, mode = value.partition("=")
            others = tuple(one for one in options.prerelease_package if one[0] != name)
            return replace(options, prerelease_package=((canonicalize_name(name), mode), *others))
        case "--index-strategy":
            return replace(options, index_strategy=value)
        case "--exclude-newer" | "--uploaded-prior-to":
            return replace(options, exclude_newer=f"{value[:19]}.000000Z")
        case "--exclude-newer-package":
            name, _, moment = value.partition("=")
            kept = tuple(one for one in options.exclude_newer_package if one[0] != name)
            own = (canonicalize_name(name), f"{moment[:19]}.000000Z")
            return replace(options, exclude_newer_package=(own, *kept))
        case _:
            return None


def with_cut_off(options: Options, name: NormalizedName, moment: str) -> str:
    """The option that sets the cut-off which counts for a project."""
    own = any(one == name for one, _ in options.exclude_newer_package)
    return f"--exclude-newer-package {name}={moment}" if own else f"--exclude-newer {moment}"


def with_prereleases(options: Options, name: NormalizedName, usual: str) -> str:
    """The option that lets pre-releases of a project in; ``usual`` is that for all projects."""
    own = any(one == name for one, _ in options.prerelease_package)
    return f"--prerelease-package {name}=allow" if own else usual


def _formats(formats: FormatControl, *, only_binary: str = "", no_binary: str = "") -> FormatControl:
    return FormatControl(
        only_binary=(formats.only_binary - {no_binary}) | ({only_binary} - {""}),
        no_binary=(formats.no_binary - {only_binary}) | ({no_binary} - {""}),
    )


def just_after(uploaded: str) -> str | None:
    """The first full second after a moment, ``YYYY-MM-DDTHH:MM:SSZ``: a cut-off that lets it in; None if it is none."""
    try:
        moment = datetime.fromisoformat(uploaded[:19]) + timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None
    return f"{moment.isoformat(timespec='seconds')}Z"
