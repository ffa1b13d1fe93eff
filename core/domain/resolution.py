"""How markets end: what their shares pay once the result stands, and the fills that book it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.domain.book import Side
from core.domain.ledger import Fill
from core.domain.market import Market, Outcome
from core.domain.position import Holding, Position, PositionStatus
from core.domain.units import MICRO, ONE, ZERO, MarketId, Price, TokenId, Usdc

HALF: Final = Decimal("0.5")
NEAR_END: Final = Decimal("0.05")  # winners were seen as low as 0.9664, losers as high as 0.0336
NEAR_HALF: Final = Decimal("0.001")
EVENT: Final = "resolution:"  # how the event keys of payouts begin


class Standing(StrEnum):
    """How far a market has come."""

    OPEN = "open"
    PAUSED = "paused"  # takes no orders right now, and may again
    ENDED = "ended"  # trading has ended; what the shares pay is not known
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The result of one market: what each share pays, in USDC, by token."""

    market_id: MarketId
    payouts: tuple[tuple[TokenId, Price], ...]

    def payout_of(self, token: TokenId) -> Price | None:
        """None for a token of another market."""
        return dict(self.payouts).get(token)


def standing_of(market: Market) -> Standing:
    """A result that nobody can read is none yet."""
    if market.is_resolved and (market.payouts or market.resolved_outcome):
        return Standing.RESOLVED
    if market.is_closed or market.is_resolved:
        return Standing.ENDED
    return Standing.OPEN if market.accepts_orders else Standing.PAUSED


def resolution_of(market: Market) -> Resolution | None:
    """None unless the venue calls the closed market resolved and its payouts are beyond doubt."""
    if not (market.is_closed and market.is_resolved) or market.payouts is None:
        return None
    return Resolution(market.id, tuple(zip(market.tokens, market.payouts, strict=True)))


def payouts_of(
    prices: Sequence[Price | None], stood_at: Collection[Decimal] = ()
) -> tuple[Price, ...] | None:
    """What the shares of a resolved market pay, from the prices its catalogue entry ends with.

    Near 0, 0.5 and 1 these are rounded. Other fractions are payouts if they add up to 1 and are
    not where the first outcome stood last (`stood_at`): then the entry still shows a price, and no
    result. None where nobody can tell. Source: resolved entries, seen with 0.9999 and 0.000001.

    >>> payouts_of([Price(Decimal("0.9999")), Price(Decimal("0.000001"))])
    (Decimal('1'), Decimal('0'))
    """
    told = [price for price in prices if price is not None]
    if not told or len(told) < len(prices):
        return None
    rounded = tuple(_rounded(price) for price in told)
    if sum(rounded) == ONE and set(rounded) <= {ZERO, HALF, ONE}:
        return rounded
    is_exact = abs(sum(told, ZERO) - ONE) <= MICRO * len(told)
    return tuple(told) if is_exact and told[0] not in stood_at else None


def winner_of(outcomes: Sequence[Outcome], payouts: Sequence[Price] | None) -> str | None:
    """The outcome that takes everything; None for a split, and without a result."""
    for outcome, payout in zip(outcomes, payouts or (), strict=False):
        if payout == ONE:
            return outcome.name
    return None


def payout_fill(position: Position, payout: Price, at: datetime, *, is_repeated: bool) -> Fill:
    """All shares of `position` turned into money, at no fee; worthless ones too.

    `is_repeated`: the same user's shares of this token were paid before, in an older position.
    """
    key = payout_key(position.market_id, position.token_id)
    return Fill(
        event_key=f"{key}:{position.id}" if is_repeated else key,
        user_id=position.user_id,
        account=position.account,
        market_id=position.market_id,
        token_id=position.token_id,
        outcome=position.outcome,
        side=Side.SELL,
        size=position.holding.amount,
        price=payout,
        fee=Usdc(ZERO),
        at=at,
    )


def payout_key(market: MarketId, token: TokenId) -> str:
    return f"{EVENT}{market}:{token}"


def is_payout(fill: Fill) -> bool:
    return fill.event_key.startswith(EVENT)


def status_after(holding: Holding, last: Fill | None) -> PositionStatus:
    """The state of a position whose newest fill is `last`; None if it has none that counts."""
    if holding.amount > 0:
        return PositionStatus.ACTIVE
    is_resolved = last is not None and is_payout(last)
    return PositionStatus.RESOLVED if is_resolved else PositionStatus.CLOSED


def _rounded(price: Price) -> Price:
    for whole, reach in ((ZERO, NEAR_END), (HALF, NEAR_HALF), (ONE, NEAR_END)):
        if abs(price - whole) <= reach:
            return Price(whole)
    return price
