"""Options of pip and uv that cannot be typed here: what each would change, and what to do instead."""

from backtrail.inputs.settings_catalogue import Fate, Place, rows

_INSTEAD = {
    "abi": "--python and --python-platform say the target",
    "client-cert": "--cert names authorities to trust",
    "directory": "run it in that folder",
    "implementation": "--python and --python-platform say the target",
    "no-binary-package": "--no-binary NAME is the same",
    "no-cache": "--refresh disregards what is stored",
    "no-cache-dir": "--refresh disregards what is stored",
    "platform": "--python-platform says the platform",
    "prefix": "--env names the environment that is installed into",
    "project": "name its pyproject.toml with -r",
    "proxy": "HTTPS_PROXY and NO_PROXY are honoured",
    "requirements-from-script": "name the script with -r",
    "script": "name the script with -r",
    "src": "nothing is checked out for good",
    "system": "--env names the environment that is installed into",
    "target": "--env names the environment that is installed into",
    "user": "--env names the environment that is installed into",
}


def foreign(option: str) -> str | None:
    """What to say of an option of pip or uv; None for what is none of theirs."""
    name = option.removeprefix("--")
    known = {tool: row for tool in ("uv", "pip") if (row := rows(tool, Place.OPTION).get(name)) is not None}
    if not known or not option.startswith("--"):
        return None
    reported = any(row.fate is not Fate.IRRELEVANT for row in known.values())
    what = "is not reproduced" if reported else "changes no version that is chosen"
    return f"{option} of {' and '.join(known)} {what}: {_INSTEAD.get(name, 'leave it out')}"
