"""A Bot API on this machine, with a chat page."""
