"""Triggers: standing wishes to sell a position once its executable bid comes to a level."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Final, NamedTuple, NewType

from core.domain.account import Account
from core.domain.amounts import typed_change
from core.domain.book import Level, Side
from core.domain.errors import InvalidQuantity
from core.domain.risk import automation_key
from core.domain.sentences import mark, worded
from core.domain.units import ONE, ZERO, MarketId, PositionId, Price, Size, TokenId, UserId

TriggerId = NewType("TriggerId", int)

MOST_ARMED: Final = 8  # of one position
CHOOSE_ABOVE: Final = mark(
    "The bid is at {bid}, so this would sell at once. Sell now instead, or choose a price above it."
)
CHOOSE_BELOW: Final = mark(
    "The bid is at {bid}, so this would sell at once. Sell now instead, or choose a price below it."
)
LEAST_TRAIL: Final = Decimal(1)  # percent; closer ones are fired by the spread's own noise
MOST_PROFIT: Final = 9_900  # percent: a hundred times what was paid


class Stake(NamedTuple):
    """Somebody's shares of one token, in all accounts."""

    user: UserId
    token: TokenId


class TriggerKind(StrEnum):
    TAKE_PROFIT = "take-profit"  # fires at its level or above
    STOP_LOSS = "stop-loss"  # fires at its level or below
    TRAILING_STOP = "trailing-stop"  # a stop whose level follows the highest bid seen


class TriggerState(StrEnum):
    ARMED = "armed"
    DONE = "done"  # what it was for is sold
    OVER = "over"  # its position ended in another way
    REMOVED = "removed"  # by its user


@dataclass(frozen=True, slots=True)
class Trigger:
    """One wish on one position. `percent` is of what is held when it first qualifies."""

    id: TriggerId
    user_id: UserId
    account: Account
    position_id: PositionId
    market_id: MarketId
    token_id: TokenId
    outcome: str
    kind: TriggerKind
    level: Price
    trail: Decimal | None  # percent below the peak; of a trailing stop only
    peak: Price | None  # highest executable bid since it was armed
    percent: int
    left: Size | None  # shares still to be sold; None until it first qualified
    shot: int  # number of its next order, part of that order's key
    state: TriggerState
    trouble: str  # why its last try sold nothing; empty otherwise
    created_at: datetime

    @property
    def order_key(self) -> str:
        """One order a shot, however often it is tried."""
        return automation_key(self.market_id, Side.SELL, f"trigger:{self.id}:{self.shot}")

    @property
    def stake(self) -> Stake:
        return Stake(self.user_id, self.token_id)

    @property
    def is_stop(self) -> bool:
        return self.kind is not TriggerKind.TAKE_PROFIT

    def is_reached(self, bid: Price | None) -> bool:
        """Whether an executable bid of `bid` is what it waits for."""
        if bid is None:
            return False
        return bid <= self.level if self.is_stop else bid >= self.level

    def is_risen(self, bid: Price | None) -> bool:
        """Whether a bid of `bid` would lift it: a trailing stop follows, the others stay."""
        if self.trail is None or bid is None:
            return False
        return self.peak is None or bid > self.peak

    def lifted(self, peak: Price, tick: Decimal) -> "Trigger":
        """A trailing stop after a higher bid; its level never falls."""
        if self.trail is None:
            return self
        level = max(self.level, trailing_level(peak, self.trail, tick))
        return replace(self, peak=peak, level=level)


@dataclass(frozen=True, slots=True)
class Fired:
    """What came of a try: the trigger afterwards, and what it may have to wait for."""

    trigger: Trigger
    is_order_out: bool = False  # the order of its present shot is not over yet
    is_refused: bool = False  # no order was taken, and another would not be at once


@dataclass(frozen=True, slots=True)
class NewTrigger:
    """What somebody wants armed; `level` of a trailing stop is where it begins."""

    kind: TriggerKind
    level: Price
    percent: int = 100
    trail: Decimal | None = None
    peak: Price | None = None


class Sighting(NamedTuple):
    """When a trigger was first seen to qualify, in which unbroken series of news."""

    at: float  # monotonic seconds
    epoch: int


def executable_bid(bids: Iterable[Level], size: Size, minimum: Size) -> Price | None:
    """The lowest price met when the least sensible part of `size` is sold into `bids`, best first.

    `minimum` is the market's own least size: fewer shares bid at a wonderful price are no market.
    None if the book does not take even that.
    """
    needed = Decimal(min(size, minimum))
    for level in bids:
        needed -= level.size
        if needed <= 0:
            return level.price
    return None


