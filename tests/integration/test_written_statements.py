"""Statements that are constant text name the columns and states that there are."""

import re
from dataclasses import MISSING, fields, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import core.storage
from core.domain.alert import AlertState
from core.domain.custody import WalletState
from core.domain.order import DONE, Order, OrderStatus, Origin, Ticket
from core.domain.order_amounts import OrderKind
from core.domain.position import PositionStatus
from core.domain.trigger import TriggerState
from core.domain.units import Size
from core.domain.wallet_action import ActionState
from core.domain.withdrawal import WithdrawalState
from core.storage import orders
from core.storage.models import FOLLOWED, OrderRow, Sessions
from core.storage.order_rows import values_of
from tests.support.trading import START, buy, opened

STATES = (
    OrderStatus,
    PositionStatus,
    TriggerState,
    AlertState,
    WithdrawalState,
    WalletState,
    ActionState,
)
COMPARED = re.compile(r"\b(?:status|state) (?:=|<>|IN) \(?('\w+'(?:, '\w+')*)")


def full(ticket: Ticket) -> Ticket:
    """The ticket with everything said that can be; who buys states shares or a sum, never both."""
    said = replace(
        ticket,
        spend=None,
        size=Size(Decimal(10)),
        kind=OrderKind.GTD,
        post_only=True,
        expires_at=START + timedelta(hours=1),
        origin=Origin.AUTOMATION,
    )
    optional = [each for each in fields(Ticket) if each.default is not MISSING]
    unsaid = [each.name for each in optional if getattr(said, each.name) == each.default]
    assert unsaid == ["spend"]
    return said


async def recorded(sessions: Sessions, ticket: Ticket) -> Order:
    async with sessions.begin() as session:
        order, is_new = await orders.record(session, ticket, "Yes", START)
    assert is_new
    return order


async def test_everything_that_a_ticket_says_is_recorded(sessions: Sessions) -> None:
    _, user = await opened(sessions)
    for ticket in (full(buy(user, "10", "all")), buy(user, "10", "spend")):
        assert (await recorded(sessions, ticket)).ticket == ticket
        assert set(values_of(ticket)) <= set(OrderRow.__table__.columns.keys())


def test_orders_are_followed_in_every_state_that_is_no_end() -> None:
    assert set(re.findall(r"'(\w+)'", FOLLOWED)) == frozenset(OrderStatus) - DONE


def test_every_state_that_a_statement_names_is_one_that_there_is() -> None:
    named = set[str]()
    for module in Path(core.storage.__path__[0]).glob("*.py"):
        for states in COMPARED.findall(module.read_text()):
            named |= set(re.findall(r"\w+", states))
    assert {"signed", "unknown", "active", "armed", "waiting"} <= named
    assert named <= {state.value for states in STATES for state in states}
