"""Every screen about alerts, and every notice that nobody had to ask for."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from core.domain.account import Account
from core.domain.alert import Alert, AlertId, AlertKind, AlertState, NewAlert
from core.domain.notice import (
    AlertFired,
    Broadcast,
    ClosingSoon,
    Deposited,
    Digest,
    FeedTrouble,
    NoticeKind,
)
from core.domain.units import Price, Usdc, UserId
from telegram_bot.alert_actions import TypeAlert
from telegram_bot.screens.alert_news import (
    alert_notice,
    broadcast_notice,
    closing_notice,
    deposit_notice,
    digest_notice,
    feed_notice,
)
from telegram_bot.screens.alerts import alert_question, alerts_screen, new_alert_screen
from telegram_bot.screens.notice_groups import group_screen
from telegram_bot.screens.screen import Screen
from tests.support import examples as views
from tests.support.examples import NOW

GOLDEN = Path(__file__).parents[1] / "fixtures" / "screens" / "alerts"
MARKET = views.market()
WISHES = (
    NewAlert(AlertKind.ABOVE, Decimal("0.67")),
    NewAlert(AlertKind.BELOW, Decimal("0.575")),
    NewAlert(AlertKind.MOVE, Decimal("0.05"), 10),
    NewAlert(AlertKind.SWING, Decimal(10), 60),
    NewAlert(AlertKind.SPREAD, Decimal("0.05")),
    NewAlert(AlertKind.CLOSING, Decimal(0), 60),
)


def alert(number: int, wish: NewAlert, outcome: str = "Yes") -> Alert:
    return Alert(
        id=AlertId(number),
        user_id=UserId(1),
        market_id=MARKET.id,
        token_id=views.YES,
        outcome=outcome,
        wish=wish,
        state=AlertState.ARMED,
        firing=1,
        muted_until=NOW + timedelta(hours=8) if number == 2 else None,
        created_at=NOW,
    )


def alerts(outcome: str = "Yes") -> list[Alert]:
    return [alert(number, wish, outcome) for number, wish in enumerate(WISHES, 1)]


def fired(wish: NewAlert = WISHES[0], question: str = MARKET.question) -> AlertFired:
    price = Price(Decimal("0.68"))
    return AlertFired(AlertId(7), MARKET.id, question, "Yes", wish, price, NOW)


def digest() -> Digest:
    return Digest(
        account=Account.PAPER,
        day=date(2026, 11, 21),
        cash=Usdc(Decimal("912.5")),
        positions=2,
        value=Usdc(Decimal("101.25")),
        change=Usdc(Decimal("13.75")),
        realized=Usdc(Decimal("4.2")),
        trades=3,
        alerts=1,
        orders=0,
    )


def alert_examples() -> dict[str, Screen]:
    """By the names of their golden files."""
    view, markets = views.market_view(), {MARKET.id: MARKET}
    trouble = FeedTrouble(NOW, 2, is_paused=True)
    ends = NOW + timedelta(hours=1)
    return {
        "alerts": alerts_screen(alerts(), markets, 0, NOW),
        "alerts_last_page": alerts_screen(alerts(), markets, 1, NOW),
        "alerts_none": alerts_screen((), {}, 0, NOW),
        "new": new_alert_screen(view, 0, (), NOW),
        "new_more": new_alert_screen(view, 1, alerts()[:2], NOW),
        "question": alert_question(view, TypeAlert(MARKET.id, 0)),
        **{f"news_{wish.kind}": alert_notice(fired(wish)) for wish in WISHES},
        "news_polled": alert_notice(replace(fired(), is_polled=True)),
        "news_closing_held": closing_notice(ClosingSoon(MARKET.id, MARKET.question, ends)),
        "news_closing_watched": closing_notice(
            ClosingSoon(MARKET.id, MARKET.question, ends, is_held=False)
        ),
        "news_feed_paused": feed_notice(trouble),
        "news_feed_active": feed_notice(replace(trouble, markets=1, is_paused=False)),
        "news_feed_over": feed_notice(replace(trouble, is_over=True)),
        "news_deposit": deposit_notice(Deposited(Usdc(Decimal("50.25")))),
        "news_digest": digest_notice(digest()),
        "news_digest_first": digest_notice(
            replace(digest(), change=None, trades=0, positions=0, account=Account.LIVE)
        ),
        "news_broadcast": broadcast_notice(Broadcast("Back in five minutes & <no> sooner.")),
        "news_group": group_screen(
            NoticeKind.ALERT, [alert_notice(fired(wish)) for wish in WISHES * 3]
        ),
    }


def screens_about(title: str) -> list[Screen]:
    """With text from outside in every place, and as much of it as fits on one screen."""
    market = replace(
        MARKET,
        question=title,
        outcomes=tuple(replace(each, name=title) for each in MARKET.outcomes),
    )
    view = views.market_view()
    outcomes = tuple(replace(each, outcome=market.outcomes[0]) for each in view.outcomes)
    view = replace(view, market=market, outcomes=outcomes)
    own = alerts(title)
    news = [alert_notice(replace(fired(wish, title), outcome=title)) for wish in WISHES]
    return [
        alerts_screen(own * 2, {market.id: market}, 0, NOW),
        new_alert_screen(view, 0, own, NOW),
        alert_question(view, TypeAlert(market.id, 0)),
        closing_notice(ClosingSoon(market.id, title, NOW)),
        broadcast_notice(Broadcast(title)),
        *news,
        group_screen(NoticeKind.ALERT, news * 5),
    ]
