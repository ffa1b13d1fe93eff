"""Signs an order if, and only if, it is the one that was intended."""

from dataclasses import dataclass, field, fields

from core.domain.sentences import worded
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.order import OrderIntent, UnsignedOrder, build_order
from infrastructure.polymarket.signing.signatures import order_signature, session_signature


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """Both halves of what the venue is sent; `hash` is its id there."""

    intent: OrderIntent
    order: UnsignedOrder
    hash: str
    signature: str = field(repr=False)


def sign_order(intent: OrderIntent, order: UnsignedOrder, key: SigningKey) -> SignedOrder:
    """`order` as `build_order` made it of `intent`, perhaps long ago and stored meanwhile.

    Raises: SigningRefused if it differs from the intent in any field, or the key is another's.
    """
    _refuse_difference(intent, order)
    if key.address != intent.wallet.key:
        raise SigningRefused("This key does not belong to the wallet that pays.")
    signature = order_signature(order, key)
    if intent.wallet.is_session:
        signature = session_signature(intent.wallet.key, signature)
    return SignedOrder(intent, order, order.hash, "0x" + signature.hex())


def _refuse_difference(intent: OrderIntent, order: UnsignedOrder) -> None:
    """Builds the order once more; the refusal names the fields, never their values."""
    intended = build_order(intent, salt=order.salt, timestamp=order.timestamp)
    names = (each.name for each in fields(UnsignedOrder))
    wrong = [name for name in names if getattr(order, name) != getattr(intended, name)]
    if wrong:
        raise SigningRefused(
            worded("The order differs from what was intended in: {parts}.", parts=", ".join(wrong))
        )
