"""One detector a finding, named like its kind.

Words are made in report/wording, remedies in explain/remedies.
"""
