"""Sales on one card that are confirmed together; each has a one-shot button of its own."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.domain.offer import ButtonClaim, Offer, TradeQuote
from core.domain.units import UserId

REMEMBERED: Final = 1000


@dataclass(frozen=True, slots=True)
class Leg:
    """`offer` None: it cannot be sold now, for `reason`; then there is no `quote` either."""

    question: str
    outcome: str
    quote: TradeQuote | None = None
    offer: Offer | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sweep:
    """`left`: positions that nothing was asked about yet; they come with the next card."""

    user_id: UserId
    chat_id: int
    message_id: int
    legs: tuple[Leg, ...]
    left: int = 0

    @property
    def key(self) -> str | None:
        """What its one button carries; None if nothing of it can be sold."""
        return next((leg.offer.button_id for leg in self.legs if leg.offer is not None), None)


class Sweeps:
    """The database decides which tap becomes an order, as with every money button."""

    def __init__(self) -> None:
        self._shown: OrderedDict[str, Sweep] = OrderedDict()

    def remember(self, sweep: Sweep) -> None:
        if sweep.key is not None:
            self._shown[sweep.key] = sweep
            if len(self._shown) > REMEMBERED:
                self._shown.popitem(last=False)

    def take(self, claim: ButtonClaim) -> Sweep | None:
        """Once; None for whatever was not shown to that person in that message."""
        sweep = self._shown.get(claim.id)
        if sweep is None:
            return None
        place = (sweep.user_id, sweep.chat_id, sweep.message_id)
        if place != (claim.user_id, claim.chat_id, claim.message_id):
            return None
        return self._shown.pop(claim.id)


def ends(legs: tuple[Leg, ...]) -> datetime | None:
    """When the first of them cannot be confirmed any more."""
    return min((leg.offer.expires_at for leg in legs if leg.offer is not None), default=None)
