"""Addresses that people type: a slip in a spelled-out one is noticed."""

from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.wallet import Address, address


def typed_address(text: str) -> Address:
    """An address in its one spelling.

    All small or all capital letters prove nothing; mixed ones must be the checksum of EIP-55.
    Raises: SigningRefused.
    """
    stripped = text.strip()
    spelt = address(stripped)
    digits = stripped[2:]
    is_mixed = digits not in {digits.lower(), digits.upper()}
    if is_mixed and stripped[2:] != spelt[2:]:
        raise SigningRefused("That address has a slip in it: its capital letters do not fit.")
    if not int(digits, 16):
        raise SigningRefused("That is the address of nobody.")
    return spelt
