"""What is offered instead of an order that did not work."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

import pytest

from core.domain.account import Account
from core.domain.errors import (
    EmptyBook,
    InsufficientBalance,
    MarketClosed,
    NotWhole,
    OrderTooSmall,
    PolycoolError,
    Unavailable,
)
from core.domain.order import OrderStatus
from core.domain.order_amounts import OrderKind
from core.domain.units import EventId, PositionId
from telegram_bot.account_actions import ShowWallet
from telegram_bot.actions import (
    Action,
    Buy,
    Limit,
    SellShares,
    ShowEvent,
    Spend,
    Trending,
    Unit,
    Way,
)
from telegram_bot.callback_readers import category_key
from telegram_bot.screens.screen import Button, Row
from telegram_bot.screens.ways_on import rest_of, ways_on
from telegram_bot.whole_actions import BuyWhole, SellWhole
from tests.support import examples

MARKET: Final = examples.market()
SPEND: Final = Spend(MARKET.id, 1, 400)
WHOLE: Final = BuyWhole(MARKET.id, 1, 400)
HELD: Final = PositionId(9)
LIMIT: Final = Limit(MARKET.id, 0, Way.BUY, 4500, Unit.SHARES, 2_000_000)


def actions(row: Row) -> list[Action]:
    return [button.action for button in row if isinstance(button, Button)]


@pytest.mark.parametrize(
    ("error", "wanted", "is_live", "found"),
    [
        (OrderTooSmall("", spend=Decimal(1)), SPEND, False, [replace(SPEND, amount=100)]),
        (OrderTooSmall("", size=Decimal(5)), LIMIT, True, [replace(LIMIT, amount=5_000_000)]),
        (OrderTooSmall(""), SPEND, True, []),
        (InsufficientBalance(""), SPEND, False, [Buy(MARKET.id, 1)]),
        (InsufficientBalance(""), SPEND, True, [ShowWallet(), Buy(MARKET.id, 1)]),
        (InsufficientBalance(""), LIMIT, True, [ShowWallet(), replace(LIMIT, amount=0)]),
        (EmptyBook(""), SPEND, True, [Limit(MARKET.id, 1, Way.BUY)]),
        (EmptyBook(""), SPEND, False, []),
        (NotWhole(""), WHOLE, True, [SPEND, Limit(MARKET.id, 1, Way.BUY)]),
        (NotWhole(""), WHOLE, False, [SPEND]),
        (NotWhole(""), SellWhole(HELD, 7), True, [SellShares(HELD, 7)]),
        (EmptyBook(""), WHOLE, False, []),
        (OrderTooSmall("", spend=Decimal(1)), WHOLE, False, [replace(WHOLE, amount=100)]),
        (InsufficientBalance(""), WHOLE, False, [Buy(MARKET.id, 1)]),
        (MarketClosed("", event="77", category="Crypto"), SPEND, True, [ShowEvent(EventId("77"))]),
        (MarketClosed("", category="Crypto"), None, True, [Trending(0, category_key("Crypto"))]),
        (MarketClosed(""), None, True, []),
        (Unavailable(""), SPEND, True, []),
    ],
)
def test_a_failure_offers_what_could_work(
    error: PolycoolError,
    wanted: Action | None,
    is_live: bool,  # noqa: FBT001 - a parameter of the test
    found: list[Action],
) -> None:
    assert actions(ways_on(error, wanted, is_live=is_live)) == found


def test_what_a_thin_book_left_of_a_purchase_can_wait_at_its_worst_price() -> None:
    part = examples.order(OrderStatus.PARTIAL, filled="8")
    live = replace(part, ticket=replace(part.ticket, account=Account.LIVE))
    (button,) = rest_of(live, MARKET, is_live=True)
    assert button.label == "Limit at 64¢"
    assert actions((button,)) == [Limit(MARKET.id, 0, Way.BUY, 6400, Unit.MONEY, 496)]
    assert rest_of(part, MARKET, is_live=False) == ()  # paper does not wait
    nothing = examples.order(OrderStatus.REJECTED, filled="0")
    assert actions(rest_of(nothing, MARKET, is_live=False)) == [Buy(MARKET.id, 0)]
    resting = replace(live, ticket=replace(live.ticket, kind=OrderKind.GTC))
    assert rest_of(resting, MARKET, is_live=True) == ()
    assert rest_of(live, replace(MARKET, accepts_orders=False), is_live=True) == ()
