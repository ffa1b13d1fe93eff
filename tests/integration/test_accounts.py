"""Play money or real money, and the watch over session keys."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import web

from core.domain.account import Account
from core.domain.custody import KeyNotUsable, NewsKind, TradesPlayMoneyOnly, VenueRefuses
from core.domain.errors import Rejected, Unavailable
from core.domain.units import Usdc, UserId
from core.services.custody.accounts import Accounts
from core.services.custody.session_watch import SessionWatch
from core.storage.models import Sessions
from tests.support.custody import House, Listener, house

LIST = "/v1/user/session-signers"
LIMIT = Usdc(Decimal(50))


@dataclass
class Doors:
    sentence: str = ""
    error: Exception | None = None
    asked: list[UserId] = field(default_factory=list)

    async def refusal(self, user: UserId) -> str:
        self.asked.append(user)
        if self.error is not None:
            raise self.error
        return self.sentence


@dataclass
class Limits:
    stated: dict[UserId, Usdc] = field(default_factory=dict)

    async def state(self, user: UserId, limit: Usdc) -> None:
        self.stated[user] = limit


@pytest.fixture
async def home(sessions: Sessions, tmp_path: Path) -> AsyncIterator[House]:
    async with house(sessions, tmp_path / "keys") as one:
        yield one


def accounts_of(home: House, doors: Doors, *, is_dry_run: bool = False) -> Accounts:
    return Accounts(home.sessions, doors, is_dry_run=is_dry_run, limits=Limits(), now=home.clock)


async def test_everybody_begins_with_play_money(home: House) -> None:
    accounts = accounts_of(home, Doors())
    assert await accounts.usable_account(await home.person()) is Account.PAPER


async def test_live_needs_a_wallet_the_risks_read_a_limit_and_an_open_door(home: House) -> None:
    doors, limits = Doors("Trading is not available in your region."), Limits()
    accounts = Accounts(home.sessions, doors, is_dry_run=False, limits=limits, now=home.clock)
    user = await home.person()
    with pytest.raises(KeyNotUsable, match="Set one up"):
        await accounts.choose_live(user)
    await home.ready(user)
    with pytest.raises(Rejected, match="page about risks"):
        await accounts.choose_live(user)
    await accounts.read_risk(user, LIMIT)
    assert limits.stated == {user: LIMIT}
    assert doors.asked == []
    with pytest.raises(VenueRefuses, match=r"^Trading is not available in your region\.$"):
        await accounts.choose_live(user)
    assert await accounts.usable_account(user) is Account.PAPER
    doors.sentence, doors.error = "", Unavailable("no answer")
    with pytest.raises(Unavailable):
        await accounts.choose_live(user)
    doors.error = None
    await accounts.choose_live(user)
    assert await accounts.usable_account(user) is Account.LIVE
    choices = await accounts.choices(user)
    assert (choices.daily_limit, choices.is_informed) == (LIMIT, True)
    await accounts.choose_paper(user)
    assert await accounts.usable_account(user) is Account.PAPER


@pytest.mark.parametrize("limit", [0, -5])
async def test_a_limit_that_is_none_is_refused(home: House, limit: int) -> None:
    with pytest.raises(Rejected, match="above zero"):
        await accounts_of(home, Doors()).read_risk(await home.person(), Usdc(Decimal(limit)))


async def live(home: House) -> tuple[Accounts, UserId]:
    accounts, user = accounts_of(home, Doors()), await home.person()
    await home.ready(user)
    await accounts.read_risk(user, LIMIT)
    await accounts.choose_live(user)
    return accounts, user


async def test_dry_run_is_a_ceiling_whatever_was_chosen(home: House) -> None:
    _, user = await live(home)
    dry = accounts_of(home, Doors(), is_dry_run=True)
    assert await dry.usable_account(user) is Account.PAPER
    with pytest.raises(TradesPlayMoneyOnly):
        await dry.choose_live(user)


async def test_whoever_changes_over_or_gets_a_wallet_is_told_of_so_that_it_is_compared_at_once(
    home: House,
) -> None:
    told, user = list[UserId](), await home.person()
    home.wallets.on_change(told.append)
    accounts = Accounts(
        home.sessions, Doors(), is_dry_run=False, went_live=told.append, now=home.clock
    )
    await home.ready(user)
    assert told == home.changed == [user]
    await accounts.read_risk(user, LIMIT)
    await accounts.choose_live(user)
    assert told == [user, user]


async def test_an_expired_key_is_said_and_its_orders_are_not_live(home: House) -> None:
    accounts, user = await live(home)
    home.clock.advance(days=10)
    state = await accounts.state(user)
    assert (state.account, state.chosen) == (Account.PAPER, Account.LIVE)
    assert "Your session key ended" in state.hindrance
    with pytest.raises(KeyNotUsable, match="ended"):
        await accounts.choose_live(user)


async def test_revoking_goes_back_to_play_money_until_live_is_chosen_again(home: House) -> None:
    accounts, user = await live(home)
    await home.wallets.revoke(user)
    await home.ready(user)
    state = await accounts.state(user)
    assert (state.account, state.chosen) == (Account.PAPER, Account.PAPER)


def watch_of(home: House) -> tuple[SessionWatch, Listener]:
    listener = Listener()
    return SessionWatch(home.sessions, home.registry, listener, now=home.clock), listener


async def test_the_last_fifth_of_a_sessions_life_and_its_end_are_told_once(home: House) -> None:
    user = await home.person()
    ready = await home.ready(user)
    watch, listener = watch_of(home)
    home.clock.advance(days=8, seconds=-1)
    await watch.look()
    assert listener.kinds == []
    home.clock.advance(seconds=1)
    for _ in range(2):
        await watch.look()
    assert listener.kinds == [NewsKind.SESSION_ENDING]
    home.clock.advance(days=2)
    for _ in range(2):
        await watch.look()
    assert listener.kinds == [NewsKind.SESSION_ENDING, NewsKind.SESSION_ENDED]
    facts = next(iter(listener.heard.values())).facts
    assert facts["address"] == ready.key_address


async def test_a_key_that_the_venue_has_dropped_or_widened_is_told_and_not_deleted(
    home: House,
) -> None:
    user = await home.person()
    ready = await home.ready(user)
    watch, listener = watch_of(home)
    home.authorise(ready, "ALL")
    await watch.look()
    assert listener.kinds == [NewsKind.SESSION_UNLISTED]
    assert "must be CLOB alone" in next(iter(listener.heard.values())).facts["problem"]
    home.venue.listed.clear()
    await watch.look()
    assert await home.wallets.ready(user) == ready


async def test_a_venue_that_does_not_answer_is_no_news(home: House) -> None:
    await home.ready(await home.person())
    watch, listener = watch_of(home)
    home.venue.instead[LIST] = lambda: web.Response(status=503)
    await watch.look()
    assert listener.kinds == []


async def test_a_key_that_was_authorised_anew_lives_on(home: House) -> None:
    user = await home.person()
    ready = await home.ready(user)
    watch, listener = watch_of(home)
    home.clock.advance(days=9)
    await watch.look()
    assert listener.kinds == [NewsKind.SESSION_ENDING]
    home.authorise(ready, days=10)
    await watch.look()
    renewed = await home.wallets.ready(user)
    assert renewed is not None
    assert renewed.authorised_until == home.clock.now + timedelta(days=10)
    assert not renewed.is_expired(home.clock.now + timedelta(days=9))
