"""Roles, invitations and blocks: decided in Postgres, whatever the chat has in mind."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.custody import Tier
from core.domain.errors import Rejected
from core.domain.order import Origin
from core.domain.refusals import ViewerOnly
from core.domain.risk import LimitKind
from core.domain.trigger import TriggerKind
from core.domain.units import Price, UserId
from core.domain.user import Role, User
from core.services.audit import Audit
from core.services.custody.accounts import Accounts
from core.services.custody.withdrawals import WithdrawalRules, Withdrawals
from core.services.guesses import LOCKED
from core.services.invitations import LIFETIME, Invitations
from core.services.people import People
from core.services.risk.own_limits import OwnLimits
from core.services.triggers.triggers import from_price
from core.services.user_service import UserService
from core.storage.models import Sessions
from infrastructure.custody.addresses import typed_address
from tests.support.custody import Listener, house
from tests.support.guarding import RULES, ask, bid, seller
from tests.support.live_chat import Doors
from tests.support.trading import Time, usdc
from tests.support.trigger_house import house_of

ANN, BEN, EVE = 11, 22, 66
NOTES = "SELECT what, user_id FROM audit ORDER BY id"


class Club:
    """People of one installation, and its clocks."""

    def __init__(self, sessions: Sessions, *allowed: int) -> None:
        self.sessions = sessions
        self.allowed = allowed
        self.time = Time()
        self.now = datetime(2026, 11, 21, tzinfo=UTC)
        self.people = People(sessions, Audit(), now=self.wall)
        self.invitations = Invitations(sessions, Audit(), now=self.wall)
        self.users = self.restarted()

    def wall(self) -> datetime:
        return self.now

    def restarted(self, *allowed: int) -> UserService:
        return UserService(
            self.sessions,
            starting_cash=usdc(1000),
            allowed=allowed or self.allowed,
            clock=self.time.clock,
            now=self.wall,
        )

    async def admitted(self, telegram_id: int) -> User:
        user = await self.users.admit(telegram_id, "Somebody")
        assert user is not None
        return user

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        async with self.sessions() as session:
            return [tuple(row) for row in await session.execute(sa.text(query))]


async def becomes_viewer(sessions: Sessions, user: UserId) -> None:
    async with sessions.begin() as session:
        await session.execute(
            sa.text("UPDATE users SET role = 'viewer' WHERE id = :user"), {"user": user}
        )


async def test_a_viewer_orders_nothing_in_any_account_and_protection_goes_on(
    sessions: Sessions,
) -> None:
    desk, user = await seller(sessions)
    await becomes_viewer(sessions, user)
    orders = [bid(user), ask(user), bid(user, key="auto", origin=Origin.AUTOMATION)]
    orders.append(replace(bid(user, key="paper"), account=Account.PAPER))
    for forbidden in orders:
        with pytest.raises(ViewerOnly, match="look at everything"):
            await desk.place(forbidden)
    await desk.place(ask(user, "10", "stop-loss", origin=Origin.PROTECTION))


async def test_a_viewer_stops_and_cancels(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    order = await desk.place(bid(user))
    await becomes_viewer(sessions, user)
    assert (await desk.cancel_order(order.id, user)).is_done
    await desk.switch.stop(user)


async def test_a_viewer_arms_nothing_and_may_remove(sessions: Sessions) -> None:
    async with house_of(sessions) as home:
        armed = await home.arm(TriggerKind.STOP_LOSS, "0.40")
        await becomes_viewer(sessions, home.user)
        wish = from_price(TriggerKind.STOP_LOSS, Price(Decimal("0.30")))
        with pytest.raises(ViewerOnly):
            await home.triggers.arm(home.user, home.position.id, wish)
        kind, change = TriggerKind.STOP_LOSS, Decimal(10)
        with pytest.raises(ViewerOnly):
            await home.triggers.set_preset(home.user, Account.PAPER, kind, change)
        await home.triggers.set_preset(home.user, Account.PAPER, kind, None)
        await home.triggers.remove(home.user, armed.id)


async def test_a_viewer_sets_up_no_wallet_no_limit_and_no_withdrawal(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with house(sessions, tmp_path / "keys") as home:
        user = await home.person()
        await becomes_viewer(sessions, user)
        rules = WithdrawalRules(usdc(500), typed_address)
        withdrawals = Withdrawals(sessions, rules, home.factor, Listener(), now=home.clock)
        accounts = Accounts(sessions, Doors(), is_dry_run=False, now=home.clock)
        limits = OwnLimits(sessions, RULES, Audit(), now=home.clock)
        for deed in (
            home.wallets.begin(user, Tier.SESSION),
            home.wallets.verify(user),
            accounts.choose_live(user),
            limits.set(user, LimitKind.PER_DAY, Decimal(20)),
            withdrawals.allow(user, "0x" + "77" * 20, "", "000000"),
        ):
            with pytest.raises(ViewerOnly):
                await deed


async def test_roles_stay_over_restarts_and_the_list_decides_the_owner(sessions: Sessions) -> None:
    club = Club(sessions, ANN, BEN)
    ann, ben = await club.admitted(ANN), await club.admitted(BEN)
    await club.people.change_role(ann.id, ben.id, Role.VIEWER)
    again = await club.restarted().admit(BEN, "Benjamin")
    assert again == User(ben.id, BEN, "Benjamin", Role.VIEWER)
    users = club.restarted(EVE, ANN)
    owner, before = await users.admit(EVE, "Eve"), await users.admit(ANN, "Ann")
    assert owner is not None
    assert before is not None
    assert (owner.role, before.role) == (Role.OWNER, Role.TRADER)


async def test_only_the_owner_changes_roles_blocks_and_invites_and_stays_the_owner(
    sessions: Sessions,
) -> None:
    club = Club(sessions, ANN, BEN)
    ann, ben = await club.admitted(ANN), await club.admitted(BEN)
    for refused in (
        club.people.change_role(ben.id, ben.id, Role.VIEWER),
        club.people.block(ben.id, ann.id),
        club.people.unblock(ben.id, ben.id),
        club.invitations.make(ben.id, Role.TRADER),
        club.people.change_role(ann.id, ben.id, Role.OWNER),
        club.people.change_role(ann.id, ann.id, Role.VIEWER),
        club.people.block(ann.id, ann.id),
        club.invitations.make(ann.id, Role.OWNER),
    ):
        with pytest.raises(Rejected):
            await refused
    assert await club.rows(NOTES) == []


async def test_an_invitation_lets_one_person_in_once_also_after_a_restart(
    sessions: Sessions,
) -> None:
    club = Club(sessions, ANN)
    ann = await club.admitted(ANN)
    code = await club.invitations.make(ann.id, Role.VIEWER)
    assert await club.users.admit(BEN, "Ben") is None
    ben = await club.users.redeem(BEN, "Ben", code)
    assert ben is not None
    assert ben.role is Role.VIEWER
    assert await club.users.cash(ben.id, Account.PAPER) == 1000
    assert await club.users.redeem(EVE, "Eve", code) is None
    users = club.restarted()
    assert await users.admit(BEN, "Ben") == ben
    assert await users.admit(EVE, "Eve") is None
    assert await club.rows(NOTES) == [("invitation made", ann.id), ("invitation used", ben.id)]


async def test_of_many_who_use_an_invitation_at_once_one_is_in(sessions: Sessions) -> None:
    club = Club(sessions, ANN)
    code = await club.invitations.make((await club.admitted(ANN)).id, Role.TRADER)
    came = await asyncio.gather(*(club.users.redeem(each, "X", code) for each in range(100, 106)))
    assert sum(user is not None for user in came) == 1
    assert await club.rows("SELECT count(*) FROM users") == [(2,)]


async def test_an_invitation_ends_after_a_day_and_with_its_owner(sessions: Sessions) -> None:
    club = Club(sessions, ANN)
    ann = await club.admitted(ANN)
    old = await club.invitations.make(ann.id, Role.TRADER)
    club.now += LIFETIME
    assert await club.users.redeem(BEN, "Ben", old) is None
    code = await club.invitations.make(ann.id, Role.TRADER)
    users = club.restarted(EVE)
    assert await users.admit(EVE, "Eve") is not None
    assert await users.redeem(BEN, "Ben", code) is None


async def test_only_the_hash_of_an_invitation_is_stored(sessions: Sessions) -> None:
    club = Club(sessions, ANN)
    code = await club.invitations.make((await club.admitted(ANN)).id, Role.TRADER)
    stored = await club.rows("SELECT invitations::text FROM invitations")
    assert code not in str(stored + await club.rows("SELECT audit::text FROM audit"))


async def test_who_guesses_invitations_waits_and_a_right_one_does_not_help(
    sessions: Sessions,
) -> None:
    club = Club(sessions, ANN)
    code = await club.invitations.make((await club.admitted(ANN)).id, Role.TRADER)
    for guess in ("", "\x00", "\ud800", code.swapcase() + "x", "A" * 100_000):
        assert await club.users.redeem(EVE, "Eve", guess) is None
    with pytest.raises(Rejected, match="Too many wrong codes"):
        await club.users.redeem(EVE, "Eve", code)
    assert await club.users.redeem(BEN, "Ben", code) is not None
    club.time.seconds = LOCKED
    assert await club.users.redeem(EVE, "Eve", code) is None


async def test_nobody_is_invited_in_without_an_owner(sessions: Sessions) -> None:
    club = Club(sessions, ANN)
    code = await club.invitations.make((await club.admitted(ANN)).id, Role.TRADER)
    assert await club.users.redeem(BEN, "Ben", code) is not None
    async with sessions.begin() as session:
        await session.execute(sa.text("UPDATE users SET role = 'trader'"))
    club.allowed = ()
    assert await club.restarted().admit(BEN, "Ben") is None


async def test_who_is_blocked_is_out_at_once_and_whoever_listed_them(sessions: Sessions) -> None:
    club = Club(sessions, ANN, BEN)
    ann, ben = await club.admitted(ANN), await club.admitted(BEN)
    told: list[tuple[int, bool]] = []

    async def hear(member: object) -> None:
        found = next(one for one in await club.people.list() if one == member)
        told.append((found.user.telegram_id, found.is_blocked))
        club.users.forget(found.user.telegram_id)

    club.people.on_change(hear)
    await club.people.block(ann.id, ben.id)
    assert await club.users.admit(BEN, "Ben") is None
    assert await club.restarted().admit(BEN, "Ben") is None
    code = await club.invitations.make(ann.id, Role.TRADER)
    assert await club.users.redeem(BEN, "Ben", code) is None
    await club.people.unblock(ann.id, ben.id)
    assert await club.users.admit(BEN, "Ben") == replace(ben, first_name="Ben")
    assert told == [(BEN, True), (BEN, False)]
    assert (await club.rows(NOTES))[0] == ("person blocked", ben.id)


async def test_who_is_blocked_orders_nothing_and_protection_goes_on(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    async with sessions.begin() as session:
        since = {"since": datetime.now(UTC) - timedelta(hours=1)}
        await session.execute(sa.text("UPDATE users SET blocked_at = :since"), since)
    with pytest.raises(ViewerOnly):
        await desk.place(bid(user))
    await desk.place(ask(user, "10", "stop-loss", origin=Origin.PROTECTION))
