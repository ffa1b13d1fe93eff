"""From Gamma's objects to our markets: checked, bounded, or refused as a whole."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from core.domain.category import category_of
from core.domain.errors import InvalidQuantity
from core.domain.fees import NO_FEE, FeeSchedule
from core.domain.market import Event, EventRules, Market, Outcome
from core.domain.resolution import payouts_of, winner_of
from core.domain.units import (
    MICRO,
    ONE,
    ZERO,
    ConditionId,
    EventId,
    MarketId,
    Price,
    Size,
    TokenId,
)
from core.domain.weather.events import is_temperature_event
from infrastructure.polymarket.gamma_wire import (
    NAMES,
    NUMBERS,
    GammaEventHead,
    GammaMarket,
    GammaTag,
    Names,
    Numbers,
)

MAX_TEXT: Final = 500  # characters of a title
MAX_RULES: Final = 10_000  # characters; what is longer is no rules that a program reads
MAX_OUTCOMES: Final = 16
MAX_AMOUNT: Final = Decimal(10) ** 15  # USDC or shares; beyond it somebody jokes
DEFAULT_TICK: Final = Decimal("0.01")
DEFAULT_MINIMUM: Final = Decimal(5)  # shares; what every market had that was looked at
RESOLVED: Final = frozenset({"resolved", "settled"})
YEARS: Final = range(2000, 3000)

_ID: Final = re.compile(r"\d{1,20}", re.ASCII)
_CONDITION: Final = re.compile(r"0x(?:[0-9a-fA-F]{62}|[0-9a-fA-F]{64})", re.ASCII)
_TOKEN: Final = re.compile(r"\d{1,78}", re.ASCII)
_RATE_STEP: Final = Decimal("0.00000001")


def market_of(wire: GammaMarket, event: GammaEventHead | None = None) -> Market:
    """The market as we know it; `event` where the market itself does not tell its event.

    Raises: ValueError (as InvalidQuantity) and msgspec.MsgspecError for what cannot be traded or
    cannot be true: no tokens yet, prices outside 0..1, dates of another age.
    """
    head = wire.events[0] if wire.events else event
    outcomes = _outcomes(wire)
    is_closed = bool(wire.closed) or bool(wire.archived)
    is_resolved = is_closed and _says_resolved(wire)
    payouts = _payouts(wire, outcomes) if is_resolved else None
    question = _text(wire.question)
    return Market(
        id=MarketId(_matching(_ID, str(wire.id), "market id")),
        condition_id=ConditionId(_matching(_CONDITION, wire.condition_id, "condition id")),
        slug=_text(wire.slug),
        question=question,
        title=_text(wire.group_item_title) if wire.group_item_title else question,
        outcomes=outcomes,
        tick=_tick(wire.order_price_min_tick_size),
        minimum_size=Size(_amount(wire.order_min_size, DEFAULT_MINIMUM)),
        fees=_fees(wire),
        event=None if head is None else event_of(head, wire),
        category=_category(wire, head),
        neg_risk=bool(wire.neg_risk),
        version=_text(wire.version or "v1"),
        volume=_amount(wire.volume_num),
        volume_24h=_amount(wire.volume24hr),
        liquidity=_amount(wire.liquidity_num),
        ends_at=_instant(wire.end_date),
        listed_at=_listed_at(wire),
        accepts_orders=_accepts_orders(wire, is_closed=is_closed),
        is_closed=is_closed,
        is_resolved=is_resolved,
        resolved_outcome=winner_of(outcomes, payouts),
        payouts=payouts,
    )


def event_of(head: GammaEventHead, market: GammaMarket | None = None) -> Event:
    """`market` is one of its own: it tells the rules where the event itself does not.

    Raises: InvalidQuantity.
    """
    return Event(
        EventId(_matching(_ID, str(head.id), "event id")),
        _text(head.slug),
        _text(head.title),
        bool(head.neg_risk),
        _rules(head, market),
    )


def _rules(head: GammaEventHead, market: GammaMarket | None) -> EventRules | None:
    """Of temperature events alone: rules are long, and nothing else reads them."""
    tags = _slugs(*(head.tags or ()), *((market.tags if market else None) or ()))
    description = head.description or (market.description if market else None)
    if not description or not is_temperature_event(head.slug, head.title, tags):
        return None
    source = head.resolution_source or (market.resolution_source if market else None)
    return EventRules(
        description.replace("\x00", "")[:MAX_RULES],
        (source or "").replace("\x00", "")[:MAX_TEXT],
        _instant(head.end_date or (market.end_date if market else None)),
        tags,
    )


def _slugs(*tags: GammaTag) -> tuple[str, ...]:
    return tuple(sorted({(tag.slug or tag.label or "")[:MAX_TEXT] for tag in tags} - {""}))


def _outcomes(wire: GammaMarket) -> tuple[Outcome, ...]:
    names = _names(wire.outcomes)
    tokens = _names(wire.clob_token_ids) or (wire.position_ids or [])
    if not 2 <= len(names) <= MAX_OUTCOMES or len(tokens) != len(names):  # noqa: PLR2004 - sides
        raise InvalidQuantity(f"{len(names)} outcomes with {len(tokens)} tokens")
    if len(set(tokens)) != len(tokens):
        raise InvalidQuantity("one token stands for two outcomes")
    prices = _prices(wire.outcome_prices, len(names))
    return tuple(
        Outcome(_text(name), TokenId(_matching(_TOKEN, token, "token id")), price)
        for name, token, price in zip(names, tokens, prices, strict=True)
    )


def _names(listed: Names) -> Sequence[str]:
    return NAMES.decode(listed) if isinstance(listed, str) else listed or []


def _prices(listed: Numbers, count: int) -> Sequence[Price | None]:
    """None each where the venue tells none; legacy markets tell fewer than they have outcomes."""
    told = NUMBERS.decode(listed) if isinstance(listed, str) else listed or []
    if len(told) != count:
        return [None] * count
    return [_price(value) for value in told]


def _price(value: Decimal) -> Price:
    if not (value.is_finite() and 0 <= value <= 1):
        raise InvalidQuantity(f"{str(value)[:40]} is not a price between 0 and 1")
    return Price(value.quantize(MICRO))


def _tick(value: Decimal | None) -> Decimal:
    if value is None:
        return DEFAULT_TICK
    if not (value.is_finite() and MICRO <= value < ONE):
        raise InvalidQuantity(f"{str(value)[:40]} is not a tick")
    return value.quantize(MICRO).normalize()


def _amount(value: Decimal | None, default: Decimal = ZERO) -> Decimal:
    if value is None:
        return default
    if not (value.is_finite() and 0 <= value < MAX_AMOUNT):
        raise InvalidQuantity(f"{str(value)[:40]} is not an amount")
    return value.quantize(MICRO)


def _fees(wire: GammaMarket) -> FeeSchedule:
    schedule = wire.fee_schedule
    if not wire.fees_enabled or schedule is None:
        return NO_FEE
    rate, exponent = schedule.rate, schedule.exponent
    if not (rate.is_finite() and 0 <= rate <= 1 and exponent.is_finite() and 0 <= exponent <= 10):  # noqa: PLR2004 - no schedule comes near
        raise InvalidQuantity("an impossible fee schedule")
    return FeeSchedule(
        rate.quantize(_RATE_STEP), exponent.quantize(_RATE_STEP), schedule.taker_only
    )


def _category(wire: GammaMarket, head: GammaEventHead | None) -> str:
    tags = list[GammaTag](wire.tags or [])
    tags += (head.tags if head else None) or []
    told = wire.category or (head.category if head else None) or ""
    return category_of((tag.slug or tag.label or "" for tag in tags), told, wire.fee_type or "")


def _accepts_orders(wire: GammaMarket, *, is_closed: bool) -> bool:
    """Absent flags forbid nothing."""
    return not is_closed and False not in {
        wire.active,
        wire.accepting_orders,
        wire.enable_order_book,
    }


def _says_resolved(wire: GammaMarket) -> bool:
    """Each version has its own status; where both are told, neither may doubt the result."""
    told = {status for status in (wire.uma_resolution_status, wire.resolution_status) if status}
    return bool(told) and told <= RESOLVED


def _payouts(wire: GammaMarket, outcomes: Sequence[Outcome]) -> tuple[Price, ...] | None:
    """From the prices the entry ends with, unless these are what it was traded at last."""
    bid, ask = wire.best_bid, wire.best_ask
    middle = None if bid is None or ask is None else (bid + ask) / 2
    stood_at = [price for price in (wire.last_trade_price, middle) if price is not None]
    return payouts_of([outcome.price for outcome in outcomes], stood_at)


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    if at.year not in YEARS:
        raise InvalidQuantity(f"{text[:40]!r} is a date of another age")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _listed_at(wire: GammaMarket) -> datetime | None:
    """When it began to take orders; markets are made weeks before. What is odd is not known."""
    told = wire.accepting_orders_timestamp or wire.start_date or wire.created_at
    try:
        return _instant(told)
    except ValueError:
        return None


def _text(text: str) -> str:
    """As the venue wrote it, but never empty, endless, or impossible to store."""
    kept = text.replace("\x00", "").strip()[:MAX_TEXT]
    if not kept:
        raise InvalidQuantity("an empty text")
    return kept


def _matching(pattern: re.Pattern[str], text: str, what: str) -> str:
    if pattern.fullmatch(text) is None:
        raise InvalidQuantity(f"{text[:40]!r} is not a {what}")
    return text
