"""Money that leaves: only to old addresses, with a code, after a delay, within a cap, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.custody import CodeRefused, NewsKind, Tier
from core.domain.errors import NotFound, OutcomeUnknown, PolycoolError, Rejected, Unavailable
from core.domain.one_time_code import DIGITS, DRIFT, lock_after
from core.domain.withdrawal import Withdrawal, WithdrawalRefused, WithdrawalState
from core.services.custody.withdrawal_sender import WithdrawalSender
from core.storage.models import Sessions
from infrastructure.security.secret_key import SecretKey
from tests.support.clearing import cleared
from tests.support.custody import house
from tests.support.signing import KNOWN_SECRET
from tests.support.withdrawals import COLD, Desk, ScriptedRelayer, desk_of, enrol, money

FUNDER = "0x" + "22" * 20


@pytest.fixture
async def desk(sessions: Sessions, tmp_path: Path) -> AsyncIterator[Desk]:
    async with house(sessions, tmp_path / "keys") as home:
        user = await home.person()
        with closing(SecretKey(KNOWN_SECRET)) as secret:
            await home.wallets.bring(
                user, Tier.DEPOSIT, FUNDER, lambda: home.vault.keep_key(user, Tier.DEPOSIT, secret)
            )
        await home.wallets.verify(user)
        await enrol(home, user)
        yield desk_of(home, user)


async def test_a_new_address_is_paid_a_day_later_and_the_money_leaves_two_hours_after_that(
    desk: Desk,
) -> None:
    allowed = await desk.service.allow(desk.user, COLD.lower(), "  Cold  ", desk.code())
    assert (allowed.address, allowed.label) == (COLD, "Cold")
    desk.home.clock.advance(hours=23)
    with pytest.raises(WithdrawalRefused, match="waits 24 hours"):
        await desk.request(allowed)
    desk.home.clock.advance(hours=1)
    made = await desk.request(allowed)
    desk.home.clock.advance(hours=2, seconds=-1)
    await desk.sender.send_due()
    assert (desk.relayer.left, await desk.state()) == ([], WithdrawalState.WAITING)
    desk.home.clock.advance(seconds=1)
    await desk.sender.send_due()
    await desk.sender.send_due()
    assert desk.relayer.left == [(COLD, money("10"))]
    (sent,) = await desk.service.recent(desk.user)
    assert (sent.id, sent.state, sent.transaction) == (
        made.id,
        WithdrawalState.SENT,
        "0xtransaction1",
    )
    assert desk.listener.kinds == [
        NewsKind.ADDRESS_ALLOWED,
        NewsKind.WITHDRAWAL_REQUESTED,
        NewsKind.WITHDRAWAL_SENT,
    ]


async def test_a_cancelled_withdrawal_never_leaves(desk: Desk) -> None:
    made = await desk.request(await desk.usable())
    for _ in range(2):
        cancelled = await desk.service.cancel(desk.user, made.id)
        assert cancelled.state is WithdrawalState.CANCELLED
    desk.home.clock.advance(days=1)
    await desk.sender.send_due()
    assert desk.relayer.left == []


async def test_what_has_left_cannot_be_cancelled(desk: Desk) -> None:
    made = await desk.request(await desk.usable())
    desk.home.clock.advance(hours=2)
    await desk.sender.send_due()
    with pytest.raises(WithdrawalRefused, match="on its way"):
        await desk.service.cancel(desk.user, made.id)


async def test_cancelling_and_sending_at_once_do_one_of_the_two(desk: Desk) -> None:
    to = await desk.usable()
    for _ in range(5):
        desk.relayer.left.clear()
        made = await desk.request(to)
        desk.home.clock.advance(days=1)
        cancelled, _ = await asyncio.gather(
            desk.service.cancel(desk.user, made.id), desk.sender.send_due(), return_exceptions=True
        )
        has_left = bool(desk.relayer.left)
        assert has_left == isinstance(cancelled, WithdrawalRefused)


async def test_the_cap_holds_for_requests_at_once_and_comes_back_with_time(desk: Desk) -> None:
    to = await desk.usable()
    await desk.request(to, "60")
    with pytest.raises(WithdrawalRefused, match="40 USDC are left"):
        await desk.request(to, "41")
    made = await desk.request(to, "40")
    await desk.service.cancel(desk.user, made.id)
    await desk.request(to, "40")
    with pytest.raises(WithdrawalRefused, match="0 USDC are left"):
        await desk.request(to, "1")
    desk.home.clock.advance(hours=25)
    await desk.request(to, "100")


async def test_a_wrong_code_allows_no_address_and_moves_no_money(desk: Desk) -> None:
    with pytest.raises(CodeRefused):
        await desk.service.allow(desk.user, COLD, "Cold", "000000")
    to = await desk.usable()
    with pytest.raises(CodeRefused):
        await desk.service.request(desk.user, to.id, money("1"), "000000")
    assert [one.address for one in await desk.service.addresses(desk.user)] == [COLD]
    assert await desk.service.recent(desk.user) == []


async def test_a_thief_of_the_chat_hardly_ever_guesses_a_code(desk: Desk) -> None:
    to = await desk.usable()
    began, guesses = desk.home.clock.now, 0
    while desk.home.clock.now - began < timedelta(days=5):
        with pytest.raises(CodeRefused, match="wrong"):
            await desk.service.request(desk.user, to.id, money("1"), "abcdef")
        guesses += 1
        desk.home.clock.advance(seconds=lock_after(guesses).total_seconds())
    chance = guesses * (2 * DRIFT + 1) / 10**DIGITS
    assert chance < 1 / 10_000
    assert await desk.service.recent(desk.user) == []


async def test_an_address_with_a_slip_or_on_the_list_already_is_refused(desk: Desk) -> None:
    with pytest.raises(Rejected, match="slip"):
        await desk.service.allow(desk.user, "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "", "1")
    allowed = await desk.usable()
    with pytest.raises(Rejected, match="on your list already"):
        await desk.service.allow(desk.user, COLD, "Again", desk.code())
    assert (await desk.service.addresses(desk.user)) == [allowed]  # its wait is not begun anew


async def test_taking_an_address_off_the_list_stops_what_waits_for_it(desk: Desk) -> None:
    to = await desk.usable()
    await desk.request(to)
    assert await desk.service.disallow(desk.user, to.id)
    assert not await desk.service.disallow(desk.user, to.id)
    desk.home.clock.advance(hours=2)
    await desk.sender.send_due()
    assert (desk.relayer.left, await desk.state()) == ([], WithdrawalState.CANCELLED)
    assert desk.listener.kinds[-1] is NewsKind.WITHDRAWAL_FAILED
    with pytest.raises(NotFound):
        await desk.request(to)


async def test_an_address_that_comes_back_waits_anew(desk: Desk) -> None:
    to = await desk.usable()
    await desk.service.disallow(desk.user, to.id)
    again = await desk.service.allow(desk.user, COLD, "Cold", desk.code())
    with pytest.raises(WithdrawalRefused, match="waits 24 hours"):
        await desk.request(again)


async def test_a_session_key_cannot_withdraw_and_that_is_said(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with house(sessions, tmp_path / "keys") as home:
        user = await home.person()
        await home.ready(user)
        await enrol(home, user)
        desk = desk_of(home, user)
        with pytest.raises(WithdrawalRefused, match="a session key only trades"):
            await desk.request(await desk.usable())


async def test_revoking_the_key_stops_what_waits(desk: Desk) -> None:
    await desk.request(await desk.usable())
    await desk.home.wallets.revoke(desk.user)
    desk.home.clock.advance(hours=2)
    await desk.sender.send_due()
    assert (desk.relayer.left, await desk.state()) == ([], WithdrawalState.CANCELLED)


async def test_while_trading_is_halted_nothing_leaves(desk: Desk) -> None:
    await desk.request(await desk.usable())
    desk.home.clock.advance(hours=2)
    await desk.halt(desk.home.clock())
    await desk.sender.send_due()
    assert (desk.relayer.left, await desk.state()) == ([], WithdrawalState.WAITING)
    await desk.halt(None)
    await desk.sender.send_due()
    assert await desk.state() is WithdrawalState.SENT


@pytest.mark.parametrize("error", [Rejected("no funds"), Unavailable("no relayer")])
async def test_a_proven_refusal_ends_it_and_frees_the_cap(desk: Desk, error: PolycoolError) -> None:
    to = await desk.usable()
    await desk.request(to, "100")
    desk.home.clock.advance(hours=2)
    desk.relayer.error = error
    await desk.sender.send_due()
    assert await desk.state() is WithdrawalState.FAILED
    assert (await desk.service.recent(desk.user))[0].reason == str(error)
    await desk.request(to, "100")


@pytest.mark.parametrize(
    ("found", "ends"),
    [
        ("0xabc", WithdrawalState.SENT),
        (None, WithdrawalState.FAILED),
        (Unavailable("later"), WithdrawalState.UNKNOWN),
    ],
)
async def test_a_lost_answer_is_looked_up_and_never_sent_again(
    desk: Desk, found: str | PolycoolError | None, ends: WithdrawalState
) -> None:
    to = await desk.usable()
    await desk.request(to, "100")
    desk.home.clock.advance(hours=2)
    desk.relayer.error, desk.relayer.leaves_before_error = OutcomeUnknown("timeout"), True
    await desk.sender.send_due()
    assert await desk.state() is WithdrawalState.UNKNOWN
    with pytest.raises(WithdrawalRefused, match="0 USDC are left"):  # it may have left
        await desk.request(to, "1")
    desk.relayer.found = found
    for _ in range(2):
        await desk.sender.recover()
        await desk.sender.send_due()
    assert await desk.state() is ends
    assert len(desk.relayer.left) == 1


class Killed(BaseException):
    """The process ends here."""


class DyingRelayer(ScriptedRelayer):
    async def withdraw(self, withdrawal: Withdrawal) -> str:
        await super().withdraw(withdrawal)
        raise Killed


async def test_a_kill_while_it_is_sent_does_not_send_it_twice(desk: Desk) -> None:
    await desk.request(await desk.usable())
    desk.home.clock.advance(hours=2)
    dying = DyingRelayer()
    with pytest.raises(Killed):
        await WithdrawalSender(
            cleared(desk.home.sessions), dying, desk.listener, now=desk.home.clock
        ).send_due()
    assert await desk.state() is WithdrawalState.SENDING
    desk.relayer.found = "0xabc"
    await desk.sender.recover()
    await desk.sender.send_due()
    assert (await desk.state(), len(dying.left), desk.relayer.left) == (
        WithdrawalState.SENT,
        1,
        [],
    )


async def test_nobody_sees_or_touches_anothers_withdrawals(desk: Desk) -> None:
    to = await desk.usable()
    made = await desk.request(to)
    thief = await desk.home.person(2)
    await enrol(desk.home, thief)
    with pytest.raises(NotFound):
        await desk.service.cancel(thief, made.id)
    with pytest.raises(WithdrawalRefused):
        await desk.service.request(thief, to.id, money("1"), desk.code())
    assert await desk.service.addresses(thief) == []
    assert await desk.service.recent(thief) == []
    assert not await desk.service.disallow(thief, to.id)
    assert await desk.state() is WithdrawalState.WAITING


async def test_an_instance_that_was_overtaken_sends_no_withdrawal(desk: Desk) -> None:
    await desk.request(await desk.usable())
    desk.home.clock.advance(hours=2)
    desk.fence.is_overtaken = True
    await desk.sender.send_due()
    assert (desk.relayer.left, await desk.state()) == ([], WithdrawalState.WAITING)
    desk.fence.is_overtaken = False
    await desk.sender.send_due()
    assert await desk.state() is WithdrawalState.SENT
