"""What each code means, for programs that list rules."""

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "BT101": "The chosen version is older than the newest usable one, because newer ones contradict what was decided "
    "before. A lower bound on the project, or an upper bound on what stands in the way, changes that.",
    "BT102": "The chosen version is an sdist that has to be built: none of its wheels fits this Python and platform.",
    "BT103": "Requires-Python of the chosen file excludes this Python. uv ignores upper bounds there, pip refuses it.",
    "BT104": "The setup.py of the chosen sdist stops on this Python, so the install fails although the resolution does "
    "not. It was read, never run.",
    "BT105": "The version exists only as local builds (2.3.0+cpu). Some resolvers take them for the bare version.",
    "BT106": "Every file of what was asked for is refused, by Python, platform or policy.",
    "BT107": "The index has no such project, or the project has no such version.",
    "BT108": "What was asked for exists, and a setting or a default of the resolver hides it.",
    "BT109": "The requirements cannot be met together; these are the fewest of your own that conflict.",
    "BT110": "The resolver tried many versions because a pair of requirements kept colliding.",
    "BT111": "Resolvers, or versions of one, answer differently: this is where they part, and by which rule.",
    "BT112": "The same requirements in another order give other pins.",
    "BT113": "A pre-release was taken, and this is what let it in.",
    "BT114": "A yanked release was taken, and this is what let it in.",
    "BT115": "Files of the chosen version disagree about its requirements, or these were not written by a build.",
    "BT116": "The resolver ended without an answer, though a solution exists under its own rules.",
    "BT117": "To go on, the resolver has to build an sdist, and that build fails.",
    "BT118": "A later index has newer versions of the project, which the first index hides.",
    "BT120": "An answer for all platforms, as a lock is, has an older version because of other environments.",
    "BT121": "A part of the environments that are resolved for together has no solution.",
    "BT122": "A project has several versions in one answer, for different platforms or Pythons.",
    "BT123": "The lock that is there is not kept but solved again, and this is why.",
    "BT124": "A version is older because the lock has it, not because of any requirement.",
    "BT125": "Extras or groups of a project cannot stand together, which a lock wants them to.",
    "BT126": "Requirements of two packages never hold together, and yet contradict each other.",
}
"""A sentence or two for each code; docs/findings.md has the story."""
