"""Where ledger and venue differ: seen twice, told once, in the way until it is clear."""

from datetime import timedelta
from decimal import Decimal

from core.domain.book import Side
from core.domain.drift import CashMoveKind, DriftKind
from core.domain.ledger import Settlement
from core.domain.notice import Deposited, Found
from core.domain.order import OrderStatus
from core.domain.units import Usdc
from core.services.reconciliation.patience import Patience
from core.storage.models import Sessions
from tests.support.compared import MARKET, NO, YES, Comparison, comparison


async def agreed(sessions: Sessions, patience: Patience | None = None) -> Comparison:
    """An account that has been compared before."""
    scene = await (comparison(sessions, patience=patience) if patience else comparison(sessions))
    scene.venue.shares = {YES: Decimal(25)}
    await scene.run()
    assert await scene.lasting() == []
    return scene


async def test_shares_that_came_without_a_trade_stop_automation_until_they_are_accepted(
    sessions: Sessions,
) -> None:
    scene = await agreed(sessions)
    scene.venue.shares[NO] = Decimal(7)
    await scene.run()
    assert await scene.drifts() == []
    assert await scene.is_clear()
    await scene.run(3)
    assert await scene.drifts() == [DriftKind.TRANSFER_IN]
    assert not await scene.is_clear()
    (news,) = await scene.told()
    assert news.found == (
        Found(DriftKind.TRANSFER_IN, Decimal(0), Decimal(7), MARKET.question, "No"),
    )
    assert news.is_stopped
    assert await scene.reconciler.accept(scene.user) == 1
    assert await scene.is_clear()
    assert (await scene.shares(NO), await scene.cash()) == (Decimal(7), Decimal(1000))
    assert await scene.explained() == await scene.cash()
    await scene.run(2)
    assert await scene.lasting() == []


async def test_shares_that_left_go_for_what_they_cost_once_that_is_accepted(
    sessions: Sessions,
) -> None:
    scene = await agreed(sessions)
    scene.venue.shares[YES] = Decimal(5)
    await scene.run(2)
    assert await scene.drifts() == [DriftKind.SHARES]
    assert await scene.reconciler.accept(scene.user) == 1
    assert await scene.reconciler.accept(scene.user) == 0
    assert (await scene.shares(), await scene.cash()) == (Decimal(5), Decimal(1000))
    (position,) = await scene.ask("SELECT realized_pnl FROM positions")
    assert position["realized_pnl"] == 0
    assert await scene.explained() == await scene.cash()


async def test_a_difference_that_goes_away_by_itself_is_told_of_as_over(
    sessions: Sessions,
) -> None:
    scene = await agreed(sessions)
    scene.venue.shares[YES] = Decimal(0)
    await scene.run(2)
    assert await scene.drifts() == [DriftKind.TRANSFER_OUT]
    scene.venue.shares[YES] = Decimal(25)
    await scene.run(2)
    assert await scene.is_clear()
    found, clear = await scene.told()
    assert (found.is_stopped, clear.is_stopped, clear.has_cleared) == (True, False, True)


async def test_a_difference_that_changes_is_not_the_same_sighting(sessions: Sessions) -> None:
    scene = await agreed(sessions)
    for size in (20, 21, 22, 23):
        scene.venue.shares[YES] = Decimal(size)
        await scene.run()
    assert await scene.drifts() == []
    await scene.run()
    assert await scene.drifts() == [DriftKind.SHARES]


async def test_two_looks_in_a_moment_are_one_sighting(sessions: Sessions) -> None:
    scene = await agreed(sessions, Patience())
    scene.venue.shares[NO] = Decimal(7)
    await scene.run(3)
    assert await scene.drifts() == []
    await scene.tell("UPDATE drifts SET first_seen_at = first_seen_at - interval '6 seconds'")
    await scene.run()
    assert await scene.drifts() == [DriftKind.TRANSFER_IN]


async def test_what_has_just_been_traded_is_not_judged(sessions: Sessions) -> None:
    scene = await agreed(sessions, Patience(recent=timedelta(hours=1)))
    scene.venue.trade(Side.BUY, "10", "0.5")
    scene.venue.shares[YES] -= 10  # the balance does not show it yet
    await scene.run(3)
    assert await scene.lasting() == []


async def test_what_is_still_settling_is_no_drift_that_stops_anything(
    sessions: Sessions,
) -> None:
    scene = await agreed(sessions)
    scene.venue.trade(Side.BUY, "10", "0.5", settlement=Settlement.PROVISIONAL)
    scene.venue.trade(Side.SELL, "5", "0.5", settlement=Settlement.PROVISIONAL)
    await scene.run(3)
    assert set(await scene.drifts()) == {DriftKind.SETTLING}
    assert await scene.is_clear()
    assert await scene.told() == []


async def test_what_never_settles_excuses_nothing_after_an_hour(sessions: Sessions) -> None:
    scene = await agreed(sessions, Patience(timedelta(0), overlap=timedelta(hours=3)))
    scene.venue.trade(Side.BUY, "10", "0.5", settlement=Settlement.PROVISIONAL, age=7_200)
    await scene.run(2)
    assert DriftKind.SHARES in await scene.drifts()
    assert not await scene.is_clear()


async def test_a_deposit_is_followed_and_told_with_its_reason(sessions: Sessions) -> None:
    scene = await agreed(sessions)
    scene.venue.cash += Decimal("50.25")
    await scene.run()
    assert await scene.cash() == Decimal(1000)
    await scene.run(3)
    assert await scene.cash() == await scene.explained() == Decimal("1050.25")
    (notice,) = await scene.outbox.claim()  # news of its own, and no difference
    assert notice.news == Deposited(Usdc(Decimal("50.25")))
    assert notice.key.startswith("deposit:")
    assert await scene.lasting() == []


