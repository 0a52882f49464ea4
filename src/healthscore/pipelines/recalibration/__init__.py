"""Parts of `recalibrate`: books for several outcomes, weights as text, the list they would have made, the report."""
