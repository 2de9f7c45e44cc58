"""Credentials written into URLs: taken out before a URL is kept, so that no report can show them."""

from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit


def _has_port(parts: SplitResult) -> bool:
    """Whether what stands in the place of a port is one."""
    try:
        return parts.port != -1
    except ValueError:
        return False


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """The URL without its userinfo, and the user and password, percent-decoded; None where it carries none.

    Raises ValueError for what is no URL at all (an unclosed IPv6 bracket, a port that is none: part of a password).
    """
    parts = urlsplit(url)
    if not _has_port(parts):
        raise ValueError("its port is no number, or its password is not percent-encoded")
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = userinfo.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))
