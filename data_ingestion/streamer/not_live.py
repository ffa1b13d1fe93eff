"""Which wanted tokens are not live, and why, for operators."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from core.domain.price import PriceState
from core.domain.units import TokenId

MEANINGS: Final = MappingProxyType(
    {
        PriceState.LIVE: "it is live",
        PriceState.SUSPECT: "the stream may have missed something",
        PriceState.RESYNCING: "a new book was asked for",
        PriceState.POLLED: "no book by the stream since it was subscribed or doubted",
        PriceState.DOWN: "never heard of",
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
    state: PriceState, *, is_left_out: bool, is_streaming: bool, use_websocket: bool
) -> str:
    """The nearest cause that an operator can act on, else what the state means."""
    if not use_websocket:
        return "the market socket is off"
    if is_left_out:
        return "beyond WS_MAX_SUBSCRIPTIONS"
    if not is_streaming:
        return "no connection to the market socket"
    return MEANINGS[state]
