"""What a run was made of, kept beside its results: to make it again, and to tell two runs apart."""
