"""Settings from everywhere at once: the real tool and ours, asked in the same folder with the same variables, agree.

Each index has one version of ``probe`` that no other has, so the version taken says which index was asked. One asks for
a user and a password.
"""

import json
import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backtrail import cli
from support import worlds
from support.loopback import Loopback
from support.real_pip import find_pip
from support.real_uv import TIMEOUT, find_uv, plain, read_pins
from support.worlds import World

pytestmark = pytest.mark.likeness

INDEXES = "abcdefgh"

U, V, G, X = "home/.config/pip/pip.conf", "home/.pip/pip.conf", "etc/pip/pip.conf", "x.conf"
USER, SYSTEM = "home/.config/uv/uv.toml", "etc/uv/uv.toml"
PROJECT = '[project]\nname = "q"\nversion = "1"\ndependencies = ["probe"]\n'


@dataclass(frozen=True)
class Case:
    """Files below one folder (``proj`` is where the tool runs), variables and arguments; ``@a`` is the index a.

    ``@z`` is an index with several versions, ``@T`` the folder. ``@p`` is an index that asks for a user and a password,
    ``@P`` its address with both, ``@W`` with a wrong password. ``wanted`` is what is asked for.
    """

    about: str
    files: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    args: Sequence[str] = ()
    cwd: str = "proj"
    wanted: str | None = "probe"


def conf(section: str = "global", **values: str) -> str:
    return f"[{section}]\n" + "".join(f"{name.replace('_', '-')} = {value}\n" for name, value in values.items())


ONLY_Z = {"UV_INDEX_URL": "@z"}
Z = {"PIP_INDEX_URL": "@z"}

