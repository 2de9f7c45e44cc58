"""What the packaging standards say, read once for both tools: versions, metadata, Requires-Python, wheel tags.

No resolver, release or setting is known here.
"""
