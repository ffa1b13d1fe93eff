"""Logs, metrics and the operations server."""
