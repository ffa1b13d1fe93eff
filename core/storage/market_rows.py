"""Markets between rows and domain objects, both ways."""

from datetime import datetime
from decimal import Decimal

from core.domain.fees import FeeSchedule
from core.domain.market import Event, Market, Outcome
from core.domain.units import ConditionId, EventId, MarketId, Price, Size, TokenId
from core.storage.models import MarketRow


def market_of(row: MarketRow) -> Market:
    """The market in `row`, with its stored prices."""
    prices = [None if text is None else Price(Decimal(text)) for text in row.outcome_prices]
    prices += [None] * (len(row.outcomes) - len(prices))
    named = zip(row.outcomes, row.clob_token_ids, prices, strict=False)
    return Market(
        id=MarketId(row.id),
        condition_id=ConditionId(row.condition_id),
        slug=row.slug,
        question=row.question,
        title=row.title,
        outcomes=tuple(Outcome(name, TokenId(token), price) for name, token, price in named),
        tick=row.tick_size,
        minimum_size=Size(row.minimum_size),
        fees=FeeSchedule(row.fee_rate, row.fee_exponent, row.fee_taker_only),
        event=event_of(row),
        category=row.category,
        neg_risk=row.neg_risk,
        version=row.version,
        volume=row.volume,
        volume_24h=row.volume_24h,
        liquidity=row.liquidity,
        ends_at=row.ends_at,
        listed_at=row.listed_at,
        accepts_orders=row.accepts_orders,
        is_closed=row.is_closed,
        is_resolved=row.is_resolved,
        resolved_outcome=row.resolved_outcome,
        payouts=_payouts(row.payouts),
    )


def event_of(row: MarketRow) -> Event | None:
    if row.event_id is None:
        return None
    return Event(
        EventId(row.event_id), row.event_slug or "", row.event_title or "", row.event_neg_risk
    )


def record_of(market: Market, at: datetime) -> dict[str, object]:
    """What `jsonb_to_recordset` reads; decimals as text, so that none passes through a float."""
    event = market.event
    prices = [
        None if outcome.price is None else f"{outcome.price:f}" for outcome in market.outcomes
    ]
    return {
        "id": market.id,
        "condition_id": market.condition_id,
        "slug": market.slug,
        "question": market.question,
        "title": market.title,
        "event_id": None if event is None else event.id,
        "event_slug": None if event is None else event.slug,
        "event_title": None if event is None else event.title,
        "event_neg_risk": event is not None and event.neg_risk,
        "category": market.category,
        "version": market.version,
        "outcomes": [outcome.name for outcome in market.outcomes],
        "clob_token_ids": list(market.tokens),
        "outcome_prices": prices,
        "tick_size": f"{market.tick:f}",
        "minimum_size": f"{market.minimum_size:f}",
        "fee_rate": f"{market.fees.rate:f}",
        "fee_exponent": f"{market.fees.exponent:f}",
        "fee_taker_only": market.fees.taker_only,
        "neg_risk": market.neg_risk,
        "volume": f"{market.volume:f}",
        "volume_24h": f"{market.volume_24h:f}",
        "liquidity": f"{market.liquidity:f}",
        "ends_at": None if market.ends_at is None else market.ends_at.isoformat(),
        "listed_at": None if market.listed_at is None else market.listed_at.isoformat(),
        "accepts_orders": market.accepts_orders,
        "is_closed": market.is_closed,
        "is_resolved": market.is_resolved,
        "resolved_outcome": market.resolved_outcome,
        "payouts": None if market.payouts is None else [f"{each:f}" for each in market.payouts],
        "price_at": at.isoformat() if any(price is not None for price in prices) else None,
    }


def _payouts(texts: list[str] | None) -> tuple[Price, ...] | None:
    return None if texts is None else tuple(Price(Decimal(text)) for text in texts)
