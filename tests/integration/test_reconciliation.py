"""A live account compared with the venue: what is taken in, and when nothing changes."""

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.book import Side
from core.domain.errors import NotFound
from core.domain.ledger import Settlement
from core.domain.order import OrderHash
from core.domain.units import ConditionId
from core.services.milestones import Milestone
from core.services.reconciliation.patience import Patience
from core.storage.models import Sessions
from tests.support.compared import NO, YES, ScriptedAccount, comparison, unavailable

CONFIRMED, PROVISIONAL, FAILED = (
    Settlement.CONFIRMED,
    Settlement.PROVISIONAL,
    Settlement.FAILED,
)
REPORTS = ("open_orders", "trades", "positions", "balances")


class Crash(Exception):
    """What a killed process does not come back from."""


async def test_what_an_account_held_before_us_is_taken_over_at_the_first_look(
    sessions: Sessions,
) -> None:
    scene = await comparison(sessions)
    scene.venue.shares = {YES: Decimal(25)}
    assert not await scene.is_clear()
    assert await scene.run()
    assert (await scene.shares(), await scene.cash()) == (Decimal(25), Decimal(1000))
    assert await scene.explained() == scene.venue.cash
    assert await scene.moves() == [("taken-over", Decimal(10)), ("opening", Decimal(1000))]
    assert await scene.is_clear()
    assert await scene.told() == []


async def test_trades_of_the_last_hour_are_no_part_of_what_is_taken_over(
    sessions: Sessions,
) -> None:
    scene = await comparison(sessions)
    scene.venue.shares = {YES: Decimal(25)}
    scene.venue.trade(Side.BUY, "10", "0.5")
    scene.venue.trade(Side.SELL, "5", "0.6", token=NO)
    scene.venue.shares[NO] = Decimal(7)  # after a sale of shares that nobody saw bought
    assert await scene.run()
    assert (await scene.shares(YES), await scene.shares(NO)) == (Decimal(35), Decimal(7))
    assert await scene.explained() == await scene.cash() == scene.venue.cash
    assert await scene.lasting() == []


async def test_nothing_is_taken_over_while_trades_are_settling(sessions: Sessions) -> None:
    scene = await comparison(sessions)
    report = scene.venue.trade(Side.BUY, "10", "0.5", settlement=PROVISIONAL)
    assert not await scene.run()
    assert await scene.moves() == []
    assert not await scene.is_clear()
    scene.venue.settle(report, CONFIRMED)
    assert await scene.run()
    assert (await scene.shares(), await scene.cash()) == (Decimal(10), scene.venue.cash)
    assert await scene.is_clear()


async def test_comparing_twice_changes_nothing(sessions: Sessions) -> None:
    scene = await comparison(sessions)
    scene.venue.shares = {NO: Decimal(3)}
    scene.venue.trade(Side.BUY, "10", "0.5")
    scene.venue.trade(Side.SELL, "4", "0.6")
    scene.venue.trade(Side.BUY, "5", "0.5", settlement=FAILED)
    scene.venue.rest(1)
    await scene.run()
    before = await scene.dump()
    await scene.run(3)
    assert await scene.dump() == before
    assert scene.looks.count == 4


async def test_trades_made_elsewhere_are_taken_in_and_explain_the_money(
    sessions: Sessions,
) -> None:
    scene = await comparison(sessions)
    await scene.run()
    scene.venue.trade(Side.BUY, "10", "0.5")
    scene.venue.trade(Side.SELL, "4", "0.6")
    await scene.run(2)
    assert await scene.shares() == Decimal(6)
    assert await scene.explained() == await scene.cash() == scene.venue.cash
    assert await scene.moves() == [("opening", Decimal(1000))]
    orders = await scene.ask("SELECT origin, status FROM orders")
    assert [row["origin"] for row in orders] == ["external", "external"]
    assert await scene.is_clear()


async def test_a_trade_that_fails_is_reversed_to_the_cent(sessions: Sessions) -> None:
    scene = await comparison(sessions)
    await scene.run()
    report = scene.venue.trade(Side.BUY, "10", "0.5", settlement=PROVISIONAL)
    await scene.run(2)
    assert await scene.shares() == Decimal(10)
    assert await scene.is_clear()
    scene.venue.settle(report, FAILED)
    await scene.run()
    assert (await scene.shares(), await scene.cash()) == (Decimal(0), Decimal(1000))


async def test_a_trade_that_settles_after_days_is_asked_for_by_its_name(
    sessions: Sessions,
) -> None:
    scene = await comparison(sessions, patience=Patience(timedelta(0), opening=timedelta(days=2)))
    report = scene.venue.trade(Side.BUY, "10", "0.5", settlement=PROVISIONAL, age=86_400)
    await scene.news.trade(scene.user, report)
    await scene.tell(
        "INSERT INTO account_checks (user_id, account, trades_until, opened_at)"
        " VALUES (:user, 'live', now(), now())",
        user=scene.user,
    )
    scene.venue.settle(report, FAILED)
    await scene.run()
    assert await scene.shares() == Decimal(0)
    (row,) = await scene.ask("SELECT settlement FROM fills")
    assert row["settlement"] == "failed"


