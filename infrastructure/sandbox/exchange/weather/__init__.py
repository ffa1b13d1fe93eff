"""The sandbox's weather: one truth, what models say of it, and what stations report."""
