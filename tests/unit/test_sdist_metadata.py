"""What an sdist says of its requirements without being built: as uv takes it, and the best guess of older texts."""

import pytest

from backtrail.index.files.sdist import legacy_metadata, static_metadata
from backtrail.model.files import File, FileKind
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable

FILE = File(
    filename="foo-bar-1.0.tar.gz", url="https://files.example/foo-bar-1.0.tar.gz", version="1.0", kind=FileKind.SDIST
)
STATIC = "Metadata-Version: 2.2\nName: foo-bar\nVersion: 1.0\nRequires-Dist: numpy\n"
OLD = "Metadata-Version: 1.1\nName: foo-bar\nVersion: 1.0\n"


def sdist(
    *,
    pyproject: str | None = None,
    pkg_info: str | None = None,
    egg_requires: str | None = None,
    setup_cfg: str | None = None,
    setup_py: str | None = None,
) -> SdistContents:
    return SdistContents(
        file=FILE.filename,
        pyproject=pyproject,
        pkg_info=pkg_info,
        egg_requires=egg_requires,
        setup_cfg=setup_cfg,
        setup_py=setup_py,
    )


def known(found: Metadata | Unavailable | None) -> Metadata:
    assert isinstance(found, Metadata), found
    return found


def failure(found: Metadata | Unavailable | None) -> Failure:
    assert isinstance(found, Unavailable), found
    return found.failure


class TestStatic:
    def test_a_project_table_needs_no_build(self) -> None:
        text = """
            [project]
            name = "Foo.Bar"
            version = "1.0"
            requires-python = ">=3.8"
            dependencies = ["numpy>=1", "x @ https://files.example/x;y.zip ; os_name == 'nt'"]
            optional-dependencies.fast = ["cython", "tbb; sys_platform == 'linux'"]
        """
        found = known(static_metadata(sdist(pyproject=text), FILE))
        assert found.source is MetadataSource.PYPROJECT
        assert found.source.verified
        assert found.requires_python == ">=3.8"
        assert found.provides_extra == ("fast",)
        assert found.requires_dist == (
            "numpy>=1",
            "x @ https://files.example/x;y.zip ; os_name == 'nt'",
            'cython ; extra == "fast"',
            "tbb ; (sys_platform == 'linux') and extra == \"fast\"",
        )

    @pytest.mark.parametrize("field", ["dependencies", "optional-dependencies", "requires-python"])
    def test_a_dynamic_requirement_needs_a_build(self, field: str) -> None:
        text = f'[project]\nname = "foo-bar"\nversion = "1.0"\ndynamic = ["{field}"]'
        assert static_metadata(sdist(pyproject=text), FILE) is None

    def test_a_dynamic_version_is_in_the_file_name_which_older_uv_did_not_use(self) -> None:
        text = '[project]\nname = "foo-bar"\ndynamic = ["version"]\ndependencies = ["numpy"]'
        assert known(static_metadata(sdist(pyproject=text), FILE)).version == "1.0"
        assert static_metadata(sdist(pyproject=text), FILE, egg_info=True) is None

    def test_a_poetry_table_may_hold_the_real_dependencies(self) -> None:
        text = '[project]\nname = "foo-bar"\nversion = "1.0"\n[tool.poetry]\nname = "foo-bar"'
        assert static_metadata(sdist(pyproject=text), FILE) is None
        assert static_metadata(sdist(pyproject=text.replace("[tool", "dependencies = []\n[tool")), FILE) is not None

    def test_a_requirement_that_does_not_parse_is_left_to_the_build(self) -> None:
        text = '[project]\nname = "foo-bar"\nversion = "1.0"\ndependencies = ["no way"]'
        assert static_metadata(sdist(pyproject=text), FILE) is None
        assert known(static_metadata(sdist(pyproject=text, pkg_info=STATIC), FILE)).source is MetadataSource.PKG_INFO

    @pytest.mark.parametrize(
        "text", ["[project", '[project]\nversion = "1.0"', "[project]\nname = 1", "a = " + "[" * 20_000, "project = 3"]
    )
    def test_a_broken_pyproject_is_invalid(self, text: str) -> None:
        assert failure(static_metadata(sdist(pyproject=text), FILE)) is Failure.INVALID

    def test_pkg_info_is_static_from_2_2_on_unless_it_says_dynamic(self) -> None:
        assert known(static_metadata(sdist(pkg_info=STATIC), FILE)).requires_dist == ("numpy",)
        assert static_metadata(sdist(pkg_info=STATIC.replace("2.2", "2.1")), FILE) is None
        assert static_metadata(sdist(pkg_info=STATIC.replace("2.2", "3.0")), FILE) is None
        assert static_metadata(sdist(pkg_info=STATIC + "Dynamic: Requires-Dist\n"), FILE) is None
        assert static_metadata(sdist(pkg_info=STATIC + "Dynamic: Version\n"), FILE) is not None

    def test_another_name_is_passed_over_today_and_was_an_error(self) -> None:
        other = STATIC.replace("foo-bar", "other")
        assert static_metadata(sdist(pkg_info=other), FILE) is None
        assert failure(static_metadata(sdist(pkg_info=other), FILE, egg_info=True)) is Failure.INCONSISTENT

    def test_an_egg_info_counted_in_older_uv_only(self) -> None:
        requires = "numpy\n\n[fast]\ncython\n\n[fast:os_name == 'nt']\ntbb\n\n[:python_version < '3']\nenum34\n"
        contents = sdist(pkg_info=OLD + "Requires-Python: >=2.7\n", egg_requires=requires)
        assert static_metadata(contents, FILE) is None
        found = known(static_metadata(contents, FILE, egg_info=True))
        assert found.source is MetadataSource.EGG_INFO
        assert found.requires_python == ">=2.7"
        assert found.provides_extra == ("fast",)
        assert found.requires_dist == (
            "numpy",
            'cython ; extra == "fast"',
            "tbb ; (os_name == 'nt') and extra == \"fast\"",
            "enum34 ; python_version < '3'",
        )


