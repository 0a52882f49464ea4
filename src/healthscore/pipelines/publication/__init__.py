"""Publishing scores: what was scored and when, who may write, what readers follow, and whether it is whole."""
