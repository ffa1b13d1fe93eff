"""The bytes of `POST /order`: made once, stored, and never sent in any other form."""

import json

from infrastructure.polymarket.signing.eip712 import ZEROS
from infrastructure.polymarket.signing.signer import SignedOrder


def order_body(signed: SignedOrder, owner: str) -> bytes:
    """`owner` is the id of the API key (not its secret), which the headers must carry too."""
    terms = signed.intent.terms
    payload: dict[str, object] = {
        "deferExec": False,
        "order": _wire(signed),
        "orderType": terms.kind.value,
        "owner": owner,
    }
    if terms.post_only:
        payload["postOnly"] = True
    return json.dumps(payload, separators=(",", ":")).encode()


def _wire(signed: SignedOrder) -> dict[str, object]:
    order = signed.order
    return {
        "builder": _hex(order.builder),
        "expiration": str(signed.intent.terms.expires_at),
        "maker": order.maker,
        "makerAmount": str(order.maker_amount),
        "metadata": _hex(ZEROS),
        "salt": order.salt,
        "side": order.side.value,
        "signature": signed.signature,
        "signatureType": int(order.signature_type),
        "signer": order.signer,
        "takerAmount": str(order.taker_amount),
        "timestamp": str(order.timestamp),
        "tokenId": order.token,
    }


def _hex(word: bytes) -> str:
    return "0x" + word.hex()
