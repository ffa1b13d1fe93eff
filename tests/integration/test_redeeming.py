"""Results that the venue owes: profit at once, cash when they are redeemed, and never twice."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from eth_account import Account as EthAccount
from polymarket._internal.actions.relayer.calls import TransactionCall, erc20_transfer_call
from polymarket._internal.actions.relayer.gasless import build_deposit_wallet_payload
from polymarket._internal.actions.relayer.signing.deposit_wallet import sign_deposit_wallet_batch
from polymarket.types import EvmAddress

from core.domain.account import Account
from core.domain.book import Side
from core.domain.drift import VenueAccount
from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.ledger import Fill
from core.domain.position import PositionStatus
from core.domain.units import Price, Size, Usdc, usdc
from core.domain.wallet_action import ActionKind, WalletAction
from core.services.outbox import Outbox
from core.services.position.bookkeeping import book
from core.services.position.resolution_service import ResolutionService
from core.services.reconciliation.concluding import Seen, conclude
from core.services.reconciliation.patience import Patience
from core.services.redeeming import AutoRedeem
from core.services.websocket_manager import WebSocketManager
from core.storage import risk_switches, wallet_actions
from core.storage.models import PositionRow, Sessions
from core.storage.tenancy import as_user, as_worker
from infrastructure.polymarket.wallets import contracts
from tests.support.sandbox_exchange import Json
from tests.support.signing import FUNDER, KNOWN_SECRET, known_key
from tests.support.wallet_house import COLD, ONE_LOOK, WalletHouse, wallet_house

AGED = sa.text("UPDATE drifts SET first_seen_at = now() - interval '1 day'")


@pytest.fixture
async def house(sessions: Sessions, tmp_path: Path) -> AsyncIterator[WalletHouse]:
    async with wallet_house(sessions, tmp_path / "keys") as opened:
        yield opened


async def bought(house: WalletHouse, outcome: int, size: str, price: str) -> None:
    """A live fill of the ledger's; its money left the venue's cash as well as ours."""
    token = house.market.tokens[outcome]
    fill = Fill(
        event_key=f"trade:{outcome}:0x01",
        user_id=house.user,
        account=Account.LIVE,
        market_id=house.market.id,
        token_id=token,
        outcome=house.market.outcomes[outcome].name,
        side=Side.BUY,
        size=Size(Decimal(size)),
        price=Price(Decimal(price)),
        fee=Usdc(Decimal(0)),
        at=house.clock.now,
    )
    async with as_user(house.sessions, house.user) as session:
        await book(session, [fill], None)


async def ended(house: WalletHouse) -> None:
    """40 winning shares for 20 dollars and 7 losing ones for 2.10; the result is told."""
    await bought(house, 0, "40", "0.5")
    await bought(house, 1, "7", "0.3")
    market = await house.resolve("40")
    service = ResolutionService(
        house.sessions, WebSocketManager(), Outbox(house.sessions), now=house.clock
    )
    await service.take_over([market])
    await service.take_over([market])


async def profits(house: WalletHouse) -> list[tuple[PositionStatus, Decimal]]:
    async with as_user(house.sessions, house.user) as session:
        rows = await session.execute(
            sa.select(PositionRow.status, PositionRow.realized_pnl).order_by(PositionRow.id)
        )
        return [(status, profit) for status, profit in rows]


async def test_a_live_result_is_profit_at_once_and_cash_when_it_is_redeemed(
    house: WalletHouse,
) -> None:
    await ended(house)
    assert await profits(house) == [
        (PositionStatus.RESOLVED, Decimal(20)),
        (PositionStatus.RESOLVED, Decimal("-2.1")),
    ]
    assert await house.cash() == Decimal("77.9")
    won, lost = (await house.operations.money.state(house.user)).claimable or ()
    assert (won.market_id, won.shares, won.value) == (
        house.market.id,
        Size(Decimal(40)),
        usdc(Decimal(40)),
    )
    assert (lost.shares, lost.value) == (Size(Decimal(7)), usdc(Decimal(0)))
    await house.operations.money.redeem(house.user, house.market.id)
    assert await house.cash() == Decimal("117.9")
    assert ((await house.money())["cash"], (await house.money())["shares"]) == ("140", {})
    assert (await house.operations.money.state(house.user)).claimable == ()


async def test_one_result_is_claimed_once_however_often_it_is_asked_for(house: WalletHouse) -> None:
    await ended(house)
    claims = [
        house.reborn().money.redeem(house.user, house.market.id),
        house.operations.money.redeem(house.user, house.market.id),
        house.reborn().money.redeem(house.user, house.market.id),
    ]
    answers = await asyncio.gather(*claims, return_exceptions=True)
    assert answers.count(None) >= 1
    assert all(isinstance(each, Rejected | Unavailable) for each in answers if each is not None)
    with pytest.raises(Rejected, match="nothing to claim"):
        await house.operations.money.redeem(house.user, house.market.id)
    (only,) = [each for each in await house.submitted() if each["state"] == "STATE_CONFIRMED"]
    assert len(only["calls"]) == 1
    assert await house.cash() == Decimal("117.9")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_claim_whose_answer_was_lost_is_booked_when_it_is_proven_and_only_then(
    house: WalletHouse, when: str
) -> None:
    await ended(house)
    await house.lose_answers(when)
    with pytest.raises(OutcomeUnknown):
        await house.operations.money.redeem(house.user, house.market.id)
    assert await house.cash() == Decimal("77.9")
    if when == "after":
        async with asyncio.timeout(20):
            while await house.cash() == Decimal("77.9"):
                await house.reborn().following.recover()
    else:
        house.clock.advance(minutes=13)
        await house.reborn().following.recover()
        assert await house.cash() == Decimal("77.9")
        await house.operations.money.redeem(house.user, house.market.id)
    assert await house.cash() == Decimal("117.9")
    assert len(await house.submitted()) == 1


async def test_a_missing_approval_travels_in_the_same_batch(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with wallet_house(sessions, tmp_path / "keys", allowance="0") as house:
        await ended(house)
        await house.operations.money.redeem(house.user, house.market.id)
        (only,) = await house.submitted()
        assert len(only["calls"]) == 2
        assert await house.cash() == Decimal("117.9")


async def test_what_a_comparison_with_the_venue_has_booked_is_not_booked_again(
    house: WalletHouse,
) -> None:
    """The venue's balance says that the claim is paid before the relayer does."""
    await ended(house)
    await house.mood(hold=True)
    with pytest.raises(OutcomeUnknown):
        await house.reborn(patience=ONE_LOOK).money.redeem(house.user, house.market.id)
    paid = VenueAccount(frozenset(), {}, Usdc(Decimal("117.9")))
    patience = Patience()
    for _ in range(2):
        house.clock.advance(hours=1)
        async with as_worker(house.sessions) as session:
            await session.execute(
                sa.text("UPDATE drifts SET first_seen_at = now() - '1 day'::interval")
            )
            await conclude(session, Seen(house.user, house.clock.now, paid), patience)
    assert await house.cash() == Decimal("117.9")
    await house.mood(hold=False)
    async with asyncio.timeout(20):
        while (await claim_of(house)).is_open:
            await house.operations.following.recover()
    assert await house.cash() == Decimal("117.9")


