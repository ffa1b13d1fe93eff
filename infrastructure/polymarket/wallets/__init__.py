"""What a deposit wallet does besides trading: approvals, wrapping, redeeming, withdrawing.

Our own code for the same reason as in `signing`; tests hold it to the official client, byte for
byte. A key that only trades (a session key) signs none of this.
"""
