"""News of every kind, in every form that its buttons depend on."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from core.domain.account import Account
from core.domain.book import Side
from core.domain.breaker import EVERYBODY
from core.domain.custody import NewsKind
from core.domain.notice import (
    AccountCompared,
    Broadcast,
    ClosingSoon,
    Deposited,
    FeedTrouble,
    MarketEnded,
    News,
    Paid,
    TriggerFired,
    WalletChanged,
    WalletTrade,
    WalletTraded,
    Warned,
)
from core.domain.order import OrderStatus
from core.domain.trigger import TriggerKind, TriggerState
from core.domain.units import MarketId, PositionId, Price, Size, Usdc
from tests.support import account_examples as live
from tests.support import alert_examples as alerts
from tests.support import weather_examples as weather
from tests.support.examples import NOW

MARKET = MarketId("501")
WALLET = "0x" + "ab" * 20


def every_news() -> Iterator[News]:
    for status in OrderStatus:
        yield live.moved(status)
        yield live.moved(status, filled="5")
    for account in (Account.PAPER, Account.LIVE):
        yield MarketEnded(MARKET, "Rain?", "Yes", (_paid(account),))
    yield AccountCompared(live.standing().found, (), is_stopped=True, has_cleared=False)
    yield from (Warned("Look."), Warned("Look.", 7), Warned("Look.", EVERYBODY))
    for kind in NewsKind:
        yield WalletChanged(kind.value, {})
        yield WalletChanged(kind.value, {"withdrawal": "3"})
    yield _trigger()
    yield from (alerts.fired(wish) for wish in alerts.WISHES)
    yield alerts.digest()
    yield FeedTrouble(NOW, 2, is_paused=True)
    yield FeedTrouble(NOW, 1, is_paused=False, is_over=True)
    held = ClosingSoon(MARKET, "Rain?", NOW)
    yield from (held, replace(held, is_held=False))
    yield Deposited(Usdc(Decimal(5)))
    yield Broadcast("Back in five minutes.")
    yield weather.signal()
    trade = WalletTrade("Rain?", "Yes", Side.BUY, Size(Decimal(5)), Price(Decimal("0.5")), NOW)
    known = replace(trade, market_id=MARKET)
    yield from (
        WalletTraded("0x" + "ab" * 20, (trade,)),
        WalletTraded("0x" + "ab" * 20, (known, trade), more=9),
    )


def _paid(account: Account) -> Paid:
    five = Usdc(Decimal(5))
    return Paid(account, "Yes", Size(Decimal(5)), Price(Decimal(1)), five, five)


def _trigger() -> TriggerFired:
    return TriggerFired(
        account=Account.PAPER,
        position_id=PositionId(7),
        market_id=MARKET,
        question="Rain?",
        outcome="Yes",
        kind=TriggerKind.STOP_LOSS,
        level=Price(Decimal("0.60")),
        state=TriggerState.DONE,
        sold=Size(Decimal(20)),
        average=Price(Decimal("0.59")),
        value=Usdc(Decimal("11.8")),
        fee=Usdc(Decimal(0)),
        left=Size(Decimal(0)),
    )
