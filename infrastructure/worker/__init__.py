"""One process for what takes long to compute, so that the event loop never waits for it."""
