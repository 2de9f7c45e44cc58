"""The formats of index pages and find-links: bytes to versions and files.

No network and no resolver is known here.
"""
