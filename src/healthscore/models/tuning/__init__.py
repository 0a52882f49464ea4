"""Tuning how the trees grow: what is searched, by what it is measured, and a study that outlives its process."""
