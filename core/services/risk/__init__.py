"""Risk: limits, switches and breakers that every order passes."""
