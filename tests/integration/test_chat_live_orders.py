"""Real money in the chat: limit orders, receipts that follow, cancelling, unclear orders."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.account import Account
from core.domain.errors import OutcomeUnknown
from core.domain.ledger import Settlement
from core.domain.market import Outcome
from core.domain.order import OrderHash, OrderStatus
from core.domain.preferences import ConfirmMode
from core.domain.units import ConditionId, MarketId, OrderId, TokenId, UserId
from core.storage import catalogue
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from telegram_bot.transport import Patience
from tests.support import examples
from tests.support.chat import ANN, Message, buttons, data_of
from tests.support.live_chat import LiveChat, built_live_chat, open_live_chat, resting
from tests.support.scripted_exchange import settled


@pytest.fixture
async def live(sessions: Sessions, tmp_path: Path) -> AsyncIterator[LiveChat]:
    async with open_live_chat(sessions, tmp_path) as chat:
        yield chat


async def _limit_ticket(live: LiveChat, price: str = "45c", amount: str = "$25") -> Message:
    card = await live.card()
    card = await live.ann.opens(card, "Limit Yes")
    card = await live.ann.opens(card, "Other price")
    card = await live.ann.says(price)
    if amount.startswith("$"):
        return await live.ann.opens(card, amount)
    await live.ann.opens(card, "Other")
    return await live.ann.says(amount)


async def _market_ticket(live: LiveChat) -> Message:
    card = await live.ann.opens(await live.card(), "Yes")
    return await live.ann.opens(card, "$10")


async def _resting_elsewhere(live: LiveChat, user: UserId) -> OrderId:
    """An order in another market."""
    yes, no = TokenId("21"), TokenId("22")
    market = replace(
        examples.market("Will it rain?"),
        id=MarketId("502"),
        condition_id=ConditionId("0x" + "cd" * 32),
        slug="rain",
        outcomes=(Outcome("Yes", yes), Outcome("No", no)),
    )
    async with as_worker(live.chat.sessions) as session:
        await catalogue.upsert(session, [market], live.chat.wall())
    live.chat.streams(yes, "0.61", "0.63")
    ticket = replace(resting(user, "0.43"), market_id=market.id, token_id=yes)
    return (await live.clob.place_order(ticket)).id


def _hash(live: LiveChat) -> OrderHash:
    return next(reversed(live.venue.book))


async def test_a_limit_order_rests_follows_its_fills_and_ends_confirmed(live: LiveChat) -> None:
    user = await live.goes_live()
    ticket = await _limit_ticket(live)
    assert ticket["text"].startswith("SANDBOX · LIVE mode · test money")
    assert "Buy 55.55 Yes at 45¢ or better?" in ticket["text"]
    await live.ann.taps(ticket, "Confirm")
    receipt = await live.ann.reads("Resting in the book")
    assert "$25.00 of your cash are held back for it." in receipt["text"]
    await live.clob.news.trade(user, live.venue.match(_hash(live), "20", "0.45"))
    await live.ann.reads("The rest, 35.55 shares, waits in the book.")
    last = live.venue.match(_hash(live), "35.55", "0.45")
    await live.clob.news.trade(user, last)
    await live.clob.news.order(user, live.venue.book[_hash(live)].report)
    assert "Provisional" in (await live.ann.reads("Bought 55.55 Yes"))["text"]
    for trade in live.venue.book[_hash(live)].trades:
        await live.clob.news.trade(user, settled(trade, Settlement.CONFIRMED))
    assert "Position" in buttons(await live.ann.reads("Confirmed on the chain."))


async def test_a_fill_that_the_chain_refuses_is_shown_as_taken_back(live: LiveChat) -> None:
    user = await live.goes_live()
    await live.ann.taps(await _limit_ticket(live), "Confirm")
    await live.ann.reads("Resting in the book")
    trade = live.venue.match(_hash(live), "55.55", "0.45")
    await live.clob.news.trade(user, trade)
    await live.ann.reads("Bought 55.55 Yes")
    await live.clob.news.trade(user, settled(trade, Settlement.FAILED))
    failed = await live.ann.reads("Failed, and taken back")
    assert "Your cash and your shares are as before it." in failed["text"]


async def test_conditions_are_buttons_and_each_choice_makes_the_button_before_useless(
    live: LiveChat,
) -> None:
    await live.goes_live()
    ticket = await _limit_ticket(live, "0.45", "40 shares")
    old = data_of(ticket, "Confirm")
    ticket = await live.ann.opens(ticket, "1 hour")
    assert "It rests until" in ticket["text"]
    assert "• 1 hour" in buttons(ticket)
    ticket = await live.ann.opens(ticket, "Post-only: off")
    assert "Post-only: on" in buttons(ticket)
    await live.ann.forges(old, ticket)
    assert live.venue.bodies == []
    await live.ann.taps(ticket, "Confirm")
    await live.ann.reads("Resting in the book")
    order = (await live.clob.open_orders(await live.user()))[0]
    assert order.ticket.post_only
    assert order.ticket.expires_at is not None
    assert str(order.ticket.size) == "40.000000"


async def test_a_price_that_is_none_is_explained_and_asked_for_again(live: LiveChat) -> None:
    await live.goes_live()
    card = await live.ann.opens(await live.card(), "Limit No")
    await live.ann.opens(card, "Other price")
    refused = await live.ann.says("145")
    assert "between 0 and 100 cents" in refused["text"]
    assert "how much?" in (await live.ann.says("38"))["text"]


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ("45", "45¢"),
        ("0.45", "45¢"),
        ("-5%", "58¢"),
        ("+5%", "65¢"),
        ("bid", "61¢"),
        ("ASK", "63¢"),
    ],
)
async def test_a_limit_takes_its_price_and_its_amount_in_words_without_a_tap_on_other(
    live: LiveChat, typed: str, price: str
) -> None:
    await live.goes_live()
    await live.ann.opens(await live.card(), "Limit Yes")
    amounts = await live.ann.says(typed)
    assert f"at {price}: how much?" in amounts["text"]
    assert f"Buy 40 Yes at {price} or better?" in (await live.ann.says("40 shares"))["text"]


async def test_words_that_are_no_price_are_searched_for_where_a_price_could_be_typed(
    live: LiveChat,
) -> None:
    await live.goes_live()
    card = await live.ann.opens(await live.card(), "Limit Yes")
    found = await live.ann.says("bitcoin above 100k")
    assert found["id"] > card["id"]
    assert "Bitcoin" in found["text"]
    assert "price" not in found["text"].splitlines()[0]


async def test_open_orders_are_listed_and_cancelled_one_by_one_and_all_after_a_question(
    live: LiveChat,
) -> None:
    user = await live.goes_live()
    for price in ("0.41", "0.42", "0.43"):
        await live.clob.place_order(resting(user, price))
    listed = await live.ann.says("/orders")
    assert "Open orders · 3" in listed["text"]
    one = await live.ann.opens(listed, "1. Buy Yes 41¢")
    gone = await live.ann.opens(one, "Cancel order")
    assert "Cancelled" in gone["text"]
    listed = await live.ann.opens(gone, "Orders")
    asked = await live.ann.opens(listed, "Cancel all")
    assert "Cancel all 2 open orders?" in asked["text"]
    assert len(live.venue.cancelled) == 1
    done = await live.ann.opens(asked, "Cancel all of them")
    assert "2 orders cancelled" in done["text"]
    assert "No order is open" in (await live.ann.says("/orders"))["text"]


async def test_a_lost_answer_is_told_as_such_and_a_second_order_has_to_be_meant(
    live: LiveChat,
) -> None:
    await live.goes_live()
    live.venue.posts = ["lost"]
    live.venue.is_silent = True
    await live.ann.taps(await _market_ticket(live), "Confirm")
    receipt = await live.ann.reads("Checking with the venue")
    assert "stay held back" in receipt["text"]
    ticket = await _market_ticket(live)
    warned = await live.ann.opens(ticket, "Confirm")
    assert "is not clear yet" in warned["text"]
    assert "you may end up with both" in warned["text"]
    assert len(live.venue.bodies) == 1
    live.venue.fills = [("16", "0.62")]
    await live.ann.taps(warned, "Place a second order")
    await live.ann.reads("Bought 16 Yes")
    still_open = await live.clob.open_orders(await live.user())
    assert [order.status for order in still_open] == [OrderStatus.UNKNOWN]
    assert len(live.venue.bodies) == 2


async def test_a_warned_ticket_can_still_be_cancelled(live: LiveChat) -> None:
    await live.goes_live()
    live.venue.posts = [OutcomeUnknown("The exchange did not answer.")]
    live.venue.is_silent = True
    await live.ann.taps(await _market_ticket(live), "Confirm")
    await live.ann.reads("Checking with the venue")
    warned = await live.ann.opens(await _market_ticket(live), "Confirm")
    answer = await live.ann.taps(warned, "Cancel")
    assert "Nothing was bought" in answer["text"]
    assert len(live.venue.bodies) == 1


async def test_an_order_leaves_while_telegram_answers_nothing(live: LiveChat) -> None:
    await live.goes_live()
    ticket, left = await _market_ticket(live), asyncio.Event()

    async def leave() -> None:
        left.set()

    live.venue.before_post = leave
    live.venue.fills = [("16", "0.62")]
    for method in ("answerCallbackQuery", "editMessageText"):
        await live.ann.trouble(method, "hang")
    async with asyncio.TaskGroup() as tasks:
        tap = tasks.create_task(live.ann.forges(data_of(ticket, "Confirm"), ticket))
        async with asyncio.timeout(0.9 * Patience().read):  # nothing was given up for another yet
            await left.wait()
        assert not tap.done()
        await live.ann.ends_trouble()
        assert (await tap)["answered"]
    await live.ann.reads("Bought 16 Yes")


async def test_a_ticket_of_the_other_account_places_nothing(live: LiveChat) -> None:
    user = await live.goes_live()
    ticket = await _market_ticket(live)
    await live.accounts.choose_paper(user)
    await live.ann.taps(ticket, "Confirm")
    refused = await live.ann.reads("drawn for your other account")
    assert "your money is as before" in refused["text"]
    assert live.venue.bodies == []
    assert await live.clob.open_orders(user) == ()


async def test_paper_money_has_no_limit_buttons_and_real_money_has(live: LiveChat) -> None:
    user = await live.goes_live()
    assert "Limit Yes" in buttons(await live.card())
    await live.accounts.choose_paper(user)
    card = await live.card()
    assert "SANDBOX · paper money" in card["text"]
    assert "Limit Yes" not in buttons(card)


async def test_positions_and_cash_of_one_account_are_not_shown_in_the_other(
    live: LiveChat,
) -> None:
    user = await live.goes_live(dollars=100)
    live.venue.fills = [("16", "0.62")]
    await live.ann.taps(await _market_ticket(live), "Confirm")
    await live.ann.reads("Bought 16 Yes")
    assert "Yes" in (await live.ann.says("/positions"))["text"]
    await live.accounts.choose_paper(user)
    shown = await live.ann.says("/positions")
    assert "Nothing is open" in shown["text"]
    assert "$1,000.00" in shown["text"]
    assert live.clob.desk.account is Account.LIVE


async def test_a_position_says_what_the_chain_may_still_take_back(live: LiveChat) -> None:
    user = await live.goes_live()
    live.venue.fills = [("16", "0.62")]
    await live.ann.taps(await _market_ticket(live), "Confirm")
    await live.ann.reads("Bought 16 Yes")
    listed = await live.ann.says("/positions")
    card = await live.ann.opens(listed, buttons(listed)[0])
    assert "A part of it is provisional" in card["text"]
    for trade in live.venue.book[_hash(live)].trades:
        await live.clob.news.trade(user, settled(trade, Settlement.CONFIRMED))
    card = await live.ann.opens(card, "Refresh")
    assert "provisional" not in card["text"]


async def test_all_orders_of_a_market_are_cancelled_from_one_of_them_and_no_other(
    live: LiveChat,
) -> None:
    user = await live.goes_live()
    for price in ("0.41", "0.42"):
        await live.clob.place_order(resting(user, price))
    other = await _resting_elsewhere(live, user)
    listed = await live.ann.says("/orders")
    assert "Open orders · 3" in listed["text"]
    one = await live.ann.opens(listed, "1. Buy Yes 41¢")
    done = await live.ann.opens(one, "All of this market")
    assert "2 orders cancelled" in done["text"]
    assert len(live.venue.cancelled) == 2
    assert [order.id for order in await live.clob.open_orders(user)] == [other]


async def test_taps_behind_an_order_that_hangs_are_answered_while_it_hangs(
    live: LiveChat,
) -> None:
    await live.goes_live()
    ticket, answers = await _market_ticket(live), asyncio.Event()

    async def hang() -> None:
        await answers.wait()

    live.venue.before_post = hang
    live.venue.fills = [("16", "0.62")]
    taps = await asyncio.gather(*(live.ann.taps(ticket, "Confirm") for _ in range(2)))
    second, first = sorted(str(tap["text"]) for tap in taps)
    assert second.startswith("Still waiting for the venue's answer to your first tap.")
    assert first == "Submitting…"
    answers.set()
    await live.ann.reads("Bought 16 Yes")
    assert len(live.venue.bodies) == 1


async def test_a_live_receipt_sells_with_one_tap_where_one_is_enough(live: LiveChat) -> None:
    user = await live.goes_live()
    await live.chat.prefers(ANN, confirm_mode=ConfirmMode.STANDARD)
    live.venue.fills = [("16", "0.62")]
    await live.ann.taps(await _market_ticket(live), "Confirm")
    receipt = await live.ann.reads("Bought 16 Yes")
    for trade in live.venue.book[_hash(live)].trades:
        await live.clob.news.trade(user, settled(trade, Settlement.CONFIRMED))
    confirmed = await live.ann.reads("Confirmed on the chain.")
    assert confirmed["id"] == receipt["id"]
    assert data_of(confirmed, "Sell") == data_of(receipt, "Sell")
    live.venue.fills = [("16", "0.61")]
    await live.ann.taps(confirmed, "Sell")
    await live.ann.reads("Sold 16 Yes")
    assert await live.ann.violations() == []


async def test_a_receipt_is_finished_when_its_reader_is_elsewhere_by_then(live: LiveChat) -> None:
    user = await live.goes_live()
    live.venue.fills = [("16", "0.62")]
    await live.ann.taps(await _market_ticket(live), "Confirm")
    receipt = await live.ann.reads("Provisional until the chain confirms it.")
    await live.ann.says("/positions")
    for trade in live.venue.book[_hash(live)].trades:
        await live.clob.news.trade(user, settled(trade, Settlement.CONFIRMED))
    finished = await live.ann.reads("Confirmed on the chain.")
    assert finished["id"] == receipt["id"]


async def test_a_receipt_of_an_earlier_run_is_finished_by_the_next_one(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with built_live_chat(sessions, tmp_path) as live:
        user = await live.goes_live()
        await live.chat.prefers(ANN, confirm_mode=ConfirmMode.STANDARD)
        live.venue.fills = [("16", "0.62")]
        async with live.chat.running():
            await live.ann.taps(await _market_ticket(live), "Confirm")
            receipt = await live.ann.reads("Provisional until the chain confirms it.")
        chat = live.chat.with_services()
        assert await chat.bot.remember() == 1
        for trade in live.venue.book[_hash(live)].trades:
            await live.clob.news.trade(user, settled(trade, Settlement.CONFIRMED))
        async with chat.running():
            finished = await live.ann.reads("Confirmed on the chain.")
            assert finished["id"] == receipt["id"]
            assert await live.chat.with_services().bot.remember() == 0
            live.venue.fills = [("16", "0.61")]
            await live.ann.taps(finished, "Sell")  # at once, as its reader has chosen
            await live.ann.reads("Sold 16 Yes")
