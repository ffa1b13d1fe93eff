"""A Bot API on this machine, with a chat page."""

from infrastructure.sandbox.telegram import built_when_used as built_when_used
