"""Findings into words, and words into text, Markdown and JSON."""
