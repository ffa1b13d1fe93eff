"""Orders of one tap: a card's one-shot token, spent in the transaction that records the order."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.domain.errors import ButtonSpent
from core.domain.offer import ButtonClaim, CardOffer, Offer, TradeQuote
from core.domain.order import Order
from core.domain.units import UserId
from core.services.clob import money_buttons
from core.services.clob.claiming import OrderClaimer, Recorded
from core.services.clob.desk import OrderDesk
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

CARD_SECONDS: Final = 600.0  # a card that was drawn longer ago wants to be refreshed first


class QuickOrders:
    """Whether a tap alone is enough is not decided here: see `core.domain.confirming`."""

    def __init__(
        self,
        sessions: Sessions,
        desk: OrderDesk,
        claimer: OrderClaimer,
        send: Callable[[Recorded], Awaitable[Order]],
        *,
        now: Callable[[], datetime],
        button_id: Callable[[], str],
    ) -> None:
        self._sessions = sessions
        self._desk = desk
        self._claimer = claimer
        self._send = send
        self._now = now
        self._button_id = button_id

    async def offer(self, card: CardOffer, user_id: UserId, chat_id: int) -> Offer:
        """A token for the card; `ClobService.bind_offer` says in which message it stands."""
        claim = ButtonClaim(self._button_id(), user_id, chat_id, 0)
        async with self._desk.transaction(user_id) as session:
            return await money_buttons.store_card(session, card, claim, self._now(), CARD_SECONDS)

    async def look(self, claim: ButtonClaim, *, even_old: bool = False) -> CardOffer:
        """What the token allows; `even_old`: or has allowed. Raises: ButtonSpent."""
        async with as_worker(self._sessions) as session:
            now, refused = self._now(), self._desk.refused_taps
            found = await money_buttons.look_at_card(session, claim, now, even_old=even_old)
            if found is None:
                raise await money_buttons.refusal(session, claim, now, refused)
            return found

    async def retire(self, claim: ButtonClaim) -> None:
        """The tap led to a ticket, so no later one may order. Raises: ButtonSpent."""
        async with self._desk.transaction(claim.user_id) as session:
            could_be_used = await money_buttons.retire_card(session, claim, self._now())
        if not could_be_used:
            raise await self.refusal(claim)

    async def place(self, claim: ButtonClaim, quote: TradeQuote, amount: Decimal) -> Order:
        """Use the token and place the order of `quote`; of many taps one gets through.

        Raises: ButtonSpent, and what `ClobService.place_order` raises.
        """
        recorded = await self._claimer.card(claim, quote, amount)
        if recorded is None:
            raise await self.refusal(claim)
        return await self._send(recorded)

    async def refusal(self, claim: ButtonClaim) -> ButtonSpent:
        """Why its button could not be used; counted."""
        async with as_worker(self._sessions) as session:
            return await money_buttons.refusal(session, claim, self._now(), self._desk.refused_taps)
