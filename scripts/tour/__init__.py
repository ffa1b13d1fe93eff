"""Somebody who goes through the chat with a camera, screen by screen."""
