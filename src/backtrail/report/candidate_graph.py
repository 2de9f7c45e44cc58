"""The candidate graph: the projects and versions a run met, what they ask for, and why versions were refused."""

import json
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any

import networkx as nx
from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from backtrail.model.files import File, Listing, NotRecordedError
from backtrail.model.marks import MARK
from backtrail.model.metadata import Metadata, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.safe_text import shown
from backtrail.model.target import Target
from backtrail.model.trail import Rejected
from backtrail.model.verdict import Verdict
from backtrail.standards.lenient import lenient_requirement

ROOT = "your requirements"
VERSIONS_SHOWN = 200
"""The most versions of one project in the graph, the first visited before the others; the pinned one always."""


def candidate_graph(
    run: Run,
    requirements: Iterable[Requirement],
    target: Target,
    *,
    listings: Mapping[NormalizedName, Listing],
    metadata: Callable[[NormalizedName, str], Metadata | Unavailable | None],
    verdict: Callable[[File], Verdict],
) -> Any:
    """Build the graph (a ``networkx.MultiDiGraph``) of what one run met; the same run gives the same graph.

    Nodes are the root, projects (by name) and candidates (``name==version``); ``kind`` says which. A project's edges
    (``candidate``) lead to its versions, a candidate's and the root's (``requires``) to projects, with ``specifier``,
    ``marker`` and ``holds``: whether the marker is true for the target and the extras the run took (``unknown`` where
    it cannot be evaluated). A candidate's ``state`` is ``pinned``, ``refused`` (then ``because`` says why) or
    ``tried``. ``files`` and ``usable`` count its files. Values are strings and numbers that print.

    ``metadata`` returns None where nobody read it. Versions nobody looked at are not in the graph.
    """
    graph = nx.MultiDiGraph(resolver=run.key, python=target.python, platform=target.platform)
    graph.add_node(ROOT, kind="root")
    pinned = {pin.name: pin for pin in run.pins}
    met = _met(run)
    for name in sorted(met):
        listing = listings.get(name)
        pin = pinned.get(name)
        graph.add_node(
            name, kind="project", versions=len(listing.versions) if listing else 0, pinned=pin.version if pin else ""
        )
    for requirement in requirements:
        _require(graph, ROOT, requirement, target, ())
    refused = _refused(run)
    for name in sorted(met):
        for version in met[name]:
            pin = pinned.get(name)
            taken = pin is not None and pin.version == version
            node = shown(f"{name}=={version}")
            because = "" if taken else refused.get((name, version), "")
            graph.add_node(
                node,
                kind="candidate",
                state="pinned" if taken else "refused" if because else "tried",
                because=because,
                **_files(listings.get(name), version, verdict),
            )
            graph.add_edge(name, node, kind="candidate")
            _requirements(graph, node, metadata(name, version), target, pin.extras if pin and taken else ())
    return graph


def _met(run: Run) -> dict[NormalizedName, tuple[str, ...]]:
    """The versions of each project in the order of the first visit, bounded; what was refused unvisited after them."""
    found: dict[NormalizedName, dict[str, None]] = {}
    for name, versions in run.attempts.items():
        found[NormalizedName(name)] = dict.fromkeys(versions)
    for event in run.trail:
        if isinstance(event, Rejected) and event.package.name is not None and event.version is not None:
            found.setdefault(event.package.name, {})[event.version] = None
    cut = {name: tuple(versions)[:VERSIONS_SHOWN] for name, versions in found.items()}
    for pin in run.pins:
        versions = cut.get(pin.name, ())
        cut[pin.name] = versions if pin.version in versions else (*versions, pin.version)
    return cut


def _refused(run: Run) -> dict[tuple[str, str], str]:
    """The first reason for which each version was refused."""
    found: dict[tuple[str, str], str] = {}
    for event in run.trail:
        if isinstance(event, Rejected) and event.package.name is not None and event.version is not None:
            reasons = [exclusion.reason.value for exclusion in event.exclusions]
            failure = [] if event.unavailable is None else [event.unavailable.failure.value]
            because = " ".join((event.because.value, *dict.fromkeys((*reasons, *failure))))
            found.setdefault((event.package.name, event.version), because)
    return found


def _files(listing: Listing | None, version: str, verdict: Callable[[File], Verdict]) -> dict[str, int]:
    if listing is None:
        return {}
    try:
        place = listing.position.get(str(Version(version)))
        files = () if place is None else listing.files(place)
    except (InvalidVersion, NotRecordedError):
        return {}
    return {"files": len(files), "usable": sum(verdict(file).usable for file in files)}


