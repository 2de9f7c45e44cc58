"""Build backends run for metadata (PEP 517): environments, hooks, processes. The only room where code of others runs.

Nobody comes here unless the user asked for builds.
"""
