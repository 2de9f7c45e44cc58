"""What setup.py files and build backends use that is no longer there: in newer Pythons, in newer build requirements.

Of the standard library it is as "What's New in Python" lists what was removed, of others as their wheels hold it and
builds end (``benchmarks/doomed_builds.py`` asks the real tools).
"""

from collections.abc import Mapping
from typing import Protocol

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.finding import Gone
from backtrail.model.record import Record

__all__ = ["CYTHON_SOURCES", "Installed", "backports", "gone", "provider"]


class Installed(Protocol):
    """What is installed for a build. What is not known raises whatever the caller of ``gone`` catches."""

    def has(self, name: NormalizedName) -> bool:
        """Whether a project is installed."""

    def is_free(self, name: NormalizedName) -> bool:
        """Whether it is, and nothing keeps it from being the newest."""

    def version(self, name: NormalizedName) -> Version | None:
        """Its version; None: it is not installed."""


CYTHON_SOURCES = "Cython.Distutils.build_ext.cython_sources"
"""A method of Cython's command that subclasses called."""


class _Row(Record, frozen=True, kw_only=True):
    """Where something is gone; ``beside``: only with an older release of another project than this."""

    by: str
    since: str | None = None
    until: str | None = None
    python: str | None = None
    beside: tuple[str, str] | None = None
    needs: str | None = None


_SETUPTOOLS = NormalizedName("setuptools")

_PYTHON: Mapping[str, str] = {
    module: release
    for release, modules in {
        "3.0": """
            ConfigParser Cookie HTMLParser Queue SocketServer StringIO UserDict UserList UserString __builtin__ anydbm
            cPickle cStringIO commands cookielib copy_reg dircache exceptions htmlentitydefs htmllib httplib md5 new
            popen2 sets sgmllib sha thread urllib2 urlparse xmlrpclib
        """,
        "3.8": "macpath",
        "3.9": "_dummy_threading dummy_threading",
        "3.10": "formatter parser symbol",
        "3.11": "binhex",
        "3.12": "asynchat asyncore distutils imp smtpd",
        "3.13": """
            aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd
            sunau telnetlib uu xdrlib
        """,
    }.items()
    for module in modules.split()
}
"""The first Python without a module of the standard library."""

_PROVIDERS: Mapping[str, str] = {
    "Cython": "cython",
    "cffi": "cffi",
    "numpy": "numpy",
    "pip": "pip",
    "pkg_resources": "setuptools",
    "pybind11": "pybind11",
    "scipy": "scipy",
    "setuptools": "setuptools",
    "setuptools_rust": "setuptools-rust",
    "setuptools_scm": "setuptools-scm",
    "skbuild": "scikit-build",
    "torch": "torch",
}
"""The project that a module comes from. Nobody has a copy of one of these in an sdist, nor has setuptools."""

_ROWS: Mapping[str, tuple[_Row, ...]] = {
    "setuptools": (_Row(by="setuptools", until="66.1.0", python="3.12"),),
    "pkg_resources": (_Row(by="setuptools", since="82.0.0"),),
    "setuptools.dep_util": (_Row(by="setuptools", since="70.0.0"),),
    "setuptools.extern": (_Row(by="setuptools", since="71.0.0"),),
    "setuptools.package_index": (_Row(by="setuptools", since="80.3.0"),),
    "setuptools.sandbox": (_Row(by="setuptools", since="80.0.0"),),
    "setuptools.ssl_support": (_Row(by="setuptools", since="57.1.0"),),
    "distutils.msvccompiler": (_Row(by="setuptools", since="74.0.0"),),
    "numpy.distutils": (
        _Row(by="numpy", python="3.12"),
        _Row(by="setuptools", since="74.0.0", beside=("numpy", "2.2.0"), needs="distutils.msvccompiler"),
    ),
    "use_2to3=": (_Row(by="setuptools", since="58.0.2"),),
    CYTHON_SOURCES: (_Row(by="cython", since="3.0.0"),),
}
"""Where what a project has is not there."""

_SHIM = Version("60.0.0")
"""The first setuptools that brings a distutils of its own, and puts it in the place of Python's."""


def provider(module: str) -> NormalizedName | None:
    """The project that a module is from, as far as it is known here; None: Python's own, or nobody knows."""
    name = _PROVIDERS.get(module.partition(".")[0])
    return None if name is None else NormalizedName(name)


def gone(what: str, python: Version, installed: Installed) -> Gone | None:
    """Why something is not there on a Python beside what is installed; None: nothing is known against it."""
    project = provider(what)
    if project is not None and not installed.has(project):
        return Gone(what=what.partition(".")[0], by=project)
    if what in _PYTHON and python >= Version(_PYTHON[what]) and not (what == "distutils" and _has_shim(installed)):
        return Gone(what=what, since=_PYTHON[what])
    found = (_applied(row, what, python, installed) for row in _ROWS.get(what, ()))
    return next((one for one in found if one is not None), None)


def backports(module: str) -> tuple[NormalizedName, ...]:
    """The projects by which a module of the standard library is back."""
    return NormalizedName(f"standard-{module}"), NormalizedName(f"legacy-{module}")


def _has_shim(installed: Installed) -> bool:
    if installed.is_free(_SETUPTOOLS):
        return True
    version = installed.version(_SETUPTOOLS)
    return version is not None and version >= _SHIM


def _applied(row: _Row, what: str, python: Version, installed: Installed) -> Gone | None:
    by = NormalizedName(row.by)
    if (row.python is not None and python < Version(row.python)) or (row.until is not None and installed.is_free(by)):
        return None
    version = installed.version(by)
    if version is None or (row.since is not None and version < Version(row.since)):
        return None
    if row.until is not None and version >= Version(row.until):
        return None
    if row.beside is not None:
        other = installed.version(NormalizedName(row.beside[0]))
        if other is None or other >= Version(row.beside[1]):
            return None
    return Gone(
        what=what,
        needs=row.needs,
        by=by,
        version=str(version),
        since=row.since,
        until=row.until,
        python=row.python,
    )
