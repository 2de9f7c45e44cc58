"""Where keys and tables stand in TOML, in the ways people write them."""

import pytest

from backtrail.inputs.toml_lines import line_of

TEXT = """\
# settings
name = "x"
[tool.uv]
index-url = "a"  # [tool.uv.pip]
find-links = [
  "one",
  'two',
]
"no-index" = true
pip.resolution = "lowest"

[[tool.uv.index]]
url = "a"
[[ tool.uv.index ]]
url = "b"
[tool.uv.sources]
x = { git = "y" }
"""


@pytest.mark.parametrize(
    ("path", "more", "line"),
    [
        (("name",), {}, 2),
        (("tool", "uv", "index-url"), {}, 4),
        (("tool", "uv", "find-links"), {"word": "two"}, 7),
        (("tool", "uv", "find-links"), {"word": "elsewhere"}, 5),
        (("tool", "uv", "no-index"), {}, 9),
        (("tool", "uv", "pip", "resolution"), {}, 10),
        (("tool", "uv", "pip"), {}, 10),
        (("tool", "uv", "index"), {"nth": 1}, 14),
        (("tool", "uv", "index"), {"nth": 9}, 14),
        (("tool", "uv", "sources"), {}, 16),
        (("tool", "uv"), {}, 3),
        (("nowhere",), {}, 1),
    ],
)
def test_lines(path: tuple[str, ...], more: dict[str, object], line: int) -> None:
    assert line_of(TEXT, path, **more) == line  # type: ignore[arg-type]
