"""Locks of every tool, read back as one record: which versions, from where, and who asks for them.

One module a format. Every text may be of a stranger: what is not of its form is one sentence. Nothing is solved here,
and no index is asked.
"""
