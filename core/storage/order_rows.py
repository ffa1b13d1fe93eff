"""Orders between rows and what the core knows."""

from core.domain.order import Order, OrderHash, Ticket
from core.domain.units import MarketId, OrderId, Price, Size, TokenId, Usdc, UserId
from core.storage.models import OrderRow


def values_of(ticket: Ticket) -> dict[str, object]:
    """The columns that say what was asked for."""
    return {
        "user_id": ticket.user_id,
        "account": ticket.account,
        "market_id": ticket.market_id,
        "token_id": ticket.token_id,
        "side": ticket.side,
        "spend": ticket.spend,
        "size": ticket.size,
        "worst_price": ticket.worst_price,
        "key": ticket.key,
        "kind": ticket.kind,
        "post_only": ticket.post_only,
        "expires_at": ticket.expires_at,
        "origin": ticket.origin,
    }


def order_of(row: OrderRow) -> Order:
    return Order(
        id=OrderId(row.id),
        ticket=_ticket(row),
        outcome=row.outcome,
        status=row.status,
        filled_size=Size(row.filled_size),
        filled_value=Usdc(row.filled_value),
        fee=Usdc(row.fee),
        reason=row.reason,
        created_at=row.created_at,
        hash=None if row.order_hash is None else OrderHash(row.order_hash),
        matched_size=Size(row.matched_size),
        failed_size=Size(row.failed_size),
        failed_value=Usdc(row.failed_value),
        cancel_requested_at=row.cancel_requested_at,
    )


def _ticket(row: OrderRow) -> Ticket:
    return Ticket(
        user_id=UserId(row.user_id),
        account=row.account,
        market_id=MarketId(row.market_id),
        token_id=TokenId(row.token_id),
        side=row.side,
        worst_price=Price(row.worst_price),
        key=row.key,
        spend=None if row.spend is None else Usdc(row.spend),
        size=None if row.size is None else Size(row.size),
        kind=row.kind,
        post_only=row.post_only,
        expires_at=row.expires_at,
        origin=row.origin,
    )
