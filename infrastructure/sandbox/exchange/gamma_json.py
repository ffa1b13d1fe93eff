"""Events and markets as Gamma writes them, strings inside strings included."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from core.domain.book import Book
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.decimals import number
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.listing import ListedEvent, ListedMarket, Tag
from infrastructure.sandbox.exchange.state import MarketState

States = Sequence[MarketState]

RESOLVER: Final = "0x1111111111111111111111111111111111111111"
SUBMITTER: Final = "0x2222222222222222222222222222222222222222"
LISTED: Final = "2026-01-01T00:00:00Z"
WEEK: Final = 3.5  # days of usual volume that the last week had
MONTH: Final = 9.0
ALWAYS: Final[Json] = {
    "image": "",
    "icon": "",
    "marketMakerAddress": "",
    "new": False,
    "featured": False,
    "submitted_by": SUBMITTER,
    "archived": False,
    "resolvedBy": RESOLVER,
    "restricted": True,
    "enableOrderBook": True,
    "orderMinSize": 5,
    "hasReviewedDates": True,
    "makerBaseFee": 1000,
    "takerBaseFee": 1000,
    "customLiveness": 0,
    "ready": False,
    "funded": False,
    "cyom": False,
    "competitive": 0.9,
    "pagerDutyNotificationEnabled": False,
    "approved": True,
    "rewardsMinSize": 50,
    "rewardsMaxSpread": 4.5,
    "automaticallyActive": True,
    "clearBookOnStart": True,
    "manualActivation": False,
    "negRiskOther": False,
    "umaBond": "500",
    "umaReward": "2",
    "umaResolutionStatuses": "[]",
    "pendingDeployment": False,
    "deploying": False,
    "rfqEnabled": False,
    "holdingRewardsEnabled": False,
    "requiresTranslation": False,
}  # fields of a market that are the same for all of ours


def market_json(event: ListedEvent, states: States, index: int, now: datetime) -> Json:
    """A market by itself, its event in short inside; `states` are of all the event's markets."""
    nested = nested_market_json(states[index], event, now)
    return nested | {"events": [_event_in_short(event, states)]}


def nested_market_json(state: MarketState, event: ListedEvent, now: datetime) -> Json:
    """A market as it stands inside an event."""
    listed = state.listed
    return (
        _description(listed)
        | _money(state)
        | _prices(state)
        | _status(state, now)
        | (_neg_risk(listed, event) if listed.neg_risk else {"negRisk": False})
        | _fees(listed)
        | ({"gameStartTime": _spaced(listed.plays_at)} if listed.plays_at else {})
    )


def event_json(event: ListedEvent, states: States, now: datetime) -> Json:
    """An event with its markets and tags; `states` in the order of its markets."""
    short = _event_in_short(event, states)
    day = round(sum(volume_24h_of(state) for state in states), 6)
    return (
        short
        | {
            "description": event.description,
            "resolutionSource": event.source,
            "creationDate": stamp(event.created_at),
            "image": "",
            "icon": "",
            "new": False,
            "featured": False,
            "restricted": True,
            "createdAt": stamp(event.created_at),
            "updatedAt": stamp(now),
            "competitive": 0.9,
            "volume24hr": day,
            "volume1wk": round(day * WEEK, 6),
            "volume1mo": round(day * MONTH, 6),
            "volume1yr": short["volume"],
            "liquidityClob": short["liquidity"],
            "commentCount": 0,
            "markets": [nested_market_json(state, event, now) for state in states],
            "tags": [tag_json(tag) for tag in event.tags],
            "cyom": False,
            "showMarketImages": True,
            "automaticallyActive": True,
            "pendingDeployment": False,
            "deploying": False,
            "requiresTranslation": False,
        }
        | ({"closedTime": stamp(event.ends_at)} if short["closed"] else {})
    )


def tag_json(tag: Tag) -> Json:
    return {
        "id": tag.id,
        "label": tag.label,
        "slug": tag.slug,
        "forceShow": False,
        "createdAt": LISTED,
        "updatedAt": LISTED,
        "requiresTranslation": False,
    }


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def volume_of(state: MarketState) -> float:
    return round(state.listed.volume + number(state.traded), 6)


def volume_24h_of(state: MarketState) -> float:
    return round(state.listed.volume_24h + number(state.traded), 6)


def liquidity_of(state: MarketState) -> float:
    """Money that rests in the book: what the bids would pay, and the asks as bids of the other."""
    return round(sum(_money_in_bids(book) for book in state.books), 5)


