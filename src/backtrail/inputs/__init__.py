"""The question as the user wrote it: requirement files, settings with their origins, the target.

Nothing is fetched or solved here, and what a release of a tool does with its inputs is the resolvers' business.
"""
