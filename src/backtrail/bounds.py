"""How much is read of anything: named limits with their reasons.

What is beyond a limit is a value or a sentence where it is read, never a crash and never an answer without it.
"""

from typing import Final

PAGE: Final = 100_000_000
"""Bytes of an index page, after decompression; the largest on PyPI have 10 million."""

SMALL_PAGE: Final = 16_000_000
"""Bytes of a page whose entries need no counting first: whatever they are, they take less than a gigabyte."""

PAGE_PARTS: Final = 4_000_000
"""Objects, lists and commas of a JSON page; an entry has about fifteen, and 100,000 files are many for a page."""

PAGE_LINKS: Final = 500_000
"""Anchors of an HTML page."""

FILE_NAME: Final = 1000
"""Characters of a file name; file systems allow 255."""
