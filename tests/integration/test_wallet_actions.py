"""What a wallet does on the chain: exactly what was asked, at most once, whatever gets lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.refusals import Halted
from core.domain.wallet_action import ActionKind, ActionState, WalletAction
from core.domain.withdrawal import Withdrawal, WithdrawalState
from core.services.custody.withdrawal_sender import WithdrawalSender
from core.services.fence import Fenced
from core.storage import risk_switches, wallet_actions
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.polymarket.wallets import relayer_wire
from infrastructure.polymarket.wallets.relayer_http import RelayerHttp
from tests.support.sandbox_exchange import order
from tests.support.wallet_house import COLD, ONE_LOOK, WalletHouse, wallet_house

OVER = timedelta(minutes=13)  # a signature's life, and the margin after it


class ProcessEnded(BaseException):
    """As near as a test comes to SIGKILL without a process of its own."""


class DyingRelayer(RelayerHttp):
    """The process ends where the bytes would have left."""

    def __init__(self, true: RelayerHttp) -> None:
        self._true = true

    async def turn(self, owner: Address) -> int:
        return await self._true.turn(owner)

    async def submit(self, body: bytes) -> relayer_wire.Submitted:
        assert body
        raise ProcessEnded


class LateRelayer(DyingRelayer):
    """The wallet's turn goes by between asking for it and using it."""

    def __init__(self, true: RelayerHttp, late: int = 1) -> None:
        super().__init__(true)
        self._late = late
        self.bodies: list[bytes] = []

    async def turn(self, owner: Address) -> int:
        return await self._true.turn(owner) - self._late

    async def submit(self, body: bytes) -> relayer_wire.Submitted:
        self.bodies.append(body)
        return await self._true.submit(body)

    async def transaction(self, transaction_id: str) -> relayer_wire.Transaction:
        return await self._true.transaction(transaction_id)


@pytest.fixture
async def house(sessions: Sessions, tmp_path: Path) -> AsyncIterator[WalletHouse]:
    async with wallet_house(sessions, tmp_path / "keys") as opened:
        yield opened


async def the_action(house: WalletHouse, kind: ActionKind, subject: str = "") -> WalletAction:
    async with as_user(house.sessions, house.user) as session:
        found = await wallet_actions.newest(session, house.user, kind, subject)
    assert found is not None
    return found


async def test_a_withdrawal_leaves_once_for_the_right_address_and_is_booked(
    house: WalletHouse,
) -> None:
    due = await house.withdrawal("10.5", WithdrawalState.WAITING)
    sender = house.sender()
    await sender.send_due()
    await sender.send_due()
    (left,) = (await house.venue.get("/control/relayer")).json()["withdrawn"]
    assert (left["to"], left["amount"]) == (COLD.lower(), "10.5")
    assert await house.state_of(due) is WithdrawalState.SENT
    action = await the_action(house, ActionKind.WITHDRAW, str(due.id))
    assert action.transaction == (await house.submitted())[0]["transaction_hash"]
    assert ((await house.money())["cash"], await house.cash()) == ("89.5", Decimal("89.5"))


@pytest.mark.parametrize("kind", ["reset", "truncated", "500", "502-html"])
async def test_a_withdrawal_whose_answer_was_lost_is_found_again_and_not_sent_twice(
    house: WalletHouse, kind: str
) -> None:
    due = await house.withdrawal(state=WithdrawalState.WAITING)
    await house.lose_answers("after", kind)
    await house.sender().send_due()
    assert await house.state_of(due) is WithdrawalState.UNKNOWN
    async with asyncio.timeout(20):
        while (await house.submitted())[0]["state"] != "STATE_CONFIRMED":
            await house.operations.following.recover()
    await house.sender(house.reborn()).recover()
    assert await house.state_of(due) is WithdrawalState.SENT
    assert len(await house.submitted()) == 1
    assert await house.cash() == Decimal(90)


async def test_a_withdrawal_that_never_arrived_is_proven_void_once_its_time_is_over(
    house: WalletHouse,
) -> None:
    due = await house.withdrawal(state=WithdrawalState.WAITING)
    await house.lose_answers("before")
    await house.sender().send_due()
    await house.sender().recover()
    assert await house.state_of(due) is WithdrawalState.UNKNOWN
    house.clock.now += OVER
    await house.sender(house.reborn()).recover()
    assert await house.state_of(due) is WithdrawalState.FAILED
    assert (await house.submitted(), await house.cash()) == ([], Decimal(100))


async def cut_off(house: WalletHouse) -> Withdrawal:
    """A withdrawal whose process ended between signing and sending."""
    due = await house.withdrawal(state=WithdrawalState.WAITING)
    dying = house.reborn(DyingRelayer(house.hosts.relayer))
    with pytest.raises(ProcessEnded):
        await house.sender(dying).send_due()
    assert await house.state_of(due) is WithdrawalState.SENDING
    return due


async def settled(house: WalletHouse, sender: WithdrawalSender, due: Withdrawal) -> WithdrawalState:
    """How it ends, looked after by somebody who does not get tired."""
    async with asyncio.timeout(20):
        while (state := await house.state_of(due)) in {
            WithdrawalState.SENDING,
            WithdrawalState.UNKNOWN,
        }:
            await sender.recover()
    return state


