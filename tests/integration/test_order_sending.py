"""Live orders on their way out: committed before they leave, sent once, answered once."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.book import Side
from core.domain.errors import ButtonSpent, OutcomeUnknown, Rejected, Unavailable
from core.domain.ledger import Settlement
from core.domain.offer import ButtonClaim
from core.domain.order import OrderStatus
from core.domain.units import Price, UserId
from core.services.clob.limit_quoting import LimitWish
from core.services.milestones import Milestone
from core.storage.models import Sessions
from tests.support.live_desk import (
    LiveDesk,
    books_of,
    open_live,
    resting,
    scalar,
    selling,
    taking,
)
from tests.support.scripted_exchange import settled
from tests.support.trading import MARKET_1, YES, buy, usdc


async def test_what_was_signed_is_committed_before_its_first_byte_leaves(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    seen = list[object]()

    async def look() -> None:
        seen.append(await scalar(sessions, "SELECT status FROM orders"))
        seen.append(await scalar(sessions, "SELECT body FROM signed_orders"))
        seen.append(
            await scalar(
                sessions,
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
                " AND datname = current_database()",
            )
        )

    desk.venue.before_post = look
    order = await desk.clob.place_order(resting(user, "20"))
    assert seen == ["signed", desk.venue.bodies[0], 0]
    assert order.status is OrderStatus.LIVE
    assert order.hash in desk.venue.book


async def test_the_milestones_of_an_order_are_passed_in_their_order(sessions: Sessions) -> None:
    passed = list[Milestone]()
    desk, user = await open_live(sessions, passed.append)
    await desk.clob.place_order(resting(user, "20"))
    assert passed == [
        Milestone.INTENT_COMMITTED,
        Milestone.SIGNED,
        Milestone.SIGNATURE_COMMITTED,
        Milestone.BEFORE_POST,
        Milestone.AFTER_POST,
        Milestone.ANSWER_COMMITTED,
    ]


async def test_a_signer_that_refuses_sends_nothing(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    for number, refusal in enumerate((Rejected("Not like this."), Unavailable("No key yet."))):
        desk.venue.refusal = refusal
        with pytest.raises(type(refusal)):
            await desk.clob.place_order(taking(user, "5", f"k{number}"))
    assert desk.venue.bodies == []
    assert await scalar(sessions, "SELECT count(*) FROM orders WHERE status = 'rejected'") == 2
    assert set(desk.guards.held.values()) == {0}


async def test_a_switch_thrown_while_signing_holds_the_order_back(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    desk.guards.send_refusal = Rejected("Trading is stopped.")
    with pytest.raises(Rejected, match="stopped"):
        await desk.clob.place_order(taking(user, "5"))
    assert desk.venue.bodies == []
    assert await scalar(sessions, "SELECT count(*) FROM signed_orders") == 0
    assert await scalar(sessions, "SELECT status FROM orders") == "rejected"


async def test_an_intent_that_the_guards_refuse_leaves_no_trace(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    desk.shelf.put(YES, [("0.48", "100")], [("0.50", "100")])
    quote = await desk.clob.quote_buy(user, MARKET_1, YES, usdc(5))
    offer = await desk.clob.offer(quote, user, chat_id=7, message_id=8)
    claim = ButtonClaim(offer.button_id, user, 7, 8)
    desk.guards.claim_refusal = Rejected("Over the limit of today.")
    with pytest.raises(Rejected, match="limit"):
        await desk.clob.place_offer(claim)
    assert await scalar(sessions, "SELECT count(*) FROM orders") == 0
    desk.guards.claim_refusal = None
    assert (await desk.clob.place_offer(claim)).hash in desk.venue.book  # the button still works
    with pytest.raises(ButtonSpent):
        await desk.clob.place_offer(claim)
    assert len(desk.venue.bodies) == 1


async def test_a_lost_answer_is_unknown_and_keeps_its_money_back(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    desk.venue.posts = ["unheard"]
    with pytest.raises(OutcomeUnknown):
        await desk.clob.place_order(taking(user, "5"))
    (order,) = await desk.clob.open_orders(user)
    assert order.status is OrderStatus.UNKNOWN
    assert desk.guards.held[order.id] == 5


async def test_a_proven_refusal_ends_the_order_and_frees_its_money(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    desk.venue.posts = [Rejected("not enough balance"), Unavailable("The engine restarts.")]
    for key, kind in (("a", Rejected), ("b", Unavailable)):
        with pytest.raises(kind):
            await desk.clob.place_order(taking(user, "5", key))
    assert await desk.clob.open_orders(user) == ()
    assert set(desk.guards.held.values()) == {0}


async def test_the_same_key_again_is_the_same_order(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    first = await desk.clob.place_order(resting(user, "20"))
    again = await desk.restarted().clob.place_order(resting(user, "20"))
    assert again == first
    assert len(desk.venue.bodies) == 1


async def test_an_order_for_play_money_is_not_placed_with_real_money(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    with pytest.raises(Rejected, match="other account"):
        await desk.clob.place_order(buy(user, "5"))
    assert desk.venue.bodies == []


async def test_the_one_trade_of_an_answer_is_booked_at_once_and_only_once(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    desk.venue.fills = [("20", "0.50")]
    order = await desk.clob.place_order(taking(user, "10"))
    assert order.status is OrderStatus.FILLED
    assert order.filled_size == 20
    assert order.filled_value == 10
    booked = await books_of(sessions, user)
    assert booked.shares == 20
    assert booked.cash == 990 - order.fee
    (trade,) = await desk.venue.trades(user, None)
    await desk.clob.news.trade(user, trade)
    await desk.clob.news.trade(user, settled(trade, Settlement.CONFIRMED))
    assert await books_of(sessions, user) == booked
    assert await scalar(sessions, "SELECT settlement FROM fills") == "confirmed"
    assert await scalar(sessions, "SELECT transaction_hash FROM fills") == f"0x{trade.trade_id}"


async def test_several_trades_of_an_answer_wait_to_be_told(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    desk.venue.fills = [("10", "0.49"), ("8", "0.50")]
    order = await desk.clob.place_order(taking(user, "20"))
    assert order.status is OrderStatus.MATCHED
    assert order.filled_size == 0
    assert order.awaited_size == 18
    for trade in reversed(await desk.venue.trades(user, None)):
        await desk.clob.news.trade(user, trade)
    after = await desk.order(order)
    assert (after.status, after.filled_value) == (OrderStatus.PARTIAL, Decimal("8.90"))
    assert desk.guards.held[order.id] == 0


async def test_the_news_may_come_before_the_answer(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    desk.venue.fills = [("20", "0.50")]
    desk.venue.posts = ["unheard"]
    with pytest.raises(OutcomeUnknown):
        await desk.clob.place_order(taking(user, "10"))
    (trade,) = await desk.venue.trades(user, None)
    await desk.clob.news.trade(user, trade)
    await desk.look()
    (filled,) = await scalars(desk, user)
    assert filled is OrderStatus.FILLED
    assert (await books_of(sessions, user)).fills == 1


async def scalars(desk: LiveDesk, user: UserId) -> list[OrderStatus]:
    async with desk.sessions() as session:
        found = await session.execute(
            sa.text("SELECT status FROM orders WHERE user_id = :u ORDER BY id"), {"u": user}
        )
        return [OrderStatus(status) for (status,) in found]


async def test_a_limit_order_goes_from_quote_over_button_to_the_book(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    desk.shelf.put(YES, [("0.48", "100")], [("0.50", "100")])
    wish = LimitWish(
        MARKET_1, YES, Side.BUY, Price(Decimal("0.45")), spend=usdc(10), post_only=True
    )
    quote = await desk.clob.quote_limit(user, wish)
    assert (quote.size, quote.value, quote.crosses) == (Decimal("22.22"), Decimal("9.999"), False)
    offer = await desk.clob.offer(quote, user, chat_id=7, message_id=8)
    order = await desk.clob.place_offer(ButtonClaim(offer.button_id, user, 7, 8))
    ticket = order.ticket
    assert (ticket.size, ticket.worst_price, ticket.kind.rests, ticket.post_only) == (
        Decimal("22.22"),
        Decimal("0.45"),
        True,
        True,
    )
    assert await desk.clob.open_orders(user) == (order,)


async def test_shares_are_sold_for_what_they_bring(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    desk.venue.fills = [("20", "0.50")]
    await desk.clob.place_order(taking(user, "10"))
    desk.venue.fills = [("20", "0.60")]
    sold = await desk.clob.place_order(selling(user, "20"))
    assert sold.status is OrderStatus.FILLED
    books = await books_of(sessions, user)
    assert books.shares == 0
    assert books.cash == 1000 + books.realized
    assert books.realized == 2 - books.fees
