"""Batches of deposit wallets hashed, and their addresses derived, sharing nothing with the product.

See `accounts.typed_data` for why.
"""

from typing import Final, NamedTuple

from infrastructure.sandbox.exchange.accounts.typed_data import (
    CHAIN,
    address_word,
    keccak,
    signed_digest,
    word,
)

FACTORY: Final = "0x00000000000Fb5C9ADea0298D729A0CB3823Cc07"
BEACON: Final = "0x7A18EDfe055488A3128f01F563e5B479D92ffc3a"
CALL: Final = b"Call(address target,uint256 value,bytes data)"
BATCH: Final = b"Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)" + CALL
DOMAIN: Final = (
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
PROXY_HEAD: Final = "6100923d8160233d3973"  # with the length of two words of arguments
PROXY_TAIL: Final = (
    "60195155f3363d3d373d3d363d602036600436635c60da"
    "1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"
    "b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3"
)


class Step(NamedTuple):
    """One call of a batch; `target` in small letters."""

    target: str
    value: int
    data: bytes


def batch_digest(wallet: str, nonce: int, deadline: int, steps: list[Step]) -> bytes:
    """What the owner signs. Raises: ValueError, OverflowError."""
    hashes = [
        keccak(keccak(CALL) + address_word(each.target) + word(each.value) + keccak(each.data))
        for each in steps
    ]
    struct = keccak(
        keccak(BATCH)
        + address_word(wallet)
        + word(nonce)
        + word(deadline)
        + keccak(b"".join(hashes))
    )
    domain = keccak(
        keccak(DOMAIN)
        + keccak(b"DepositWallet")
        + keccak(b"1")
        + word(CHAIN)
        + address_word(wallet)
    )
    return signed_digest(domain, struct)


def wallet_of(owner: str) -> str:
    """The deposit wallet that the factory makes for `owner`, in small letters."""
    arguments = address_word(FACTORY) + address_word(owner)
    code = bytes.fromhex(PROXY_HEAD + BEACON[2:] + PROXY_TAIL) + arguments
    made = keccak(b"\xff" + bytes.fromhex(FACTORY[2:]) + keccak(arguments) + keccak(code))
    return "0x" + made[-20:].hex()
