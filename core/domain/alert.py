"""Alerts: standing wishes to hear of a market, as a small pure machine."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum, auto
from typing import Final, NewType

from core.domain.errors import InvalidQuantity
from core.domain.units import ONE, ZERO, MarketId, Price, TokenId, UserId

AlertId = NewType("AlertId", int)

MOST_ALERTS: Final = 50  # of one user
LEAST_GAP: Final = Decimal("0.005")  # USDC that a price has to leave its level by, at least
LONGEST_WINDOW: Final = 24 * 60  # minutes in which a move is looked for
LONGEST_NOTICE: Final = 7 * 24 * 60  # minutes before an end


class AlertKind(StrEnum):
    ABOVE = "above"  # the price is at `level` or above
    BELOW = "below"
    MOVE = "move"  # the price moved by `level` USDC within `minutes`
    SWING = "swing"  # the same by `level` percent
    SPREAD = "spread"  # bid and ask are further apart than `level` USDC
    CLOSING = "closing"  # the market ends in `minutes` or less


class AlertState(StrEnum):
    ARMED = "armed"
    FIRED = "fired"  # told; armed again once the market has left its level
    OVER = "over"  # its market has ended
    REMOVED = "removed"  # by its user


class Stand(Enum):
    """Where the market stands, seen from an alert."""

    REACHED = auto()
    NEAR = auto()  # neither there nor far enough away
    LEFT = auto()


OF_PRICE: Final = frozenset({AlertKind.ABOVE, AlertKind.BELOW})
OF_WINDOW: Final = frozenset({AlertKind.MOVE, AlertKind.SWING})
ACTIVE: Final = frozenset({AlertState.ARMED, AlertState.FIRED})


@dataclass(frozen=True, slots=True)
class NewAlert:
    """What somebody wants to hear of. `level` is in USDC, of a swing in percent."""

    kind: AlertKind
    level: Decimal = ZERO
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """One wish about one outcome. `firing` numbers what is told: each number once."""

    id: AlertId
    user_id: UserId
    market_id: MarketId
    token_id: TokenId
    outcome: str
    wish: NewAlert
    state: AlertState
    firing: int
    muted_until: datetime | None
    created_at: datetime

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def key(self) -> str:
        """Of the notice that this firing is told by."""
        return f"alert:{self.id}:{self.firing}"

    def is_muted(self, now: datetime) -> bool:
        return self.muted_until is not None and now < self.muted_until

    def after(self, stand: Stand, now: datetime) -> "Alert":
        """The next state; the same object where nothing changes.

        What is reached while it is muted is told when that ends, if it is so then.
        """
        if self.state is AlertState.ARMED and stand is Stand.REACHED and not self.is_muted(now):
            return replace(self, state=AlertState.FIRED)
        if self.state is AlertState.FIRED and stand is Stand.LEFT:
            return replace(self, state=AlertState.ARMED, firing=self.firing + 1)
        return self


def price_stand(wish: NewAlert, price: Price, tick: Decimal) -> Stand:
    """Of an alert above or below a level, whatever was jumped over on the way there."""
    if wish.kind is AlertKind.ABOVE:
        return _stand(price, wish.level, tick)
    return _stand(ONE - price, ONE - wish.level, tick)


def spread_stand(wish: NewAlert, bid: Price | None, ask: Price | None, tick: Decimal) -> Stand:
    """A side that nobody offers counts as 0 or 1."""
    spread = (ONE if ask is None else ask) - (ZERO if bid is None else bid)
    if spread > wish.level:
        return Stand.REACHED
    return Stand.LEFT if spread <= _left_below(wish.level, tick) else Stand.NEAR


def move_stand(wish: NewAlert, low: Price, high: Price, first: Price, tick: Decimal) -> Stand:
    """Of the least and greatest price in the window, and of the one of the two that came first.

    After a firing the window has to calm down, so one move is told once, however long it goes on.
    """
    level = wish.level if wish.kind is AlertKind.MOVE else wish.level * first / 100
    return _stand(high - low, level, tick) if high > low else Stand.LEFT


def closing_stand(wish: NewAlert, ends_at: datetime | None, now: datetime) -> Stand:
    """A market whose end was put off can be told of again."""
    if ends_at is None:
        return Stand.LEFT
    left = (ends_at - now).total_seconds()
    if left <= 0:
        return Stand.NEAR
    return Stand.REACHED if left <= wish.minutes * 60 else Stand.LEFT


def check_new(wish: NewAlert) -> None:
    """Raises: InvalidQuantity, with what to do instead."""
    is_whole = wish.level % Decimal("0.0001") == 0
    if wish.kind in OF_PRICE | {AlertKind.MOVE, AlertKind.SPREAD} and not (
        ZERO < wish.level < ONE and is_whole
    ):
        raise InvalidQuantity("A price is between 0 and 100 cents, for example 45.")
    if wish.kind is AlertKind.SWING and not (1 <= wish.level <= 1000 and is_whole):  # noqa: PLR2004 - percent
        raise InvalidQuantity("A move can be anything from 1 % to 1000 %.")
    if wish.kind in OF_WINDOW and not 1 <= wish.minutes <= LONGEST_WINDOW:
        raise InvalidQuantity("A move is looked for within a minute to a day.")
    if wish.kind is AlertKind.CLOSING and not 1 <= wish.minutes <= LONGEST_NOTICE:
        raise InvalidQuantity("An end can be told a minute to a week before.")


def from_typed(price: Price | None, level: Price) -> NewAlert:
    """Above or below: whichever side of the present price `level` is on.

    Raises: InvalidQuantity where there is no price to compare with, or that is the price.
    """
    if price is None:
        raise InvalidQuantity("There is no price to compare with right now.")
    if level == price:
        raise InvalidQuantity("That is the price of now; choose one above or below it.")
    return NewAlert(AlertKind.ABOVE if level > price else AlertKind.BELOW, level)


def _stand(value: Decimal, level: Decimal, tick: Decimal) -> Stand:
    if value >= level:
        return Stand.REACHED
    return Stand.LEFT if value <= _left_below(level, tick) else Stand.NEAR


def _left_below(level: Decimal, tick: Decimal) -> Decimal:
    """Near zero half of the level has to do, as nothing could ever be a tick below it."""
    return max(level - max(tick, LEAST_GAP), level / 2)
