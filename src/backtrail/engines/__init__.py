"""Resolvers that decide as the real tools do and record every decision."""
