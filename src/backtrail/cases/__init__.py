"""What can be done with a recording: replay, shrink, and two of them compared."""

QUESTIONS = 500
"""Smaller questions that ``shrink`` asks, and exchanges that ``diff`` tries, unless it is said otherwise."""

RENEWALS = 60
"""Solves that ``diff`` spends on two locks, unless it is said otherwise: one of hundreds of packages takes seconds."""
