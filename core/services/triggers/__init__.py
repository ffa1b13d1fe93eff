"""Stops and profits that sell by themselves."""
