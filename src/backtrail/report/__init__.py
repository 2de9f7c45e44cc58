"""Findings into words, and words into text, Markdown, HTML, JSON and SARIF.

English stands in ``wording`` alone; nothing is solved or looked up here.
"""
