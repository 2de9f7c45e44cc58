"""What pip and uv read: every option, variable and key, and what becomes of it here. One table, used by its readers."""

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache

from backtrail.model.record import Record


class Fate(Enum):
    """Whether a setting is taken into account.

    HONOURED: as its tool does. REPORTED: it may change what the tool answers, and is named as not taken into account.
    IRRELEVANT: it changes no version that is chosen: where and how things are installed, cached, fetched or printed.
    """

    HONOURED = "honoured"
    REPORTED = "reported"
    IRRELEVANT = "irrelevant"


class Place(Enum):
    """Where people write a setting. KEY: in uv.toml or ``[tool.uv]``; PIP_KEY: below that in ``[pip]``.

    What pip calls an option is a variable (``PIP_…``) and a key of its configuration files, too.
    """

    OPTION = "option"
    VARIABLE = "variable"
    KEY = "key"
    PIP_KEY = "pip key"


class Form(Enum):
    """What a text means; values of a TOML file have their own types.

    WORDS are separated by white space, COMMAS by commas; NAMES stay one text, which adds to others of its name. ON is a
    switch that can be turned on alone: off, it leaves the setting to those who weigh less. TABLE has values by project.
    """

    TEXT = "text"
    SWITCH = "switch"
    ON = "on"
    WORDS = "words"
    COMMAS = "commas"
    NAMES = "names"
    TABLE = "table"


class Row(Record, frozen=True, kw_only=True):
    """One setting in one place of one tool. ``setting`` is what it is called here: two names may mean the same."""

    tool: str
    place: Place
    name: str
    fate: Fate
    setting: str
    form: Form = Form.TEXT


@cache
def rows(tool: str, place: Place) -> Mapping[str, Row]:
    """The settings of a tool in one place, by their names, in the order in which they weigh."""
    return {row.name: row for row in CATALOGUE if (row.tool, row.place) == (tool, place)}


def _rows(tool: str, place: Place, fate: Fate, form: Form = Form.TEXT, *, names: str) -> Iterator[Row]:
    """Rows of a kind; ``name=setting`` where the tool's name is another than ours."""
    for written in names.split():
        name, _, setting = written.partition("=")
        yield Row(tool=tool, place=place, name=name, fate=fate, setting=setting or name, form=form)


