"""Worlds that logs of the real tools are recorded on, beside the seed: what the recorder serves, tests ask again."""

from support.worlds import Project, Question, World, release

PLATFORM = "x86_64-manylinux_2_28"

CONFLICT = World(
    name="conflict",
    projects=(
        Project(
            name="service",
            releases=(
                release("service", "1.0", "toolkit>=2"),
                release("service", "1.1", "toolkit>=2", "codec>=1"),
                release("service", "1.2rc1", "toolkit>=4"),
            ),
        ),
        Project(
            name="toolkit",
            releases=(
                release("toolkit", "1.9", "codec<3"),
                release("toolkit", "2.0", "codec<2"),
                release("toolkit", "2.1", "codec<2", "codec!=1.1"),
                release("toolkit", "2.2", "codec>=2", yanked="breaks on import"),
                release("toolkit", "3.0", "codec>=2", requires_python=">=3.14"),
            ),
        ),
        Project(name="codec", releases=tuple(release("codec", one) for one in ("1.0", "1.1", "2.0", "2.1"))),
    ),
    question=Question(requirements=("service>=1", "codec>=2"), python="3.11", python_platform=PLATFORM),
)
"""Nothing meets the lines, and what would is hidden: a yanked release, a pre-release, and one for a newer Python."""

GUARDED = World(
    name="guarded",
    projects=(
        Project(
            name="reader",
            releases=(
                *(release("reader", f"1.{minor}", "buffer>=1,<2", f"page=={minor}.0") for minor in range(4)),
                *(release("reader", f"2.{minor}", "buffer>=2", f"page=={minor}.0") for minor in range(6)),
                release("reader", "3.0", "buffer>=2", requires_python=">=3.13"),
            ),
        ),
        Project(
            name="store",
            releases=(
                release("store", "1.0", "buffer<2"),
                release("store", "1.1", "buffer<2", sdist=True),
                release("store", "2.0", "buffer<2", tags=("cp313-cp313-manylinux_2_28_x86_64",)),
            ),
        ),
        Project(name="buffer", releases=tuple(release("buffer", one) for one in ("1.0", "1.5", "2.0", "2.1"))),
        Project(name="page", releases=tuple(release("page", f"{minor}.0") for minor in range(6))),
    ),
    question=Question(requirements=("reader", "store>=1"), python="3.11", python_platform=PLATFORM),
)
"""Releases for another Python are passed over, and from the others the tools go back to older ones."""

WORLDS = {world.name: world for world in (CONFLICT, GUARDED)}
