"""Custody: setting up wallets, choosing between play and real money, taking money out."""
