"""Who pays for an order and whose key signs it."""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final, NewType

from infrastructure.polymarket.signing.eip712 import ADDRESS, keccak
from infrastructure.polymarket.signing.errors import SigningRefused

Address = NewType("Address", str)
"""0x and 40 hexadecimal digits, in the spelling of EIP-55."""

UPPER_FROM: Final = 8  # a digit of the hash from which the letter in its place is a capital


class SignatureType(IntEnum):
    """As the venue numbers them."""

    EOA = 0
    PROXY = 1
    SAFE = 2
    DEPOSIT_WALLET = 3  # a contract that judges signatures itself (ERC-1271)


@dataclass(frozen=True, slots=True)
class Wallet:
    """`funder` holds the money, `key` is the address of the private key that signs."""

    signature_type: SignatureType
    funder: Address
    key: Address
    is_session: bool = False  # `key` is a session key of the deposit wallet, not its owner's

    def __post_init__(self) -> None:
        if self.signature_type is SignatureType.EOA and self.funder != self.key:
            raise SigningRefused("An account without a wallet contract pays for itself.")
        if self.is_session and self.signature_type is not SignatureType.DEPOSIT_WALLET:
            raise SigningRefused("Only a deposit wallet has session keys.")

    @property
    def signer(self) -> Address:
        """What the order names as its signer: a deposit wallet signs in its own name."""
        is_contract = self.signature_type is SignatureType.DEPOSIT_WALLET
        return self.funder if is_contract else self.key


@lru_cache(maxsize=1024)
def address(text: str) -> Address:
    """Raises: SigningRefused unless it is an address, in any spelling of its letters.

    Source: EIP-55.
    """
    if not ADDRESS.fullmatch(text):
        raise SigningRefused("That is not an address: 0x and 40 hexadecimal digits.")
    digits = text[2:].lower()
    marks = keccak(digits.encode()).hex()
    return Address(
        "0x" + "".join(_spelt(digit, mark) for digit, mark in zip(digits, marks, strict=False))
    )


def _spelt(digit: str, mark: str) -> str:
    return digit.upper() if int(mark, 16) >= UPPER_FROM else digit
