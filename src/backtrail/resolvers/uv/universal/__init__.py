"""Resolution for every platform and Python at once, as ``uv lock`` and ``uv pip compile --universal`` do it.

Here lives what is added to the search for one environment: markers as text, forks, wheels without tags, merging and
what is written. The search itself is that of ``backtrail.resolvers.uv``. Nothing here reads files or knows of reports.
"""
