"""What the signer does not sign."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.book import Side
from core.domain.errors import InvalidQuantity, OrderTooSmall
from core.domain.order_amounts import OrderKind
from core.domain.units import TokenId
from infrastructure.polymarket.signing.eip712 import struct_hash
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.exchanges import NEG_RISK_V2, Exchange, exchange_of
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.order import UnsignedOrder, build_order
from infrastructure.polymarket.signing.signer import sign_order
from infrastructure.polymarket.signing.wallet import SignatureType, Wallet, address
from tests.support.signing import (
    FUNDER,
    POSITION,
    TIMESTAMP,
    intent,
    known_key,
    terms,
    wallet,
)

KEY: Final = known_key()
INTENT: Final = intent(terms(size="10"), wallet(SignatureType.SAFE, KEY.address))
ORDER: Final = build_order(INTENT, salt=123456789, timestamp=TIMESTAMP)

CHANGES: Final[dict[str, Callable[[UnsignedOrder], UnsignedOrder]]] = {
    "exchange": lambda order: replace(order, exchange=NEG_RISK_V2),
    "maker": lambda order: replace(order, maker=KEY.address),
    "signer": lambda order: replace(order, signer=FUNDER),
    "token": lambda order: replace(order, token=POSITION),
    "maker_amount": lambda order: replace(order, maker_amount=order.maker_amount + 1),
    "taker_amount": lambda order: replace(order, taker_amount=order.taker_amount - 1),
    "side": lambda order: replace(order, side=Side.SELL),
    "signature_type": lambda order: replace(order, signature_type=SignatureType.PROXY),
    "builder": lambda order: replace(order, builder=b"\1" * 32),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_order_that_differs_from_the_intent_is_not_signed(name: str) -> None:
    with pytest.raises(SigningRefused, match=f"intended in: {name}"):
        sign_order(INTENT, CHANGES[name](ORDER), KEY)


@given(
    st.integers(0, 1 << 60), st.integers(0, 1 << 60), st.sampled_from(Side),
)  # fmt: skip
def test_no_other_amounts_are_ever_signed(maker: int, taker: int, side: Side) -> None:
    changed = replace(ORDER, maker_amount=maker, taker_amount=taker, side=side)
    if changed == ORDER:
        assert sign_order(INTENT, changed, KEY).hash == ORDER.hash
        return
    with pytest.raises(SigningRefused):
        sign_order(INTENT, changed, KEY)


def test_a_domain_of_another_version_or_chain_is_not_signed() -> None:
    for version, chain in (("3", 137), ("2", 80002)):
        other = Exchange(version, chain, ORDER.exchange.contract)
        with pytest.raises(SigningRefused, match="exchange"):
            sign_order(INTENT, replace(ORDER, exchange=other), KEY)


def test_a_key_of_another_wallet_signs_nothing() -> None:
    with pytest.raises(SigningRefused, match="does not belong"):
        sign_order(INTENT, ORDER, SigningKey(b"\2" * 32))


@pytest.mark.parametrize("salt", [0, -1, 1 << 53])
def test_a_salt_that_json_would_not_carry_is_refused(salt: int) -> None:
    with pytest.raises(SigningRefused, match="salt"):
        build_order(INTENT, salt=salt, timestamp=TIMESTAMP)


def test_seconds_are_not_taken_for_milliseconds() -> None:
    with pytest.raises(SigningRefused, match="time"):
        build_order(INTENT, salt=1, timestamp=TIMESTAMP // 1000)


def test_terms_that_cannot_be_expressed_are_never_built() -> None:
    soon = replace(terms(size="10"), kind=OrderKind.GTD, expires_at=TIMESTAMP // 1000 + 100)
    for asked, refusal in (
        (terms(size="10", price="0.505"), InvalidQuantity),
        (terms(size="0.001"), OrderTooSmall),
        (soon, InvalidQuantity),
    ):
        with pytest.raises(refusal):
            build_order(replace(INTENT, terms=asked), salt=1, timestamp=TIMESTAMP)


@pytest.mark.parametrize(
    "token", ["", "0", "-1", "0x12", "1_0", " 12", "012", "12\n", str(1 << 256)]
)
def test_what_is_no_token_has_no_exchange(token: str) -> None:
    with pytest.raises(SigningRefused, match="token"):
        exchange_of(TokenId(token), neg_risk=False)


@pytest.mark.parametrize("text", ["", "0x", FUNDER[:-1], FUNDER + "0", "0x" + "g" * 40, FUNDER[2:]])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SigningRefused, match="address"):
        address(text)


def test_wallets_that_cannot_be_are_refused() -> None:
    with pytest.raises(SigningRefused, match="pays for itself"):
        Wallet(SignatureType.EOA, FUNDER, KEY.address)
    with pytest.raises(SigningRefused, match="session"):
        Wallet(SignatureType.SAFE, FUNDER, KEY.address, is_session=True)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 256), ("uint256", -1), ("uint256", 1 << 256), ("uint256", "1"), ("string", 1),
        ("address", FUNDER[2:]), ("bytes32", b"\0" * 31), ("bytes32", "0x00"),
    ],
)  # fmt: skip
def test_a_value_that_its_field_cannot_hold_is_not_hashed(kind: str, value: int | str) -> None:
    with pytest.raises(ValueError, match=r"^not "):
        struct_hash(f"Thing({kind} value)", [value])
