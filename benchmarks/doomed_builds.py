"""Asks the real uv and pip whether builds that BT119 speaks of fail, and whether those it is silent about do not.

Small sdists, each with one thing that left Python, setuptools, numpy or Cython, are built by uv 0.13.9 and pip 26.3 on
each Python given, and explained by backtrail. Needs PyPI and the interpreters:

    python benchmarks/doomed_builds.py PYTHON… [--only NAME]

Prints a line a build, and at the end how many there were and how often the two agree.
"""

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
SETUP = "from setuptools import setup\nsetup(name='{name}', version='1.0')\n"
BACKEND = '[build-system]\nrequires = [{requires}]\nbuild-backend = "setuptools.build_meta"\n'
CYTHON = """
from setuptools import Extension, setup
from Cython.Distutils import build_ext as _build_ext
class build_ext(_build_ext):
    def get_source_files(self):
        for extension in self.extensions:
            self.cython_sources(extension.sources, extension)
        return []
setup(name='{name}', version='1.0', ext_modules=[Extension('m', ['m.pyx'])], cmdclass={{'build_ext': build_ext}})
"""

SDISTS: Mapping[str, tuple[str, str | None]] = {
    "plain": (SETUP, None),
    "distutils": ("from distutils.core import setup\nsetup(name='{name}', version='1.0')\n", None),
    "distutils-capped": (f"import distutils\n{SETUP}", "'setuptools<60'"),
    "setuptools-66-0": (SETUP, "'setuptools==66.0.0'"),
    "setuptools-66-1": (SETUP, "'setuptools==66.1.0'"),
    "imp": (f"import imp\n{SETUP}", None),
    "imp-guarded": (f"try:\n    import imp\nexcept ImportError:\n    pass\n{SETUP}", None),
    "cgi": (f"import cgi\n{SETUP}", None),
    "pkg-resources": (f"import pkg_resources\n{SETUP}", None),
    "pkg-resources-capped": (f"import pkg_resources\n{SETUP}", "'setuptools<82'"),
    "sandbox": (f"import setuptools.sandbox\n{SETUP}", None),
    "numpy-undeclared": (f"import numpy\n{SETUP}", None),
    "wheel-undeclared": (f"import wheel\n{SETUP}", None),
    "pip": (f"import pip\n{SETUP}", None),
    "numpy-distutils": (f"from numpy.distutils.core import Extension\n{SETUP}", "'setuptools', 'numpy'"),
    "numpy-distutils-1": (f"from numpy.distutils.core import Extension\n{SETUP}", "'setuptools', 'numpy<2'"),
    "two-to-three": ("from setuptools import setup\nsetup(name='{name}', version='1.0', use_2to3=True)\n", None),
    "cython": (CYTHON, "'setuptools', 'Cython'"),
    "cython-capped": (CYTHON, "'setuptools', 'Cython<3'"),
    "requirement": (SETUP, "'setuptools', 'numpy==0.0.1'"),
    "old-numpy": (SETUP, "'setuptools', 'numpy==1.19.5'"),
    "no-setuptools": (SETUP, "'wheel'"),
    "placeholder": ("raise SystemExit('use another')\n", None),
}
"""A setup.py, and what it requires to be built; None: it has no pyproject.toml."""


def sdists(folder: Path) -> Iterator[tuple[str, Path]]:
    """Write the sdists."""
    for key, (script, requires) in SDISTS.items():
        name = f"doomed-{key}"  # no project of the index, and none whose own module is looked for
        texts = {"setup.py": script.format(name=name), "m.pyx": ""}
        texts["PKG-INFO"] = f"Metadata-Version: 1.0\nName: {name}\nVersion: 1.0\n"
        if requires is not None:
            texts["pyproject.toml"] = BACKEND.format(requires=requires)
        path = folder / f"{name.replace('-', '_')}-1.0.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for member, text in texts.items():
                info = tarfile.TarInfo(f"{name}-1.0/{member}")
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text.encode()))
        yield key, path


def builds(tool: str, path: Path, python: str, folder: Path) -> bool:
    """Whether the real tool comes to metadata of an sdist."""
    if tool == "uv":
        command = [str(HERE / ".venv-uv-0.13.9/bin/uv"), "pip", "compile", "-q", "--python", python, "-"]
    else:
        pip = [str(HERE / ".venv-pip-26.3/bin/python"), "-m", "pip", "--isolated", "--python", python]
        command = [*pip, "wheel", "-q", "--no-deps", "-w", str(folder / "built"), str(path)]
    asked = f"{path.name.rpartition('-')[0]} @ {path.as_uri()}"
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False, env=os.environ)
    return done.returncode == 0


def told(tool: str, name: str, python: str, folder: Path) -> bool:
    """Whether backtrail says that it fails."""
    program = [sys.executable, "-m", "backtrail", "explain-backtrack", "--isolated", "--resolver", tool]
    command = [*program, "-f", str(folder), f"doomed-{name}", "--python", python, "--format", "json"]
    return b'"BT119"' in subprocess.run(command, capture_output=True, check=False).stdout


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pythons", nargs="+")
    parser.add_argument("--only", choices=SDISTS)
    given = parser.parse_args()
    agree = number = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        written = [(name, path) for name, path in sdists(folder) if given.only in (None, name)]
        for python in given.pythons:
            for tool in ("uv", "pip"):
                for name, path in written:
                    fails, said = not builds(tool, path, python, folder), told(tool, name, python, folder)
                    number += 1
                    agree += fails is said
                    print(f"{python}  {tool:3}  {name:20}  {'fails' if fails else 'builds':6}  "
                          f"{'BT119' if said else '-':5}  {'' if fails is said else '<<<'}", flush=True)  # fmt: skip
    print(f"{number} builds, {agree} as said")


if __name__ == "__main__":
    main()
