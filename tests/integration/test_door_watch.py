"""The venue is asked again at each start; whom it refuses buys nothing, in its words."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.custody import NewsKind, VenueRefuses
from core.domain.errors import Unavailable
from core.domain.units import UserId
from core.services.custody.accounts import Accounts
from core.services.custody.door_watch import DoorWatch
from core.services.custody.ports import CustodyNews
from core.storage import risk_switches
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from tests.support import rows
from tests.support.custody import House, Listener, house
from tests.support.live_chat import Doors, cash

SENTENCE = "Trading is not available in your region."


class Shut(Doors):
    """A venue that does not answer."""

    async def refusal(self, user: UserId) -> str:
        raise Unavailable(f"no answer for {user}")


class Flaky(Doors):
    """A venue whose connection breaks at the first question, and that refuses at the second."""

    def __init__(self) -> None:
        super().__init__(SENTENCE)
        self.asked = 0

    async def refusal(self, user: UserId) -> str:
        self.asked += 1
        if self.asked == 1:
            raise ConnectionResetError
        return await super().refusal(user)


class Ear(Listener):
    """Says when it has heard something."""

    def __init__(self) -> None:
        super().__init__()
        self.has_heard = asyncio.Event()

    async def tell(self, session: AsyncSession, user: UserId, news: CustodyNews) -> None:
        await super().tell(session, user, news)
        self.has_heard.set()


@pytest.fixture
async def home(sessions: Sessions, tmp_path: Path) -> AsyncIterator[House]:
    async with house(sessions, tmp_path / "keys") as one:
        yield one


async def live(home: House, telegram_id: int = 1) -> UserId:
    """Somebody who has changed over, while the venue allowed it."""
    user = await home.person(telegram_id)
    accounts = Accounts(home.sessions, Doors(), is_dry_run=False, now=home.clock)
    await home.ready(user)
    await accounts.read_risk(user, cash(50))
    await accounts.choose_live(user)
    return user


def accounts_of(home: House, doors: Doors) -> Accounts:
    return Accounts(home.sessions, doors, is_dry_run=False, now=home.clock)


async def refusal_of(home: House, user: UserId) -> str:
    async with as_user(home.sessions, user) as session:
        return (await risk_switches.switches_of(session, user)).refusal


async def test_whom_the_venue_refuses_by_then_stays_live_and_buys_nothing_until_it_relents(
    home: House,
) -> None:
    user, doors, listener = await live(home), Doors(SENTENCE), Listener()
    watch = DoorWatch(home.sessions, doors, listener, now=home.clock)
    for _ in range(2):
        assert await watch.look()
        home.clock.advance(hours=1)
    assert await accounts_of(home, doors).usable_account(user) is Account.LIVE
    assert await refusal_of(home, user) == SENTENCE
    (news,) = listener.heard.values()
    assert (news.kind, news.facts["problem"]) == (NewsKind.VENUE_REFUSES, SENTENCE)
    doors.sentence = ""
    for _ in range(2):
        assert await watch.look()
        home.clock.advance(hours=1)
    assert await refusal_of(home, user) == ""
    assert listener.kinds == [NewsKind.VENUE_REFUSES, NewsKind.VENUE_LETS_IN]


async def test_only_who_has_something_to_end_changes_over_against_the_venues_word(
    home: House,
) -> None:
    user, accounts = await live(home), accounts_of(home, Doors(SENTENCE))
    await accounts.choose_paper(user)
    with pytest.raises(VenueRefuses, match=SENTENCE):
        await accounts.choose_live(user)
    async with home.sessions.begin() as session:
        await rows.add_markets(session, [rows.market()])
        yes = rows.market().tokens[0]
        await rows.add_position(session, user, rows.market(), yes, "10", "0.5")
    with pytest.raises(VenueRefuses, match=SENTENCE):
        await accounts.choose_live(user)
    async with home.sessions.begin() as session:
        await session.execute(sa.text("UPDATE positions SET account = 'live'"))
    await accounts.choose_live(user)
    assert await accounts.usable_account(user) is Account.LIVE
    assert await refusal_of(home, user) == SENTENCE


async def test_who_is_let_in_and_who_trades_on_paper_hear_nothing(home: House) -> None:
    user, listener = await live(home), Listener()
    assert await DoorWatch(home.sessions, Doors(), listener).look()
    assert await accounts_of(home, Doors()).usable_account(user) is Account.LIVE
    await accounts_of(home, Doors()).choose_paper(user)
    assert await DoorWatch(home.sessions, Doors(SENTENCE), listener).look()
    assert listener.heard == {}


async def test_a_venue_that_does_not_answer_takes_nothing_away(home: House) -> None:
    user, listener = await live(home), Listener()
    assert not await DoorWatch(home.sessions, Shut(), listener).look()
    assert await accounts_of(home, Doors()).usable_account(user) is Account.LIVE
    assert listener.heard == {}


async def test_a_round_that_breaks_down_is_followed_by_the_next_one(home: House) -> None:
    ear = Ear()
    await live(home)
    watch = DoorWatch(home.sessions, Flaky(), ear, every=0.01, now=home.clock)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watch.run())
        await ear.has_heard.wait()
        running.cancel()
    assert ear.kinds == [NewsKind.VENUE_REFUSES]
