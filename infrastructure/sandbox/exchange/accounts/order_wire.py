"""The body of `POST /order`, read strictly: what is missing or of another type is refused."""

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from core.domain.book import Side
from infrastructure.sandbox.exchange.accounts.records import Kind
from infrastructure.sandbox.exchange.accounts.typed_data import OrderStruct
from infrastructure.sandbox.exchange.refused import Refused

INVALID_PAYLOAD: Final = "Invalid order payload"
SALT_BITS: Final = 53
NUMBER: Final = re.compile(r"\d{1,78}", re.ASCII)


class WireOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    builder: str
    expiration: str
    maker: str
    makerAmount: str  # noqa: N815 - the venue's spelling
    metadata: str
    salt: int
    side: Side
    signature: str
    signatureType: int  # noqa: N815 - the venue's spelling
    signer: str
    takerAmount: str  # noqa: N815 - the venue's spelling
    timestamp: str
    tokenId: str  # noqa: N815 - the venue's spelling


class WireBody(msgspec.Struct, frozen=True):
    order: WireOrder
    orderType: Kind  # noqa: N815 - the venue's spelling
    owner: str
    deferExec: bool = False  # noqa: N815 - the venue's spelling
    postOnly: bool = False  # noqa: N815 - the venue's spelling


@dataclass(frozen=True, slots=True)
class Sent:
    """One order of a request."""

    struct: OrderStruct
    signature: bytes
    token: str
    side: Side
    kind: Kind
    owner: str
    post_only: bool
    expiration: int


_ONE: Final = msgspec.json.Decoder(WireBody)
_MANY: Final = msgspec.json.Decoder(list[WireBody])


def read_order(body: bytes) -> Sent:
    """Raises: Refused."""
    try:
        return _sent(_ONE.decode(body))
    except (msgspec.DecodeError, ValueError) as error:
        raise Refused(400, INVALID_PAYLOAD) from error


def read_orders(body: bytes) -> list[Sent]:
    """Raises: Refused."""
    try:
        return [_sent(each) for each in _MANY.decode(body)]
    except (msgspec.DecodeError, ValueError) as error:
        raise Refused(400, INVALID_PAYLOAD) from error


def _sent(body: WireBody) -> Sent:
    order = body.order
    if not 0 <= order.salt < 1 << SALT_BITS or order.signatureType not in range(4):
        raise ValueError("out of range")
    return Sent(
        struct=OrderStruct(
            salt=order.salt,
            maker=order.maker,
            signer=order.signer,
            token=_number(order.tokenId),
            maker_amount=_number(order.makerAmount),
            taker_amount=_number(order.takerAmount),
            side=0 if order.side is Side.BUY else 1,
            signature_type=order.signatureType,
            timestamp=_number(order.timestamp),
            metadata=_bytes(order.metadata),
            builder=_bytes(order.builder),
        ),
        signature=bytes.fromhex(order.signature.removeprefix("0x")),
        token=order.tokenId,
        side=order.side,
        kind=body.orderType,
        owner=body.owner,
        post_only=body.postOnly,
        expiration=_number(order.expiration),
    )


def _number(text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return int(text)


def _bytes(text: str) -> bytes:
    word = bytes.fromhex(text.removeprefix("0x"))
    if len(word) != 32:  # noqa: PLR2004 - a word of the chain
        raise ValueError("not 32 bytes")
    return word
