"""Prices by REST when the stream cannot carry them."""
