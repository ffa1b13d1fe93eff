"""Positions: opened and closed through orders, read for the chat."""