class TestLegacy:
    def test_an_egg_info_is_the_best_of_the_old_texts(self) -> None:
        found = known(legacy_metadata(sdist(pkg_info=OLD, egg_requires="six>=1 ; os_name == 'nt'\n"), FILE))
        assert (found.source, found.requires_dist) == (MetadataSource.EGG_INFO, ("six>=1 ; os_name == 'nt'",))
        assert not found.source.verified

    def test_an_egg_info_without_requirements_means_none(self) -> None:
        found = known(legacy_metadata(sdist(pkg_info=OLD, egg_requires="", setup_py="import foo_bar"), FILE))
        assert (found.source, found.requires_dist) == (MetadataSource.LEGACY_PKG_INFO, ())

    def test_what_an_old_pkg_info_names_is_needed(self) -> None:
        text = OLD + "Requires-Dist: six\nRequires-Python: >=3\n"
        found = known(legacy_metadata(sdist(pkg_info=text, setup_py="setup()"), FILE))
        assert (found.requires_dist, found.requires_python) == (("six",), ">=3")
        assert found.source is MetadataSource.LEGACY_PKG_INFO

    def test_other_backends_than_setuptools_write_all_they_know(self) -> None:
        backend = '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"'
        assert known(legacy_metadata(sdist(pkg_info=OLD, pyproject=backend), FILE)).requires_dist == ()
        setuptools = backend.replace("flit_core.buildapi", "setuptools.build_meta")
        assert failure(legacy_metadata(sdist(pkg_info=OLD, pyproject=setuptools), FILE)) is Failure.BUILD_FORBIDDEN

    def test_setup_cfg_is_read(self) -> None:
        text = (
            "[options]\npython_requires = >=3.6\n"
            "install_requires =\n    numpy\n    # why\n    six; python_version<'3'\n"
            "[options.extras_require]\nfast = cython; tbb\nslow =\n    a ; os_name == 'nt'\n"
        )
        found = known(legacy_metadata(sdist(setup_cfg=text), FILE))
        assert found.source is MetadataSource.SETUP_CFG
        assert (found.name, found.version, found.requires_python) == ("foo-bar", "1.0", ">=3.6")
        assert found.requires_dist == (
            "numpy",
            "six; python_version<'3'",
            'cython ; extra == "fast"',
            'tbb ; extra == "fast"',
            "a ; (os_name == 'nt') and extra == \"slow\"",
        )

    @pytest.mark.parametrize(
        "text", ["[options]\ninstall_requires = file: requirements.txt", "[metadata]\nname = a", "x"]
    )
    def test_a_setup_cfg_that_does_not_say_is_not_a_no(self, text: str) -> None:
        assert failure(legacy_metadata(sdist(setup_cfg=text), FILE)) is Failure.BUILD_FORBIDDEN

    def test_literals_of_setup_py_are_read(self) -> None:
        script = """
import setuptools
BASE = ["numpy>=1", "six"]
EXTRA = BASE + ["cython"]
NAME = "foo"
setuptools.setup(
    name=NAME + "-bar",
    version=open("VERSION").read(),
    install_requires=EXTRA,
    extras_require={"fast": ["tbb"], ":os_name == 'nt'": "pywin32"},
    python_requires=">=3.6",
)
"""
        found = known(legacy_metadata(sdist(setup_py=script, setup_cfg="[options]\ninstall_requires = no"), FILE))
        assert found.source is MetadataSource.SETUP_PY
        assert found.requires_dist == (
            "numpy>=1",
            "six",
            "cython",
            'tbb ; extra == "fast"',
            "pywin32 ; os_name == 'nt'",
        )
        assert (found.requires_python, found.provides_extra) == (">=3.6", ("fast",))

    def test_a_script_that_asks_for_nothing_and_no_other_text(self) -> None:
        found = known(legacy_metadata(sdist(setup_py="from distutils.core import setup\nsetup(name='x')"), FILE))
        assert (found.source, found.requires_dist) == (MetadataSource.SETUP_PY, ())

    @pytest.mark.parametrize(
        "script",
        [
            "setup(install_requires=open('requirements.txt').read())",
            "setup(install_requires=needs())",
            "r = ['a']\nr.append('b')\nsetup(install_requires=r)",
            "r = ['a']\nr += ['b']\nsetup(install_requires=r)",
            "r = ['a']\nif x:\n    r = ['b']\nsetup(install_requires=r)",
            "r = r\nsetup(install_requires=r)",
            "a = [b]\nb = a\nsetup(install_requires=a)",
            "setup(**arguments)",
            "setup(setup_requires=['pbr>=2'], pbr=True)",
            "setup(setup_requires=['pbr>=2'])",
            "if x:\n    setup()\nelse:\n    setup()",
            "print 'Python 2'\nsetup()",
            "configure()",
            "a0 = ['x'] * 2\n"
            + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(90))
            + "setup(install_requires=a90)",
            "a0 = ['x']\n" + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(90)) + "setup(install_requires=a90)",
            "x = " + "(" * 5000,
            "\0",
        ],
    )
    def test_what_only_running_it_would_tell_is_unknown(self, script: str) -> None:
        assert failure(legacy_metadata(sdist(pkg_info=OLD, setup_py=script), FILE)) is Failure.BUILD_FORBIDDEN

    def test_a_setup_py_stub_beside_a_project_table_says_nothing(self) -> None:
        text = '[project]\nname = "foo-bar"\ndynamic = ["dependencies"]'
        found = legacy_metadata(sdist(pyproject=text, setup_py="setup()"), FILE)
        assert failure(found) is Failure.BUILD_FORBIDDEN

    def test_another_name_inside_is_inconsistent(self) -> None:
        found = legacy_metadata(sdist(pkg_info=OLD.replace("foo-bar", "other"), egg_requires="six"), FILE)
        assert failure(found) is Failure.INCONSISTENT
