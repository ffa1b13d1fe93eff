"""Watched wallets: the first look takes note, later trades are told once."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.domain.errors import Rejected, Unavailable
from core.domain.notice import WalletTraded
from core.domain.public_wallet import PublicPosition, PublicTrade
from core.domain.units import Usdc, UserId
from core.services.outbox import Outbox
from core.services.wallet_watch import MOST, WalletCards, WalletWatch
from core.storage.models import Sessions
from tests.support import examples, portfolio_examples
from tests.support.trading import opened

ADDRESS = portfolio_examples.ADDRESS
TRADE = (portfolio_examples.public_wallet().trades or ())[0]


class Venue:
    """One wallet's trades, as a test sets them; None: it does not answer."""

    def __init__(self) -> None:
        self.told: tuple[PublicTrade, ...] | None = ()
        self.asked = list[str]()

    async def value(self, _: str) -> Usdc | None:
        return None

    async def positions(self, _: str) -> tuple[PublicPosition, ...]:
        return ()

    async def trades(self, address: str) -> tuple[PublicTrade, ...]:
        self.asked.append(address)
        if self.told is None:
            raise Unavailable("The venue does not answer.")
        return self.told


@pytest.fixture
def venue() -> Venue:
    return Venue()


@pytest.fixture
def outbox(sessions: Sessions) -> Outbox:
    return Outbox(sessions, now=lambda: examples.NOW)


@pytest.fixture
async def user(sessions: Sessions, venue: Venue) -> UserId:
    """Somebody who watches the wallet."""
    someone = (await opened(sessions))[1]
    await WalletCards(sessions, venue).watch(someone, ADDRESS)
    return someone


def trade(number: int) -> PublicTrade:
    return replace(TRADE, key=f"trade:{number}", at=TRADE.at + timedelta(minutes=number))


async def news(outbox: Outbox) -> list[WalletTraded]:
    found = [notice.news for notice in await outbox.claim()]
    return [one for one in found if isinstance(one, WalletTraded)]


async def test_what_was_there_at_the_first_look_is_no_news(
    sessions: Sessions, venue: Venue, outbox: Outbox, user: UserId
) -> None:
    watch = WalletWatch(sessions, venue, outbox)
    venue.told = (trade(2), trade(1))
    await watch.look()
    assert await news(outbox) == []
    venue.told = (trade(3), trade(2), trade(1))
    await watch.look()
    await watch.look()
    (told,) = await news(outbox)
    assert told.address == ADDRESS
    assert [one.at for one in told.trades] == [trade(3).at]
    assert told.trades[0].market_id is None
    assert venue.asked == [ADDRESS] * 3
    assert user


async def test_a_venue_that_does_not_answer_changes_nothing_and_nothing_old_is_told_after_it(
    sessions: Sessions, venue: Venue, outbox: Outbox, user: UserId
) -> None:
    watch = WalletWatch(sessions, venue, outbox)
    venue.told = (trade(60),)
    await watch.look()
    venue.told = None
    await watch.look()
    venue.told = (*(trade(70 + number) for number in range(7)), trade(55), trade(1))
    await watch.look()
    (told,) = await news(outbox)
    assert (len(told.trades), told.more) == (5, 3)  # the one told late among them, not the old one
    assert user


async def test_who_stopped_watching_hears_nothing_more(
    sessions: Sessions, venue: Venue, outbox: Outbox, user: UserId
) -> None:
    watch = WalletWatch(sessions, venue, outbox)
    await watch.look()
    await WalletCards(sessions, venue).unwatch(user, ADDRESS)
    venue.told = (trade(1),)
    await watch.look()
    assert await news(outbox) == []


async def test_one_wallet_too_many_is_refused_and_the_same_one_twice_is_not(
    sessions: Sessions, venue: Venue, user: UserId
) -> None:
    cards = WalletCards(sessions, venue)
    for number in range(1, MOST):
        await cards.watch(user, f"0x{number:040x}")
    await cards.watch(user, ADDRESS)
    with pytest.raises(Rejected, match="25 wallets already"):
        await cards.watch(user, "0x" + "ff" * 20)
    async with sessions() as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM watched_wallets")) == MOST
