"""Where facts come from: the world as it is, a Case, and what lies over them: hidden names, limits, lifted lines.

All of them are the Source of the model. A module reads, guesses ahead or builds; ``live`` puts the three together. What
lies over a source is a Forwarding, which alone spells the protocol out. No finding is known here.
"""
