"""Custody's outside: sealed keys opened for one call, and the venue's view of session keys."""
