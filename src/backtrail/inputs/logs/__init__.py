"""Logs of the real tools, read back: what was asked, looked at and answered, as far as the lines say it.

Every line is text of strangers: reading is bounded, patterns take linear time, nothing is guessed. Nothing is resolved
here, and no index is asked.
"""
