"""Growth: beside the risk that an account leaves, the chance that it pays more; trained, tested and scored alike."""
