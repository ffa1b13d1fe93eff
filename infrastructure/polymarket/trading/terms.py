"""From a ticket and its market to what is signed: the intent."""

from typing import Final

from core.domain.market import Market
from core.domain.order import Ticket
from core.domain.order_amounts import OrderKind, OrderTerms
from infrastructure.polymarket.signing.order import OrderIntent
from infrastructure.polymarket.signing.wallet import Wallet

SECURITY: Final = 60  # seconds before the stated expiration in which the venue ends an order


def order_intent(ticket: Ticket, market: Market, wallet: Wallet) -> OrderIntent:
    """Raises: NotFound if the ticket's token is none of this market's."""
    outcome = market.outcome_of(ticket.token_id)
    return OrderIntent(
        token=outcome.token,
        neg_risk=market.neg_risk,
        terms=order_terms(ticket, market),
        wallet=wallet,
    )


def order_terms(ticket: Ticket, market: Market) -> OrderTerms:
    """The limit is the ticket's worst price; only a GTD order carries its end."""
    return OrderTerms(
        side=ticket.side,
        kind=ticket.kind,
        price=ticket.worst_price,
        tick=market.tick,
        size=ticket.size,
        spend=ticket.spend,
        post_only=ticket.post_only,
        expires_at=_end(ticket),
    )


def _end(ticket: Ticket) -> int:
    """Unix seconds, as the venue counts them: an order rests until a minute before; 0 for none.

    Source: the venue's documentation of GTD orders.
    """
    if ticket.kind is not OrderKind.GTD or ticket.expires_at is None:
        return 0
    return int(ticket.expires_at.timestamp()) + SECURITY
