"""Helpers of the tests: servers that say what a test tells them to."""
