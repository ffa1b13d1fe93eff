"""From what somebody intends to the exact order the exchange contract will read."""

from dataclasses import dataclass
from typing import Final

from core.domain.book import Side
from core.domain.order_amounts import OrderTerms, order_amounts, refuse_short_life
from core.domain.units import TokenId
from infrastructure.polymarket.signing.eip712 import ZEROS, digest, struct_hash
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.exchanges import Exchange, exchange_of
from infrastructure.polymarket.signing.wallet import Address, SignatureType, Wallet

ORDER_TYPE: Final = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
    "uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
    "bytes32 builder)"
)
SALT_BITS: Final = 53  # it travels as a JSON number
OLDEST: Final = 1_500_000_000_000  # 2017 in milliseconds; less is seconds


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """What was committed before anything was signed."""

    token: TokenId
    neg_risk: bool
    terms: OrderTerms
    wallet: Wallet
    builder: bytes = ZEROS  # code that earns its owner a fee on top; zeros are none


@dataclass(frozen=True, slots=True)
class UnsignedOrder:
    """The fields that the exchange contract knows, and the contract."""

    exchange: Exchange
    salt: int
    maker: Address
    signer: Address
    token: TokenId
    maker_amount: int  # millionths
    taker_amount: int  # millionths
    side: Side
    signature_type: SignatureType
    timestamp: int  # milliseconds; makes the order unique, nothing else
    builder: bytes

    @property
    def struct(self) -> bytes:
        """Its EIP-712 struct hash."""
        values = (
            self.salt,
            self.maker,
            self.signer,
            int(self.token),
            self.maker_amount,
            self.taker_amount,
            0 if self.side is Side.BUY else 1,
            int(self.signature_type),
            self.timestamp,
            ZEROS,
            self.builder,
        )
        return struct_hash(ORDER_TYPE, values)

    @property
    def digest(self) -> bytes:
        return digest(self.exchange.domain, self.struct)

    @property
    def hash(self) -> str:
        """The venue's id of this order, known before it is sent.

        Source: `orderID` of accepted orders is the EIP-712 hash of the plain `Order`.
        """
        return "0x" + self.digest.hex()


def build_order(intent: OrderIntent, *, salt: int, timestamp: int) -> UnsignedOrder:
    """`salt`: random, 53 bits; `timestamp`: milliseconds, now.

    Raises: InvalidQuantity or OrderTooSmall if the terms cannot be expressed; SigningRefused.
    """
    if not 0 < salt < 1 << SALT_BITS or timestamp < OLDEST:
        raise SigningRefused("The order's salt or time is out of range.")
    refuse_short_life(intent.terms, timestamp // 1000)
    amounts = order_amounts(intent.terms)
    return UnsignedOrder(
        exchange=exchange_of(intent.token, neg_risk=intent.neg_risk),
        salt=salt,
        maker=intent.wallet.funder,
        signer=intent.wallet.signer,
        token=intent.token,
        maker_amount=amounts.maker,
        taker_amount=amounts.taker,
        side=intent.terms.side,
        signature_type=intent.wallet.signature_type,
        timestamp=timestamp,
        builder=intent.builder,
    )
