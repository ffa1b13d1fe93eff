"""Alerts and other news that nobody has to ask for."""
