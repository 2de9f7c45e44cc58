"""The mark by which a written file is known to be one of ours, whatever its form."""

MARK = "written by backtrail"
"""Stands in a comment, the first line or the last, where a form has comments: Markdown, GraphML, Mermaid, TOML…"""

SCANNED = 4096
"""Bytes from the start of a file, and from its end, in which the mark is looked for."""

_FIELDS = (
    b'"schema": "backtrail.',  # JSON: a report, a diff
    b'"name": "backtrail"',  # SARIF: the tool
    b'"generator": "backtrail"',  # JSON: a graph
    b'content="backtrail"',  # HTML: the generator
    b".backtrail-matrix",  # SVG: the first style
    b"digraph backtrail {",  # DOT
)
_ZIP, _NAME, _CASE = b"PK\x03\x04", 30, b"case.json"  # a Case is an archive that begins with this file


def is_case(start: bytes) -> bool:
    """Whether the first bytes are those of a recording."""
    return start.startswith(_ZIP) and start[_NAME:].startswith(_CASE)


def is_ours(start: bytes, end: bytes) -> bool:
    """Whether the first ``SCANNED`` bytes of a file, or its last, say that we wrote it."""
    lines = start.partition(b"\n")[0], end.rstrip().rpartition(b"\n")[2]
    return is_case(start) or any(MARK.encode() in line for line in lines) or any(field in start for field in _FIELDS)
