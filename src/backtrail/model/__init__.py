"""The nouns of the project: frozen records that every other room speaks in.

They import nothing of ours outside this room, keep no caches, and know no resolver's rules.
"""
