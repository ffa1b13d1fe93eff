"""Market objects as the CLOB writes them."""

from infrastructure.sandbox.exchange.decimals import number
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.listing import ListedEvent
from infrastructure.sandbox.exchange.state import MarketState

MINIMUM_SIZE = 5  # shares
REWARDS: Json = {"rates": None, "min_size": 50, "max_spread": 4.5}


def details_json(state: MarketState) -> Json:
    """`/clob-markets/{condition_id}`, in its short keys."""
    listed = state.listed
    details: Json = {
        "gst": f"{listed.plays_at:%Y-%m-%dT%H:%M:%SZ}" if listed.plays_at else None,
        "r": REWARDS,
        "t": [
            {"t": token, "o": outcome}
            for token, outcome in zip(listed.tokens, listed.outcomes, strict=True)
        ],
        "mos": MINIMUM_SIZE,
        "mts": number(state.tick),
        "mbf": 1000,
        "tbf": 1000,
        "rfqe": False,
        "itode": state.taker_delay > 0,
        "ibce": False,
        "oas": 0,
        "nr": listed.neg_risk,
    }
    if listed.fees is not None:
        details["fd"] = {"r": listed.fees.rate, "e": 1, "to": True}
    return details


def simplified_json(state: MarketState) -> Json:
    return {
        "condition_id": state.listed.condition_id,
        "rewards": REWARDS,
        "tokens": _tokens(state),
        "active": True,
        "closed": state.is_closed,
        "archived": False,
        "accepting_orders": state.accepts_orders,
    }


def market_json(state: MarketState, event: ListedEvent) -> Json:
    """`/markets/{condition_id}`."""
    listed = state.listed
    return simplified_json(state) | {
        "enable_order_book": not state.is_closed,
        "accepting_order_timestamp": f"{listed.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "minimum_order_size": MINIMUM_SIZE,
        "minimum_tick_size": number(state.tick),
        "question_id": listed.question_id,
        "question": listed.question,
        "description": listed.description,
        "market_slug": listed.slug,
        "end_date_iso": f"{listed.ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "game_start_time": f"{listed.plays_at:%Y-%m-%dT%H:%M:%SZ}" if listed.plays_at else None,
        "seconds_delay": int(state.taker_delay),
        "fpmm": "",
        "maker_base_fee": 1000,
        "taker_base_fee": 1000,
        "notifications_enabled": True,
        "neg_risk": listed.neg_risk,
        "neg_risk_market_id": event.neg_risk_id,
        "neg_risk_request_id": listed.question_id if listed.neg_risk else "",
        "icon": "",
        "image": "",
        "is_50_50_outcome": state.payouts is not None and state.payouts[0] == state.payouts[1],
        "tags": [tag.label for tag in event.tags],
    }


def page_json(items: list[Json]) -> Json:
    """A CLOB list that fits on one page; the cursor says that it was the last."""
    return {"data": items, "next_cursor": "LTE=", "limit": 1000, "count": len(items)}


def _tokens(state: MarketState) -> list[Json]:
    rows: list[Json] = []
    for outcome, token in enumerate(state.listed.tokens):
        paid = state.payouts[outcome] if state.payouts is not None else None
        price = paid if paid is not None else state.price(outcome)
        rows.append(
            {
                "token_id": token,
                "outcome": state.listed.outcomes[outcome],
                "price": float(price or 0),
                "winner": paid == 1,
            }
        )
    return rows