# fmt: off
CATALOGUE: tuple[Row, ...] = (
    *_rows("pip", Place.OPTION, Fate.HONOURED, names="""
        index-url cert uploaded-prior-to keyring-provider
    """),
    *_rows("pip", Place.OPTION, Fate.HONOURED, Form.WORDS, names="""
        extra-index-url find-links trusted-host constraint build-constraint
    """),
    *_rows("pip", Place.OPTION, Fate.HONOURED, Form.SWITCH, names="""
        no-index pre prefer-binary ignore-requires-python no-deps require-hashes no-require-hashes isolated
    """),
    *_rows("pip", Place.OPTION, Fate.HONOURED, Form.NAMES, names="""
        no-binary only-binary all-releases only-final
    """),
    *_rows("pip", Place.OPTION, Fate.REPORTED, names="""
        requirement editable group requirements-from-script platform python-version implementation abi
        config-settings use-feature use-deprecated client-cert proxy python no-build-isolation
    """),
    *_rows("pip", Place.OPTION, Fate.REPORTED, Form.SWITCH, names="""
        only-deps no-proxy-env
    """),
    *_rows("pip", Place.OPTION, Fate.IRRELEVANT, names="""
        break-system-packages cache-dir check-build-dependencies compile debug dest disable-pip-version-check dry-run
        exists-action force-reinstall help ignore-installed log no-cache-dir no-clean no-color no-compile no-input
        no-python-version-warning no-user no-warn-conflicts no-warn-script-location prefix progress-bar quiet
        refresh-package report require-virtualenv resume-retries retries root root-user-action src target timeout
        upgrade upgrade-strategy use-pep517 user verbose
    """),
    *_rows("pip", Place.VARIABLE, Fate.HONOURED, names="""
        PIP_CONFIG_FILE=config-file REQUESTS_CA_BUNDLE=cert CURL_CA_BUNDLE=cert
    """),
    *_rows("pip", Place.VARIABLE, Fate.IRRELEVANT, names="""
        PIP_BUILD_TRACKER PIP_NO_PARTIAL_CLONE_FOR_BROKEN_GIT_SERVER PIP_USER_AGENT_USER_DATA ENSUREPIP_OPTIONS
        _PIP_IN_BUILD_IGNORE_CONSTRAINTS _PIP_TEST_ENV _PIP_USE_IMPORTLIB_METADATA COMP_CWORD COMP_WORDS EDITOR
        VISUAL PATH GIT_SSH_COMMAND GIT_TERMINAL_PROMPT
    """),
    *_rows("uv", Place.OPTION, Fate.HONOURED, names="""
        index default-index index-url extra-index-url find-links no-index index-strategy prerelease resolution
        exclude-newer torch-backend no-binary only-binary no-deps require-hashes constraints=constraint
        overrides=override excludes=exclude build-constraints=build-constraint requirements=requirement editable extra
        group python python-version python-platform cert offline refresh allow-insecure-host=trusted-host universal
        fork-strategy all-extras no-sources no-sources-package no-build no-build-package exclude-newer-package
        prerelease-package config-file no-config keyring-provider
    """),
    *_rows("uv", Place.OPTION, Fate.REPORTED, names="""
        no-binary-package script config-setting config-settings-package no-build-isolation
        no-build-isolation-package require-build-hashes
        project directory managed-python no-managed-python target prefix
        system user exact no-verify-hashes no-editable no-editable-package
    """),
    *_rows("uv", Place.OPTION, Fate.IRRELEVANT, names="""
        annotation-style break-system-packages cache-dir check color compile-bytecode custom-compile-command dry-run
        check-exists no-require-build-hashes
        emit-build-options emit-find-links emit-index-annotation emit-index-url format generate-hashes help link-mode
        no-annotate no-break-system-packages no-cache no-emit-package no-header no-progress no-python-downloads
        no-strip-extras no-strip-markers output-file output-format quiet refresh-package reinstall reinstall-package
        strict system-certs upgrade upgrade-package upgrade-group verbose
    """),
    *_rows("uv", Place.VARIABLE, Fate.HONOURED, names="""
        UV_DEFAULT_INDEX=default-index UV_INDEX_URL=index-url UV_INDEX_STRATEGY=index-strategy
        UV_PRERELEASE=prerelease UV_RESOLUTION=resolution UV_EXCLUDE_NEWER=exclude-newer UV_PYTHON=python
        UV_FORK_STRATEGY=fork-strategy UV_KEYRING_PROVIDER=keyring-provider
        UV_TORCH_BACKEND=torch-backend SSL_CERT_FILE=cert UV_CONFIG_FILE=config-file UV_PROJECT=project
    """),
    *_rows("uv", Place.VARIABLE, Fate.HONOURED, Form.WORDS, names="""
        UV_INDEX=index UV_EXTRA_INDEX_URL=extra-index-url UV_INSECURE_HOST=trusted-host UV_CONSTRAINT=constraint
        UV_OVERRIDE=override UV_BUILD_CONSTRAINT=build-constraint UV_NO_SOURCES_PACKAGE=no-sources-package
        UV_EXCLUDE=exclude
    """),
    *_rows("uv", Place.VARIABLE, Fate.HONOURED, Form.COMMAS, names="""
        UV_FIND_LINKS=find-links
    """),
    *_rows("uv", Place.VARIABLE, Fate.HONOURED, Form.SWITCH, names="""
        UV_OFFLINE=offline UV_REQUIRE_HASHES=require-hashes UV_NO_CONFIG=no-config
        UV_NO_SYSTEM_CONFIG=no-system-config
    """),
    *_rows("uv", Place.VARIABLE, Fate.HONOURED, Form.ON, names="""
        UV_NO_SOURCES=no-sources
    """),
    *_rows("uv", Place.VARIABLE, Fate.REPORTED, names="""
        UV_CUDA_DRIVER_VERSION UV_AMD_GPU_ARCHITECTURE
        UV_NO_BUILD_PACKAGE UV_NO_BINARY_PACKAGE UV_WORKING_DIR
        UV_WORKING_DIRECTORY UV_PYTHON_PREFERENCE UV_PYTHON_SEARCH_PATH SSL_CLIENT_CERT UV_LIBC UV_ASTRAL_MIRROR_URL
    """),
    *_rows("uv", Place.VARIABLE, Fate.REPORTED, Form.SWITCH, names="""
        UV_NO_BUILD UV_NO_BINARY UV_NO_BUILD_ISOLATION UV_REQUIRE_BUILD_HASHES UV_SYSTEM_PYTHON
        UV_MANAGED_PYTHON UV_NO_MANAGED_PYTHON UV_SKIP_WHEEL_FILENAME_CHECK
    """),
    # the cache, and how the network is reached
    *_rows("uv", Place.VARIABLE, Fate.IRRELEVANT, names="""
        UV_CACHE UV_CACHE_DIR UV_NO_CACHE UV_CREDENTIALS_DIR UV_HTTP_TIMEOUT UV_REQUEST_TIMEOUT UV_HTTP_RETRIES
        UV_HTTP_CONNECT_TIMEOUT UV_UPLOAD_HTTP_TIMEOUT UV_NATIVE_TLS UV_SYSTEM_CERTS UV_CONCURRENT_DOWNLOADS
        UV_CONCURRENT_BUILDS UV_CONCURRENT_INSTALLS UV_CONCURRENT_CACHE_READS UV_LOCK_TIMEOUT
        UV_REQUIRE_METADATA_RANGE_REQUESTS UV_GITHUB_TOKEN UV_NO_GITHUB_FAST_PATH UV_GITHUB_FAST_PATH_URL UV_GIT_LFS
        UV_S3_ENDPOINT_URL UV_GCS_ENDPOINT_URL UV_AZURE_ENDPOINT_URL UV_API_KEY UV_AUTH_TOKEN UV_NO_HF_TOKEN
        UV_INSECURE_NO_ZIP_VALIDATION UV_LEGACY_TAR_BACKEND
    """),
    # Pythons, tools and environments: where they are put
    *_rows("uv", Place.VARIABLE, Fate.IRRELEVANT, names="""
        UV_BREAK_SYSTEM_PACKAGES UV_LINK_MODE UV_COMPILE_BYTECODE UV_COMPILE_BYTECODE_TIMEOUT UV_NO_EDITABLE
        UV_NO_VERIFY_HASHES UV_PYTHON_BIN_DIR UV_PYTHON_CACHE_DIR UV_PYTHON_DOWNLOADS UV_PYTHON_DOWNLOADS_JSON_URL
        UV_PYTHON_INSTALL_DIR UV_PYTHON_INSTALL_BIN UV_PYTHON_INSTALL_REGISTRY UV_PYTHON_NO_REGISTRY
        UV_PYTHON_INSTALL_MIRROR UV_PYPY_INSTALL_MIRROR UV_GRAALPY_INSTALL_MIRROR UV_PYODIDE_INSTALL_MIRROR
        UV_PYTHON_CPYTHON_BUILD UV_PYTHON_PYPY_BUILD UV_PYTHON_GRAALPY_BUILD UV_PYTHON_PYODIDE_BUILD UV_TOOL_DIR
        UV_TOOL_BIN_DIR UV_PROJECT_ENVIRONMENT UV_VENV_CLEAR UV_VENV_RELOCATABLE UV_VENV_SEED UV_INIT_BARE
        UV_INIT_BUILD_BACKEND UV_INSTALL_DIR UV_INSTALLER_GITHUB_BASE_URL UV_INSTALLER_GHE_BASE_URL UV_DOWNLOAD_URL
        UV_UNMANAGED_INSTALL UV_NO_MODIFY_PATH UV_NO_INSTALLER_METADATA
    """),
    # other commands: locking, syncing, running, publishing
    *_rows("uv", Place.VARIABLE, Fate.IRRELEVANT, names="""
        UV_FROZEN UV_LOCKED UV_NO_SYNC UV_NO_PROJECT UV_NO_INSTALL_PROJECT UV_NO_INSTALL_WORKSPACE
        UV_NO_INSTALL_LOCAL UV_ONLY_INSTALL_PROJECT UV_ONLY_INSTALL_WORKSPACE UV_ONLY_INSTALL_LOCAL UV_NO_ENV_FILE
        UV_DEV UV_NO_DEV UV_NO_GROUP UV_NO_DEFAULT_GROUPS UV_ENV_FILE UV_ISOLATED UV_RUN_RECURSION_DEPTH
        UV_RUN_MAX_RECURSION_DEPTH UV_RUN_RLIMIT_NOFILE UV_MALWARE_CHECK UV_MALWARE_CHECK_URL UV_PUBLISH_URL
        UV_PUBLISH_TOKEN UV_PUBLISH_INDEX UV_PUBLISH_USERNAME UV_PUBLISH_PASSWORD UV_PUBLISH_CHECK_URL
        UV_PUBLISH_NO_ATTESTATIONS
    """),
    # what is printed, and uv's own workings
    *_rows("uv", Place.VARIABLE, Fate.IRRELEVANT, names="""
        UV_CUSTOM_COMPILE_COMMAND UV_NO_PROGRESS UV_NO_WRAP UV_LOG_CONTEXT UV_SHOW_RESOLUTION UV_HIDE_BUILD_OUTPUT
        UV_PREVIEW UV_PREVIEW_FEATURES UV_STACK_SIZE UV_UPDATE_SCHEMA UV_INTERNAL__
    """),
    # of the same weight the first counts: a default among ``index`` before ``index-url``
    *_rows("uv", Place.KEY, Fate.HONOURED, Form.WORDS, names="""
        index
    """),
    *_rows("uv", Place.KEY, Fate.HONOURED, Form.WORDS, names="""
        extra-index-url find-links no-build-package=only-binary no-binary-package=no-binary
        allow-insecure-host=trusted-host constraint-dependencies override-dependencies build-constraint-dependencies
        environments required-environments no-sources-package exclude-dependencies dependency-metadata
    """),
    *_rows("uv", Place.KEY, Fate.HONOURED, names="""
        index-url index-strategy resolution prerelease exclude-newer fork-strategy keyring-provider torch-backend
    """),
    *_rows("uv", Place.KEY, Fate.HONOURED, Form.TABLE, names="""
        exclude-newer-package prerelease-package
    """),
    *_rows("uv", Place.KEY, Fate.HONOURED, names="""
        pip
    """),
    *_rows("uv", Place.KEY, Fate.HONOURED, Form.SWITCH, names="""
        no-index offline no-build=only-binary no-binary no-sources
    """),
    *_rows("uv", Place.KEY, Fate.REPORTED, names="""
        required-version
        workspace conflicts minimum-libc-version
        http-proxy https-proxy no-proxy config-settings config-settings-package no-build-isolation
        no-build-isolation-package extra-build-dependencies extra-build-variables require-build-hashes
        python-preference dev-dependencies
    """),
    *_rows("uv", Place.KEY, Fate.IRRELEVANT, names="""
        system-certs native-tls no-cache cache-dir preview preview-features python-downloads concurrent-downloads
        concurrent-builds concurrent-installs link-mode compile-bytecode reinstall reinstall-package
        python-install-mirror pypy-install-mirror graalpy-install-mirror pyodide-install-mirror
        python-downloads-json-url publish-url trusted-publishing check-url add-bounds audit cache-keys managed
        package build-backend default-groups dependency-groups upgrade upgrade-package
    """),
    # read with the project that it belongs to
    *_rows("uv", Place.KEY, Fate.IRRELEVANT, names="""
        sources
    """),
    *_rows("uv", Place.PIP_KEY, Fate.HONOURED, names="""
        index-url index-strategy resolution prerelease exclude-newer fork-strategy python-version=python python
        python-platform keyring-provider torch-backend
    """),
    *_rows("uv", Place.PIP_KEY, Fate.HONOURED, Form.TABLE, names="""
        exclude-newer-package
    """),
    *_rows("uv", Place.PIP_KEY, Fate.HONOURED, Form.SWITCH, names="""
        no-index no-build=only-binary no-deps require-hashes no-sources
    """),
    *_rows("uv", Place.PIP_KEY, Fate.HONOURED, Form.WORDS, names="""
        extra-index-url find-links no-binary only-binary no-sources-package dependency-metadata
    """),
    *_rows("uv", Place.PIP_KEY, Fate.REPORTED, names="""
        extra all-extras no-extra group universal
        config-settings config-settings-package
        no-build-isolation no-build-isolation-package extra-build-dependencies extra-build-variables
        require-build-hashes system target prefix
    """),
    *_rows("uv", Place.PIP_KEY, Fate.IRRELEVANT, names="""
        break-system-packages strict allow-empty-requirements output-file no-strip-extras no-strip-markers
        no-annotate no-header custom-compile-command generate-hashes no-emit-package emit-index-url emit-find-links
        emit-build-options emit-marker-expression emit-index-annotation annotation-style link-mode compile-bytecode
        verify-hashes reinstall reinstall-package upgrade upgrade-package
    """),
)
# fmt: on
