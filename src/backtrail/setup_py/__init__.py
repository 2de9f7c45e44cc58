"""Reading a setup.py without running it: its literals, and its checks of the Python version.

Nothing is imported or executed, and no resolver is known here.
"""
