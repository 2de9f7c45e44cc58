"""What goes wrong outside of a resolution: the user's input, the network, the cache."""


class BacktrailError(Exception):
    """One sentence for stderr; ``exit_code`` 2 (usage or input) or 3 (no full answer)."""

    exit_code = 2


class InputError(BacktrailError):
    """The question cannot be read; the sentence names file, line and value."""


class BuildNeeded(InputError):  # noqa: N818  what is asked is not wrong, it is unknown
    """Only the build of a project tells what is asked."""

    exit_code = 3


class IndexFailure(BacktrailError):  # noqa: N818  a state of the world, not a mistake of ours
    """No answer because an index or the network failed before a run could start."""

    exit_code = 3


class ClusterFailure(BacktrailError):  # noqa: N818  a state of the world, not a mistake of ours
    """The computers that a survey is answered by are not there, or cannot answer; what they told before stands."""

    exit_code = 3
