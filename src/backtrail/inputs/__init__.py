"""The question as the user wrote it: requirement files, settings with their origins, the target."""
