"""Where facts come from: the world as it is, a Case, and what lies over them: hidden names, limits, lifted lines.

All of them are the Source of the model. No finding is known here.
"""