@pytest.mark.parametrize("report", REPORTS)
async def test_a_failed_report_is_not_an_empty_one(sessions: Sessions, report: str) -> None:
    scene = await comparison(sessions)
    scene.venue.shares = {YES: Decimal(25)}
    scene.venue.rest(1)
    await scene.run()
    before = await scene.dump()
    scene.venue.faults[report] = unavailable()
    assert not await scene.run(3)
    assert await scene.dump() == before
    (row,) = await scene.ask("SELECT fault, fault_since FROM account_checks")
    assert row["fault"] == "The exchange does not answer."
    scene.venue.faults.clear()
    assert await scene.run()
    (row,) = await scene.ask("SELECT fault, fault_since FROM account_checks")
    assert (row["fault"], row["fault_since"]) == ("", None)


async def test_an_account_that_cannot_be_compared_for_long_is_told_of_once(
    sessions: Sessions,
) -> None:
    scene = await comparison(sessions, patience=Patience(fault=timedelta(0)))
    scene.venue.faults["trades"] = unavailable()
    await scene.run(3)
    (news,) = await scene.told()
    assert (news.fault, news.is_stopped) == ("The exchange does not answer.", True)


async def test_an_agreement_grows_old(sessions: Sessions) -> None:
    scene = await comparison(sessions)
    await scene.run()
    assert await scene.is_clear()
    await scene.tell("UPDATE account_checks SET checked_at = now() - interval '20 minutes'")
    assert not await scene.is_clear()


async def test_the_cursor_stays_before_a_trade_that_cannot_be_booked(sessions: Sessions) -> None:
    scene = await comparison(sessions)
    await scene.run()
    made = scene.venue.trade(Side.BUY, "10", "0.5")
    report = replace(made, condition_id=ConditionId("0x" + "9" * 64))
    scene.venue.told[report.trade_id] = report
    cursor = await scene.ask("SELECT trades_until FROM account_checks")
    await scene.run()
    assert await scene.ask("SELECT trades_until FROM account_checks") == cursor
    with pytest.raises(NotFound):
        await scene.news.trade(scene.user, report)


@pytest.mark.parametrize(
    "point",
    [
        Milestone.RECONCILE_ORDERS_READ,
        Milestone.RECONCILE_TRADES_APPLIED,
        Milestone.RECONCILE_COMMITTED,
    ],
)
async def test_a_crash_at_any_point_is_made_good_by_the_next_comparison(
    sessions: Sessions, point: Milestone
) -> None:
    passed = 0

    def reached(milestone: Milestone) -> None:
        nonlocal passed
        passed += milestone is point
        if milestone is point and passed == 1:
            raise Crash

    scene = await comparison(sessions, reached=reached)
    scene.venue.shares = {NO: Decimal(3)}
    scene.venue.trade(Side.BUY, "10", "0.5")
    scene.venue.rest(1)
    with pytest.raises(Crash):
        await scene.run()
    await scene.run()
    assert passed == 2
    assert (await scene.shares(YES), await scene.shares(NO)) == (Decimal(10), Decimal(3))
    assert await scene.explained() == await scene.cash() == scene.venue.cash
    (row,) = await scene.ask("SELECT count(*) AS fills FROM fills WHERE event_key LIKE 'trade:%'")
    assert row["fills"] == 1


async def test_the_order_in_which_reports_come_makes_no_difference(sessions: Sessions) -> None:
    venue = ScriptedAccount()
    for number in range(8):
        side = Side.SELL if number % 3 == 2 else Side.BUY
        settlement = FAILED if number == 4 else CONFIRMED
        venue.trade(side, "5", f"0.{number + 1}", age=900 - number, settlement=settlement)
    ends = set()
    for seed in range(4):
        scene = await comparison(sessions, venue=venue, telegram_id=seed + 1)
        trades = [*venue.told.values()] * 2
        random.Random(seed).shuffle(trades)  # noqa: S311 - the same every time
        for report in trades:
            own = OrderHash(f"{report.hash}-{seed}")
            await scene.news.trade(scene.user, replace(report, hash=own))
        (row,) = await scene.ask(
            "SELECT amount, realized_pnl, entry_price, fees_paid FROM positions"
            " WHERE user_id = :user AND status = 'active'",
            user=scene.user,
        )
        (wallet,) = await scene.ask(
            "SELECT cash FROM wallets WHERE user_id = :user AND account = 'live'", user=scene.user
        )
        ends.add((*map(str, row.values()), str(wallet["cash"])))
    assert len(ends) == 1
