"""Approvals, bridged money, and what opens the relayer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.units import ZERO
from core.domain.wallet_money import Approvals
from core.storage.models import Sessions
from infrastructure.polymarket.wallets.contracts import NEEDED
from infrastructure.polymarket.wallets.relayer_auth import BuilderKey, NoKey
from infrastructure.sandbox.exchange.relayer.api import (
    BUILDER_KEY,
    BUILDER_PASSPHRASE,
    BUILDER_SECRET,
)
from tests.support.sandbox_exchange import order
from tests.support.wallet_house import ONE_LOOK, WalletHouse, wallet_house


@pytest.fixture
async def house(sessions: Sessions, tmp_path: Path) -> AsyncIterator[WalletHouse]:
    async with wallet_house(sessions, tmp_path / "keys") as opened:
        yield opened


async def test_approving_lets_in_what_trading_needs_and_nobody_else(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with wallet_house(sessions, tmp_path / "keys", allowance="0") as house:
        money = house.operations.money
        before = await money.state(house.user)
        assert (before.approvals, before.allowance) == (Approvals.MISSING, ZERO)
        await money.approve(house.user)
        after = await money.state(house.user)
        assert (after.approvals, after.can_act) == (Approvals.COMPLETE, True)
        assert after.allowance > 0
        await money.approve(house.user)
        (only,) = await house.submitted()
        assert len(only["calls"]) == len(NEEDED)
        allowed = (await house.money())["allowances"]
        assert sum(each == "max" for each in allowed.values()) == 5


async def test_an_approval_on_its_way_shows_as_pending(sessions: Sessions, tmp_path: Path) -> None:
    async with wallet_house(sessions, tmp_path / "keys", allowance="0") as house:
        await house.mood(hold=True)
        with pytest.raises(OutcomeUnknown):
            await house.reborn(patience=ONE_LOOK).money.approve(house.user)
        assert (await house.operations.money.state(house.user)).approvals is Approvals.PENDING


async def test_bridged_dollars_become_money_to_trade_with(house: WalletHouse) -> None:
    await house.operations.money.wrap(house.user, await house.bridge("25"))
    assert (await house.money())["cash"] == "125"


async def test_without_a_relayer_key_nothing_is_signed_and_the_owner_is_told_what_to_set(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with wallet_house(sessions, tmp_path / "keys", auth=NoKey()) as house:
        with pytest.raises(Rejected, match="RELAYER_API_KEY"):
            await house.operations.relayer.withdraw(await house.withdrawal())


async def test_a_builders_key_opens_the_relayer(sessions: Sessions, tmp_path: Path) -> None:
    right = BuilderKey(BUILDER_KEY, BUILDER_SECRET, BUILDER_PASSPHRASE)
    async with wallet_house(sessions, tmp_path / "keys", auth=right) as house:
        await house.operations.relayer.withdraw(await house.withdrawal())
        assert len(await house.submitted()) == 1


async def test_a_wrong_builders_key_is_refused_before_anything_is_signed(
    sessions: Sessions, tmp_path: Path
) -> None:
    wrong = BuilderKey(BUILDER_KEY, "AAAA", BUILDER_PASSPHRASE)
    async with wallet_house(sessions, tmp_path / "keys", auth=wrong) as house:
        due = await house.withdrawal()
        with pytest.raises(Unavailable):
            await house.operations.relayer.withdraw(due)
        assert await house.operations.relayer.look_up(due) is None


async def test_what_another_host_cannot_tell_hides_no_balance(house: WalletHouse) -> None:
    known = await house.operations.money.state(house.user)
    await order(house.venue, "faults", path="/data-api/*", count=20, status=503)
    partly = await house.operations.money.state(house.user)
    assert (partly.approvals, partly.claimable) == (Approvals.UNKNOWN, None)
    assert (partly.cash, partly.allowance) == (known.cash, known.allowance)
    assert partly.deposit_address == known.deposit_address
