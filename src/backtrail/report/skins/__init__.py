"""A report in each form: text, Markdown, HTML, JSON, SARIF.

No sentence is made here: that is wording's business.
"""
