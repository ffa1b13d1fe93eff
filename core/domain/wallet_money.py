"""The money of a live wallet as the venue and the chain have it, to be shown."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.units import MarketId, Size, Usdc


class Approvals(StrEnum):
    """Whether the venue's contracts may take what an order of the wallet offers."""

    COMPLETE = "complete"
    MISSING = "missing"
    PENDING = "pending"  # given, and not yet on the chain
    UNKNOWN = "unknown"  # nobody can be asked right now


@dataclass(frozen=True, slots=True)
class Claimable:
    """Shares of a resolved market that wait to be turned into money."""

    market_id: MarketId
    question: str
    outcome: str
    shares: Size
    value: Usdc  # what they pay; 0 for those that lost


@dataclass(frozen=True, slots=True)
class WalletMoneyState:
    """`can_act`: the key that is here may approve and redeem; else the owner does it elsewhere.

    `claimable`: None while it is not known.
    """

    cash: Usdc
    allowance: Usdc  # the least over the contracts that trade
    approvals: Approvals
    deposit_address: str
    claimable: tuple[Claimable, ...] | None = ()
    can_act: bool = False
