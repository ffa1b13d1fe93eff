"""The newest price of every token, with its age and state: written by feeds, read by everybody."""

import time
from collections.abc import Callable
from typing import TypeAlias

from core.domain.price import PriceState, Quote, Reading
from core.domain.units import TokenId

Listener: TypeAlias = Callable[[TokenId], None]


class PriceBoard:
    """Newest quote per token. Listeners are told which token changed, and must return at once.

    A token without a state is one that no feed carries: its price is as good as its age.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._quotes: dict[TokenId, Quote] = {}
        self._heard: dict[TokenId, float] = {}
        self._states: dict[TokenId, PriceState] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` at every change of a price or a state; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, quote: Quote) -> None:
        """Take over `quote` unless a newer one stands already."""
        token = quote.token
        if quote.received < self._heard.get(token, 0.0):
            return
        self._quotes[token] = quote
        self._heard[token] = quote.received
        self._tell(token)

    def touch(self, token: TokenId, received: float) -> None:
        """The feed spoke of this token and its price stands: it is only younger now."""
        self._heard[token] = received

    def set_state(self, token: TokenId, state: PriceState) -> None:
        if self._states.get(token) is not state:
            self._states[token] = state
            self._tell(token)

    def forget(self, token: TokenId) -> None:
        """No feed carries this token any more; its last price stays, with its age."""
        if self._states.pop(token, None) is not None:
            quote = self._quotes.get(token)
            if quote is not None:
                self._quotes[token] = quote._replace(book=None)
            self._tell(token)

    def quote(self, token: TokenId) -> Quote | None:
        return self._quotes.get(token)

    def state(self, token: TokenId) -> PriceState:
        return self._states.get(token, PriceState.DOWN)

    def is_live(self, token: TokenId) -> bool:
        return self._states.get(token) is PriceState.LIVE

    def reading(self, token: TokenId) -> Reading | None:
        """The price of `token` with its age and state; None while nothing was ever heard."""
        quote = self._quotes.get(token)
        if quote is None:
            return None
        age = max(0.0, self._clock() - self._heard[token])
        return Reading(quote.price, quote.source, age, self.state(token))

    def newest_age(self) -> float | None:
        """Seconds since any price was heard of; None before the first."""
        if not self._heard:
            return None
        return max(0.0, self._clock() - max(self._heard.values()))

    def _tell(self, token: TokenId) -> None:
        for listener in self._listeners:
            listener(token)
