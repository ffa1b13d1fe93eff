"""A local venue and a local Telegram, in a process of their own."""
