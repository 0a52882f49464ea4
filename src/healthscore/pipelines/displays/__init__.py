"""Results as notebooks show them: the answer, its figures and a few tables. Formats what results hold, no more."""