async def test_an_action_cut_off_before_sending_is_sent_once_by_the_next_run(
    house: WalletHouse,
) -> None:
    due = await cut_off(house)
    sender = house.sender(house.reborn())
    await sender.recover()
    assert await house.submitted() == []  # somebody may still be about to send it
    house.clock.now += timedelta(seconds=11)
    assert await settled(house, sender, due) is WithdrawalState.SENT
    assert len(await house.submitted()) == 1
    assert await house.cash() == Decimal(90)


async def test_what_was_sent_twice_has_not_failed_because_one_of_the_two_did(
    house: WalletHouse,
) -> None:
    due = await house.withdrawal(state=WithdrawalState.WAITING)
    await house.lose_answers("before")
    await house.sender().send_due()
    await house.mood(failing=1)
    house.clock.now += timedelta(seconds=11)
    sender = house.sender(house.reborn())
    await sender.recover()
    async with asyncio.timeout(20):
        while (await house.submitted())[0]["state"] != "STATE_FAILED":
            await sender.recover()
    await sender.recover()
    assert await house.state_of(due) is WithdrawalState.UNKNOWN
    house.clock.now += OVER
    await sender.recover()
    assert await house.state_of(due) is WithdrawalState.FAILED
    assert len(await house.submitted()) == 1


async def test_nothing_is_sent_later_while_trading_is_halted(house: WalletHouse) -> None:
    due = await cut_off(house)
    async with house.sessions.begin() as session:
        await risk_switches.set_halted(session, house.clock.now, house.clock.now)
    house.clock.now += timedelta(seconds=11)
    await house.sender(house.reborn()).recover()
    assert await house.state_of(due) is WithdrawalState.UNKNOWN
    assert await house.submitted() == []


async def test_what_was_cut_off_too_long_ago_is_proven_void(house: WalletHouse) -> None:
    due = await cut_off(house)
    house.clock.now += timedelta(minutes=9, seconds=1)
    sender = house.sender(house.reborn())
    await sender.recover()
    await sender.send_due()
    assert await house.state_of(due) is WithdrawalState.UNKNOWN
    with pytest.raises(OutcomeUnknown):
        await house.operations.relayer.withdraw(due)
    house.clock.now += OVER
    await sender.recover()
    assert await house.state_of(due) is WithdrawalState.FAILED
    assert await house.submitted() == []


async def test_a_withdrawal_that_something_else_overtook_is_told_apart(house: WalletHouse) -> None:
    due = await house.withdrawal()
    with pytest.raises(ProcessEnded):
        await house.reborn(DyingRelayer(house.hosts.relayer)).relayer.withdraw(due)
    await house.mood(skip=(await house.money())["address"])
    with pytest.raises(Unavailable):
        await house.operations.relayer.look_up(due)
    house.clock.now += OVER
    with pytest.raises(Unavailable):
        await house.operations.relayer.look_up(due)
    action = await the_action(house, ActionKind.WITHDRAW, str(due.id))
    assert action.state is ActionState.UNCLEAR
    await house.operations.money.wrap(house.user, await house.bridge("3"))


async def test_a_turn_that_went_by_is_taken_anew_and_the_old_signature_is_void(
    house: WalletHouse,
) -> None:
    await house.mood(skip=(await house.money())["address"])
    late = LateRelayer(house.hosts.relayer)
    due = await house.withdrawal()
    await house.reborn(late).relayer.withdraw(due)
    assert len(late.bodies) == 2
    (only,) = await house.submitted()
    action = await the_action(house, ActionKind.WITHDRAW, str(due.id))
    assert (only["nonce"], action.nonce, action.body) == (1, 1, late.bodies[1])


async def test_a_turn_that_is_still_to_come_is_not_signed_for(house: WalletHouse) -> None:
    due = await house.withdrawal()
    with pytest.raises(Unavailable, match="Nothing was sent"):
        await house.reborn(LateRelayer(house.hosts.relayer, late=-1)).relayer.withdraw(due)
    assert await house.operations.relayer.look_up(due) is None


async def test_a_busy_wallet_is_waited_for(house: WalletHouse) -> None:
    await house.mood(busy=2)
    await house.operations.relayer.withdraw(await house.withdrawal())
    assert len(await house.submitted()) == 1


async def test_a_wallet_that_stays_busy_has_sent_nothing(house: WalletHouse) -> None:
    await house.mood(busy=100)
    due = await house.withdrawal()
    with pytest.raises(Unavailable, match="Nothing was sent"):
        await house.operations.relayer.withdraw(due)
    assert await house.operations.relayer.look_up(due) is None


async def test_what_the_chain_refuses_has_moved_nothing_and_frees_the_wallet(
    house: WalletHouse,
) -> None:
    await house.mood(failing=1)
    due = await house.withdrawal()
    with pytest.raises(Rejected, match="execution reverted"):
        await house.operations.relayer.withdraw(due)
    assert await house.operations.relayer.look_up(due) is None
    await house.operations.relayer.withdraw(await house.withdrawal("5"))
    assert (await house.money())["cash"] == "95"


