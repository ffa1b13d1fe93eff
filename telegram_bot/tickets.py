"""Tickets on the screen: what each money button stands for, so that a tap is explained at once.

The database decides which tap becomes an order. This memory only spares it the hopeless ones, and
knows how to ask for the same quote again.
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Final

from core.domain.offer import ButtonClaim, LimitQuote, Offer, TradeQuote
from core.domain.units import UserId
from telegram_bot.actions import Action

REMEMBERED: Final = 10_000


class TicketState(Enum):
    OPEN = auto()
    USED = auto()
    CANCELLED = auto()
    EXPIRED = auto()
    FOREIGN = auto()  # unknown, or of another user or message


@dataclass(frozen=True, slots=True)
class ShownTicket:
    """`again` asks for the same trade anew; `back` is where a cancelled ticket leads.

    `amount`: it is no ticket but a card, whose one-shot token was tapped at that amount.
    """

    quote: TradeQuote | LimitQuote
    offer: Offer
    user_id: UserId
    chat_id: int
    message_id: int
    again: Action
    back: Action
    state: TicketState = TicketState.OPEN
    amount: Decimal | None = None


class Tickets:
    def __init__(self) -> None:
        self._shown: OrderedDict[str, ShownTicket] = OrderedDict()
        self._newest: dict[tuple[int, int], str] = {}  # button by chat and message
        self.refused: Counter[str] = Counter()  # taps that confirmed nothing, by why

    def remember(self, ticket: ShownTicket) -> None:
        """What the same message showed before is cancelled by it."""
        place = (ticket.chat_id, ticket.message_id)
        before = self._shown.get(self._newest.get(place, ""))
        if before is not None and before.state is TicketState.OPEN:
            self._shown[before.offer.button_id] = replace(before, state=TicketState.CANCELLED)
        self._newest[place] = ticket.offer.button_id
        self._shown[ticket.offer.button_id] = ticket
        if len(self._shown) > REMEMBERED:
            button, oldest = self._shown.popitem(last=False)
            place = (oldest.chat_id, oldest.message_id)
            if self._newest.get(place) == button:
                del self._newest[place]

    def take(
        self, claim: ButtonClaim, state: TicketState, now: datetime
    ) -> tuple[TicketState, ShownTicket | None]:
        """Put the claimed ticket into `state` if it is open; how it was found, and the ticket.

        Whoever may not see a ticket does not get it.
        """
        found, ticket = self.look(claim, now)
        if found is TicketState.OPEN and ticket is not None:
            self._shown[claim.id] = replace(ticket, state=state)
        return found, ticket

    def look(self, claim: ButtonClaim, now: datetime) -> tuple[TicketState, ShownTicket | None]:
        """The same, and the ticket stays as it is."""
        ticket = self._shown.get(claim.id)
        if ticket is None or not _is_of(ticket, claim):
            return TicketState.FOREIGN, None
        if ticket.state is TicketState.OPEN and ticket.offer.expires_at <= now:
            return TicketState.EXPIRED, ticket
        return ticket.state, ticket

    def reopen(self, button_id: str) -> None:
        """The tap that used it has placed nothing, and may be repeated."""
        ticket = self._shown.get(button_id)
        if ticket is not None and ticket.state is TicketState.USED:
            self._shown[button_id] = replace(ticket, state=TicketState.OPEN)

    def is_used(self, button_id: str, chat_id: int, message_id: int) -> bool:
        """Whether that message's ticket was confirmed by an earlier tap."""
        ticket = self._shown.get(button_id)
        if ticket is None or (ticket.chat_id, ticket.message_id) != (chat_id, message_id):
            return False
        return ticket.state is TicketState.USED


def _is_of(ticket: ShownTicket, claim: ButtonClaim) -> bool:
    return (ticket.user_id, ticket.chat_id, ticket.message_id) == (
        claim.user_id,
        claim.chat_id,
        claim.message_id,
    )
