"""Whose key signed an order, by each kind of signature that the venue takes."""

from typing import Final, NamedTuple

from infrastructure.sandbox.exchange.accounts.contracts import Settler
from infrastructure.sandbox.exchange.accounts.typed_data import (
    ORDER,
    SIGNATURE_BYTES,
    OrderStruct,
    order_contents,
    recovered,
    signed_digest,
    wrapped_contents,
)

DEPOSIT_WALLET: Final = 3
SESSION_MARK: Final = bytes.fromhex("6492" * 16)
HEAD: Final = 96  # bytes before the length of a session key's payload
TAIL: Final = len(ORDER) + 2  # the described type and its length


class Signer(NamedTuple):
    """Who signed; `is_session` if it says so itself and signed by a session key."""

    address: str
    is_session: bool = False


def signer_of(order: OrderStruct, settler: Settler, signature: bytes) -> Signer | None:
    """None if nobody signed this order for this contract."""
    contents = order_contents(order)
    if order.signature_type != DEPOSIT_WALLET:
        address = recovered(signed_digest(settler.domain, contents), signature)
        return None if address is None else Signer(address)
    if not signature.endswith(SESSION_MARK):
        address = _unwrapped(order, settler, contents, signature)
        return None if address is None else Signer(address)
    named, inner = _session(signature[: -len(SESSION_MARK)])
    address = _unwrapped(order, settler, contents, inner)
    return Signer(named, is_session=True) if address == named else None


def order_hash(order: OrderStruct, settler: Settler) -> str:
    """The order's id."""
    return "0x" + signed_digest(settler.domain, order_contents(order)).hex()


def _unwrapped(
    order: OrderStruct, settler: Settler, contents: bytes, signature: bytes
) -> str | None:
    """ERC-7739: everything that the wallet needs to judge the signature travels with it."""
    own, rest = signature[:SIGNATURE_BYTES], signature[SIGNATURE_BYTES:]
    expected = settler.domain + contents + ORDER + len(ORDER).to_bytes(2, "big")
    if rest != expected:
        return None
    digest = signed_digest(settler.domain, wrapped_contents(contents, order.signer))
    return recovered(digest, own)


def _session(payload: bytes) -> tuple[str, bytes]:
    """ABI: (bytes32 signer, bytes32 zero, bytes); an empty signature if it is anything else."""
    named = "0x" + payload[12:32].hex()
    length = int.from_bytes(payload[HEAD : HEAD + 32], "big")
    inner = payload[HEAD + 32 : HEAD + 32 + length]
    padded = HEAD + 32 + length + -length % 32
    head = payload[:12] + payload[32:HEAD]
    is_sound = len(payload) == padded and head == bytes(44) + HEAD.to_bytes(32, "big")
    return named, inner if is_sound and length == SIGNATURE_BYTES + 64 + TAIL else b""
