"""Weights against history: what the sub-scores of a scorecard, or of a model, are worth, and whether to change them."""
