"""Held markets that end at a real venue: paid once, exactly, and nothing else is touched."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.market import Market, Source
from core.domain.position import PositionStatus
from core.domain.units import ZERO, Price, UserId
from core.storage import fills, markets
from core.storage.models import Sessions
from core.storage.prices import MarketPrices, write_prices
from tests.support import rows
from tests.support.endings import CASH, LEDGER, NOTICES, POSITIONS, Endings, endings
from tests.support.trading import cash_of

PATIENCE = 20.0  # seconds


@pytest.fixture
async def venue(sessions: Sessions) -> AsyncIterator[Endings]:
    async with endings(sessions) as venue:
        yield venue


@pytest.fixture
def market(venue: Endings) -> Market:
    return venue.markets[0]


async def stored(venue: Endings, market: Market) -> Market:
    async with venue.sessions() as session:
        return await markets.by_id(session, market.id)


async def test_everybody_who_holds_a_resolved_market_is_paid_and_told_once(
    venue: Endings, market: Market
) -> None:
    yes, no = market.tokens
    ann, ben = await venue.desk.user(1), await venue.desk.user(2)
    won, lost = await venue.holds(ann, yes), await venue.holds(ben, no, "50", "0.60", "0.72")
    await venue.control("resolve", market=market.id, payouts=["1", "0"])
    assert await venue.watcher.look()

    won = await venue.desk.positions.get_position(won.id)
    lost = await venue.desk.positions.get_position(lost.id)
    assert {won.status, lost.status} == {PositionStatus.RESOLVED}
    assert (won.current_price, lost.current_price) == (Decimal(1), Decimal(0))
    assert (won.holding.amount, won.pnl_amount, won.pnl_percentage) == (ZERO, ZERO, None)
    assert won.holding.realized_pnl == 100 - 40 - Decimal("0.96")
    assert lost.holding.realized_pnl == -30 - Decimal("0.72")
    assert await cash_of(venue.sessions, ann) == 1000 - 40 - Decimal("0.96") + 100
    assert await cash_of(venue.sessions, ben) == 1000 - 30 - Decimal("0.72")
    assert [notice["user_id"] for notice in await venue.rows(NOTICES)] == [ann, ben]
    assert venue.desk.manager.wanted() == {}


async def test_the_resolved_market_is_kept_with_its_payouts_and_no_stale_price(
    venue: Endings, market: Market
) -> None:
    user = await venue.desk.user()
    await venue.holds(user, market.tokens[0])
    async with venue.sessions.begin() as session:
        await session.execute(sa.text("UPDATE markets SET source = 'ws'"))
    await venue.control("resolve", market=market.id, payouts=["0", "1"])
    await venue.watcher.look()
    late = MarketPrices(
        market.id, Source.WS, (Price(Decimal("0.9")),) * 2, (None, None), (None, None), None, 0.0
    )
    async with venue.sessions.begin() as session:
        await write_prices(session, [late], [(market.tokens[0], Price(Decimal("0.9")))])

    after = await stored(venue, market)
    assert (after.is_closed, after.is_resolved, after.accepts_orders) == (True, True, False)
    assert after.resolved_outcome == market.outcomes[1].name
    assert after.payouts == tuple(outcome.price for outcome in after.outcomes)
    assert after.payouts == (Price(Decimal(0)), Price(Decimal(1)))
    (row,) = await venue.rows(f"SELECT source FROM markets WHERE id = '{market.id}'")  # noqa: S608 - an id of ours
    assert row["source"] == "api"
    assert (await venue.rows(POSITIONS))[0]["current_price"] == 0


@pytest.mark.parametrize("payouts", [("0.5", "0.5"), ("0.25", "0.75")])
async def test_a_split_pays_both_sides_their_part(
    venue: Endings, market: Market, payouts: tuple[str, str]
) -> None:
    user = await venue.desk.user()
    for token in market.tokens:
        await venue.holds(user, token, "10.000001", "0.5", "0")
    before = await cash_of(venue.sessions, user)
    await venue.control("resolve", market=market.id, payouts=payouts)
    await venue.watcher.look()
    held = await venue.rows(POSITIONS)
    assert [row["current_price"] for row in held] == [Decimal(payout) for payout in payouts]
    ledger = [row for row in await venue.rows(LEDGER) if row["side"] == "SELL"]
    paid = sum((row["size"] * row["price"]).quantize(Decimal("0.000001")) for row in ledger)
    assert await cash_of(venue.sessions, user) == before + paid
    (notice,) = await venue.rows(NOTICES)
    told = [Decimal(each["payout"]) for each in notice["payload"]["paid"]]
    assert told == [Decimal(payout) for payout in payouts]
    assert (await stored(venue, market)).resolved_outcome is None


async def test_looking_again_changes_nothing(venue: Endings, market: Market) -> None:
    user = await venue.desk.user()
    await venue.holds(user, market.tokens[0])
    await venue.control("resolve", market=market.id)
    await venue.watcher.look()
    before = await venue.everything()
    (found,) = await venue.catalogue.states([market.id])
    assert await venue.another_watcher().look()
    assert await venue.service.take_over([found]) == 0
    assert await venue.everything() == before


async def test_many_who_look_at_once_pay_once(venue: Endings, market: Market) -> None:
    users = [await venue.desk.user(number) for number in (1, 2, 3)]
    for user in users:
        for token in market.tokens:
            await venue.holds(user, token)
    await venue.control("resolve", market=market.id)
    watchers = [venue.another_watcher() for _ in range(4)]
    async with asyncio.timeout(PATIENCE):
        assert all(await asyncio.gather(*(watcher.look() for watcher in watchers)))
    assert sum(watcher.statistics.paid for watcher in watchers) == 6
    assert len([row for row in await venue.rows(LEDGER) if row["side"] == "SELL"]) == 6
    assert [row["user_id"] for row in await venue.rows(NOTICES)] == users
    for user in users:
        assert await cash_of(venue.sessions, user) == 1000 - 2 * Decimal("40.96") + 100


async def test_cash_is_the_ledger_s_sum_and_the_rebuild_finds_the_same_rows(
    venue: Endings, market: Market
) -> None:
    user = await venue.desk.user()
    for token, size in zip(market.tokens, ("33.333333", "7.1"), strict=True):
        await venue.holds(user, token, size, "0.123456", "0.01")
    await venue.control("resolve", market=market.id, payouts=["0.5", "0.5"])
    await venue.watcher.look()
    before = await venue.rows(POSITIONS)
    async with venue.sessions() as session:
        ledger = await fills.of_user(session, user, Account.PAPER)
    changes = sum((fill.cash_change for fill in ledger), ZERO)
    assert await cash_of(venue.sessions, user) == 1000 + changes

    async with venue.sessions.begin() as session:
        await session.execute(
            sa.text("""
                UPDATE positions SET status = 'active', amount = 3, realized_pnl = 9,
                    current_price = 0.7, pnl_amount = 1, pnl_percentage = 2, closed_at = NULL
            """)
        )
    assert await venue.desk.positions.rebuild() == 2
    assert await venue.rows(POSITIONS) == before
    assert await venue.desk.positions.rebuild() == 0
    assert {row["status"] for row in before} == {"resolved"}


async def test_earlier_sales_count_into_what_a_resolved_position_made(
    venue: Endings, market: Market
) -> None:
    user = await venue.desk.user()
    position = await venue.holds(user, market.tokens[0], "100", "0.40", "0")
    venue.desk.stream(market.tokens[0], (("0.60", "5000"),), (("0.61", "5000"),))
    order = await venue.desk.positions.close_position(position.id, 50, user)
    await venue.control("resolve", market=market.id)
    await venue.watcher.look()
    ended = await venue.desk.positions.get_position(position.id)
    assert ended.holding.realized_pnl == 10 - order.fee + 30
    (notice,) = await venue.rows(NOTICES)
    (told,) = notice["payload"]["paid"]
    assert Decimal(told["shares"]) == Decimal(told["value"]) == 50
    assert Decimal(told["profit"]) == ended.holding.realized_pnl


async def test_a_paused_market_goes_on_and_a_closed_one_waits(
    venue: Endings, market: Market
) -> None:
    user = await venue.desk.user()
    await venue.holds(user, market.tokens[0])
    before = await venue.everything()
    await venue.control("pause", market=market.id)
    await venue.watcher.look()
    paused = await stored(venue, market)
    assert (paused.accepts_orders, paused.is_closed) == (False, False)
    await venue.control("pause", market=market.id, paused=False)
    await venue.watcher.look()
    assert (await stored(venue, market)).accepts_orders
    await venue.control("close", market=market.id)
    await venue.watcher.look()
    closed = await stored(venue, market)
    assert (closed.accepts_orders, closed.is_closed, closed.is_resolved) == (False, True, False)
    assert await venue.everything() == before
    assert venue.desk.manager.get_user_subscriptions(user) == {market.id}


async def test_the_other_markets_of_an_event_end_with_it(venue: Endings) -> None:
    events = [each.event.id for each in venue.markets if each.event and each.neg_risk]
    family = [each for each in venue.markets if each.event and each.event.id == events[0]][:3]
    user = await venue.desk.user()
    for each in family:
        await venue.holds(user, each.tokens[0], "10", "0.2", "0")
    await venue.control("resolve", market=family[1].id, whole_event=True)
    await venue.watcher.look()
    held = {row["market_id"]: row["current_price"] for row in await venue.rows(POSITIONS)}
    assert held == {each.id: Decimal(each is family[1]) for each in family}
    assert await cash_of(venue.sessions, user) == 1000 - 6 + 10
    assert len(await venue.rows(NOTICES)) == 3


async def test_shares_that_came_after_the_payout_are_paid_on_the_next_look(
    venue: Endings, market: Market
) -> None:
    user = await venue.desk.user()
    await venue.holds(user, market.tokens[0])
    await venue.control("resolve", market=market.id)
    await venue.watcher.look()
    late = await venue.holds(user, market.tokens[0], "10", "0.5", "0")
    await venue.watcher.look()
    ended = await venue.desk.positions.get_position(late.id)
    assert (ended.status, ended.holding.realized_pnl) == (PositionStatus.RESOLVED, Decimal(5))
    assert await cash_of(venue.sessions, user) == 1000 - Decimal("40.96") + 100 - 5 + 10
    assert len(await venue.rows(NOTICES)) == 2


async def test_a_position_from_outside_is_paid_and_its_ledger_left_alone(
    venue: Endings, market: Market
) -> None:
    user = await venue.desk.user()
    async with venue.sessions.begin() as session:
        await rows.add_position(session, user, market, market.tokens[0], "100", "0.5")
        await rows.add_position(session, user, market, market.tokens[1], "0", "0.5")
    await venue.control("resolve", market=market.id)
    await venue.watcher.look()
    held = await venue.rows(POSITIONS)
    assert [row["status"] for row in held] == ["resolved", "resolved"]
    assert [row["realized_pnl"] for row in held] == [50, 0]
    assert await cash_of(venue.sessions, user) == 1100
    (notice,) = await venue.rows(NOTICES)
    assert len(notice["payload"]["paid"]) == 1
    assert await venue.desk.positions.rebuild() == 0
    assert await venue.rows(POSITIONS) == held


async def test_somebody_without_a_wallet_has_no_cash_to_be_paid(
    venue: Endings, market: Market
) -> None:
    user = await venue.desk.user()
    async with venue.sessions.begin() as session:
        await session.execute(sa.text("DELETE FROM wallets"))
    position = await venue.holds(user, market.tokens[0])
    await venue.control("resolve", market=market.id)
    await venue.watcher.look()
    ended = await venue.desk.positions.get_position(position.id)
    assert ended.status is PositionStatus.RESOLVED
    assert await venue.rows(CASH) == []


async def test_rows_that_cannot_be_written_keep_nobody_else_waiting(
    venue: Endings, market: Market
) -> None:
    unlucky, lucky = await venue.desk.user(1), await venue.desk.user(2)
    for user in (unlucky, lucky):
        await venue.holds(user, market.tokens[0])
    await break_wallet(venue, unlucky)
    await venue.control("resolve", market=market.id)
    assert not await venue.watcher.look()
    assert {row["user_id"]: row["status"] for row in await venue.rows(POSITIONS)} == {
        unlucky: "active", lucky: "resolved",
    }  # fmt: skip
    assert [row["user_id"] for row in await venue.rows(NOTICES)] == [lucky]
    async with venue.sessions.begin() as session:
        await session.execute(sa.text("DROP TRIGGER broken ON wallets"))
    assert await venue.watcher.look()
    assert [row["user_id"] for row in await venue.rows(NOTICES)] == [lucky, unlucky]


async def break_wallet(venue: Endings, user: UserId) -> None:
    """From now on the last step of a booking fails for this user."""
    async with venue.sessions.begin() as session:
        await session.execute(
            sa.text("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'broken'; END $$
            """)
        )
        await session.execute(
            sa.text(f"""
                CREATE TRIGGER broken BEFORE UPDATE ON wallets FOR EACH ROW
                WHEN (NEW.user_id = {user}) EXECUTE FUNCTION refuse()
            """)
        )
