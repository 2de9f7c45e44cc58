"""The uv engine: PubGrub with uv's sequence of decisions, and uv's rules for files and versions.

Where a fact comes from is the Source's business; releases differ by rows of ``behaviour`` alone.
"""
