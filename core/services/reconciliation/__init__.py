"""Live accounts compared with the venue: at the start, after interruptions, and regularly."""
