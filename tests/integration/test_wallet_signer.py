"""The vault signs a batch only if the database says the same, and the tier may."""

from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.custody import Tier
from core.domain.errors import Rejected
from core.domain.units import Usdc, UserId
from core.domain.withdrawal import Withdrawal, WithdrawalId, WithdrawalState
from core.storage import custody_withdrawals
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.wallet import Address, address
from infrastructure.polymarket.wallets.batch import Batch
from infrastructure.polymarket.wallets.contracts import NEEDED
from infrastructure.polymarket.wallets.deeds import Approve, Deed, Withdraw, Wrap, calls_of
from infrastructure.security.secret_key import SecretKey
from tests.support.custody import house as custody_house
from tests.support.signing import FUNDER, known_key
from tests.support.wallet_house import COLD, OTHER, WalletHouse, wallet_house


@pytest.fixture
async def house(sessions: Sessions, tmp_path: Path) -> AsyncIterator[WalletHouse]:
    async with wallet_house(sessions, tmp_path / "keys") as opened:
        yield opened


async def signed(
    house: WalletHouse, deed: Deed, wallet: Address = FUNDER, user: UserId | None = None
) -> str:
    deadline = int(house.clock.unix()) + 600
    batch = Batch(wallet, 0, deadline, calls_of(deed, wallet))
    return await house.keys.sign_batch(user or house.user, deed, batch)


def deed_of(due: Withdrawal) -> Withdraw:
    return Withdraw(due.id, address(due.address), due.amount)


async def test_a_withdrawal_that_is_on_its_way_is_signed(house: WalletHouse) -> None:
    assert (await signed(house, deed_of(await house.withdrawal()))).startswith("0x")


@pytest.mark.parametrize(
    "change",
    [
        lambda deed: replace(deed, amount=Usdc(deed.amount + Decimal("0.000001"))),
        lambda deed: replace(deed, amount=Usdc(Decimal(1))),
        lambda deed: replace(deed, to=OTHER),
        lambda deed: replace(deed, withdrawal=WithdrawalId(deed.withdrawal + 1)),
    ],
)
async def test_another_amount_address_or_withdrawal_than_stored_is_not_signed(
    house: WalletHouse, change: Callable[[Withdraw], Withdraw]
) -> None:
    """Batch and deed agree with each other here, as a thief in the process could arrange."""
    due = await house.withdrawal()
    with pytest.raises(SigningRefused, match="Nothing was signed"):
        await signed(house, change(deed_of(due)))


@pytest.mark.parametrize(
    "state",
    [WithdrawalState.WAITING, WithdrawalState.CANCELLED],
)
async def test_a_withdrawal_that_waits_or_was_cancelled_is_not_signed(
    house: WalletHouse, state: WithdrawalState
) -> None:
    due = await house.withdrawal(state=state)
    with pytest.raises(SigningRefused):
        await signed(house, deed_of(due))


async def test_an_address_that_left_the_list_or_still_waits_is_not_paid(
    house: WalletHouse,
) -> None:
    due = await house.withdrawal()
    late = house.clock.now + timedelta(seconds=1)
    async with as_user(house.sessions, house.user) as session:
        await session.execute(
            sa.text("UPDATE withdrawal_addresses SET usable_at = :at"), {"at": late}
        )
    with pytest.raises(SigningRefused, match="not on the list"):
        await signed(house, deed_of(due))
    house.clock.advance(seconds=2)
    assert await signed(house, deed_of(due))
    async with as_user(house.sessions, house.user) as session:
        await custody_withdrawals.remove_address(
            session, house.user, due.address_id, house.clock.now
        )
    with pytest.raises(SigningRefused, match="not on the list"):
        await signed(house, deed_of(due))


async def test_a_session_key_signs_no_batch_and_says_where_to_go(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with custody_house(sessions, tmp_path / "keys") as home:
        user = await home.person()
        wallet = await home.ready(user)
        funder = address(wallet.funder)
        for deed in (
            Withdraw(WithdrawalId(1), COLD, Usdc(Decimal(1))),
            Approve(NEEDED),
            Wrap(Usdc(Decimal(1))),
        ):
            batch = Batch(funder, 0, int(home.clock.unix()) + 600, calls_of(deed, funder))
            with pytest.raises(SigningRefused, match="session key: it trades"):
                await home.account_keys.sign_batch(user, deed, batch)


async def test_an_ordinary_account_is_told_that_it_pays_the_chain_itself(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with custody_house(sessions, tmp_path / "keys") as home:
        user, own = await home.person(), known_key().address
        with closing(SecretKey(bytes([0x11]) * 32)) as secret:
            await home.wallets.bring(
                user, Tier.EOA, own, lambda: home.vault.keep_key(user, Tier.EOA, secret)
            )
        await home.wallets.verify(user)
        deed = Approve(NEEDED)
        batch = Batch(own, 0, int(home.clock.unix()) + 600, calls_of(deed, own))
        with pytest.raises(SigningRefused, match="pays the chain's fees itself"):
            await home.account_keys.sign_batch(user, deed, batch)


async def test_an_owner_key_made_here_gets_its_deposit_wallet(house: WalletHouse) -> None:
    await house.wallets.revoke(house.user)
    waiting = await house.wallets.begin(house.user, Tier.DEPOSIT)
    made = await house.operations.money.create(house.user)
    ready = await house.wallets.verify(house.user)
    assert (ready.key_address, ready.funder) == (waiting.key_address, made)
    assert (await house.operations.money.state(house.user)).deposit_address == made
    with pytest.raises(Rejected, match="No owner key waits"):
        await house.operations.money.create(house.user)
    (only,) = await house.submitted()
    assert (only["kind"], only["wallet"]) == ("WALLET-CREATE", made.lower())
