"""Accounts at the sandbox's exchange: keys, money, orders, trades, and their user channel."""
