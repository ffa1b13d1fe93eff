"""One connection to the market channel, and its protocol."""