def _requirements(
    graph: Any, node: str, found: Metadata | Unavailable | None, target: Target, extras: tuple[str, ...]
) -> None:
    if not isinstance(found, Metadata):
        graph.nodes[node]["metadata"] = "not read" if found is None else found.failure.value
        return
    graph.nodes[node]["metadata"] = found.source.value
    unreadable = []
    for text in found.requires_dist:
        requirement = lenient_requirement(text)
        if requirement is None:
            unreadable.append(shown(text))
        else:
            _require(graph, node, requirement, target, extras)
    if unreadable:
        graph.nodes[node]["unreadable"] = "; ".join(unreadable)


def _require(graph: Any, node: str, requirement: Requirement, target: Target, extras: tuple[str, ...]) -> None:
    if requirement.name not in graph:  # nobody looked at it: no marker held, or the run ended before
        graph.add_node(requirement.name, kind="project", versions=0, pinned="")
    graph.add_edge(
        node,
        requirement.name,
        kind="requires",
        specifier=shown(requirement.url or requirement.specifier),
        extras=",".join(requirement.extras),
        marker=shown(requirement.marker or ""),
        holds=_holds(requirement, target, extras),
    )


def _holds(requirement: Requirement, target: Target, extras: tuple[str, ...]) -> str:
    holds = requirement.applies(target.markers, extras)
    return "unknown" if holds is None else "true" if holds else "false"


# Writers


def to_dot(graph: Any) -> str:
    """Graphviz DOT."""
    lines = ["digraph backtrail {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    lines.extend(f"  {_quoted(node)} [{_listed(_dot_node(node, data))}];" for node, data in graph.nodes(data=True))
    lines.extend(
        f"  {_quoted(one)} -> {_quoted(other)} [{_listed(_dot_edge(data))}];"
        for one, other, data in graph.edges(data=True)
    )
    return "\n".join((*lines, "}", ""))


def _dot_node(node: str, data: Mapping[str, Any]) -> dict[str, str]:
    shape = {"root": "house", "project": "box"}.get(data["kind"], "ellipse")
    style = {"pinned": "bold", "refused": "dashed"}.get(data.get("state", ""), "solid")
    because = data.get("because")
    return {"label": f"{node}\n{because}" if because else node, "shape": shape, "style": style}


def _dot_edge(data: Mapping[str, Any]) -> dict[str, str]:
    if data["kind"] == "candidate":
        return {"arrowhead": "none"}
    return {"label": _edge_label(data), "style": "dotted" if data["holds"] == "false" else "solid"}


def _edge_label(data: Mapping[str, Any]) -> str:
    extras = f"[{data['extras']}]" if data["extras"] else ""
    marker = f" ; {data['marker']}" if data["marker"] else ""
    return f"{extras}{data['specifier']}{marker}"


def _quoted(text: str) -> str:
    """A DOT string: in it only the quote, the backslash and the line end mean something."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _listed(attributes: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in attributes.items())


def to_graphml(graph: Any) -> str:
    """GraphML, with every attribute."""
    out = BytesIO()
    nx.write_graphml(graph, out, encoding="utf-8")
    return f"{out.getvalue().decode('utf-8')}\n<!-- {MARK} -->\n"


def to_mermaid(graph: Any) -> str:
    """A Mermaid flow chart."""
    names = {node: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node, data in graph.nodes(data=True):
        because = data.get("because")
        label = _entities(f"{node}: {because}" if because else node)
        left, right = {"root": ("[/", "/]"), "project": ("[", "]")}.get(data["kind"], ("([", "])"))
        lines.append(f'  {names[node]}{left}"{label}"{right}')
    for one, other, data in graph.edges(data=True):
        if data["kind"] == "candidate":
            lines.append(f"  {names[one]} --- {names[other]}")
            continue
        label = _entities(_edge_label(data))
        arrow = "-.->" if data["holds"] == "false" else "-->"
        lines.append(
            f'  {names[one]} {arrow}|"{label}"| {names[other]}' if label else f"  {names[one]} {arrow} {names[other]}"
        )
    lines.extend(
        f"  style {names[node]} stroke-width:3px"
        for node, data in graph.nodes(data=True)
        if data.get("state") == "pinned"
    )
    lines.extend(
        f"  style {names[node]} stroke-dasharray:4"
        for node, data in graph.nodes(data=True)
        if data.get("state") == "refused"
    )
    return "\n".join((*lines, f"%% {MARK}", ""))


def _entities(text: str) -> str:
    """A Mermaid label: everything but plain words and numbers as a character code."""
    return "".join(char if char.isalnum() or char in " .-_=:,!" else f"#{ord(char)};" for char in text)


def to_node_link_json(graph: Any) -> str:
    """JSON as networkx reads it back: ``nodes`` and ``edges`` with every attribute."""
    document = {"generator": "backtrail", **nx.node_link_data(graph, edges="edges")}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


WRITERS: dict[str, Callable[[Any], str]] = {
    "dot": to_dot,
    "graphml": to_graphml,
    "mermaid": to_mermaid,
    "json": to_node_link_json,
}
"""The forms of the graph by the name the command line gives them."""
