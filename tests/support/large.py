"""A report of the size that a large application has: 700 packages, 10,000 events."""

from packaging.utils import canonicalize_name

from backtrail.model.case import Report
from backtrail.model.run import Asked, Pin, Run
from backtrail.model.trail import (
    Because,
    Chosen,
    Conflicted,
    Decided,
    Event,
    Finished,
    Outcome,
    Package,
    Read,
    Rejected,
    Required,
    Rewound,
)
from support.reports import asked, question, wanted, wheel


def large(packages: int = 700, events: int = 10_000) -> Report:
    """Each package asks for the next; now and then a conflict takes the last decisions back."""
    names = [canonicalize_name(f"package-{number:03}") for number in range(packages)]
    trail: list[Event] = []
    decided: list[tuple[Package, str]] = []
    number = 0
    while len(trail) < events - 1:
        place = number % packages
        if place == 0 and decided:
            trail.append(Rewound(level=1, undone=tuple(reversed(decided)), because=Because.BACKJUMP))
            decided.clear()
        package = Package(kind="project", name=names[place])
        version, newer = f"1.{number % 7}.0", f"2.{number % 7}.0"
        by = names[place - 1] if place else None
        requirement = wanted(f"{names[place]}>=1", None if by else "requirements.txt", None if by else 1)
        asks = Required(id=number, requirement=requirement, by=by, version=f"1.{(number - 1) % 7}.0" if by else None)
        trail += [
            Chosen(package=package, among=packages - place, why="unspecified", place=place, wanted=">=1"),
            Read(
                what="metadata", name=names[place], version=version, file=f"{names[place]}-{version}-py3-none-any.whl"
            ),
            asks,
            Rejected(package=package, version=newer, because=Because.CONFLICT, requirements=(number,)),
            Decided(
                package=package, version=version, level=place + 2, file=f"{names[place]}-{version}-py3-none-any.whl"
            ),
        ]
        decided.append((package, version))
        number += 1
        if number % 150 == 0:
            trail += [
                Conflicted(requirements=(number - 1, number - 2)),
                Rewound(level=place - 3, undone=tuple(reversed(decided[-3:])), because=Because.BACKJUMP),
            ]
            del decided[-3:]
    trail = [*trail[: events - 1], Finished(outcome=Outcome.SOLVED)]
    pins = tuple(
        Pin(
            name=name,
            version=f"1.{place % 7}.0",
            file=wheel(name, f"1.{place % 7}.0", "py3-none-any"),
            requested_by=(
                asked(names[place - 1], f"1.{(place - 1) % 7}.0", f"{name}>=1")
                if place
                else Asked(requirement=wanted(f"{name}>=1", "requirements.txt", 1)),
            ),
        )
        for place, name in enumerate(names)
    )
    run = Run(
        resolver="uv",
        profile="0.13.9",
        basis="exact",
        outcome=Outcome.SOLVED,
        pins=pins,
        attempts={name: (f"2.{place % 7}.0", f"1.{place % 7}.0") for place, name in enumerate(names)},
        trail=tuple(trail),
    )
    return Report(question=question(wanted(f"{names[0]}>=1", "requirements.txt", 1)), runs=(run,))
