"""Tests and measures; a package, so that no other `tests` that is installed hides it."""
