"""The official clients, asked what they would sign with the key of `signing.py`."""

import importlib
from decimal import Decimal
from typing import Final, Literal

from eth_account import Account
from polymarket._internal.actions.orders.limit import _compute_limit_order_amounts
from polymarket._internal.actions.orders.market import _compute_market_order_amounts
from polymarket._internal.actions.orders.typed_data import (
    build_order_signature,
    build_order_typed_data,
)
from polymarket._internal.actions.orders.types import UnsignedOrder as OfficialOrder
from polymarket._internal.wallet import wrap_deposit_wallet_session_signer_signature
from polymarket.models.types import PositionId
from polymarket.types import EvmAddress, HexString

from core.domain.book import Side
from core.domain.order_amounts import BaseAmounts
from infrastructure.polymarket.signing.order import UnsignedOrder
from infrastructure.polymarket.signing.wallet import Address
from tests.support.signing import KNOWN_SECRET

# py-clob-client-v2 has no types, and is imported in a way that asks for none
_package: Final = "py_clob_client_v2"
_builder: Final = importlib.import_module(f"{_package}.order_builder.builder")
_exchange: Final = importlib.import_module(f"{_package}.order_utils.exchange_order_builder_v2")
_data: Final = importlib.import_module(f"{_package}.order_utils.model.order_data_v2")
_types: Final = importlib.import_module(f"{_package}.order_utils.model.signature_type_v2")
_signer: Final = importlib.import_module(f"{_package}.signer")

_CLOB_SIGNER: Final = _signer.Signer("0x" + KNOWN_SECRET.hex(), 137)
_ACCOUNT: Final = Account.from_key(KNOWN_SECRET)


def clob_amounts(side: Side, price: str, quantity: str, tick: str, *, rests: bool) -> BaseAmounts:
    """By py-clob-client-v2, which counts in floats. `quantity` of a market buy is USDC."""
    builder = _builder.OrderBuilder(_CLOB_SIGNER)
    rounding = _builder.ROUNDING_CONFIG[tick]
    count = builder.get_order_amounts if rests else builder.get_market_order_amounts
    _, maker, taker = count(side.value, float(quantity), float(price), rounding)
    return BaseAmounts(maker, taker)


def clob_hash_and_signature(order: UnsignedOrder) -> tuple[str, str]:
    """By py-clob-client-v2, of exactly this order."""
    builder = _exchange.ExchangeOrderBuilderV2(
        order.exchange.contract,
        order.exchange.chain_id,
        _CLOB_SIGNER,
        generate_salt=lambda: str(order.salt),
        domain_version=order.exchange.version,
    )
    typed = builder.build_order_typed_data(builder.build_order(_clob_data(order)))
    return builder.build_order_hash(typed), builder.build_order_signature(typed)


def _clob_data(order: UnsignedOrder) -> object:
    return _data.OrderDataV2(
        maker=order.maker,
        tokenId=order.token,
        makerAmount=str(order.maker_amount),
        takerAmount=str(order.taker_amount),
        side=_builder.Side[order.side.value],
        signer=order.signer,
        signatureType=_types.SignatureTypeV2(int(order.signature_type)),
        timestamp=str(order.timestamp),
        builder="0x" + order.builder.hex(),
    )


def official_amounts(
    side: Side, price: str, quantity: str, tick: str, *, rests: bool
) -> BaseAmounts:
    """By polymarket-client, which counts in decimals."""
    name: Literal["BUY", "SELL"] = "BUY" if side is Side.BUY else "SELL"
    at, amount, step = Decimal(price), Decimal(quantity), Decimal(tick)
    if rests:
        pair = _compute_limit_order_amounts(price=at, size=amount, side=name, tick_size=step)
    else:
        pair = _compute_market_order_amounts(amount=amount, price=at, side=name, tick_size=step)
    return BaseAmounts(*pair)


def official_signature(order: UnsignedOrder) -> str:
    """By polymarket-client, of exactly this order."""
    theirs = _official(order)
    signed = _ACCOUNT.sign_typed_data(full_message=build_order_typed_data(theirs))
    return build_order_signature(theirs, HexString("0x" + signed.signature.hex()))


def official_session_signature(session: Address, signature: str) -> str:
    return wrap_deposit_wallet_session_signer_signature(EvmAddress(session), HexString(signature))


def _official(order: UnsignedOrder) -> OfficialOrder:
    return OfficialOrder(
        chain_id=order.exchange.chain_id,
        builder=HexString("0x" + order.builder.hex()),
        exchange_address=EvmAddress(order.exchange.contract),
        expiration=0,
        maker=EvmAddress(order.maker),
        maker_amount=order.maker_amount,
        metadata=HexString("0x" + "00" * 32),
        order_type="GTC",
        salt=order.salt,
        side="BUY" if order.side is Side.BUY else "SELL",
        signature_type=int(order.signature_type),
        signer=EvmAddress(order.signer),
        taker_amount=order.taker_amount,
        timestamp=order.timestamp,
        token_id=PositionId(order.token),
        protocol_version="3" if order.exchange.version == "3" else "2",
    )
