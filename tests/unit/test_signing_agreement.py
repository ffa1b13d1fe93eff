"""Ten thousand random orders, beside both official clients."""

import random
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import Final

import pytest
from polymarket._internal.protocol import is_v2_position_id
from polymarket.environments import PRODUCTION

from core.domain.book import Side
from core.domain.order_amounts import TICKS, BaseAmounts, OrderKind, OrderTerms, order_amounts
from core.domain.units import TokenId
from infrastructure.polymarket.signing.eip712 import ZEROS
from infrastructure.polymarket.signing.exchanges import NEG_RISK_V2, V2, V3, exchange_of
from infrastructure.polymarket.signing.order import OrderIntent, UnsignedOrder, build_order
from infrastructure.polymarket.signing.signer import sign_order
from infrastructure.polymarket.signing.wallet import SignatureType
from tests.support.second_opinion import (
    clob_amounts,
    clob_hash_and_signature,
    official_amounts,
    official_session_signature,
    official_signature,
)
from tests.support.signing import (
    PRICE_DECIMALS,
    TIMESTAMP,
    TOKEN,
    as_a_float_reads,
    intent,
    known_key,
    terms,
    wallet,
)

ORDERS: Final = 10_000
KEY: Final = known_key()

pytestmark = pytest.mark.xdist_group("signing-agreement")  # the orders are drawn and built once


@dataclass(frozen=True, slots=True)
class Draw:
    """One random order; numbers as text, as everybody is told them."""

    side: Side
    kind: OrderKind
    tick: str
    price: str
    quantity: str  # USDC for a FOK or FAK buy, else shares

    def terms(self, price: str, quantity: str) -> OrderTerms:
        by_money = self.side is Side.BUY and not self.kind.rests
        stated = {"spend" if by_money else "size": quantity}
        asked = terms(self.side, price, kind=self.kind, tick=self.tick, **stated)
        return replace(asked, expires_at=1_890_000_000 if self.kind is OrderKind.GTD else 0)

    @property
    def is_misread_by_floats(self) -> bool:
        """As 0.29 is, which becomes 0.28: the client that counts in them signs another order."""
        meant = Decimal(self.quantity).quantize(Decimal("0.01"), rounding=ROUND_FLOOR)
        price = as_a_float_reads(self.price, PRICE_DECIMALS[self.tick])
        is_other_price = not self.kind.rests and Decimal(price) != Decimal(self.price)
        return is_other_price or Decimal(as_a_float_reads(self.quantity, 2)) != meant


@pytest.fixture(scope="module")
def drawn() -> list[Draw]:
    """Until ten thousand of them can be put to both clients."""
    chance, drawn, readable = random.Random(20261121), list[Draw](), 0  # noqa: S311 - repeatable
    while readable < ORDERS:
        drawn.append(_draw(chance))
        readable += not drawn[-1].is_misread_by_floats
    return drawn


@pytest.fixture(scope="module")
def draws(drawn: list[Draw]) -> list[Draw]:
    return [draw for draw in drawn if not draw.is_misread_by_floats]


def _draw(chance: random.Random) -> Draw:
    tick = chance.choice(list(PRICE_DECIMALS))
    steps, decimals = int(1 / Decimal(tick)), chance.randint(0, 3)
    quantity = chance.randint(5 * 10**decimals, 10 ** (decimals + 5))
    return Draw(
        chance.choice(list(Side)),
        chance.choice(list(OrderKind)),
        tick,
        f"{Decimal(tick) * chance.randrange(1, steps):f}",
        f"{Decimal(quantity).scaleb(-decimals):f}",
    )


def test_amounts_agree_with_the_client_that_counts_in_decimals(drawn: list[Draw]) -> None:
    for draw in drawn:
        ours = order_amounts(draw.terms(draw.price, draw.quantity))
        theirs = official_amounts(
            draw.side, draw.price, draw.quantity, draw.tick, rests=draw.kind.rests
        )
        assert ours == _within_decimals(draw, theirs)


def test_amounts_agree_with_the_client_that_counts_in_floats(draws: list[Draw]) -> None:
    for draw in draws:
        ours = order_amounts(draw.terms(draw.price, draw.quantity))
        theirs = clob_amounts(
            draw.side, draw.price, draw.quantity, draw.tick, rests=draw.kind.rests
        )
        assert ours == _within_decimals(draw, theirs)


def _within_decimals(draw: Draw, amounts: BaseAmounts) -> BaseAmounts:
    """Their FOK and FAK ask for more decimals than the venue takes on fine ticks."""
    if draw.kind.rests:
        return amounts
    step = TICKS[Decimal(draw.tick)]
    return replace(amounts, taker=amounts.taker // step * step)


@pytest.fixture(scope="module")
def orders(draws: list[Draw]) -> list[tuple[OrderIntent, UnsignedOrder]]:
    chance = random.Random(53)  # noqa: S311 - repeatable on purpose
    return [_order(chance, draw) for draw in draws]


def _order(chance: random.Random, draw: Draw) -> tuple[OrderIntent, UnsignedOrder]:
    intended = OrderIntent(
        _token(chance),
        chance.random() < 0.5,
        draw.terms(draw.price, draw.quantity),
        wallet(chance.choice(list(SignatureType)), KEY.address),
        chance.choice([ZEROS, chance.randbytes(32)]),
    )
    moment = TIMESTAMP + chance.randrange(10**6)
    return intended, build_order(intended, salt=chance.randrange(1, 1 << 53), timestamp=moment)


def _token(chance: random.Random) -> TokenId:
    """A third of them position ids of protocol v2."""
    if chance.random() < 1 / 3:
        module, condition = chance.randint(1, 3), chance.randrange(1 << 120)
        return TokenId(str(module << 248 | condition << 104 | chance.randrange(1 << 40)))
    return TokenId(str(chance.randrange(1 << 240, 1 << 256)))


def test_hashes_and_signatures_agree_with_the_second_client(
    orders: list[tuple[OrderIntent, UnsignedOrder]],
) -> None:
    for intended, order in orders:
        signed = sign_order(intended, order, KEY)
        assert (signed.hash, signed.signature) == clob_hash_and_signature(order)


def test_signatures_and_exchanges_agree_with_the_first_client(
    orders: list[tuple[OrderIntent, UnsignedOrder]],
) -> None:
    for intended, order in orders[:500]:
        assert sign_order(intended, order, KEY).signature == official_signature(order)
        assert (order.exchange is V3) == is_v2_position_id(order.token)
        assert exchange_of(order.token, neg_risk=intended.neg_risk) == order.exchange


def test_the_contracts_are_those_of_the_first_client() -> None:
    theirs = PRODUCTION._config
    assert (V2.contract, NEG_RISK_V2.contract, V3.contract) == (
        theirs.standard_exchange,
        theirs.neg_risk_exchange,
        theirs.exchange_v3,
    )
    assert {V2.chain_id, NEG_RISK_V2.chain_id, V3.chain_id} == {theirs.chain_id}


def test_a_session_key_signs_as_the_first_client_lets_it() -> None:
    payer = wallet(SignatureType.DEPOSIT_WALLET, KEY.address, is_session=True)
    intended = intent(terms(size="10"), payer, TOKEN)
    order = build_order(intended, salt=7, timestamp=TIMESTAMP)
    expected = official_session_signature(KEY.address, official_signature(order))
    assert sign_order(intended, order, KEY).signature == expected
