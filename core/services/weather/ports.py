"""What the weather strategy needs of others."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from core.domain.order import Order, Ticket
from core.domain.units import UserId
from core.domain.weather.belief import Opinion
from core.domain.weather.rules import TemperatureEvent
from core.domain.weather.station import StationId

StationListener: TypeAlias = Callable[[StationId], None]


class NoOpinion(Exception):
    """Nothing can be said of an event now; its text says why."""


class Opinions(Protocol):
    """What the model says of events. Plain arithmetic: it may be asked from the event loop."""

    def opinion(self, event: TemperatureEvent, now: datetime) -> Opinion:
        """Raises: NoOpinion."""
        ...

    def want(self, events: Sequence[TemperatureEvent]) -> None:
        """From now on the forecasts of these, and of no others, are kept."""
        ...

    def listen(self, listener: StationListener) -> Callable[[], None]:
        """Call `listener` when a forecast, an observation or the fit of a station is new."""
        ...


class Desk(Protocol):
    """Places orders in one account."""

    async def place_order(self, ticket: Ticket, *, leaving: Callable[[], None]) -> Order:
        """`leaving` is told just before the exchange is asked, and never for a key that was used:

        then the answer is what became of that order.
        """
        ...


MayGoLive: TypeAlias = Callable[[UserId], Awaitable[bool]]
"""Whether real money is allowed: the gate is open, and the user's wallet ready."""