UV_CASES = (
    Case("a flag beats a variable", env={"UV_INDEX_URL": "@b"}, args=("-i", "@a")),
    Case("a variable beats a line", env={"UV_INDEX_URL": "@b"}, files={"proj/r.in": "-i @c\nprobe\n"}),
    Case("a flag beats a line", args=("-i", "@a"), files={"proj/r.in": "-i @c\nprobe\n"}),
    Case("a line counts", files={"proj/r.in": "-i @c\nprobe\n"}),
    Case("a file beats a line", files={"proj/r.in": "-i @c\nprobe\n", "proj/uv.toml": 'index-url = "@d"\n'}),
    Case("a variable beats a file", env={"UV_INDEX_URL": "@b"}, files={"proj/uv.toml": 'index-url = "@d"\n'}),
    Case("the newer variable beats the older", env={"UV_INDEX_URL": "@b", "UV_DEFAULT_INDEX": "@a"}),
    Case(
        "a default among the indexes beats index-url",
        files={"proj/uv.toml": 'index-url = "@d"\n[[index]]\nname = "x"\nurl = "@e"\ndefault = true\n'},
    ),
    Case("below pip beats above", files={"proj/uv.toml": 'index-url = "@d"\n[pip]\nindex-url = "@e"\n'}),
    Case(
        "the project's beats the user's beats the system's",
        files={"proj/uv.toml": 'index-url = "@d"\n', USER: 'index-url = "@e"\n', SYSTEM: 'index-url = "@f"\n'},
    ),
    Case("the user's beats the system's", files={USER: 'index-url = "@e"\n', SYSTEM: 'index-url = "@f"\n'}),
    Case("the system's counts", files={SYSTEM: 'index-url = "@f"\n'}),
    Case(
        "below pip of the user beats above of the project",
        files={USER: '[pip]\nindex-url = "@e"\n', "proj/uv.toml": 'index-url = "@f"\n'},
    ),
    Case(
        "the first of all indexes is a flag's",
        args=("--extra-index-url", "@a"),
        env={"UV_EXTRA_INDEX_URL": "@b"},
        files={
            "proj/uv.toml": 'index-url = "@h"\nextra-index-url = ["@d"]\n',
            "proj/r.in": "--extra-index-url @c\nprobe\n",
        },
    ),
    Case(
        "then a variable's",
        env={"UV_EXTRA_INDEX_URL": "@b"},
        files={
            "proj/uv.toml": 'index-url = "@h"\nextra-index-url = ["@d"]\n',
            "proj/r.in": "--extra-index-url @c\nprobe\n",
        },
    ),
    Case(
        "then a file's",
        files={
            "proj/uv.toml": 'index-url = "@h"\nextra-index-url = ["@d"]\n',
            "proj/r.in": "--extra-index-url @c\nprobe\n",
        },
    ),
    Case(
        "a variable counts only where no flag does",
        args=("--extra-index-url", "@a", "--index-strategy", "unsafe-best-match", "-i", "@c"),
        env={"UV_EXTRA_INDEX_URL": "@h"},
    ),
    Case(
        "all indexes together",
        args=("--index-strategy", "unsafe-best-match", "--extra-index-url", "@a", "--index", "@b"),
        files={"proj/uv.toml": 'index-url = "@c"\nextra-index-url = ["@d"]\n[[index]]\nurl = "@e"\n'},
    ),
    Case(
        "the strategy of a file",
        files={"proj/uv.toml": 'index-strategy = "unsafe-best-match"\nindex-url = "@b"\nextra-index-url = ["@a"]\n'},
    ),
    Case(
        "the file that is named stands alone",
        env={"UV_CONFIG_FILE": "@T/x.toml"},
        files={"x.toml": 'index-url = "@a"\n', "proj/uv.toml": 'index-url = "@d"\n', USER: 'index-url = "@e"\n'},
    ),
    Case(
        "the file that is named counts without discovery",
        env={"UV_CONFIG_FILE": "@T/x.toml", "UV_NO_CONFIG": "1"},
        files={"x.toml": 'index-url = "@a"\n'},
    ),
    Case("no discovery", env={"UV_NO_CONFIG": "1", **ONLY_Z}, files={"proj/uv.toml": 'resolution = "lowest"\n'}),
    Case(
        "discovery not forbidden",
        env={"UV_NO_CONFIG": "0", **ONLY_Z},
        files={"proj/uv.toml": 'resolution = "lowest"\n'},
    ),
    Case("not the system's", env={"UV_NO_SYSTEM_CONFIG": "1", **ONLY_Z}, files={SYSTEM: 'resolution = "lowest"\n'}),
    Case(
        "the folder of the project",
        env={"UV_PROJECT": "@T/o", **ONLY_Z},
        files={"o/uv.toml": 'resolution = "lowest"\n'},
    ),
    Case(
        "the nearest file above",
        cwd="proj/sub",
        files={"proj/pyproject.toml": '[tool.uv]\nindex-url = "@a"\n', "proj/sub/r.in": "probe\n"},
    ),
    Case(
        "a project without settings is passed by",
        cwd="proj/sub",
        files={
            "proj/pyproject.toml": '[tool.uv]\nindex-url = "@a"\n',
            "proj/sub/pyproject.toml": PROJECT,
            "proj/sub/r.in": "probe\n",
        },
    ),
    Case(
        "uv.toml beside pyproject.toml",
        files={"proj/pyproject.toml": '[tool.uv]\nindex-url = "@a"\n', "proj/uv.toml": 'index-url = "@b"\n'},
    ),
    Case(
        "the workspace's settings, not the member's",
        cwd="proj/packages/m/src",
        env=ONLY_Z,
        files={
            "proj/pyproject.toml": f'{PROJECT}[tool.uv]\nresolution = "lowest"\nworkspace.members = ["packages/*"]\n',
            "proj/packages/m/pyproject.toml": f'{PROJECT.replace("q", "m")}[tool.uv]\nresolution = "highest"\n',
            "proj/packages/m/src/r.in": "probe\n",
        },
    ),
    Case(
        "no member of the workspace",
        cwd="proj/m",
        env=ONLY_Z,
        files={
            "proj/pyproject.toml": f'{PROJECT}[tool.uv]\nresolution = "lowest"\nworkspace.members = ["packages/*"]\n',
            "proj/m/pyproject.toml": f'{PROJECT.replace("q", "m")}[tool.uv]\nresolution = "highest"\n',
            "proj/m/r.in": "probe\n",
        },
    ),
    Case(
        "excluded from the workspace",
        cwd="proj/m",
        env=ONLY_Z,
        files={
            "proj/pyproject.toml": (
                f'{PROJECT}[tool.uv]\nresolution = "lowest"\nworkspace.members = ["*"]\nworkspace.exclude = ["m"]\n'
            ),
            "proj/m/pyproject.toml": f'{PROJECT.replace("q", "m")}[tool.uv]\nresolution = "highest"\n',
            "proj/m/r.in": "probe\n",
        },
    ),
    Case(
        "a workspace without a project",
        cwd="proj/m",
        env=ONLY_Z,
        files={
            "proj/pyproject.toml": '[tool.uv]\nresolution = "lowest"\n[tool.uv.workspace]\nmembers = ["m"]\n',
            "proj/m/pyproject.toml": f'{PROJECT.replace("q", "m")}[tool.uv]\nresolution = "highest"\n',
            "proj/m/r.in": "probe\n",
        },
    ),
    Case(
        "not managed by uv",
        cwd="proj/m",
        env=ONLY_Z,
        files={
            "proj/pyproject.toml": f'{PROJECT}[tool.uv]\nresolution = "lowest"\nworkspace.members = ["m"]\n',
            "proj/m/pyproject.toml": f'{PROJECT.replace("q", "m")}[tool.uv]\nmanaged = false\nresolution = "highest"\n',
            "proj/m/r.in": "probe\n",
        },
    ),
    Case(
        "settings that uv cannot read are passed over",
        cwd="proj/m",
        env=ONLY_Z,
        files={
            "proj/uv.toml": 'resolution = "lowest"\n',
            "proj/m/pyproject.toml": '[tool.uv]\nresolution = "highest"\nnonsense = 1\n',
            "proj/m/r.in": "probe\n",
        },
    ),
    Case(
        "an explicit index is for sources alone",
        files={"proj/uv.toml": 'index-url = "@h"\n[[index]]\nname = "x"\nurl = "@e"\nexplicit = true\n'},
    ),
    Case(
        "of a name the first",
        args=("--index", "x=@a"),
        files={"proj/uv.toml": 'index-url = "@h"\n[[index]]\nname = "x"\nurl = "@e"\n'},
    ),
    Case(
        "an index by its name",
        args=("--index", "x"),
        files={
            "proj/uv.toml": 'index-url = "@h"\n[[index]]\nname = "y"\nurl = "@g"\n[[index]]\nname = "x"\nurl = "@e"\n'
        },
    ),
    Case("a constraint by a variable", env={"UV_CONSTRAINT": "c.txt", **ONLY_Z}, files={"proj/c.txt": "probe<2\n"}),
    Case(
        "constraints by a variable",
        env={"UV_CONSTRAINT": "c.txt d.txt", **ONLY_Z},
        files={"proj/c.txt": "probe<4\n", "proj/d.txt": "probe<2\n"},
    ),
    Case(
        "a flag's constraint instead of a variable's",
        env={"UV_CONSTRAINT": "c.txt", **ONLY_Z},
        args=("-c", "d.txt"),
        files={"proj/c.txt": "probe<2\n", "proj/d.txt": "probe<4\n"},
    ),
    Case(
        "a configured constraint and a flag's",
        env=ONLY_Z,
        args=("-c", "d.txt"),
        files={"proj/uv.toml": 'constraint-dependencies = ["probe<2"]\n', "proj/d.txt": "probe<4\n"},
    ),
    Case(
        "configured constraints of user and project",
        env=ONLY_Z,
        files={
            "proj/uv.toml": 'constraint-dependencies = ["probe<4"]\n',
            USER: 'constraint-dependencies = ["probe<2"]\n',
        },
    ),
    Case(
        "a configured override",
        env=ONLY_Z,
        files={"proj/pyproject.toml": '[tool.uv]\noverride-dependencies = ["probe==1.0"]\n'},
    ),
    Case("an override by a variable", env={"UV_OVERRIDE": "o.txt", **ONLY_Z}, files={"proj/o.txt": "probe==1.0\n"}),
    Case(
        "settings of another folder's project do not count",
        env=ONLY_Z,
        wanted=None,
        args=("-r", "../o/pyproject.toml"),
        files={"o/pyproject.toml": f'{PROJECT}[tool.uv]\nconstraint-dependencies = ["probe<2"]\n'},
    ),
    Case("the cut-off of a variable", env={"UV_EXCLUDE_NEWER": "2021-06-01", **ONLY_Z}),
    Case("a configured cut-off", env=ONLY_Z, files={"proj/uv.toml": 'exclude-newer = "2021-06-01"\n'}),
    Case("a cut-off for one package", env=ONLY_Z, args=("--exclude-newer-package", "probe=2021-06-01")),
    Case("a cut-off for another package", env=ONLY_Z, args=("--exclude-newer-package", "other=2021-06-01")),
    Case(
        "a configured cut-off for one package",
        env=ONLY_Z,
        files={"proj/uv.toml": 'exclude-newer-package = { probe = "2021-06-01", other = "2020-01-01" }\n'},
    ),
    Case(
        "no cut-off for one package",
        env={"UV_EXCLUDE_NEWER": "2021-06-01", **ONLY_Z},
        files={"proj/uv.toml": "exclude-newer-package = { probe = false }\n"},
    ),
    Case(
        "a later cut-off for one package than for the others",
        env={"UV_EXCLUDE_NEWER": "2021-06-01", **ONLY_Z},
        wanted="needy",
        args=("--exclude-newer-package", "probe=2022-06-01", "--exclude-newer-package", "needy=2025-01-01"),
    ),
    Case(
        "a flag's cut-off for one package beats a configured one",
        env=ONLY_Z,
        args=("--exclude-newer-package", "probe=2022-06-01"),
        files={"proj/uv.toml": 'exclude-newer-package = { probe = "2021-06-01" }\n'},
    ),
    Case(
        "cut-offs of packages below pip and of the user",
        env=ONLY_Z,
        files={
            "proj/uv.toml": '[pip]\nexclude-newer-package = { other = "2020-01-01" }\n',
            USER: 'exclude-newer-package = { probe = "2021-06-01" }\n',
        },
    ),
    Case(
        "metadata of every version of a project",
        env=ONLY_Z,
        wanted="needy",
        files={"proj/uv.toml": '[[dependency-metadata]]\nname = "needy"\nrequires-dist = ["wheeled"]\n'},
    ),
    Case(
        "metadata of one version, and of another",
        env=ONLY_Z,
        wanted="old",
        files={
            "proj/uv.toml": (
                '[[dependency-metadata]]\nname = "Old"\nrequires-dist = ["wheeled"]\n'
                '[[dependency-metadata]]\nname = "old"\nversion = "3"\nrequires-dist = ["probe<2"]\n'
            )
        },
    ),
    Case(
        "metadata of another version alone",
        env=ONLY_Z,
        wanted="needy",
        files={"proj/uv.toml": '[[dependency-metadata]]\nname = "needy"\nversion = "2"\nrequires-dist = ["wheeled"]\n'},
    ),
    Case(
        "metadata below pip beats that above, of the same project alone",
        env=ONLY_Z,
        files={
            "proj/uv.toml": (
                '[[dependency-metadata]]\nname = "needy"\nrequires-dist = ["probe<2"]\n'
                '[[dependency-metadata]]\nname = "wheeled"\nrequires-dist = ["probe<3"]\n'
                '[[pip.dependency-metadata]]\nname = "needy"\nrequires-dist = ["wheeled"]\n'
            ),
            USER: '[[dependency-metadata]]\nname = "wheeled"\nrequires-dist = ["old"]\n',
            "proj/r.in": "needy\nprobe\n",
        },
    ),
    Case(
        "metadata that asks for another Python",
        env=ONLY_Z,
        wanted="old",
        files={"proj/uv.toml": '[[dependency-metadata]]\nname = "old"\nversion = "3"\nrequires-python = ">=3.99"\n'},
    ),
    Case(
        "metadata of a project's settings",
        env=ONLY_Z,
        wanted=None,
        args=("-r", "pyproject.toml"),
        files={
            "proj/pyproject.toml": (
                f"{PROJECT.replace('probe', 'needy[x]')}"
                '[[tool.uv.dependency-metadata]]\nname = "needy"\nprovides-extra = ["x"]\n'
                """requires-dist = ["wheeled ; extra == 'x'"]\n"""
            )
        },
    ),
    Case("no cut-off", env=ONLY_Z, files={"proj/uv.toml": "exclude-newer = false\n"}),
    Case(
        "the cut-off below pip",
        env=ONLY_Z,
        files={"proj/uv.toml": 'exclude-newer = "2021-06-01"\n[pip]\nexclude-newer = "2022-06-01"\n'},
    ),
    Case("a configured mode", env=ONLY_Z, files={"proj/uv.toml": 'resolution = "lowest"\n'}),
    Case(
        "a variable's mode",
        env={"UV_RESOLUTION": "highest", **ONLY_Z},
        files={"proj/uv.toml": 'resolution = "lowest"\n'},
    ),
    Case("pre-releases of one package", env=ONLY_Z, args=("--prerelease-package", "probe=allow")),
    Case(
        "of flags for one package the last counts, and configured ones do not",
        env={"UV_PRERELEASE": "allow", **ONLY_Z},
        args=(
            "--prerelease-package",
            "Probe=allow",
            "--prerelease-package",
            "probe=disallow",
            "--exclude-newer-package",
            "probe=2021-06-01",
            "--exclude-newer-package",
            "probe=2025-06-01",
        ),
        files={"proj/uv.toml": 'prerelease-package = { probe = "allow" }\n'},
    ),
    Case(
        "configured pre-releases of one package",
        env={"UV_PRERELEASE": "disallow", **ONLY_Z},
        files={"proj/uv.toml": 'prerelease-package = { probe = "allow", other = "disallow" }\n'},
    ),
    Case("configured pre-releases", env=ONLY_Z, files={"proj/uv.toml": 'prerelease = "allow"\n'}),
    Case("no builds by a flag", env=ONLY_Z, args=("--no-build",)),
    Case(
        "a file by a flag",
        args=("--config-file", "@T/x.toml"),
        files={"x.toml": 'index-url = "@a"\n', "proj/uv.toml": 'index-url = "@d"\n', USER: 'index-url = "@e"\n'},
    ),
    Case("no file by a flag", env=ONLY_Z, args=("--no-config",), files={"proj/uv.toml": 'resolution = "lowest"\n'}),
    Case(
        "a file by a flag instead of a variable's",
        args=("--config-file", "@T/x.toml"),
        env={"UV_CONFIG_FILE": "@T/y.toml"},
        files={"x.toml": 'index-url = "@a"\n', "y.toml": 'index-url = "@d"\n'},
    ),
    Case("no keyring", env=ONLY_Z, args=("--keyring-provider", "disabled")),
    Case("no builds", env=ONLY_Z, files={"proj/uv.toml": "no-build = true\n"}),
    Case("no builds of a package", env=ONLY_Z, files={"proj/uv.toml": 'no-build-package = ["probe"]\n'}),
    Case("only wheels, below pip", env=ONLY_Z, files={"proj/uv.toml": '[pip]\nonly-binary = ["probe"]\n'}),
    Case(
        "no builds above, builds below pip",
        env=ONLY_Z,
        files={"proj/uv.toml": "no-build = true\n[pip]\nno-build = false\n"},
    ),
    Case(
        "builds for the project, none for the user",
        env=ONLY_Z,
        files={"proj/uv.toml": "no-build = false\n", USER: "no-build = true\n"},
    ),
    Case(
        "no builds, but a flag for one",
        env=ONLY_Z,
        args=("--no-binary", "probe"),
        files={"proj/uv.toml": "no-build = true\n"},
    ),
    Case("no wheels", env=ONLY_Z, args=("--no-deps",), files={"proj/uv.toml": "no-binary = true\n"}),
    Case("no wheels of a package", env=ONLY_Z, files={"proj/uv.toml": 'no-binary-package = ["probe"]\n'}),
    Case("variables that only other commands read", env={"UV_NO_BUILD": "1", "UV_NO_BUILD_PACKAGE": "probe", **ONLY_Z}),
    Case("a variable that uv does not read", env={"UV_NO_INDEX": "1", **ONLY_Z}),
    Case("no dependencies", env=ONLY_Z, wanted="needy", files={"proj/uv.toml": "[pip]\nno-deps = true\n"}),
    Case("a Python by a variable", env={"UV_PYTHON": "3.8", **ONLY_Z}, wanted="old"),
    Case("a Python by a flag", env={"UV_PYTHON": "3.8", **ONLY_Z}, args=("--python-version", "3.12"), wanted="old"),
    Case(
        "a configured Python beats a variable's",
        env={"UV_PYTHON": "3.8", **ONLY_Z},
        files={"proj/uv.toml": '[pip]\npython-version = "3.12"\n'},
        wanted="old",
    ),
    Case(
        "a configured platform",
        env=ONLY_Z,
        files={"proj/uv.toml": '[pip]\npython-platform = "windows"\n'},
        wanted="winner",
    ),
)

