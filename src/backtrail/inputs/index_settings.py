"""Which indexes and find-links locations are looked at, in which order."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec

from backtrail.inputs.credentials import Taken, of_index, split_credentials, variable_of
from backtrail.inputs.file_content import exists, is_folder
from backtrail.inputs.given import Given, refused
from backtrail.inputs.torch_backends import settle_torch_backend
from backtrail.model.flat_index import as_flat, bare, is_flat
from backtrail.model.question import Indexes, Setting

_NAMED_INDEX = re.compile(r"[\w.-]+=(?=\S)")


def settle_indexes(given: Given, default_index: str, taken: Taken) -> Indexes:
    """What is looked at; credentials are ``taken`` out of the URLs. Raises InputError for what is no URL."""
    links = _found(given.all("find-links"), given)
    locations = tuple(dict.fromkeys(_location(setting, taken) for setting in links))
    pinned = settle_torch_backend(given)
    if given.switch("no-index"):
        return Indexes(default=None, find_links=locations)
    default = given.one("default-index", "index-url")
    if given.dialect.indexes_have_names:
        extra = _first_of_a_name(given.all("index", "extra-index-url", by_name=True))
        for setting in (*extra, *(() if default is None else (default,))):
            _from_variables(setting, given.environ, taken)
    else:
        extra = _after_its_line([*given.all("index"), *given.all("extra-index-url")], default, given)
    return Indexes(
        default=default_index if default is None else _index(default, taken),
        extra=tuple(dict.fromkeys(_index(setting, taken) for setting in extra)),
        find_links=locations,
        pinned=pinned,
    )


def _found(links: list[Setting], given: Given) -> list[Setting]:
    """Without a location that is not on this machine pip goes on, and uv does not."""
    gone = [one for one in links if given.dialect.skips_missing_links and not _is_there(one.value)]
    for setting in gone:
        given.pass_over(setting)
    return [one for one in links if one not in gone]


def _is_there(location: str) -> bool:
    """Whether a place is on this machine, or none of it."""
    if "://" in location and not location.startswith("file:"):
        return True
    path = url2pathname(location[5:].removeprefix("//")) if location.startswith("file:") else location
    return exists(os.path.expanduser(path))  # noqa: PTH111


def _after_its_line(extra: list[Setting], default: Setting | None, given: Given) -> list[Setting]:
    """In pip a line with ``--index-url`` puts an end to all indexes before it."""
    lines = given.lines
    if default is None or default not in lines or not given.dialect.line_ends_indexes:
        return extra
    later = lines[len(lines) - lines[::-1].index(default) :]
    return [setting for setting in extra if setting in later]


def _first_of_a_name(extra: list[Setting]) -> list[Setting]:
    """Of a name uv takes the first index; ``--index NAME`` alone means the configured one."""
    named: dict[str, Setting] = {}
    for setting in extra:
        if _name(setting) is not None:
            named.setdefault(str(_name(setting)), setting)
    meant = [named.get(setting.value, setting) for setting in extra]
    return [setting for setting in meant if named.get(_name(setting) or "", setting) == setting]


def _name(index: Setting) -> str | None:
    found = _NAMED_INDEX.match(index.value)
    return None if found is None else found[0].removesuffix("=")


def _index(setting: Setting, taken: Taken) -> str:
    named = _NAMED_INDEX.match(setting.value)
    value = setting.value[named.end() :] if named else setting.value
    url = _without_credentials(setting, bare(value), taken)
    if urlsplit(url).scheme not in {"http", "https", "file"} and not is_folder(url):
        shown = msgspec.structs.replace(setting, value=setting.value.rpartition("@")[2])
        raise refused(shown, "is not a URL of an index")
    return as_flat(url) if is_flat(value) else url


def _from_variables(setting: Setting, environ: Mapping[str, str], taken: Taken) -> None:
    """Take user and password of a named index from ``UV_INDEX_<NAME>_USERNAME`` and the like; its URL's come first.

    uv reads pages with those of the URL and files with those of the variables: it ends where either are wrong. Here
    those of the URL are for both.
    """
    name = _name(setting)
    if name is None:
        return
    pair = of_index(name, environ)
    if pair is not None:
        with suppress(ValueError):  # no URL, which is said where it is read
            url, written = split_credentials(bare(setting.value.removeprefix(f"{name}=")))
            if written is None or not written[1]:
                taken.take(url, pair, f"{variable_of(name)}_USERNAME and …_PASSWORD")


def _location(setting: Setting, taken: Taken) -> str:
    return _without_credentials(setting, setting.value, taken)


def _without_credentials(setting: Setting, value: str, taken: Taken) -> str:
    if any("\ud800" <= character <= "\udfff" for character in value):  # what stands for a byte that is no text
        raise refused(setting, "is not UTF-8")
    try:
        url, found = split_credentials(value)
    except ValueError as failure:
        raise refused(setting, f"is not a URL: {failure}") from None
    if found is not None:
        taken.take(url, found, setting.origin)
    return url
