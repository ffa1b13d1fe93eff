"""Adapters over the venue's REST interfaces."""