PIP_CASES = (
    Case("a flag beats a variable", args=("-i", "@a"), env={"PIP_INDEX_URL": "@b"}, files={U: conf(index_url="@c")}),
    Case("a variable beats a file", env={"PIP_INDEX_URL": "@b"}, files={U: conf(index_url="@c")}),
    Case("a line beats a flag", args=("-i", "@a"), files={"proj/r.in": "-i @b\nprobe\n"}),
    Case("a line beats a variable", env={"PIP_INDEX_URL": "@c"}, files={"proj/r.in": "-i @b\nprobe\n"}),
    Case("a line ends the indexes before it", args=("--extra-index-url", "@h"), files={"proj/r.in": "-i @b\nprobe\n"}),
    Case(
        "a line ends the lines before it",
        files={"proj/r.in": "--extra-index-url @h\n-i @b\n--extra-index-url @c\nprobe\n"},
    ),
    Case("the user's beats that of all", files={G: conf(index_url="@a"), U: conf(index_url="@b")}),
    Case("the newer place beats the older", files={V: conf(index_url="@a"), U: conf(index_url="@b")}),
    Case("the older place counts", files={V: conf(index_url="@a")}),
    Case(
        "the file that is named stands instead of the user's",
        env={"PIP_CONFIG_FILE": "@T/x.conf"},
        files={X: conf(index_url="@a"), U: conf(index_url="@b", extra_index_url="@h")},
    ),
    Case(
        "that of all counts beside the one that is named",
        env={"PIP_CONFIG_FILE": "@T/x.conf"},
        files={X: "", G: conf(index_url="@b")},
    ),
    Case("one is named that is not there", env={"PIP_CONFIG_FILE": "@T/none"}, files={U: conf(index_url="@b")}),
    Case(
        "no file",
        env={"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "@c"},
        files={U: conf(extra_index_url="@h"), G: conf(extra_index_url="@h")},
    ),
    Case("a section of its own beats the other", files={G: conf("install", index_url="@a"), U: conf(index_url="@b")}),
    Case("sections of other commands", files={U: conf(index_url="@a") + conf("download", index_url="@b")}),
    Case(
        "a variable's list instead of a file's",
        env={"PIP_EXTRA_INDEX_URL": "@c @d"},
        files={U: conf(index_url="@a", extra_index_url="\n  @b\n  @e")},
    ),
    Case(
        "a flag's list beside a file's",
        args=("--extra-index-url", "@d"),
        files={U: conf(index_url="@a", extra_index_url="\n  @b\n  @e")},
    ),
    Case(
        "a section's list instead of the other's",
        files={U: conf(index_url="@a", extra_index_url="@h") + conf("install", extra_index_url="@e")},
    ),
    Case(
        "an empty variable takes nothing back",
        env={"PIP_EXTRA_INDEX_URL": ""},
        files={U: conf(index_url="@a", extra_index_url="@b")},
    ),
    Case(
        "an empty value takes back what another file says",
        files={G: conf(extra_index_url="@h"), U: conf(index_url="@a", extra_index_url="")},
    ),
    Case("names as people write them", files={U: "[global]\nINDEX_URL = @a\n--extra-index-url : @b\n"}),
    Case("a name that pip does not know", files={U: conf(index_url="@a", nonsense="1")}),
    Case(
        "constraints by a variable",
        env={"PIP_CONSTRAINT": "c.txt d.txt", **Z},
        files={"proj/c.txt": "probe<4\n", "proj/d.txt": "probe<2\n"},
    ),
    Case("a configured constraint", env=Z, files={U: conf(constraint="c.txt"), "proj/c.txt": "probe<2\n"}),
    Case(
        "a configured constraint and a flag's",
        env=Z,
        args=("-c", "d.txt"),
        files={U: conf(constraint="c.txt"), "proj/c.txt": "probe<2\n", "proj/d.txt": "probe<4\n"},
    ),
    Case("configured pre-releases", env=Z, files={U: conf(pre="yes")}),
    Case("a variable takes them back", env={"PIP_PRE": "no", **Z}, files={U: conf(pre="yes")}),
    Case("only final releases", env={"PIP_ONLY_FINAL": ":all:", **Z}),
    Case("only wheels", env={"PIP_ONLY_BINARY": ":all:", **Z}),
    Case("names in a variable are joined by commas", env={"PIP_ONLY_BINARY": "other,probe", **Z}),
    Case("and not by spaces", env={"PIP_ONLY_BINARY": "other probe", "PIP_NO_DEPS": "1", **Z}, wanted="wheeled"),
    Case("a cut-off by a variable", env={"PIP_UPLOADED_PRIOR_TO": "2021-06-01", **Z}),
    Case("a configured cut-off", env=Z, files={U: conf(uploaded_prior_to="2022-06-01T00:00:00Z")}),
    Case("no dependencies", env={"PIP_NO_DEPS": "1", **Z}, wanted="needy"),
    Case("another Python's requirement is disregarded", env={"PIP_IGNORE_REQUIRES_PYTHON": "1", **Z}, wanted="old"),
)


NETRC = "machine 127.0.0.1 login me password secret\n"
OFFICE = '[[index]]\nname = "office-1"\nurl = "@p"\ndefault = true\n'
NAMED = {"UV_INDEX_OFFICE_1_USERNAME": "me", "UV_INDEX_OFFICE_1_PASSWORD": "secret"}
BOTH_FIRST = {"home/.netrc": NETRC.replace("secret", "wrong")}

PRIVATE_UV = (
    Case("in the address of a flag", args=("-i", "@P")),
    Case("in the address of a variable", env={"UV_INDEX_URL": "@P"}),
    Case("in the address of the newer variable", env={"UV_DEFAULT_INDEX": "@P"}),
    Case("in a list of a variable", env={"UV_INDEX": "@P", "UV_DEFAULT_INDEX": "@a"}),
    Case("in the address of a file", files={"proj/uv.toml": 'index-url = "@P"\n'}),
    Case("below pip", files={"proj/uv.toml": '[pip]\nindex-url = "@P"\n'}),
    Case("of a further index", args=("--extra-index-url", "@P", "-i", "@a")),
    Case("in a line", files={"proj/r.in": "-i @P\nprobe\n"}),
    Case("in the address of an index in a project", files={"proj/pyproject.toml": '[tool.uv]\nindex-url = "@P"\n'}),
    Case("by the name of an index", env=NAMED, files={"proj/uv.toml": OFFICE}),
    Case("by the name of an index of a flag", env=NAMED, args=("--index", "office-1=@p", "-i", "@a")),
    Case("in a netrc", args=("-i", "@p"), files={"home/.netrc": NETRC}),
    Case("in the netrc that is named", args=("-i", "@p"), env={"NETRC": "@T/n"}, files={"n": NETRC}),
    Case("in the address, and wrong in a netrc", args=("-i", "@P"), files=BOTH_FIRST),
)

PRIVATE_PIP = (
    Case("in the address of a flag", args=("-i", "@P")),
    Case("in the address of a variable", env={"PIP_INDEX_URL": "@P"}),
    Case("in the address of a file", files={U: conf(index_url="@P")}),
    Case("in the file that is named", env={"PIP_CONFIG_FILE": "@T/x.conf"}, files={X: conf(index_url="@P")}),
    Case("of a further index", files={U: conf(index_url="@a", extra_index_url="@P")}),
    Case("in a line", files={"proj/r.in": "-i @P\nprobe\n"}),
    Case("in a netrc", args=("-i", "@p"), files={"home/.netrc": NETRC}),
    Case("in the netrc that is named", args=("-i", "@p"), env={"NETRC": "@T/n"}, files={"n": NETRC}),
    Case("in the address, and wrong in a netrc", args=("-i", "@P"), files=BOTH_FIRST),
    Case("an index that asks for what nobody gives is passed over", args=("-i", "@a", "--extra-index-url", "@p")),
)

REFUSED = (
    Case("nobody gives them", args=("-i", "@p")),
    Case("the password is wrong", args=("-i", "@W")),
    Case("a netrc has another host", args=("-i", "@p"), files={"home/.netrc": NETRC.replace("127.0.0.1", "localhost")}),
    Case("a netrc has the wrong ones", args=("-i", "@p"), files=BOTH_FIRST),
)


def world(name: str, *releases: worlds.Release) -> World:
    projects = (worlds.Project(name="probe", releases=releases),)
    return World(name=name, projects=projects, question=worlds.Question(requirements=("probe",)))


def several() -> World:
    release, project = worlds.release, worlds.Project
    probe = (
        release("probe", "1.0", sdist=True, upload_time="2021-01-01T00:00:00Z"),
        release("probe", "2.0", upload_time="2022-01-01T00:00:00Z"),
        release("probe", "3.0", tags=(), sdist=True, upload_time="2023-01-01T00:00:00Z"),
        release("probe", "4.0a1", upload_time="2023-01-01T00:00:00Z"),
    )
    old = (
        release("old", "1.0"),
        release("old", "2.0", requires_python=">=3.9"),
        release("old", "3.0", requires_python="<3"),
    )
    projects = (
        project(name="probe", releases=probe),
        project(name="needy", releases=(release("needy", "1.0", "probe"),)),
        project(name="old", releases=old),
        project(name="wheeled", releases=(release("wheeled", "1.0"),)),
        project(name="winner", releases=(release("winner", "1.0", "probe ; sys_platform == 'win32'"),)),
    )
    return World(name="z", projects=projects, question=worlds.Question(requirements=("probe",)))


@pytest.fixture(scope="module")
def indexes() -> Iterator[dict[str, str]]:
    with Loopback() as loopback:
        found = {
            name: loopback.mount(world(name, worlds.release("probe", f"{number}.0")), f"/{name}")
            for number, name in enumerate(INDEXES, start=1)
        }
        found["z"] = loopback.mount(several(), "/z")
        with Loopback() as private:
            address = private.mount(world("p", worlds.release("probe", "9.0")), "/p")
            private.authorization = f"Basic {b64encode(b'me:secret').decode()}"
            for name, user in (("p", ""), ("P", "me:secret@"), ("W", "me:wrong@")):
                found[name] = address.replace("://", f"://{user}")
            yield found


Place = Callable[[str], str]


def laid_out(case: Case, folder: Path, indexes: Mapping[str, str]) -> Place:
    """Write the case's files; return what puts its addresses into a text."""

    def placed(text: str) -> str:
        return re.sub(r"@([a-hpPWz])\b", lambda found: indexes[found[1]], text).replace("@T", str(folder))

    for path, text in {"home/.keep": "", "proj/.keep": "", **case.files}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(placed(text), encoding="utf-8")
    return placed


def variables(case: Case, folder: Path, placed: Place) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    own = {"HOME": str(folder / "home"), "XDG_CONFIG_DIRS": str(folder / "etc"), "NO_COLOR": "1"}
    return {**kept, **own, **{name: placed(value) for name, value in case.env.items()}}


def required(case: Case, folder: Path) -> list[str]:
    if case.wanted is None:
        return []
    if not (folder / case.cwd / "r.in").exists():
        (folder / case.cwd / "r.in").write_text(f"{case.wanted}\n")
    return ["-r", "r.in"]


def run(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, encoding="utf-8", timeout=TIMEOUT, check=False
    )


def ours(
    tool: str,
    case: Case,
    folder: Path,
    placed: Place,
    patch: pytest.MonkeyPatch,
    capture: pytest.CaptureFixture[bytes],
    codes: tuple[int, ...] = (0, 1),
) -> dict[str, str]:
    for name in ("XDG_CONFIG_HOME", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_NO_CONFIG", "PIP_CONFIG_FILE"):
        patch.delenv(name, raising=False)
    for name, value in variables(case, folder, placed).items():
        patch.setenv(name, value)
    patch.chdir(folder / case.cwd)
    asked = [*required(case, folder), *map(placed, case.args), "--resolver", tool, "--format", "json", "--budget", "0"]
    code = cli.run(["explain-backtrack", *asked])
    said = capture.readouterr()
    assert code in codes, said.err.decode()
    assert b"secret" not in said.out + said.err
    pins = json.loads(said.out)["runs"][0]["pins"]
    return {name: pin["version"] for name, pin in pins.items()}


def real_uv(case: Case, folder: Path, placed: Place) -> "subprocess.CompletedProcess[str]":
    uv = find_uv("0.13.9")
    if uv is None:
        pytest.skip("uv 0.13.9 is not installed")
    files = [one for one in required(case, folder) if one != "-r"]
    args = [placed(one) for one in case.args if one != "-r"]
    command = [str(uv.executable), "pip", "compile", *files, "--no-cache", "--no-header", "--no-annotate", *args]
    environ = {**variables(case, folder, placed), "UV_PYTHON_DOWNLOADS": "never"}
    return run(command, folder / case.cwd, environ)


def real_pip(case: Case, folder: Path, placed: Place) -> "subprocess.CompletedProcess[str]":
    pip = find_pip("26.3")
    if pip is None:
        pytest.skip("pip 26.3 is not installed")
    command = [
        str(pip.python), "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-cache-dir", "--no-input",
        "--disable-pip-version-check", "--report", str(folder / "report.json"), *required(case, folder),
        *map(placed, case.args),
    ]  # fmt: skip
    return run(command, folder / case.cwd, variables(case, folder, placed))


@pytest.mark.parametrize("case", [*UV_CASES, *PRIVATE_UV], ids=lambda case: case.about)
def test_uv(
    case: Case,
    indexes: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    placed = laid_out(case, tmp_path, indexes)
    real = real_uv(case, tmp_path, placed)
    assert real.returncode == 0, plain(real.stderr)
    assert ours("uv", case, tmp_path, placed, monkeypatch, capfdbinary) == dict(read_pins(real.stdout))


@pytest.mark.parametrize("case", [*PIP_CASES, *PRIVATE_PIP], ids=lambda case: case.about)
def test_pip(
    case: Case,
    indexes: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    placed = laid_out(case, tmp_path, indexes)
    real = real_pip(case, tmp_path, placed)
    assert real.returncode == 0, real.stderr
    pins = {
        one["metadata"]["name"]: one["metadata"]["version"]
        for one in json.loads((tmp_path / "report.json").read_text())["install"]
    }
    assert ours("pip", case, tmp_path, placed, monkeypatch, capfdbinary) == pins


@pytest.mark.parametrize("tool", ["uv", "pip"])
@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.about)
def test_where_nobody_is_let_in_neither_answers(
    tool: str,
    case: Case,
    indexes: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """uv ends there; pip goes on without the index, and finds nothing."""
    placed = laid_out(case, tmp_path, indexes)
    real = (real_uv if tool == "uv" else real_pip)(case, tmp_path, placed)
    assert real.returncode != 0
    codes = (3,) if tool == "uv" else (1, 3)
    assert ours(tool, case, tmp_path, placed, monkeypatch, capfdbinary, codes) == {}
