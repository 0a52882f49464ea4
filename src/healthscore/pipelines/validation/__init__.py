"""Stages of `validate`: files to histories, histories to snapshots with outcomes, snapshots to figures and words."""
