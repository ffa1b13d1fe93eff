"""Keys at rest: sealed in the database, opened for one call."""
