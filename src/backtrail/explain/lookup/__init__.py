"""What ``why REQ`` answers from index pages alone.

Nothing is solved here.
"""
