"""A flight recorder and explainer for Python dependency resolution."""
