"""What the trail and the pages say: refusals, releases, how far wheels miss.

Nothing is solved here.
"""
