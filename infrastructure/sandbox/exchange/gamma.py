"""Gamma's paths: listings, look-ups, search, tags."""

from collections.abc import Iterable
from typing import Final

import msgspec
from aiohttp import web

from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.gamma_filters import (
    event_filter,
    event_orders,
    event_volume,
    is_closed,
    market_filter,
    market_orders,
)
from infrastructure.sandbox.exchange.gamma_json import event_json, market_json, tag_json
from infrastructure.sandbox.exchange.listing import ListedEvent, ListedMarket
from infrastructure.sandbox.exchange.paging import Invalid, keyset_page, legacy_page, positive

USUAL_RESULTS: Final = 10
LONGEST_ID: Final = 18  # digits


def reply(body: object, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )


def not_found(what: str) -> web.Response:
    return reply({"type": "not found error", "error": f"{what} not found"}, 404)


def invalid(message: str) -> web.Response:
    return reply({"type": "validation error", "error": message}, 422)


async def markets_keyset(request: web.Request) -> web.Response:
    exchange = request.app[EXCHANGE]
    try:
        page = keyset_page(_markets(request), request.query, market_orders(exchange))
    except Invalid as error:
        return invalid(str(error))
    shown = [_listed_market(request, each) for each in page.items]
    return reply(_with_cursor({"markets": shown}, page.next_cursor))


async def events_keyset(request: web.Request) -> web.Response:
    exchange = request.app[EXCHANGE]
    try:
        page = keyset_page(_events(request), request.query, event_orders(exchange))
    except Invalid as error:
        return invalid(str(error))
    shown = [_event(exchange, each) for each in page.items]
    return reply(_with_cursor({"events": shown}, page.next_cursor))


async def markets(request: web.Request) -> web.Response:
    exchange = request.app[EXCHANGE]
    try:
        found = legacy_page(_markets(request), request.query, market_orders(exchange))
    except Invalid as error:
        return invalid(str(error))
    return reply([_listed_market(request, each) for each in found])


async def events(request: web.Request) -> web.Response:
    exchange = request.app[EXCHANGE]
    try:
        found = legacy_page(_events(request), request.query, event_orders(exchange))
    except Invalid as error:
        return invalid(str(error))
    return reply([_event(exchange, each) for each in found])


async def market(request: web.Request) -> web.Response:
    exchange, number = request.app[EXCHANGE], request.match_info["id"]
    if not _is_id(number):
        return invalid("id is invalid")
    found = exchange.catalogue.markets.get(number)
    return reply(_market(exchange, found)) if found else not_found("id")


async def market_by_slug(request: web.Request) -> web.Response:
    exchange, slug = request.app[EXCHANGE], request.match_info["slug"]
    for listed in exchange.catalogue.markets.values():
        if listed.slug == slug:
            return reply(_market(exchange, listed))
    return not_found("slug")


async def event(request: web.Request) -> web.Response:
    exchange, number = request.app[EXCHANGE], request.match_info["id"]
    if not _is_id(number):
        return invalid("id is invalid")
    found = exchange.catalogue.events.get(number)
    return reply(_event(exchange, found)) if found else not_found("id")


async def event_by_slug(request: web.Request) -> web.Response:
    exchange, slug = request.app[EXCHANGE], request.match_info["slug"]
    for listed in exchange.catalogue.events.values():
        if listed.slug == slug:
            return reply(_event(exchange, listed))
    return not_found("slug")


async def public_search(request: web.Request) -> web.Response:
    """Events in which every word of `q` occurs, best sold first."""
    exchange, query = request.app[EXCHANGE], request.query
    words = query.get("q", "").lower().split()
    if not words:
        return invalid("q is required")
    try:
        limit = positive(query, "limit_per_type", USUAL_RESULTS)
        page = positive(query, "page", 1)
    except Invalid as error:
        return invalid(str(error))
    found = [each for each in exchange.catalogue.events.values() if _mentions(each, words)]
    if query.get("events_status") == "active":
        found = [each for each in found if not is_closed(exchange, each)]
    found.sort(key=lambda each: event_volume(exchange, each), reverse=True)
    shown = found[(page - 1) * limit : page * limit]
    tags = [tag for tag in exchange.catalogue.tags() if " ".join(words) in tag.label.lower()]
    return reply(
        {
            "events": [_event(exchange, each) for each in shown],
            "tags": [tag_json(tag) for tag in tags],
            "profiles": None,
            "pagination": {"hasMore": len(found) > page * limit, "totalResults": len(found)},
        }
    )


async def tags(request: web.Request) -> web.Response:
    return reply([tag_json(tag) for tag in request.app[EXCHANGE].catalogue.tags()])


def gamma_routes(prefix: str = "") -> list[web.RouteDef]:
    return [
        web.get(f"{prefix}/markets/keyset", markets_keyset),
        web.get(f"{prefix}/events/keyset", events_keyset),
        web.get(f"{prefix}/markets", markets),
        web.get(f"{prefix}/events", events),
        web.get(f"{prefix}/markets/slug/{{slug}}", market_by_slug),
        web.get(f"{prefix}/events/slug/{{slug}}", event_by_slug),
        web.get(f"{prefix}/markets/{{id}}", market),
        web.get(f"{prefix}/events/{{id}}", event),
        web.get(f"{prefix}/public-search", public_search),
        web.get(f"{prefix}/tags", tags),
    ]


def _markets(request: web.Request) -> list[ListedMarket]:
    """Those that pass every filter. Raises: Invalid."""
    exchange = request.app[EXCHANGE]
    return list(filter(market_filter(exchange, request.query), exchange.catalogue.markets.values()))


def _events(request: web.Request) -> list[ListedEvent]:
    """Those that pass every filter. Raises: Invalid."""
    exchange = request.app[EXCHANGE]
    return list(filter(event_filter(exchange, request.query), exchange.catalogue.events.values()))


def _listed_market(request: web.Request, listed: ListedMarket) -> Json:
    """Tags stand on a market only where they are asked for."""
    exchange = request.app[EXCHANGE]
    told = _market(exchange, listed)
    if request.query.get("include_tag") == "true":
        event = exchange.catalogue.events[listed.event_id]
        told["tags"] = [tag_json(tag) for tag in event.tags]
    return told


def _market(exchange: ExchangeSandbox, listed: ListedMarket) -> Json:
    event = exchange.catalogue.events[listed.event_id]
    states = [exchange.state_of(each) for each in event.markets]
    return market_json(event, states, event.markets.index(listed), exchange.now())


def _event(exchange: ExchangeSandbox, listed: ListedEvent) -> Json:
    states = [exchange.state_of(each) for each in listed.markets]
    return event_json(listed, states, exchange.now())


def _with_cursor(body: Json, cursor: str | None) -> Json:
    return body if cursor is None else body | {"next_cursor": cursor}


def _mentions(listed: ListedEvent, words: Iterable[str]) -> bool:
    told = [listed.title, *(tag.label for tag in listed.tags)]
    told += [each.question for each in listed.markets]
    text = " ".join(told).lower()
    return all(word in text for word in words)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_ID
