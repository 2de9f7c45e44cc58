"""Options as a user would write them, and what becomes of a question's options with one more."""

from datetime import datetime, timedelta

import msgspec

from backtrail.model.question import FormatControl, Options

__all__ = ["just_after", "with_option"]


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
        case "--index-strategy":
            return replace(options, index_strategy=value)
        case "--exclude-newer" | "--uploaded-prior-to":
            return replace(options, exclude_newer=f"{value[:19]}.000000Z")
        case _:
            return None


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
