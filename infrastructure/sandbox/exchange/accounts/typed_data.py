"""What wallets sign here, hashed and recovered: a second implementation, sharing none of the first.

The product signs with its own code; if both agree, neither misread the standard alone.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

import coincurve
from Crypto.Hash import keccak as _keccak

ORDER: Final = (
    b"Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
    b"uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
    b"bytes32 builder)"
)
WRAPPED: Final = (
    b"TypedDataSign(Order contents,string name,string version,uint256 chainId,"
    b"address verifyingContract,bytes32 salt)" + ORDER
)
CLOB_AUTH: Final = b"ClobAuth(address address,string timestamp,uint256 nonce,string message)"
ATTESTED: Final = b"This message attests that I control the given wallet"
CHAIN: Final = 137
HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
SIGNATURE_BYTES: Final = 65
V_OFFSET: Final = 27


class OrderStruct(NamedTuple):
    """An order as the exchange contract reads it."""

    salt: int
    maker: str
    signer: str
    token: int
    maker_amount: int
    taker_amount: int
    side: int  # 0 buys, 1 sells
    signature_type: int
    timestamp: int
    metadata: bytes
    builder: bytes


def keccak(data: bytes) -> bytes:
    return _keccak.new(data=data, digest_bits=256).digest()


def word(value: int) -> bytes:
    """Raises: OverflowError if it has more than 256 bits or is negative."""
    return value.to_bytes(32, "big")


def address_word(address: str) -> bytes:
    """Raises: ValueError if it is no address."""
    if not ADDRESS.fullmatch(address):
        raise ValueError("not an address")
    return bytes(12) + bytes.fromhex(address[2:])


@lru_cache(maxsize=64)
def exchange_domain(version: str, contract: str) -> bytes:
    fields = b"string name,string version,uint256 chainId,address verifyingContract"
    return keccak(
        keccak(b"EIP712Domain(" + fields + b")")
        + keccak(b"Polymarket CTF Exchange")
        + keccak(version.encode())
        + word(CHAIN)
        + address_word(contract)
    )


def order_contents(order: OrderStruct) -> bytes:
    """The struct's hash. Raises: ValueError, OverflowError for fields that no contract can read."""
    return keccak(
        keccak(ORDER)
        + word(order.salt)
        + address_word(order.maker)
        + address_word(order.signer)
        + word(order.token)
        + word(order.maker_amount)
        + word(order.taker_amount)
        + word(order.side)
        + word(order.signature_type)
        + word(order.timestamp)
        + order.metadata.rjust(32, b"\0")
        + order.builder.rjust(32, b"\0")
    )


def wrapped_contents(contents: bytes, wallet: str) -> bytes:
    """What the owner of a deposit wallet is shown: the order, and which wallet judges it."""
    return keccak(
        keccak(WRAPPED)
        + contents
        + keccak(b"DepositWallet")
        + keccak(b"1")
        + word(CHAIN)
        + address_word(wallet)
        + bytes(32)
    )


def auth_digest(address: str, timestamp: str, nonce: int) -> bytes:
    """Of `ClobAuth`. Raises: ValueError, OverflowError."""
    domain = keccak(
        keccak(b"EIP712Domain(string name,string version,uint256 chainId)")
        + keccak(b"ClobAuthDomain")
        + keccak(b"1")
        + word(CHAIN)
    )
    struct = keccak(
        keccak(CLOB_AUTH)
        + address_word(address)
        + keccak(timestamp.encode())
        + word(nonce)
        + keccak(ATTESTED)
    )
    return signed_digest(domain, struct)


def signed_digest(domain: bytes, struct: bytes) -> bytes:
    return keccak(b"\x19\x01" + domain + struct)


def recovered(digest: bytes, signature: bytes) -> str | None:
    """The address whose key signed, in small letters; None if these bytes are no signature."""
    if len(signature) != SIGNATURE_BYTES:
        return None
    is_high = int.from_bytes(signature[32:64], "big") > HALF_ORDER
    recovery = signature[64] - V_OFFSET
    if is_high or recovery not in {0, 1}:
        return None
    try:
        key = coincurve.PublicKey.from_signature_and_message(
            signature[:64] + bytes([recovery]), digest, hasher=None
        )
    except ValueError:
        return None
    return "0x" + keccak(key.format(compressed=False)[1:])[-20:].hex()