async def test_a_slow_chain_is_followed_to_its_end_and_booked_once(house: WalletHouse) -> None:
    await house.mood(hold=True)
    due = await house.withdrawal()
    with pytest.raises(OutcomeUnknown, match="on its way"):
        await house.reborn(patience=ONE_LOOK).relayer.withdraw(due)
    other = await house.withdrawal("5")
    with pytest.raises(Unavailable, match="Something else of this wallet"):
        await house.reborn(patience=ONE_LOOK).relayer.withdraw(other)
    await house.mood(hold=False)
    async with asyncio.timeout(20):
        while (await the_action(house, ActionKind.WITHDRAW, str(due.id))).is_open:
            one, two = house.operations.following, house.reborn().following
            await asyncio.gather(one.recover(), two.recover())
    assert await house.cash() == Decimal(90)
    assert await house.operations.relayer.look_up(other) is None


@pytest.mark.parametrize("becomes", ["mined", "nothing"])
async def test_an_action_that_the_relayer_has_forgotten_is_proven_by_the_wallets_turn(
    house: WalletHouse, becomes: str
) -> None:
    await house.mood(hold=True)
    due = await house.withdrawal()
    with pytest.raises(OutcomeUnknown):
        await house.reborn(patience=ONE_LOOK).relayer.withdraw(due)
    forgets = {"path": "/relayer/v1/account/transactions/[!p]*", "status": 404, "count": 1000}
    await order(house.venue, "faults", **forgets)
    if becomes == "mined":
        await house.mood(hold=False)
        async with asyncio.timeout(20):
            while (await house.money())["cash"] == "100":
                await house.operations.following.recover()
    with pytest.raises(Unavailable):
        await house.operations.relayer.look_up(due)
    house.clock.now += OVER
    found = await house.operations.relayer.look_up(due)
    assert (found is not None) is (becomes == "mined")
    assert await house.cash() == Decimal(90 if becomes == "mined" else 100)


async def test_a_halted_or_cancelled_withdrawal_is_not_written_down(house: WalletHouse) -> None:
    due = await house.withdrawal(state=WithdrawalState.WAITING)
    with pytest.raises(Rejected):
        await house.operations.relayer.withdraw(due)
    assert await house.submitted() == []


async def test_while_trading_is_halted_a_wallet_does_nothing_by_hand_either(
    house: WalletHouse,
) -> None:
    bridged = await house.bridge("3")
    async with as_worker(house.sessions) as session:
        await risk_switches.set_halted(session, house.clock.now, house.clock.now)
    with pytest.raises(Halted, match="Nothing was sent"):
        await house.operations.money.wrap(house.user, bridged)
    async with as_worker(house.sessions) as session:
        await risk_switches.set_halted(session, None, house.clock.now)
    await house.operations.money.wrap(house.user, bridged)
    assert len(await house.submitted()) == 1


async def test_an_instance_that_was_overtaken_begins_nothing_with_a_wallet(
    house: WalletHouse,
) -> None:
    bridged = await house.bridge("3")
    house.fence.is_overtaken = True
    with pytest.raises(Fenced):
        await house.operations.money.wrap(house.user, bridged)
    assert await house.submitted() == []


async def test_a_turn_is_not_taken_anew_by_an_instance_that_was_overtaken_meanwhile(
    house: WalletHouse,
) -> None:
    class OvertakenLate(LateRelayer):
        async def submit(self, body: bytes) -> relayer_wire.Submitted:
            house.fence.is_overtaken = True
            return await super().submit(body)

    await house.mood(skip=(await house.money())["address"])
    due = await house.withdrawal()
    late = OvertakenLate(house.hosts.relayer)
    with pytest.raises(Fenced):
        await house.reborn(late).relayer.withdraw(due)
    assert (len(late.bodies), await house.submitted()) == (1, [])
    action = await the_action(house, ActionKind.WITHDRAW, str(due.id))
    assert action.state is ActionState.FAILED


async def test_an_instance_that_was_overtaken_sends_nothing_later_either(
    house: WalletHouse,
) -> None:
    due = await cut_off(house)
    house.clock.now += timedelta(seconds=11)
    house.fence.is_overtaken = True
    sender = house.sender(house.reborn())
    await sender.recover()
    assert await house.state_of(due) is WithdrawalState.UNKNOWN
    assert await house.submitted() == []
    house.fence.is_overtaken = False  # as the one that has taken over finds it
    assert await settled(house, sender, due) is WithdrawalState.SENT
    assert len(await house.submitted()) == 1


async def test_what_another_run_has_ended_meanwhile_is_not_sent_later(house: WalletHouse) -> None:
    due = await cut_off(house)
    stale = await the_action(house, ActionKind.WITHDRAW, str(due.id))
    house.clock.now += timedelta(seconds=11)
    async with as_worker(house.sessions) as session:
        await wallet_actions.move(session, stale, ActionState.FAILED, reason="ended by another run")
    looked_at = await house.reborn().following.look(stale)
    assert looked_at == stale
    assert await house.submitted() == []
