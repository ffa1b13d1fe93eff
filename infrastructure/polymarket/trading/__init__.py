"""Trading at the venue: orders, cancels, look-ups and account reports over its REST API."""
