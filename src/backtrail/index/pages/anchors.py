"""Finds the start tags of an HTML page in one pass, whatever the page is made of (HTML Living Standard, 13.2.5).

Only tags are distinguished from what looks like them: comments, declarations, scripts, quoted values. Every step goes
forward and nothing is scanned twice, so the time is in proportion to the page. Unlike a browser, whose rules for
documents a page of links does not need, nothing is known of elements but that scripts and styles hold text.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from html import unescape

__all__ = ["start_tags"]

_OPENING = re.compile(r"<(?:(?P<comment>!--)|(?P<other>[!?/])|(?P<name>[a-zA-Z][^\t\n\f\r />]*))")
_COMMENT_END = re.compile(r"--!?>")
_ATTRIBUTE = re.compile(
    r"""[\t\n\f\r /]*
        (?: (?P<end>>|\Z)
        | (?P<name>=?[^\t\n\f\r />=]*)
          (?:[\t\n\f\r ]*=[\t\n\f\r ]*
             (?: "(?P<double>[^"]*)(?P<closed>"?) | '(?P<single>[^']*)(?P<shut>'?) | (?P<bare>[^\t\n\f\r >]*)) )? )""",
    re.VERBOSE,
)
_TEXT_END = {name: re.compile(rf"</{name}[\t\n\f\r />]", re.IGNORECASE) for name in ("script", "style")}


def start_tags(text: str, wanted: Mapping[str, Collection[str]]) -> Iterator[tuple[str, dict[str, str]]]:
    """The tags with these lower-case names, in order, each with those of its wanted attributes that it has.

    An attribute without a value has an empty one; of two with one name the first counts. A tag, comment or script that
    the page never closes takes the rest of it, as in a browser.
    """
    place = 0
    while opening := _OPENING.search(text, place):
        if opening["comment"]:
            end = _COMMENT_END.search(text, opening.start("comment") + 1)  # <!--> is a comment, and over
            if end is None:
                return
            place = end.end()
        elif opening["other"]:
            place = text.find(">", opening.end()) + 1
            if not place:
                return
        else:
            name, found = opening["name"].lower(), dict[str, str]()
            behind = _attributes(text, opening.end(), wanted.get(name, ()), found)
            if behind is None:
                return
            place = behind
            if name in wanted:
                yield name, found
            if name in _TEXT_END:
                close = _TEXT_END[name].search(text, place)
                if close is None:
                    return
                place = close.start()


def _attributes(text: str, place: int, wanted: Collection[str], found: dict[str, str]) -> int | None:
    """Read the attributes of a tag from here, and return the place behind it; None where it has no end."""
    while attribute := _ATTRIBUTE.match(text, place):
        place = attribute.end()
        end, name, double, closed, single, shut, bare = attribute.groups()
        if end is not None:
            return place if end else None
        if closed == "" or shut == "":
            return None
        if name in wanted or name.lower() in wanted:
            value = double if closed else single if shut else bare
            found.setdefault(name.lower(), _plain(value or ""))
    raise AssertionError("an attribute may be empty")


def _plain(value: str) -> str:
    """A value without character references."""
    try:
        return unescape(value)
    except ValueError:  # a number with more digits than Python converts
        return value
