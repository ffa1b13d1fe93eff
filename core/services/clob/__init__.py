"""Orders: placing them, cancelling them, settling what the exchange says."""
