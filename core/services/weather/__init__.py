"""The weather strategy: what it may trade, what it believes, what it decides and orders."""
