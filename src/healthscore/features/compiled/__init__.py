"""The compiled scan: the pass over the events of an in-process engine, grouped by C instead of by SQL."""
