"""What the venue tells of one live account as it happens: its orders and its trades."""
