"""The tools that are reproduced, by name: what ``--resolver`` takes. An unknown tool is an error here only."""

from collections.abc import Callable, Iterable
from functools import lru_cache

import msgspec

from backtrail.model.errors import InputError
from backtrail.model.policy import SUFFIXES, Mode, Policy
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.resolvers.pip.tool import PIP
from backtrail.resolvers.protocol import Memory, Resolver, Tool
from backtrail.resolvers.uv.tool import UV

TOOLS: dict[str, Tool] = {tool.name: tool for tool in (UV, PIP)}
"""In the order in which ``both`` asks them."""


LOCALS_APART = Policy(tool=UV.name, release="0.4.18")
"""The last exact release that takes a local version for a version of its own; always named with local variants."""


def resolver_of(policy: Policy) -> Resolver:
    """The resolver that a policy names; raises KeyError for a tool that there is not."""
    return _resolver(TOOLS[policy.tool], policy)


@lru_cache(maxsize=256)
def _resolver(tool: Tool, policy: Policy) -> Resolver:
    return tool.resolver(policy)


def resolve(
    question: Question,
    policy: Policy,
    source: Source,
    *,
    silent: bool = False,
    pace: Callable[[], None] = lambda: None,
    memory: Memory | None = None,
) -> Run:
    """Run the resolver that the policy names; ``silent``: without a trail.

    ``pace`` is called when a round begins. It and ``source`` may raise GaveUpError, which ends the run. ``memory`` is
    that of the answer that the run is for, None: there are no other runs.
    """
    memory = {} if memory is None else memory
    return resolver_of(policy).solve(question, source, silent=silent, pace=pace, memory=memory)


def basis(policy: Policy) -> str:
    """How the release of a policy is known: ``exact``, ``composed`` or ``newer``."""
    return TOOLS[policy.tool].history.basis(policy)


def newest_known(key: str) -> Policy:
    """As which a newer release of a resolver is answered; ``key`` is that of the newer one."""
    policy = parse_resolver(key)
    return msgspec.structs.replace(policy, release=TOOLS[policy.tool].history.newest)


def is_same_tool(one: Policy, other: Policy) -> bool:
    """Whether two policies are of one tool, in whatever release and for whatever kind of resolution."""
    return one.tool == other.tool


def with_rule(policy: Policy, rule: str) -> Policy | None:
    """A policy with a rule switched, ``TOOL.RULE``; None for one of another tool. Raises InputError for no rule."""
    tool, name = _rule(rule)
    return msgspec.structs.replace(policy, switched=policy.switched ^ {name}) if TOOLS[policy.tool] is tool else None


def check_rule(rule: str) -> None:
    """Raise InputError for what is no rule, ``TOOL.RULE``, of a tool that can be switched."""
    _rule(rule)


def _rule(text: str) -> tuple[Tool, str]:
    name, _, rule = text.partition(".")
    tool = TOOLS.get(name)
    if tool is None:
        raise InputError(f"{text!r} is not a rule: write TOOL.RULE, with {' or '.join(TOOLS)} before the point")
    known = tool.rules(Policy(tool=tool.name, release=tool.history.newest))
    if rule not in known:
        raise InputError(f"{text!r} is not a rule: those of {name} are {', '.join(sorted(known))}")
    return tool, rule


def others(policy: Policy) -> tuple[Policy, ...]:
    """The newest release of each other tool."""
    tools = (tool for tool in TOOLS.values() if tool.name != policy.tool)
    return tuple(Policy(tool=tool.name, release=tool.history.newest) for tool in tools)


def parse_resolver(text: str) -> Policy:
    """Read ``uv``, ``pip``, ``uv@0.4.18``, ``uv-universal``; raises InputError for anything else."""
    name, at, release = text.partition("@")
    named = {f"{tool.name}{SUFFIXES[mode]}": (tool, mode) for tool in TOOLS.values() for mode in tool.modes}
    if name not in named or (at and not release):
        names = [*TOOLS, *(one for one in named if one not in TOOLS), *(f"{tool}@VERSION" for tool in TOOLS), "both"]
        raise InputError(f"--resolver {text!r} is not one of {', '.join(names)}")
    tool, mode = named[name]
    try:
        return Policy(
            tool=tool.name, release=tool.history.named(release) if release else tool.history.newest, mode=mode
        )
    except ValueError as error:
        raise InputError(f"--resolver {text!r}: {error}") from None


def is_reproduced(policy: Policy) -> bool:
    """Whether a policy is one that ``--resolver`` can name."""
    try:
        return parse_resolver(policy.key) == policy
    except InputError:
        return False


def parse_resolvers(names: Iterable[str], *, universal: bool = False) -> tuple[Policy, ...]:
    """Read several, each once, in order; ``both`` is uv, then pip. ``universal``: for all environments at once.

    Raises InputError.
    """
    both = tuple(tool.name for tool in (UV, PIP) if not universal or Mode.UNIVERSAL in tool.modes)
    found = dict.fromkeys(parse_resolver(one) for name in names for one in (both if name == "both" else (name,)))
    if not universal:
        return tuple(found)
    specific = next((one for one in found if Mode.UNIVERSAL not in TOOLS[one.tool].modes), None)
    if specific is not None:
        raise InputError(f"--universal: {specific.key} resolves for one environment, only uv for all at once")
    return tuple(msgspec.structs.replace(one, mode=Mode.UNIVERSAL) for one in found)
