"""The newest price of every token, with its age and state: written by feeds, read by everybody."""

import time
from collections.abc import Callable
from typing import Final, TypeAlias

from core.domain.continuity import Continuity, Gap, GapFigures
from core.domain.health import Doubt, PriceState
from core.domain.mirror import mirrored
from core.domain.price import Quote, Reading
from core.domain.units import TokenId

KEPT: Final = 5000  # tokens that no feed carries

Listener: TypeAlias = Callable[[TokenId], None]
GapListener: TypeAlias = Callable[[Gap], None]


class PriceBoard:
    """Newest quote per token. Listeners are told which token changed, and must return at once.

    A token without a state is one that no feed carries: its price is as good as its age. Of those,
    and of others that were only looked at by REST, the last `kept` prices are remembered.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, kept: int = KEPT) -> None:
        self._kept = kept
        self._strangers: dict[TokenId, None] = {}  # tokens with a price that no feed carries
        self._mirrors: dict[TokenId, TokenId] = {}
        self.clock = clock  # monotonic seconds: what feeds a board goes by the board's time
        self._quotes: dict[TokenId, Quote] = {}
        self._heard: dict[TokenId, float] = {}
        # The feed spoke of a token and its price stands: it is only younger now. Of all calls
        # from the stream this is the most frequent one, so it goes to the dictionary directly.
        self.touch: Callable[[TokenId, float], None] = self._heard.__setitem__
        self._states: dict[TokenId, PriceState] = {}
        self._doubts: dict[TokenId, Doubt] = {}
        self._continuity = Continuity()
        self._listeners: list[Listener] = []
        self._gap_listeners: list[GapListener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` at every change of a price or a state; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def listen_gaps(self, listener: GapListener) -> Callable[[], None]:
        """Call `listener` when a gap opens and when it closes; the result ends that."""
        self._gap_listeners.append(listener)
        return lambda: self._gap_listeners.remove(listener)

    def publish(self, quote: Quote) -> None:
        """Take over `quote` unless a newer one stands already."""
        token = quote.token
        if quote.received < self._heard.get(token, 0.0):
            return
        self._quotes[token] = quote
        self._heard[token] = quote.received
        if token not in self._states:
            self._remember(token)
        self._tell(token)

    def set_state(self, token: TokenId, state: PriceState, why: Doubt | None = None) -> None:
        """`why` a token is not live: without one, the reason that is known stands."""
        before = self._states.get(token)
        self._strangers.pop(token, None)
        if why is not None:
            self._doubts[token] = why
        if before is state:
            return
        self._states[token] = state
        if state is PriceState.LIVE:
            self._doubts.pop(token, None)
            self._restore(token)
        elif before is PriceState.LIVE:
            lost_by = self._doubts.setdefault(token, Doubt.UNPROVEN)
            self._tell_gap(self._continuity.lose(token, lost_by, self.clock()))
        self._tell(token)

    def show_polled(self, token: TokenId) -> None:
        """Its price was looked at by REST; where no feed carries it, as one of the last `kept`."""
        is_stranger = token in self._strangers or token not in self._states
        self.set_state(token, PriceState.POLLED)
        if is_stranger:
            self._remember(token)

    def forget(self, token: TokenId) -> None:
        """No feed carries this token any more; its last price stays, with its age."""
        self._doubts.pop(token, None)
        if self._states.pop(token, None) is None:
            return
        self._restore(token)
        self._continuity.renumber(token)
        quote = self._quotes.get(token)
        if quote is not None:
            self._quotes[token] = quote._replace(book=None)
        self._remember(token)
        self._tell(token)

    def mirror(self, token: TokenId, of: TokenId) -> None:
        """While no feed carries `token`, it is as live as its complement `of`, at 1 - its prices.

        Nobody is told of changes of `token` for that: who wants to know listens to `of`.
        """
        self._mirrors[token] = of

    def unmirror(self, token: TokenId) -> None:
        self._mirrors.pop(token, None)

    def quote(self, token: TokenId) -> Quote | None:
        original = self._original(token) if self._mirrors else None
        if original is None:
            return self._quotes.get(token)
        quote = self._quotes.get(original)
        return None if quote is None else mirrored(quote, token)

    def state(self, token: TokenId) -> PriceState:
        if self._mirrors and self._original(token) is not None:
            return PriceState.LIVE
        return self._states.get(token, PriceState.DOWN)

    def is_live(self, token: TokenId) -> bool:
        return self.state(token) is PriceState.LIVE

    def reading(self, token: TokenId) -> Reading | None:
        """The price of `token` with its age and state; None while nothing was ever heard."""
        quote = self.quote(token)
        if quote is None:
            return None
        heard = (self._original(token) if self._mirrors else None) or token
        age = max(0.0, self.clock() - self._heard[heard])
        return Reading(
            value=quote.price,
            source=quote.source,
            age=age,
            state=self.state(token),
            epoch=self._continuity.epoch(heard),
            why=self._doubts.get(heard),
        )

    def why(self, token: TokenId) -> Doubt | None:
        """Why a followed token is not live."""
        return self._doubts.get(token)

    def gap(self, token: TokenId) -> Gap | None:
        """The gap that is open now."""
        return self._continuity.gap(token)

    def newest_gap(self, token: TokenId) -> Gap | None:
        """The last gap that opened, also if it is over."""
        return self._continuity.newest(token)

    def is_since_gap(self, token: TokenId) -> bool:
        """Whether the price was heard after news of it was last interrupted."""
        heard, gap = self._heard.get(token), self._continuity.gap(token)
        return heard is not None and (gap is None or heard >= gap.began)

    def gap_seconds(self, token: TokenId) -> float:
        """All gaps of the token while it was followed, the open one included."""
        return self._continuity.seconds(token, self.clock())

    def gap_figures(self) -> GapFigures:
        return self._continuity.figures(self.clock())

    def epoch(self, token: TokenId) -> int:
        """Which unbroken series of news the present price belongs to."""
        return self._continuity.epoch(token)

    def age(self, token: TokenId) -> float | None:
        """Seconds since the price was heard of; None before the first."""
        heard = self._heard.get(token)
        return None if heard is None else max(0.0, self.clock() - heard)

    def newest_age(self) -> float | None:
        """Seconds since any price was heard of; None before the first."""
        if not self._heard:
            return None
        return max(0.0, self.clock() - max(self._heard.values()))

    def _original(self, token: TokenId) -> TokenId | None:
        """Of a token that has no feed of its own, the live one that it mirrors."""
        original = self._mirrors.get(token)
        if original is None or self._states.get(original) is not PriceState.LIVE:
            return None
        return None if token in self._states and token not in self._strangers else original

    def _remember(self, token: TokenId) -> None:
        """As one that no feed carries: the one that was heard of longest ago makes room."""
        self._strangers.pop(token, None)
        self._strangers[token] = None
        if len(self._strangers) > self._kept:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            self._quotes.pop(oldest, None)
            self._heard.pop(oldest, None)
            self._states.pop(oldest, None)
            self._doubts.pop(oldest, None)
            self._continuity.forget(oldest)

    def _restore(self, token: TokenId) -> None:
        gap = self._continuity.restore(token, self.clock())
        if gap is not None:
            self._tell_gap(gap)

    def _tell_gap(self, gap: Gap) -> None:
        for listener in tuple(self._gap_listeners):
            listener(gap)

    def _tell(self, token: TokenId) -> None:
        for listener in self._listeners:
            listener(token)
