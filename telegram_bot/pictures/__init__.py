"""Pictures: what is drawn is decided here, and drawn in the worker process alone."""
