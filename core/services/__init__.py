"""Use cases; each opens its own short transactions."""
