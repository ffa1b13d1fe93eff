"""Whom connections that we open trust."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """One for all clients of this process: reading the certificates takes 20 ms each time."""
    return httpx.create_ssl_context()
