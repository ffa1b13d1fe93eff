"""How trading stands over all users together, in numbers."""

from dataclasses import dataclass, field
from typing import Final

from core.domain.breaker import Trip
from core.domain.order import OrderStatus

SETTLING: Final = frozenset(
    {OrderStatus.NEW, OrderStatus.SIGNED, OrderStatus.DELAYED, OrderStatus.MATCHED}
)
"""On their way: the venue has yet to say how they end."""


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """Open orders with real money: of unknown outcome; on their way; resting at the venue."""

    unclear: int = 0
    waiting: int = 0
    resting: int = 0


@dataclass(frozen=True, slots=True)
class SwitchFigures:
    """What is switched off. `trip`: why the breaker of everybody is open."""

    is_halted: bool = False
    trip: Trip | None = None
    tripped: int = 0  # users whose own breaker is open
    stopped: int = 0  # users who have stopped trading themselves


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """Wallets that are ready; those whose session key ends soon; those whose key has ended."""

    ready: int = 0
    ending: int = 0
    ended: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    orders: OrderFigures = field(default_factory=OrderFigures)
    switches: SwitchFigures = field(default_factory=SwitchFigures)
    keys: KeyFigures = field(default_factory=KeyFigures)
    uncompared: int = 0  # live accounts whose last comparison could not be finished
    differing: int = 0  # positions that are not what their fills make
    unclear_withdrawals: int = 0
    updates_waiting: int = 0
