"""``--torch-backend`` of ``uv pip``: the index that the projects of PyTorch are taken from, and they alone."""

from packaging.utils import NormalizedName

from backtrail.inputs.given import Given, refused
from backtrail.inputs.local_builds import address_of

_CUDA = "132 130 129 128 126 125 124 123 122 121 120 118 117 116 115 114 113 112 111 110 102 101 100 92 91 90 80"
_ROCM = "7.2 7.1 7.0 6.4 6.3 6.2.4 6.2 6.1 6.0 5.7 5.6 5.5 5.4.2 5.4 5.3 5.2 5.1.1 4.2 4.1 4.0.1"
_BACKENDS = frozenset(
    {"cpu", "xpu", *(f"cu{version}" for version in _CUDA.split()), *(f"rocm{version}" for version in _ROCM.split())}
)
"""What uv 0.13.9 takes beside ``auto``."""

_AUTO, _WITHOUT_GPU = "auto", "cpu"


def settle_torch_backend(given: Given) -> tuple[tuple[NormalizedName, str], ...]:
    """The projects that a backend is about, each with its index. Raises InputError for what is no backend."""
    setting = given.one("torch-backend")
    if setting is None:
        return ()
    projects = given.dialect.torch_projects
    if not projects:
        given.pass_over(setting)
        return ()
    backend = setting.value
    if backend == _AUTO:
        backend = _WITHOUT_GPU
        given.warnings.append(
            f"{setting.origin} {_AUTO}: uv looks for the drivers of a GPU, which nobody does here; the answer is that "
            f"for a machine without any: {_WITHOUT_GPU}"
        )
    if backend not in _BACKENDS:
        raise refused(setting, "is no backend of PyTorch that uv knows (auto, cpu, cu128, rocm6.4, xpu …)")
    url = f"https://{address_of(backend)}"
    return tuple((name, url) for name in sorted(projects))
