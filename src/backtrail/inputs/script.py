"""A script with requirements of its own (PEP 723)."""

import re
from collections.abc import Iterator, Sequence

from backtrail.inputs.file_content import file_text
from backtrail.inputs.requirements_file import Lines
from backtrail.inputs.toml_document import Document
from backtrail.inputs.uv_sources import read_indexes, read_sources, with_sources
from backtrail.model.errors import InputError

_OPENING = re.compile(r"# /// ([a-zA-Z0-9-]+)")
_CLOSING = "# ///"


def read_script(path: str) -> Lines:
    """The ``dependencies`` of its block; uv reads its sources, too.

    Raises InputError where it has no block of the type ``script``, or several, or one that is not TOML.
    """
    try:
        text = file_text(path)
    except OSError as failure:
        raise InputError(f"{path!r} cannot be read: {failure.strerror}") from None
    except ValueError:
        raise InputError(f"{path!r} is not UTF-8") from None
    blocks = [(first, content) for kind, first, content in _blocks(text.split("\n")) if kind == "script"]
    if len(blocks) != 1:
        what = "several" if blocks else "no whole"
        raise InputError(f"{path!r} has {what} '# /// script' block to read requirements from")
    before, lines = blocks[0]
    content = "".join(f"{line[2:]}\n" for line in lines)
    document = Document(path, content, before=before)
    found = document.requirements("dependencies", document.tables.get("dependencies", []))
    sources = read_sources(document, read_indexes(document), {})
    return Lines(requirements=with_sources(found, sources), files=(path,))


def _blocks(lines: Sequence[str]) -> Iterator[tuple[str, int, Sequence[str]]]:
    """Type, number of lines before, and lines of each block; one ends with the last line of its comment that may."""
    place = 0
    while place < len(lines):
        opening = _OPENING.fullmatch(lines[place])
        place += 1
        if opening is None:
            continue
        end = place
        while end < len(lines) and (lines[end] == "#" or lines[end].startswith("# ")):
            end += 1
        close = next((number for number in range(end - 1, place, -1) if lines[number] == _CLOSING), None)
        if close is not None:
            yield opening[1], place, lines[place:close]
        place = end if close is None else close + 1
