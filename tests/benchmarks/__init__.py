"""Measurements of what the product promises: `make bench`. Ratios have both sides in one run."""
