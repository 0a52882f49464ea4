"""Damaged and forged bundles, ten thousand of them: each is refused, or the model in it is sound; no process dies.

`python -m mutations` (with `tests` on the path) mutates a bundle of trees, a logistic regression, context, what was
seen and refits, once with the checksums left as they were, and once with a manifest that agrees with the damage, as a
forger would write it: then the structural checks alone stand before LightGBM's native loader. Mutation number n is the
same in every run. Batches run in processes of their own, so that the death of one is seen, and charged to the mutation
that did it.
"""
