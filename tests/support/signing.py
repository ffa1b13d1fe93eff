"""Orders as recorded vectors and other clients state them, and a key that everybody knows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.domain.book import Side
from core.domain.order_amounts import OrderKind, OrderTerms
from core.domain.units import Price, Size, TokenId, Usdc
from infrastructure.polymarket.signing.exchanges import Exchange
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.order import OrderIntent, UnsignedOrder
from infrastructure.polymarket.signing.wallet import Address, SignatureType, Wallet, address

KNOWN_SECRET: Final = bytes([0x11]) * 32
TOKEN: Final = TokenId(
    "76670567130917723816490572615540605537878462672464291990940067659127658071111"
)
POSITION: Final = TokenId(
    "755628523515574437047200361729489104557184628977942975970487228992894009344"
)
FUNDER: Final = address("0x" + "22" * 20)
TIMESTAMP: Final = 1790658674035

PRICE_DECIMALS: Final = {"0.1": 1, "0.01": 2, "0.005": 3, "0.0025": 4, "0.001": 3, "0.0001": 4}


@dataclass(frozen=True, slots=True)
class Vector:
    """An unsigned order with the hash and signature that somebody else computed."""

    order: UnsignedOrder
    hash: str
    signature: str


def known_key() -> SigningKey:
    return SigningKey(KNOWN_SECRET)


def secret_of(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def unsigned(domain: Mapping[str, object], message: Mapping[str, object]) -> UnsignedOrder:
    """From EIP-712 typed data; numbers may be text."""
    return UnsignedOrder(
        exchange=Exchange(
            str(domain["version"]),
            int(str(domain["chainId"])),
            Address(str(domain["verifyingContract"])),
        ),
        salt=int(str(message["salt"])),
        maker=Address(str(message["maker"])),
        signer=Address(str(message["signer"])),
        token=TokenId(str(message["tokenId"])),
        maker_amount=int(str(message["makerAmount"])),
        taker_amount=int(str(message["takerAmount"])),
        side=Side.BUY if message["side"] == 0 else Side.SELL,
        signature_type=SignatureType(int(str(message["signatureType"]))),
        timestamp=int(str(message["timestamp"])),
        builder=secret_of(str(message["builder"])),
    )


def terms(
    side: Side = Side.BUY,
    price: str = "0.5",
    *,
    kind: OrderKind = OrderKind.GTC,
    tick: str = "0.01",
    size: str | None = None,
    spend: str | None = None,
) -> OrderTerms:
    return OrderTerms(
        side,
        kind,
        Price(Decimal(price)),
        Decimal(tick),
        size=None if size is None else Size(Decimal(size)),
        spend=None if spend is None else Usdc(Decimal(spend)),
    )


def wallet(kind: SignatureType, key: Address, *, is_session: bool = False) -> Wallet:
    return Wallet(kind, key if kind is SignatureType.EOA else FUNDER, key, is_session)


def intent(asked: OrderTerms, payer: Wallet, token: TokenId = TOKEN) -> OrderIntent:
    return OrderIntent(token, neg_risk=False, terms=asked, wallet=payer)


def as_a_float_reads(number: str, decimals: int) -> str:
    """`number` after `floor(x * 10 ** decimals)` in floats: 0.29 becomes 0.28.

    Clients that count in floats sign orders for that number; ours take the one that was meant.
    """
    return f"{Decimal(math.floor(float(number) * 10**decimals)).scaleb(-decimals):f}"
