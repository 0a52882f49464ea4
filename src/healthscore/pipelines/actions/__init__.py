"""What to do about the scores: playbooks, worklists, renewals, who is ready to grow, paths to the next band."""
