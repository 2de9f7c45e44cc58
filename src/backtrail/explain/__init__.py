"""From recorded runs to findings: one detector for each, remedies proved by solving again."""
