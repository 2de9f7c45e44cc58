"""What ``why REQ`` answers from index pages or from an environment alone.

Nothing is solved here.
"""
