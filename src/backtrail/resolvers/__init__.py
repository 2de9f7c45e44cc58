"""Resolvers that decide as the real tools do and record every decision; what they differ in is known here alone.

Others ask ``protocol`` by way of ``registry``. Nothing is fetched, explained or put into words here.
"""
