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

INPUT: Final = 32_000_000
"""Bytes of a file with requirements, of a project, lock or configuration; the lock of a thousand packages has three
million."""

INPUTS: Final = 10_000
"""Files of a commit that may be an input of a lock; large repositories have some hundred."""

KEY_PARTS: Final = 100
"""Parts of a dotted key of TOML."""

LINE: Final = 100_000
"""Characters of a line of requirements, with what is joined to it: a hash for each of a thousand files fits."""

REQUIREMENT: Final = 10_000
"""Characters of one requirement; longer ones are neither mended nor read from a person."""

NAME: Final = 1000
"""Characters of the name of a project, extra or group."""

LINES: Final = 100_000
"""Requirements and options in all files that one file includes."""

INCLUDED: Final = 1000
"""Files that one file of requirements includes, or groups that a group does, each as often as it is included."""

INCLUDED_WITHIN: Final = 100
"""Files, or groups, that are included one in the other."""

ASKERS: Final = 500_000
"""Who asks for whom, in a lock; in that of a thousand packages it is said five thousand times."""

LOCK_VERSIONS: Final = 1000
"""Versions of one project in a lock: one for each environment that it tells apart."""

LOG_LINES: Final = 1_000_000
"""Lines of a log; the longest seen, of pip with -vv, has 200,000."""

YAML: Final = 1_000_000
"""Bytes of an environment of conda: its reader takes ten seconds for so many."""

INI_LINES: Final = 5000
"""Lines of a setup.cfg or pip.conf; real ones have a thousand at most."""

DIGITS: Final = 1000
"""Digits of a number in a requirement; Python converts 4300 at most, and nobody has counted so far."""

METADATA: Final = 16 * 1024 * 1024
"""Bytes of a metadata file, and characters of all requirements in it; with a long description it has two million."""

REQUIREMENTS: Final = 50_000
"""Requirements of one file."""

SCRIPT: Final = 200_000
"""Characters of a setup.py; one of 100,000 exists."""

SCRIPT_VALUES: Final = 2_000_000
"""Characters and items of all that is evaluated of a setup.py, each as often as it is named."""

INSTALLED: Final = 100_000
"""Entries of a folder of packages that are looked at; the largest environments have some thousand."""

INSTALLED_TAGS: Final = 1000
"""Tags of an installed wheel; each dot of a name doubles them, and the most that wheels have are some dozens."""

INSTALLED_NOTE: Final = 64 * 1024
"""Bytes of what names the installer, the tags or the URL of an installed package."""

CASE_PARTS: Final = 5_000_000
"""Objects, lists and commas of a Case: each takes up to two hundred bytes. That of 119 projects has 100,000."""
