"""What indexes say: pages, files and metadata, crawled, cached, read from archives. The only room with a network."""

DEFAULT_INDEX = "https://pypi.org/simple"
"""The index asked when nobody names another: PyPI."""
