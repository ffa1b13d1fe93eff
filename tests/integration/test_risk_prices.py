"""Nothing is ordered on a price that nobody vouches for, nor far beyond it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.account import Account
from core.domain.health import Doubt
from core.domain.order import Origin
from core.domain.order_amounts import OrderKind
from core.domain.price import PriceState
from core.domain.refusals import (
    DiskFull,
    HeartbeatLost,
    NotReconciled,
    PriceNotTrusted,
    PriceOutOfReach,
)
from core.storage.models import Sessions
from tests.support.guarding import ask, bid, guarded
from tests.support.trading import BIDS, NO, YES

GTC = OrderKind.GTC


@pytest.mark.parametrize("state", [PriceState.SUSPECT, PriceState.RESYNCING, PriceState.DOWN])
async def test_a_price_in_doubt_is_refused(sessions: Sessions, state: PriceState) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    desk.board.set_state(YES, state, Doubt.SILENT)
    for ticket in (bid(user), bid(user, account=Account.PAPER)):
        with pytest.raises(PriceNotTrusted, match="The price is not live"):
            await desk.place(ticket)


async def test_a_book_fetched_for_the_decision_is_good_for_two_seconds(
    sessions: Sessions,
) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    desk.board.forget(YES)
    desk.poll()
    desk.time.seconds += 1.9
    await desk.place(bid(user))
    desk.time.seconds += 0.2
    with pytest.raises(PriceNotTrusted, match="2 s old"):
        await desk.place(bid(user, key="late"))


async def test_a_live_price_is_good_at_any_age(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    desk.time.seconds += 3600
    await desk.place(bid(user))


async def test_a_crossed_live_book_is_refused(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    desk.stream((("0.50", "100"),), (("0.50", "100"),))
    for ticket in (bid(user), bid(user, account=Account.PAPER), bid(user, kind=GTC)):
        with pytest.raises(PriceNotTrusted, match="Bids and asks of this outcome cross"):
            await desk.place(ticket)
    desk.stream()
    await desk.place(bid(user))


async def test_an_outcome_without_any_price_is_refused(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    with pytest.raises(PriceNotTrusted, match="no price for this outcome yet"):
        await desk.place(replace(bid(user), token_id=NO))


async def test_a_bound_far_through_the_book_is_refused_with_both_numbers(
    sessions: Sessions,
) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    with pytest.raises(PriceOutOfReach, match=r"pay up to 99¢; with 5 % of slippage 54¢"):
        await desk.place(bid(user, worst="0.99"))
    await desk.place(bid(user, worst="0.54"))  # 10 USDC reach the second level, at 52


async def test_a_limit_order_goes_no_further_than_the_first_level(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    with pytest.raises(PriceOutOfReach, match="54¢; with 5 % of slippage 52¢"):
        await desk.place(bid(user, worst="0.54", kind=GTC))
    await desk.place(bid(user, worst="0.52", kind=GTC))


async def test_a_sale_far_below_the_book_is_refused_unless_it_protects(
    sessions: Sessions,
) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    await desk.holdings(user, "100")
    with pytest.raises(PriceOutOfReach, match="sell down to 1¢"):
        await desk.place(ask(user, worst="0.01"))
    await desk.place(ask(user, worst="0.01", origin=Origin.PROTECTION))


async def test_at_a_few_cents_two_steps_are_always_allowed(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    desk.stream((), (("0.02", "100000"),))
    await desk.place(bid(user, worst="0.04"))
    with pytest.raises(PriceOutOfReach):
        await desk.place(bid(user, key="k2", worst="0.05"))


async def test_without_sellers_only_an_order_that_rests_is_taken(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    desk.stream(BIDS, ())
    with pytest.raises(PriceOutOfReach, match="Nobody sells this outcome"):
        await desk.place(bid(user))
    await desk.place(bid(user, kind=GTC, worst="0.30"))


async def test_a_full_disk_stops_new_orders(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    desk.outside.disk = 9.9
    with pytest.raises(DiskFull, match=r"9\.9 % of its disk free, less than 10 %"):
        await desk.place(bid(user))


async def test_a_lost_heartbeat_stops_real_orders(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    desk.outside.unhealthy.add(user)
    with pytest.raises(HeartbeatLost, match="may be cancelling your open orders"):
        await desk.place(bid(user))
    await desk.place(bid(user, account=Account.PAPER))


async def test_drift_stops_automation_and_not_the_person(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    desk.outside.unclear.add(user)
    with pytest.raises(NotReconciled, match="automation waits"):
        await desk.place(bid(user, origin=Origin.AUTOMATION))
    await desk.place(bid(user))
    assert (await desk.sums(user))[1] == Decimal(10)
