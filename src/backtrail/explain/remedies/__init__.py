"""Changes that may help: proposed, tried within a budget, and put in order."""
