"""Versions of a run's model: which one scores, how it came to, and how to go back."""
