"""Hashes of typed data: structs, domains, and the digest that is signed."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from Crypto.Hash import keccak as _keccak

WORD: Final = 32  # bytes
ZEROS: Final = bytes(WORD)
ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
DOMAIN_FIELDS: Final = "string name,string version,uint256 chainId"

Value = int | str | bytes
"""An integer, an address or text, or 32 bytes: a `bytes32`, or the hash of a struct within."""


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it, which is not SHA3-256."""
    return _keccak.new(data=data, digest_bits=256).digest()


def struct_hash(encoded_type: str, values: Sequence[Value]) -> bytes:
    """`values` in the order of the type's fields.

    Source: EIP-712, `hashStruct`.
    Raises: ValueError for a value that its field cannot hold.
    """
    type_hash, encoders = _layout(encoded_type)
    pairs = zip(encoders, values, strict=True)
    return keccak(type_hash + b"".join(encode(value) for encode, value in pairs))


@lru_cache(maxsize=64)
def domain_separator(name: str, version: str, chain_id: int, contract: str | None = None) -> bytes:
    if contract is None:
        return struct_hash(f"EIP712Domain({DOMAIN_FIELDS})", (name, version, chain_id))
    fields = f"EIP712Domain({DOMAIN_FIELDS},address verifyingContract)"
    return struct_hash(fields, (name, version, chain_id, contract))


def digest(domain: bytes, struct: bytes) -> bytes:
    """What is signed, and for an order also its id."""
    return keccak(b"\x19\x01" + domain + struct)


@lru_cache(maxsize=64)
def _layout(encoded_type: str) -> tuple[bytes, tuple[Callable[[Value], bytes], ...]]:
    """The hash of the type, and what writes each of its fields into a word."""
    own = encoded_type[encoded_type.index("(") + 1 : encoded_type.index(")")]
    kinds = [field.split(" ")[0] for field in own.split(",")]
    return keccak(encoded_type.encode()), tuple(_encoder(kind) for kind in kinds)


def _encoder(kind: str) -> Callable[[Value], bytes]:
    if kind.startswith("uint"):
        return _unsigned(int(kind.removeprefix("uint")))
    return {"string": _text, "address": _address}.get(kind, _word)


def _unsigned(bits: int) -> Callable[[Value], bytes]:
    def encode(value: Value) -> bytes:
        if not isinstance(value, int) or not 0 <= value < 1 << bits:
            raise ValueError(f"not an unsigned integer of {bits} bits")
        return value.to_bytes(WORD, "big")

    return encode


def _text(value: Value) -> bytes:
    if not isinstance(value, str):
        raise ValueError("not text")  # noqa: TRY004 - all misfits are of one kind here
    return keccak(value.encode())


def _address(value: Value) -> bytes:
    if not isinstance(value, str) or not ADDRESS.fullmatch(value):
        raise ValueError("not an address")
    return bytes.fromhex(value[2:]).rjust(WORD, b"\0")


def _word(value: Value) -> bytes:
    if not isinstance(value, bytes) or len(value) != WORD:
        raise ValueError("not 32 bytes")
    return value
