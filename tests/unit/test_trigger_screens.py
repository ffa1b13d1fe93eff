"""What triggers look like, and that a trigger's news fits what happened."""

from dataclasses import replace
from decimal import Decimal

from core.domain.account import Account
from core.domain.notice import TriggerFired
from core.domain.trigger import TriggerKind, TriggerState
from core.domain.units import MarketId, PositionId, Price, Size, Usdc
from telegram_bot.screens.trigger_news import trigger_notice

FIRED = TriggerFired(
    account=Account.PAPER,
    position_id=PositionId(7),
    market_id=MarketId("3"),
    question="Will <b>it</b> rain?",
    outcome="Yes",
    kind=TriggerKind.TAKE_PROFIT,
    level=Price(Decimal("0.60")),
    state=TriggerState.DONE,
    sold=Size(Decimal(20)),
    average=Price(Decimal("0.62")),
    value=Usdc(Decimal("12.40")),
    fee=Usdc(Decimal("0.10")),
    left=Size(Decimal(0)),
)


def test_a_sale_says_what_it_brought() -> None:
    text = trigger_notice(FIRED).text
    assert "<b>Take profit sold</b>" in text
    assert "Will &lt;b&gt;it&lt;/b&gt; rain?" in text
    assert "Sold <b>20</b> at 62¢ on average, got <b>$12.30</b> with a fee of $0.10." in text
    assert "It is done, and not armed any more." in text
    assert "paper money" in text


def test_a_part_says_what_is_left() -> None:
    part = replace(FIRED, state=TriggerState.ARMED, left=Size(Decimal(30)))
    assert "30 shares are left to sell; it stays armed for them." in trigger_notice(part).text


def test_what_could_not_be_sold_says_why_and_goes_on() -> None:
    failed = replace(
        FIRED,
        kind=TriggerKind.STOP_LOSS,
        account=Account.LIVE,
        state=TriggerState.ARMED,
        sold=Size(Decimal(0)),
        trouble="The owner has halted trading.",
    )
    text = trigger_notice(failed).text
    assert "<b>Stop loss could not sell</b>" in text
    assert "Nothing was sold. It stays armed and keeps trying." in text
    assert "Reason: The owner has halted trading." in text
    assert "live money" in text
