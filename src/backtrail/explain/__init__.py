"""From recorded runs to findings: one detector for each, causes and remedies found by solving again.

No words are made here, and no rule of a resolver is derived again: resolvers are asked.
"""
