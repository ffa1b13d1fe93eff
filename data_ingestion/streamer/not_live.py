"""Which wanted tokens are not live, and why, for operators."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from core.domain.health import Doubt, PriceState
from core.domain.units import TokenId

MEANINGS: Final = MappingProxyType(
    {
        PriceState.LIVE: "it is live",
        PriceState.SUSPECT: "the stream may have missed something",
        PriceState.RESYNCING: "a new book was asked for",
        PriceState.POLLED: "polled until the stream brings its book",
        PriceState.DOWN: "neither the stream nor REST brings its price",
    }
)

REASONS: Final = MappingProxyType(
    {
        Doubt.UNHEARD: "no book by the stream since it was subscribed",
        Doubt.DISCONNECTED: "the connection that carried it was lost",
        Doubt.STALLED: "this program stood still, and what it heard before is old",
        Doubt.SILENT: "its connection, or the canaries on it, went silent",
        Doubt.UNPROVEN: "neither news nor an answer by REST",
        Doubt.FROZEN: "REST had a newer book: its news had stopped",
        Doubt.LATE: "its news began to arrive late",
        Doubt.MISSED: "the venue stated another top than our book had",
        Doubt.HASH: "the venue stated another hash than our book had",
        Doubt.DISORDER: "news came out of order",
        Doubt.UNREADABLE: "news of it could not be read",
        Doubt.CROSSED: "its book stayed crossed",
        Doubt.TICK: "its price grid changed",
    }
)


@dataclass(frozen=True, slots=True)
class NotLive:
    """A wanted token whose price is not streamed now."""

    token: TokenId
    state: PriceState
    age: float | None  # seconds since it was last heard of; None: never
    why: str


def why_not_live(
    state: PriceState,
    *,
    is_left_out: bool,
    is_streaming: bool,
    use_websocket: bool,
    doubt: Doubt | None = None,
) -> str:
    """The nearest cause that an operator can act on, else what happened, or what the state means.

    `doubt`: why the token is not trusted, where the feed knows.
    """
    if not use_websocket:
        return "the market socket is off"
    if is_left_out:
        return "beyond WS_MAX_SUBSCRIPTIONS"
    if not is_streaming:
        return "no connection to the market socket"
    return MEANINGS[state] if doubt is None else f"{REASONS[doubt]}; {MEANINGS[state]}"
