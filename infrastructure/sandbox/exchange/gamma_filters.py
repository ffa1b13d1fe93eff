"""By what Gamma's listings are filtered and ordered."""

from collections.abc import Callable
from datetime import datetime

from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.sandbox.exchange.gamma_json import liquidity_of, volume_24h_of, volume_of
from infrastructure.sandbox.exchange.listing import ListedEvent, ListedMarket
from infrastructure.sandbox.exchange.paging import Invalid, Orders, Query, flag


def market_orders(exchange: ExchangeSandbox) -> Orders[ListedMarket]:
    """`volume` sorts as the text that it is."""

    def volume(market: ListedMarket) -> float:
        return volume_of(exchange.state_of(market))

    def day(market: ListedMarket) -> float:
        return volume_24h_of(exchange.state_of(market))

    def liquidity(market: ListedMarket) -> float:
        return liquidity_of(exchange.state_of(market))

    return {
        "volume": lambda market: str(volume(market)),
        "volumeNum": volume,
        "volume_num": volume,
        "volume24hr": day,
        "volume_24hr": day,
        "liquidityNum": liquidity,
        "liquidity_num": liquidity,
        "endDate": _end,
        "end_date": _end,
        "startDate": _start,
        "createdAt": _start,
    }


def event_orders(exchange: ExchangeSandbox) -> Orders[ListedEvent]:
    def volume(event: ListedEvent) -> float:
        return event_volume(exchange, event)

    def day(event: ListedEvent) -> float:
        return sum(volume_24h_of(exchange.state_of(each)) for each in event.markets)

    def liquidity(event: ListedEvent) -> float:
        return sum(liquidity_of(exchange.state_of(each)) for each in event.markets)

    return {
        "volume": volume,
        "volume24hr": day,
        "volume_24hr": day,
        "liquidity": liquidity,
        "endDate": _end,
        "end_date": _end,
        "startDate": _start,
        "createdAt": _start,
    }


def market_filter(exchange: ExchangeSandbox, query: Query) -> Callable[[ListedMarket], bool]:
    closed = flag(query, "closed")
    ids, slugs = _all(query, "id"), _all(query, "slug")
    conditions, tokens = _all(query, "condition_ids"), _all(query, "clob_token_ids")

    def passes(listed: ListedMarket) -> bool:
        state = exchange.state_of(listed)
        return (
            _in(ids, listed.id)
            and _in(slugs, listed.slug)
            and _in(conditions, listed.condition_id)
            and (not tokens or not tokens.isdisjoint(listed.tokens))
            and (closed is None or state.is_closed is closed)
            and _has_tag(exchange.catalogue.events[listed.event_id], query)
            and _is_between(query, "end_date", listed.ends_at)
            and _is_at_least(query, "volume_num_min", volume_of(state))
            and _is_at_least(query, "liquidity_num_min", liquidity_of(state))
        )

    return passes


def event_filter(exchange: ExchangeSandbox, query: Query) -> Callable[[ListedEvent], bool]:
    """Raises: Invalid."""
    closed = flag(query, "closed")
    ids, slugs = _all(query, "id"), _all(query, "slug")

    def passes(listed: ListedEvent) -> bool:
        return (
            _in(ids, listed.id)
            and _in(slugs, listed.slug)
            and (closed is None or is_closed(exchange, listed) is closed)
            and _has_tag(listed, query)
            and _is_between(query, "end_date", listed.ends_at)
        )

    return passes


def is_closed(exchange: ExchangeSandbox, listed: ListedEvent) -> bool:
    return all(exchange.state_of(each).is_closed for each in listed.markets)


def event_volume(exchange: ExchangeSandbox, listed: ListedEvent) -> float:
    return sum(volume_of(exchange.state_of(each)) for each in listed.markets)


def _end(listed: ListedMarket | ListedEvent) -> float:
    return listed.ends_at.timestamp()


def _start(listed: ListedMarket | ListedEvent) -> float:
    return listed.created_at.timestamp()


def _all(query: Query, name: str) -> set[str]:
    """Repeated values of a list parameter."""
    return {value for value in query.getall(name, []) if value}


def _in(wanted: set[str], value: str) -> bool:
    return not wanted or value in wanted


def _has_tag(listed: ListedEvent, query: Query) -> bool:
    numbers, slugs = _all(query, "tag_id"), _all(query, "tag_slug")
    return (not numbers or any(tag.id in numbers for tag in listed.tags)) and (
        not slugs or any(tag.slug in slugs for tag in listed.tags)
    )


def _is_between(query: Query, name: str, at: datetime) -> bool:
    first, last = (_instant(query, f"{name}_{end}") for end in ("min", "max"))
    return (first is None or at >= first) and (last is None or at <= last)


def _instant(query: Query, name: str) -> datetime | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00")
    except ValueError as error:
        raise Invalid(f"{name} is invalid") from error


def _is_at_least(query: Query, name: str, value: float) -> bool:
    try:
        return value >= float(query.get(name, "") or 0)
    except ValueError as error:
        raise Invalid(f"{name} is invalid") from error
