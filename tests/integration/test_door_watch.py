"""The venue is asked again at each start; whom it refuses goes back to paper, in its words."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.domain.account import Account
from core.domain.custody import NewsKind, VenueRefuses
from core.domain.errors import Unavailable
from core.domain.units import UserId
from core.services.custody.accounts import Accounts
from core.services.custody.door_watch import DoorWatch
from core.storage.models import Sessions
from tests.support.custody import House, Listener, house
from tests.support.live_chat import Doors, cash

SENTENCE = "Trading is not available in your region."


class Shut(Doors):
    """A venue that does not answer."""

    async def refusal(self, user: UserId) -> str:
        raise Unavailable(f"no answer for {user}")


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


async def test_whom_the_venue_refuses_goes_back_to_paper_with_its_sentence_and_cannot_return(
    home: House,
) -> None:
    user, doors, listener = await live(home), Doors(SENTENCE), Listener()
    watch = DoorWatch(home.sessions, doors, listener, now=home.clock)
    assert await watch.look()
    accounts = accounts_of(home, doors)
    assert await accounts.usable_account(user) is Account.PAPER
    (news,) = listener.heard.values()
    assert (news.kind, news.facts["problem"]) == (NewsKind.VENUE_REFUSES, SENTENCE)
    with pytest.raises(VenueRefuses, match=SENTENCE):
        await accounts.choose_live(user)
    home.clock.advance(hours=1)
    assert await watch.look()
    assert len(listener.heard) == 1


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