def is_held(first: Sighting, now: float, epoch: int, seconds: float) -> bool:
    """Whether a second book, `seconds` after the first or later, says the same without a gap."""
    return first.epoch == epoch and now >= first.at + seconds


def trailing_level(peak: Price, trail: Decimal, tick: Decimal) -> Price:
    """`trail` percent below `peak`, down to the tick, and at least one tick.

    >>> trailing_level(Price(Decimal("0.50")), Decimal(10), Decimal("0.01"))
    Decimal('0.45')
    """
    exact = peak * (100 - trail) / 100
    return Price(max((exact / tick).to_integral_value(ROUND_FLOOR) * tick, tick))


def level_of(kind: TriggerKind, entry: Price, change: Decimal, tick: Decimal) -> Price:
    """`change` percent away from the average cost, on the tick, inside the market's range.

    A profit is rounded up and a loss down, so that neither fires before it is due.

    >>> level_of(TriggerKind.TAKE_PROFIT, Price(Decimal("0.63")), Decimal(25), Decimal("0.01"))
    Decimal('0.79')
    """
    is_profit = kind is TriggerKind.TAKE_PROFIT
    exact = entry * (100 + change if is_profit else 100 - change) / 100
    rounding = ROUND_CEILING if is_profit else ROUND_FLOOR
    on_tick = (exact / tick).to_integral_value(rounding) * tick
    return Price(min(max(on_tick, tick), ONE - tick))


def typed_distance(kind: TriggerKind, text: str) -> Decimal:
    """Percent away from the average cost, or behind the bid, as typed: `30%`, `+30%`, `-10%`.

    Raises: InvalidQuantity, also for a sign that points the other way.
    """
    words = text.strip().replace("\u2212", "-")
    is_profit = kind is TriggerKind.TAKE_PROFIT
    right, wrong = ("+", "-") if is_profit else ("-", "+")
    if words.startswith(wrong):
        raise InvalidQuantity(
            "A profit is above what you paid; please write for example +30%"
            if is_profit
            else "A stop is below what you paid; please write for example -30%"
        )
    return typed_change(words.removeprefix(right), MOST_PROFIT if is_profit else 100)


def wanted_at(
    kind: TriggerKind,
    change: Decimal,
    percent: int,
    *,
    entry: Price,
    bid: Price | None,
    tick: Decimal,
) -> NewTrigger:
    """A trigger `change` percent away from the average cost, or behind the bid of now.

    Raises: InvalidQuantity where there is nothing to measure from.
    """
    if kind is not TriggerKind.TRAILING_STOP:
        if not entry:
            raise InvalidQuantity("The cost of this position is not known; type a price instead.")
        return NewTrigger(kind, level_of(kind, entry, change, tick), percent)
    if bid is None:
        raise InvalidQuantity("Nobody bids for it right now, so there is nothing to trail.")
    return NewTrigger(kind, trailing_level(bid, change, tick), percent, change, bid)


def check_new(wanted: NewTrigger, bid: Price | None, tick: Decimal) -> None:
    """Raises: InvalidQuantity, with what to do instead."""
    if not 1 <= wanted.percent <= 100:  # noqa: PLR2004 - percent
        raise InvalidQuantity("A part of a position is between 1 and 100 percent.")
    if wanted.trail is not None and not LEAST_TRAIL <= wanted.trail < 100:  # noqa: PLR2004 - percent
        raise InvalidQuantity(
            worded(
                "A trailing stop follows {least} to 99 percent behind.", least=f"{LEAST_TRAIL:f}"
            )
        )
    if not ZERO < wanted.level < ONE or wanted.level % tick:
        raise InvalidQuantity(
            worded(
                "A price in this market is a whole multiple of {tick} between {tick} and {most}.",
                tick=_cents(tick),
                most=_cents(ONE - tick),
            )
        )
    if bid is not None and _is_past(wanted, bid):
        is_profit = wanted.kind is TriggerKind.TAKE_PROFIT
        raise InvalidQuantity(worded(CHOOSE_ABOVE if is_profit else CHOOSE_BELOW, bid=_cents(bid)))


def _is_past(wanted: NewTrigger, bid: Price) -> bool:
    if wanted.kind is TriggerKind.TAKE_PROFIT:
        return bid >= wanted.level
    return bid <= wanted.level


def _cents(price: Decimal) -> str:
    return f"{(price * 100).normalize():f}¢"
