"""A script with requirements of its own (PEP 723)."""

import re
from pathlib import Path

from backtrail.inputs.requirements_file import Lines
from backtrail.inputs.toml_document import Document
from backtrail.inputs.uv_sources import read_indexes, read_sources, with_sources
from backtrail.model.errors import InputError

_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
"""As the standard gives it."""


def read_script(path: str) -> Lines:
    """The ``dependencies`` of its block; uv reads its sources, too.

    Raises InputError where it has no block of the type ``script``, or several, or one that is not TOML.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as failure:
        raise InputError(f"{path!r} cannot be read: {failure.strerror}") from None
    except ValueError:
        raise InputError(f"{path!r} is not UTF-8") from None
    blocks = [found for found in _BLOCK.finditer(text) if found["type"] == "script"]
    if len(blocks) != 1:
        what = "several" if blocks else "no whole"
        raise InputError(f"{path!r} has {what} '# /// script' block to read requirements from")
    lines = blocks[0]["content"].splitlines(keepends=True)
    content = "".join(line[2:] if line.startswith("# ") else line[1:] for line in lines)
    before = text[: blocks[0].start("content")].count("\n")
    document = Document(path, content, before=before)
    found = document.requirements("dependencies", document.tables.get("dependencies", []))
    sources = read_sources(document, read_indexes(document), {})
    return Lines(requirements=with_sources(found, sources), files=(path,))
