"""Where the deposit wallet of a key is, before it is made."""

from typing import Final

from infrastructure.polymarket.signing.eip712 import WORD, keccak
from infrastructure.polymarket.signing.wallet import Address, address
from infrastructure.polymarket.wallets.contracts import BEACON, FACTORY

HEAD: Final = 0x6100523D8160233D3973
CODE: Final = (
    bytes.fromhex("60195155f3363d3d373d3d363d602036600436635c60da"),
    bytes.fromhex("1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"),
    bytes.fromhex("b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3"),
)
LENGTH_BITS: Final = 56  # where the head holds the arguments' length


def deposit_wallet_of(owner: Address) -> Address:
    """Source: CREATE2 of the venue's factory, whose wallets are proxies of one beacon."""
    arguments = _word(FACTORY) + _word(owner)
    head = (HEAD + (len(arguments) << LENGTH_BITS)).to_bytes(10, "big")
    code = keccak(head + bytes.fromhex(BEACON[2:]) + b"".join(CODE) + arguments)
    made = keccak(b"\xff" + bytes.fromhex(FACTORY[2:]) + keccak(arguments) + code)
    return address("0x" + made[-20:].hex())


def _word(holder: Address) -> bytes:
    return bytes.fromhex(holder[2:]).rjust(WORD, b"\0")
