"""pip's resolver, reproduced: its rules around the library that it carries.

Where a fact comes from is the Source's business; releases differ by rows of ``behaviour`` alone.
"""
