"""Credentials written into URLs: taken out before a URL is kept, so that no report can show them."""

from urllib.parse import unquote, urlsplit, urlunsplit


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """The URL without its userinfo, and the user and password, percent-decoded; None where it carries none.

    Raises ValueError for what is no URL at all (an unclosed IPv6 bracket).
    """
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = userinfo.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))