async def test_a_withdrawal_while_trades_go_on_is_told_apart_from_them(
    sessions: Sessions,
) -> None:
    scene = await agreed(sessions)
    scene.venue.trade(Side.BUY, "10", "0.5")
    scene.venue.cash -= 300
    await scene.run(2)
    assert await scene.cash() == await scene.explained() == scene.venue.cash
    (news,) = await scene.told()
    assert [move.kind for move in news.moves] == [CashMoveKind.WITHDRAWAL]


async def test_money_that_nothing_explains_stops_automation_for_a_round(
    sessions: Sessions,
) -> None:
    scene = await agreed(sessions)
    scene.venue.trade(Side.BUY, "100", "0.5")
    scene.venue.cash -= Decimal("0.75")  # a fee that nobody told us about
    await scene.run(2)
    assert await scene.drifts() == [DriftKind.CASH]
    assert not await scene.is_clear()
    assert await scene.cash() == await scene.explained() == scene.venue.cash
    await scene.run()
    assert await scene.is_clear()
    found, clear = await scene.told()
    assert [move.kind for move in found.moves] == [CashMoveKind.UNEXPLAINED]
    assert (found.is_stopped, clear.has_cleared) == (True, True)


async def test_other_money_after_unexplained_money_is_followed_too(sessions: Sessions) -> None:
    scene = await agreed(sessions)
    scene.venue.trade(Side.BUY, "100", "0.5")
    scene.venue.cash -= Decimal("0.75")
    await scene.run(2)
    scene.venue.cash += 40
    await scene.run(2)
    assert await scene.cash() == await scene.explained() == scene.venue.cash


async def test_less_than_a_cent_is_rounding_and_nobody_s_business(sessions: Sessions) -> None:
    scene = await agreed(sessions)
    scene.venue.cash -= Decimal("0.000013")
    await scene.run(3)
    assert await scene.cash() == await scene.explained() == scene.venue.cash
    assert await scene.told() == []
    assert await scene.is_clear()


async def test_a_result_counts_as_money_when_it_is_redeemed(sessions: Sessions) -> None:
    scene = await agreed(sessions)
    await scene.tell(
        """
        INSERT INTO fills (event_key, user_id, account, position_id, market_id, token_id, outcome,
            side, size, price, fee, at)
        SELECT 'resolution:1:' || token_id, user_id, account, id, market_id, token_id, outcome,
            'SELL', amount, 1, 0, now() - interval '1 minute' FROM positions
    """
    )
    await scene.tell("UPDATE positions SET amount = 0, status = 'resolved', closed_at = now()")
    await scene.tell("UPDATE wallets SET cash = cash + 25 WHERE account = 'live'")
    scene.venue.redeemable = {YES}
    await scene.run(3)
    assert (await scene.moves())[2:] == [("redeem", Decimal(-25))]
    assert await scene.cash() == await scene.explained() == Decimal(1000)
    scene.venue.shares[YES] = Decimal(0)
    scene.venue.cash += 25
    await scene.run(3)
    assert (await scene.moves())[3:] == [("redeem", Decimal(25))]
    assert await scene.cash() == await scene.explained() == Decimal(1025)
    assert await scene.is_clear()
    assert await scene.told() == []


async def test_shares_of_a_market_that_ended_before_us_are_left_where_they_are(
    sessions: Sessions,
) -> None:
    scene = await agreed(sessions)
    scene.venue.shares[NO], scene.venue.redeemable = Decimal(9), {NO}
    await scene.run(3)
    assert await scene.lasting() == []


async def test_shares_redeemed_before_we_know_the_result_wait_for_it(sessions: Sessions) -> None:
    scene = await agreed(sessions)
    await scene.tell("UPDATE markets SET is_closed = true")
    scene.venue.shares[YES] = Decimal(0)
    scene.venue.cash += 25
    await scene.run(3)
    assert set(await scene.drifts()) == {DriftKind.REDEEMED, DriftKind.SETTLING}
    assert await scene.is_clear()
    assert await scene.cash() == Decimal(1000)


async def test_an_order_of_ours_that_the_book_does_not_list_stops_automation(
    sessions: Sessions,
) -> None:
    scene = await agreed(sessions)
    report = scene.venue.rest(1)
    await scene.run()
    await scene.tell("UPDATE orders SET origin = 'person'")
    scene.venue.orders.clear()
    await scene.run(2)
    assert await scene.drifts() == [DriftKind.MISSING_ORDER]
    assert not await scene.is_clear()
    (news,) = await scene.told()
    assert (news.found[0].ours, news.found[0].outcome) == (report.original, "Yes")
    await scene.tell("UPDATE orders SET status = 'cancelled'")
    await scene.run()
    assert await scene.is_clear()


async def test_an_order_made_elsewhere_that_left_the_book_is_over(sessions: Sessions) -> None:
    scene = await agreed(sessions)
    scene.venue.rest(1)
    await scene.run()
    assert await scene.ask("SELECT status FROM orders") == [{"status": OrderStatus.LIVE.value}]
    scene.venue.orders.clear()
    await scene.run(3)
    assert await scene.ask("SELECT status FROM orders") == [{"status": OrderStatus.CANCELLED.value}]
    assert await scene.is_clear()
    assert await scene.told() == []
