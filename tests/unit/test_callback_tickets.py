"""Tickets in memory, questions that wait, and texts that must never be kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.offer import ButtonClaim
from core.domain.secrets import pasted_secret
from core.domain.units import MarketId, PositionId, UserId
from telegram_bot.actions import SellOther, ShowMarket, SpendOther
from telegram_bot.pending import LIFETIME, PendingInputs
from telegram_bot.tickets import ShownTicket, Tickets, TicketState
from tests.support import examples
from tests.support.manual_clock import ManualClock

USER = UserId(1)
CLAIM = ButtonClaim(examples.OFFER.button_id, USER, 1001, 7)
TICKET = ShownTicket(
    examples.buy_quote(), examples.OFFER, USER, 1001, 7, examples.AGAIN, ShowMarket(MarketId("501"))
)


@pytest.fixture
def tickets() -> Tickets:
    tickets = Tickets()
    tickets.remember(TICKET)
    return tickets


def test_a_ticket_is_open_once(tickets: Tickets) -> None:
    found, ticket = tickets.take(CLAIM, TicketState.USED, examples.NOW)
    assert (found, ticket) == (TicketState.OPEN, TICKET)
    assert tickets.take(CLAIM, TicketState.USED, examples.NOW)[0] is TicketState.USED


def test_a_cancelled_ticket_stays_cancelled(tickets: Tickets) -> None:
    tickets.take(CLAIM, TicketState.CANCELLED, examples.NOW)
    assert tickets.take(CLAIM, TicketState.USED, examples.NOW)[0] is TicketState.CANCELLED


def test_a_ticket_is_expired_at_its_last_second(tickets: Tickets) -> None:
    at = examples.OFFER.expires_at
    assert tickets.take(CLAIM, TicketState.USED, at)[0] is TicketState.EXPIRED
    just_before = at - timedelta(milliseconds=1)
    assert tickets.take(CLAIM, TicketState.USED, just_before)[0] is TicketState.OPEN


@pytest.mark.parametrize(
    "claim",
    [
        replace(CLAIM, id="another-one1"),
        replace(CLAIM, user_id=UserId(2)),
        replace(CLAIM, chat_id=1002),
        replace(CLAIM, message_id=8),
    ],
)
def test_a_ticket_is_shown_to_nobody_else(tickets: Tickets, claim: ButtonClaim) -> None:
    assert tickets.take(claim, TicketState.USED, examples.NOW) == (TicketState.FOREIGN, None)
    assert tickets.take(CLAIM, TicketState.USED, examples.NOW)[0] is TicketState.OPEN


async def test_a_question_waits_three_minutes() -> None:
    clock = ManualClock()
    pending = PendingInputs(clock)
    pending.ask(USER, SpendOther(MarketId("501"), 0))
    await clock.advance(LIFETIME - 1)
    assert pending.question(USER) == SpendOther(MarketId("501"), 0)
    await clock.advance(1)
    assert pending.question(USER) is None
    assert not pending.forget(USER)


def test_a_new_question_replaces_the_old_one() -> None:
    pending = PendingInputs(ManualClock())
    pending.ask(USER, SpendOther(MarketId("501"), 0))
    pending.ask(USER, SellOther(PositionId(9)))
    assert pending.question(USER) == SellOther(PositionId(9))
    assert pending.forget(USER)
    assert pending.question(USER) is None


@pytest.mark.parametrize(
    "text",
    [
        "ab" * 32,
        "0x" + "AB" * 32,
        f"here it is:\n0x{'12' * 32}\nthanks",
        "abandon " * 11 + "about",
        "1. abandon 2. ability 3. able\n4) about 5) above 6) absent\n" + "zoo, " * 5 + "zoo",
        ", ".join(["zoo"] * 24),
    ],
)
def test_keys_and_seed_phrases_are_recognised(text: str) -> None:
    assert pasted_secret(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "25",
        "will bitcoin close above 100k this year",
        "https://polymarket.com/event/fed-decision-in-december",
        "0x" + "ab" * 20,
        "Will the highest temperature in New York City be over 50F on 24 November",
        "abandon " * 10,
    ],
)
def test_what_people_search_for_is_no_secret(text: str) -> None:
    assert pasted_secret(text) is None


def test_a_newer_ticket_in_the_same_message_ends_the_one_before(tickets: Tickets) -> None:
    newer = replace(TICKET, offer=replace(examples.OFFER, button_id="newer-ticket"))
    tickets.remember(newer)
    assert tickets.take(CLAIM, TicketState.USED, examples.NOW)[0] is TicketState.CANCELLED
    claim = replace(CLAIM, id="newer-ticket")
    assert tickets.take(claim, TicketState.USED, examples.NOW)[0] is TicketState.OPEN


def test_looking_at_a_ticket_leaves_it_open(tickets: Tickets) -> None:
    assert tickets.look(CLAIM, examples.NOW) == (TicketState.OPEN, TICKET)
    assert tickets.take(CLAIM, TicketState.USED, examples.NOW)[0] is TicketState.OPEN
