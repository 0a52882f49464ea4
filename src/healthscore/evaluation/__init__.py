"""Judge scores against what happened: folds in time, metrics, intervals by account, lead time.

Plain NumPy. Knows no table, no model and no file; dates are whole days since 1970-01-01.
"""
