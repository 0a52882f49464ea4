"""Parts of `tune`: what tuning may see, what tuned trees are worth on later dates, and how that is told."""
