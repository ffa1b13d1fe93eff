"""What is seen of one alert from price to price: pure, on the caller's clocks."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from core.domain.alert import (
    OF_PRICE,
    OF_WINDOW,
    Alert,
    AlertKind,
    Stand,
    closing_stand,
    move_stand,
    price_stand,
    spread_stand,
)
from core.domain.price import Quote
from core.domain.price_window import PriceWindow


@dataclass(frozen=True, slots=True)
class Sight:
    """One price as it may be decided on. `at` is monotonic seconds."""

    quote: Quote
    is_live: bool  # else it was polled, within its epoch
    epoch: int
    at: float


@dataclass(slots=True)
class Observed:
    """One alert that is set, with what it needs to know of its market."""

    alert: Alert
    question: str
    tick: Decimal
    ends_at: datetime | None
    window: PriceWindow | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.alert.wish.kind in OF_WINDOW:
            self.window = PriceWindow(self.alert.wish.minutes * 60.0)

    def look(self, sight: Sight, now: datetime) -> Alert | None:
        """The alert as it was, if this price brings it to another state."""
        stand = self._stand(sight)
        return None if stand is None else self._step(stand, now)

    def look_at_time(self, now: datetime) -> Alert | None:
        """The same for what no price decides."""
        if self.alert.wish.kind is not AlertKind.CLOSING:
            return None
        return self._step(closing_stand(self.alert.wish, self.ends_at, now), now)

    def take(self, alert: Alert) -> None:
        """Its user has changed it; state and number are ours."""
        self.alert = replace(self.alert, muted_until=alert.muted_until)

    def _step(self, stand: Stand, now: datetime) -> Alert | None:
        before = self.alert
        self.alert = before.after(stand, now)
        return None if self.alert is before else before

    def _stand(self, sight: Sight) -> Stand | None:
        """None where this says nothing of it. A polled price only decides where it stands."""
        wish, quote = self.alert.wish, sight.quote
        if quote.price is not None and wish.kind in OF_PRICE:
            return price_stand(wish, quote.price, self.tick)
        if not sight.is_live:
            return None
        if wish.kind is AlertKind.SPREAD:
            return spread_stand(wish, quote.bid, quote.ask, self.tick)
        if self.window is not None and quote.price is not None:
            low, high, first = self.window.add(quote.price, sight.at, sight.epoch)
            return move_stand(wish, low, high, first, self.tick)
        return None
