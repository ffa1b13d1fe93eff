"""Why nothing was signed. No text here ever holds a key, a secret or a signature."""

from core.domain.errors import Rejected


class SigningRefused(Rejected):
    """What was to be signed is not what was intended."""


class UnusableKey(Rejected):
    """A private key or API secret that is none, or one used after its call has ended."""