async def claim_of(house: WalletHouse) -> WalletAction:
    async with as_user(house.sessions, house.user) as session:
        found = await wallet_actions.newest(session, house.user, ActionKind.REDEEM, house.market.id)
    assert found is not None
    return found


async def test_a_market_without_a_result_is_not_claimed(house: WalletHouse) -> None:
    with pytest.raises(Rejected, match="no result yet"):
        await house.operations.money.redeem(house.user, house.market.id)
    assert await house.submitted() == []


async def test_automatic_redeeming_claims_what_was_won_and_rests_after_a_failure(
    house: WalletHouse,
) -> None:
    await ended(house)
    service = AutoRedeem(house.sessions, house.operations.money, now=house.clock)
    await house.mood(failing=1)
    assert await service.claim_all() == 0
    assert await service.claim_all() == 0
    assert len(await house.submitted()) == 1
    house.clock.advance(minutes=61)
    assert await service.claim_all() == 1
    assert await service.claim_all() == 0
    assert await house.cash() == Decimal("117.9")


async def test_automatic_redeeming_leaves_losers_and_halted_programs_alone(
    house: WalletHouse,
) -> None:
    await ended(house)
    service = AutoRedeem(house.sessions, house.operations.money, now=house.clock)
    async with as_worker(house.sessions) as session:
        await risk_switches.set_halted(session, house.clock(), house.clock())
    assert (await service.claim_all(), await house.submitted()) == (0, [])
    async with as_worker(house.sessions) as session:
        await risk_switches.set_halted(session, None, house.clock())
    await house.operations.money.redeem(house.user, house.market.id)
    await house.resolve("0")
    assert (await service.claim_all(), len(await house.submitted())) == (0, 1)


async def test_the_official_clients_batch_is_taken_by_the_same_relayer(house: WalletHouse) -> None:
    calls = [
        erc20_transfer_call(
            token_address=EvmAddress(contracts.PUSD), recipient=EvmAddress(COLD), amount=1_000_000
        )
    ]
    answer = await house.venue.post("/relayer/submit", **official(house, calls))
    assert answer.json()["state"] == "STATE_NEW"
    async with asyncio.timeout(20):
        while (await house.submitted())[0]["state"] != "STATE_CONFIRMED":
            await house.operations.following.recover()
    assert (await house.money())["cash"] == "99"


async def test_the_relayer_of_the_sandbox_refuses_what_the_owner_did_not_sign(
    house: WalletHouse,
) -> None:
    calls = [
        erc20_transfer_call(
            token_address=EvmAddress(contracts.PUSD), recipient=EvmAddress(COLD), amount=1_000_000
        )
    ]
    request = official(house, calls)
    request["json"]["depositWalletParams"]["deadline"] = str(int(house.clock.unix()) + 601)
    refused = await house.venue.post("/relayer/submit", **request)
    assert (refused.status_code, await house.submitted()) == (400, [])
    assert "signature" in refused.json()["error"]
    naked: httpx.Response = await house.venue.post("/relayer/submit", json=request["json"])
    assert naked.status_code == 401


def official(house: WalletHouse, calls: list[TransactionCall]) -> Json:
    deadline = str(int(house.clock.unix()) + 600)
    signature = sign_deposit_wallet_batch(
        EthAccount.from_key(KNOWN_SECRET),
        wallet=EvmAddress(FUNDER),
        calls=calls,
        nonce="0",
        deadline=deadline,
        chain_id=137,
    )
    payload = build_deposit_wallet_payload(
        signer_address=known_key().address,
        deposit_wallet_factory=contracts.FACTORY,
        wallet=EvmAddress(FUNDER),
        calls=calls,
        nonce="0",
        deadline=deadline,
        signature=signature,
        metadata="",
    )
    headers = {"RELAYER_API_KEY": "any", "RELAYER_API_KEY_ADDRESS": known_key().address}
    return {"json": dict(payload), "headers": dict(headers)}
