"""The chat: composition root, handlers, screens."""
