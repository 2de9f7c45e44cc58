"""Wheels and sdists: which of their bytes tell their metadata, and what they say.

Nothing is run, and no resolver is known here.
"""
