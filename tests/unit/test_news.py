"""News that waits in the outbox comes back as it was written down."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, get_args

import msgspec
import pytest

from core.domain.account import Account
from core.domain.alert import AlertId, AlertKind, NewAlert
from core.domain.notice import (
    NEWS,
    AlertFired,
    Broadcast,
    ClosingSoon,
    Deposited,
    Digest,
    FeedTrouble,
    News,
)
from core.domain.units import MarketId, Price, Usdc

NOW: Final = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
MARKET: Final = MarketId("1")
TOLD: Final[tuple[News, ...]] = (
    AlertFired(
        AlertId(7),
        MARKET,
        "Rain?",
        "Yes",
        NewAlert(AlertKind.ABOVE, Decimal("0.6")),
        Price(Decimal("0.61")),
        NOW,
        is_polled=True,
    ),
    Digest(
        account=Account.PAPER,
        day=date(2026, 11, 21),
        cash=Usdc(Decimal("1000.5")),
        positions=2,
        value=Usdc(Decimal("12.25")),
        change=Usdc(Decimal("-3.1")),
        realized=Usdc(Decimal(0)),
        trades=4,
    ),
    FeedTrouble(NOW, 2, is_paused=True, is_over=True),
    ClosingSoon(MARKET, "Rain?", NOW),
    Deposited(Usdc(Decimal("50.25"))),
    Broadcast("Back in five minutes & no sooner."),
)


@pytest.mark.parametrize("news", TOLD, ids=lambda news: type(news).__name__)
def test_news_comes_back_as_it_was_written_down(news: News) -> None:
    stored = json.loads(json.dumps(msgspec.to_builtins(news)))
    assert msgspec.convert(stored, type(news)) == news


def test_every_news_has_one_kind() -> None:
    assert set(NEWS.values()) == set(get_args(News))
    assert len(set(NEWS.values())) == len(NEWS)
