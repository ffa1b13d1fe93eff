"""Everything that brings the venue's news in."""
