"""The candidate graph of one run: what is in it, and the forms it is written in."""

import io
import json
import xml.etree.ElementTree as ET

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.model.files import File, FileKind, Listing
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.model.requirement import Requirement, parse_requirement
from backtrail.model.run import Pin, Run
from backtrail.model.trail import Because, Outcome, Package, Rejected
from backtrail.model.verdict import Exclusion, Reason, Verdict
from backtrail.report.candidate_graph import ROOT, VERSIONS_SHOWN, WRITERS, candidate_graph
from support.reports import INDEX, TARGET

A, B = canonicalize_name("a"), canonicalize_name("b")


def _file(name: str, version: str) -> File:
    filename = f"{name}-{version}.tar.gz"
    return File(filename=filename, url=f"{INDEX}/{filename}", version=version, kind=FileKind.SDIST, index=INDEX)


def _listing(name: NormalizedName, *versions: str) -> Listing:
    return Listing.of(name, INDEX, [_file(name, version) for version in versions])


def _refused(name: NormalizedName, version: str, because: Because, *reasons: Reason) -> Rejected:
    exclusions = tuple(Exclusion(reason=reason) for reason in reasons)
    return Rejected(package=Package(kind="project", name=name), version=version, because=because, exclusions=exclusions)


RUN = Run(
    resolver="uv",
    profile="0.13.9",
    basis="exact",
    outcome=Outcome.SOLVED,
    pins=(
        Pin(name=A, version="2", file=_file("a", "2"), extras=("fast",)),
        Pin(name=B, version="1", file=_file("b", "1")),
    ),
    attempts={"a": ("3", "2"), "b": ("1",)},
    trail=(
        _refused(A, "3", Because.CONFLICT),
        _refused(A, "4", Because.FILES, Reason.YANKED),
    ),
)
METADATA: dict[tuple[str, str], Metadata | Unavailable] = {
    ("a", "2"): Metadata(
        name="a",
        version="2",
        requires_dist=("b>=1; sys_platform == 'linux'", "b<9; extra == 'fast'", "c; sys_platform == 'win32'", "!"),
        source=MetadataSource.WHEEL,
    ),
    ("a", "3"): Unavailable(failure=Failure.NETWORK, file="a-3.tar.gz"),
}


def _graph(
    run: Run = RUN, *requirements: Requirement, texts: dict[tuple[str, str], str] | None = None
) -> nx.MultiDiGraph:
    def metadata(name: NormalizedName, version: str) -> Metadata | Unavailable | None:
        if texts is not None:
            return Metadata(
                name=name, version=version, requires_dist=tuple(texts.values()), source=MetadataSource.WHEEL
            )
        return METADATA.get((name, version))

    return candidate_graph(
        run,
        requirements or (parse_requirement("a>=1"),),
        TARGET,
        listings={A: _listing(A, "1", "2", "3", "4"), B: _listing(B, "1")},
        metadata=metadata,
        verdict=lambda file: Verdict(
            file=file, exclusions=(Exclusion(reason=Reason.YANKED),) if file.version == "4" else ()
        ),
    )


def test_what_the_run_met_is_in_the_graph_and_nothing_else() -> None:
    nodes = dict(_graph().nodes(data=True))
    assert list(nodes) == [ROOT, "a", "b", "a==3", "a==2", "c", "a==4", "b==1"]
    assert nodes["a"] == {"kind": "project", "versions": 4, "pinned": "2"}
    assert (nodes["a==2"]["state"], nodes["a==2"]["because"], nodes["a==2"]["usable"]) == ("pinned", "", 1)
    assert (nodes["a==3"]["state"], nodes["a==3"]["because"], nodes["a==3"]["metadata"]) == (
        "refused", "conflict", "network",
    )  # fmt: skip
    assert (nodes["a==4"]["because"], nodes["a==4"]["files"], nodes["a==4"]["usable"]) == ("files yanked", 1, 0)
    assert nodes["a==2"]["unreadable"] == "!"
    assert nodes["b==1"]["metadata"] == "not read"


def test_requirements_say_whether_they_hold() -> None:
    edges = [
        (one, other, data["specifier"], data["holds"])
        for one, other, data in _graph().edges(data=True)
        if data["kind"] == "requires"
    ]
    assert edges == [
        (ROOT, "a", ">=1", "true"),
        ("a==2", "b", ">=1", "true"),
        ("a==2", "b", "<9", "true"),
        ("a==2", "c", "", "false"),
    ]


def test_the_graph_is_bounded_and_keeps_the_pin() -> None:
    many = tuple(str(number) for number in range(1000, 0, -1))
    run = Run(
        resolver="uv",
        profile="0.13.9",
        basis="exact",
        outcome=Outcome.SOLVED,
        pins=(Pin(name=A, version="1"),),
        attempts={"a": many},
    )
    candidates = [node for node, data in _graph(run).nodes(data=True) if data["kind"] == "candidate"]
    assert len(candidates) == VERSIONS_SHOWN + 1
    assert candidates[-1] == "a==1"


@pytest.mark.parametrize("form", WRITERS)
def test_the_same_run_is_written_the_same(form: str) -> None:
    assert WRITERS[form](_graph()) == WRITERS[form](_graph())


def test_dot_and_mermaid_in_full() -> None:
    run = Run(resolver="uv", profile="0.13.9", basis="exact", outcome=Outcome.IMPOSSIBLE, trail=RUN.trail[:1])
    graph = _graph(run)
    assert WRITERS["dot"](graph).splitlines() == [
        "digraph backtrail {",
        "  rankdir=LR;",
        '  node [fontname="sans-serif"];',
        '  "your requirements" [label="your requirements", shape="house", style="solid"];',
        '  "a" [label="a", shape="box", style="solid"];',
        '  "a==3" [label="a==3\\nconflict", shape="ellipse", style="dashed"];',
        '  "your requirements" -> "a" [label=">=1", style="solid"];',
        '  "a" -> "a==3" [arrowhead="none"];',
        "}",
    ]
    assert WRITERS["mermaid"](graph).splitlines() == [
        "flowchart LR",
        '  n0[/"your requirements"/]',
        '  n1["a"]',
        '  n2(["a==3: conflict"])',
        '  n0 -->|"#62;=1"| n1',
        "  n1 --- n2",
        "  style n2 stroke-dasharray:4",
        "%% written by backtrail",
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_hostile_text_breaks_no_form(version: str, requirement: str) -> None:
    trail = (_refused(A, version, Because.CONFLICT),)
    graph = _graph(
        Run(resolver="uv", profile="0.13.9", basis="exact", outcome=Outcome.IMPOSSIBLE, trail=trail),
        texts={("a", version): requirement, ("a", ""): f"b @ https://u:secret@x/{requirement}"},
    )
    written = {form: write(graph) for form, write in WRITERS.items()}
    ET.fromstring(written["graphml"])
    assert nx.read_graphml(io.BytesIO(written["graphml"].encode())).number_of_nodes() == graph.number_of_nodes()
    back = nx.node_link_graph(json.loads(written["json"]), edges="edges")
    assert list(back.nodes(data=True)) == list(graph.nodes(data=True))
    for line in written["mermaid"].splitlines()[1:]:
        assert line.count('"') in {0, 2}
    for line in written["dot"].splitlines():
        assert line.replace("\\\\", "").replace('\\"', "").count('"') % 2 == 0
    for form in written.values():
        assert "secret" not in form