def _description(listed: ListedMarket) -> Json:
    return ALWAYS | {
        "id": listed.id,
        "question": listed.question,
        "conditionId": listed.condition_id,
        "slug": listed.slug,
        "resolutionSource": listed.source,
        "endDate": f"{listed.ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "startDate": stamp(listed.created_at),
        "description": listed.description,
        "outcomes": json.dumps(listed.outcomes),
        "createdAt": stamp(listed.created_at),
        "groupItemTitle": listed.title,
        "groupItemThreshold": str(listed.threshold),
        "questionID": listed.question_id,
        "endDateIso": f"{listed.ends_at:%Y-%m-%d}",
        "startDateIso": f"{listed.created_at:%Y-%m-%d}",
        "clobTokenIds": json.dumps(listed.tokens),
        "acceptingOrdersTimestamp": f"{listed.created_at:%Y-%m-%dT%H:%M:%SZ}",
    }


def _money(state: MarketState) -> Json:
    volume, day = volume_of(state), volume_24h_of(state)
    week, month = round(day * WEEK, 6), round(day * MONTH, 6)
    liquidity = liquidity_of(state)
    return {
        "liquidity": f"{liquidity}",
        "liquidityNum": liquidity,
        "liquidityClob": liquidity,
        "volume": f"{volume}",
        "volumeNum": volume,
        "volumeClob": volume,
        "volume24hr": day,
        "volume1wk": week,
        "volume1mo": month,
        "volume1yr": volume,
        "volume24hrClob": day,
        "volume1wkClob": week,
        "volume1moClob": month,
        "volume1yrClob": volume,
    }


def _prices(state: MarketState) -> Json:
    book = state.books[0]
    bid, ask = book.best_bid_micros, book.best_ask_micros
    trade, other = state.own_trades
    last = trade.price if trade else MICROS - other.price if other else 0
    return {
        "outcomePrices": json.dumps(_outcome_prices(state)),
        "orderPriceMinTickSize": number(state.tick),
        "bestBid": number(bid),
        "bestAsk": number(ask),
        "spread": number(ask - bid),
        "lastTradePrice": number(last),
    }


def _outcome_prices(state: MarketState) -> list[str]:
    if state.payouts is not None:
        return [f"{payout.normalize():f}" for payout in state.payouts]
    first = state.price()
    price = Decimal(str(state.listed.chance)) if first is None else Decimal(first)
    return [f"{each.normalize():f}" for each in (price, 1 - price)]


def _status(state: MarketState, now: datetime) -> Json:
    status: Json = {
        "active": True,
        "closed": state.is_closed,
        "acceptingOrders": state.accepts_orders,
        "updatedAt": stamp(now),
    }
    if state.closed_at is not None:
        status["closedTime"] = _spaced(state.closed_at)
        status["umaEndDate"] = f"{state.closed_at:%Y-%m-%dT%H:%M:%SZ}"
        status["umaResolutionStatus"] = "resolved" if state.payouts is not None else "proposed"
    return status


def _neg_risk(listed: ListedMarket, event: ListedEvent) -> Json:
    return {
        "negRisk": True,
        "negRiskMarketID": event.neg_risk_id,
        "negRiskRequestID": listed.question_id,
    }


def _fees(listed: ListedMarket) -> Json:
    if listed.fees is None:
        return {"feesEnabled": False, "feeType": None}
    schedule = {
        "exponent": 1,
        "rate": listed.fees.rate,
        "takerOnly": True,
        "rebateRate": listed.fees.rebate,
    }
    return {"feesEnabled": True, "feeType": listed.fees.kind, "feeSchedule": schedule}


def _event_in_short(event: ListedEvent, states: States) -> Json:
    volume = round(sum(volume_of(state) for state in states), 6)
    neg_risk: Json = {"negRisk": event.neg_risk}
    if event.neg_risk:
        neg_risk |= {"negRiskMarketID": event.neg_risk_id, "negRiskAugmented": False}
    return {
        "id": event.id,
        "ticker": event.slug,
        "slug": event.slug,
        "title": event.title,
        "startDate": stamp(event.created_at),
        "endDate": f"{event.ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "active": True,
        "closed": all(state.is_closed for state in states),
        "archived": False,
        "liquidity": round(sum(liquidity_of(state) for state in states), 5),
        "volume": volume,
        "openInterest": round(volume / 3, 6),
        "enableOrderBook": True,
        "enableNegRisk": event.neg_risk,
        "showAllOutcomes": True,
    } | neg_risk


def _spaced(at: datetime) -> str:
    """Gamma writes some times in this other way."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00"


def _money_in_bids(book: Book) -> float:
    return sum(float(price) * float(size) for price, size in book.raw_bids())
