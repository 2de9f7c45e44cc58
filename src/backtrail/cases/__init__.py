"""What can be done with a recording: replay, shrink, and two of them compared."""
