"""Withdrawals: to addresses that were allowed long enough before, after a delay, within a cap."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType

from core.domain.errors import IllegalTransition, Rejected
from core.domain.sentences import worded
from core.domain.units import ZERO, Usdc, UserId

AddressId = NewType("AddressId", int)
WithdrawalId = NewType("WithdrawalId", int)

ADDRESS_COOLING: Final = timedelta(hours=24)  # before a new address may be paid
WITHDRAWAL_DELAY: Final = timedelta(hours=2)  # in which anybody who can read the chat may cancel
CAP_WINDOW: Final = timedelta(hours=24)


class WithdrawalState(StrEnum):
    WAITING = "waiting"  # may be cancelled
    SENDING = "sending"  # committed before anything leaves
    SENT = "sent"
    UNKNOWN = "unknown"  # it may have left; never sent again by itself
    FAILED = "failed"
    CANCELLED = "cancelled"


WITHDRAWAL_MOVES: Final = MappingProxyType(
    {
        WithdrawalState.WAITING: frozenset({WithdrawalState.SENDING, WithdrawalState.CANCELLED}),
        WithdrawalState.SENDING: frozenset(
            {WithdrawalState.SENT, WithdrawalState.UNKNOWN, WithdrawalState.FAILED}
        ),
        WithdrawalState.UNKNOWN: frozenset({WithdrawalState.SENT, WithdrawalState.FAILED}),
        WithdrawalState.SENT: frozenset[WithdrawalState](),
        WithdrawalState.FAILED: frozenset[WithdrawalState](),
        WithdrawalState.CANCELLED: frozenset[WithdrawalState](),
    }
)

COUNTED: Final = frozenset(WithdrawalState) - {WithdrawalState.FAILED, WithdrawalState.CANCELLED}
"""States that use up the daily cap: whatever has left, or may have, or will."""


class WithdrawalRefused(Rejected):
    """Not allowed, or not yet."""


def advance_withdrawal(current: WithdrawalState, new: WithdrawalState) -> WithdrawalState:
    """Raises: IllegalTransition."""
    if new not in WITHDRAWAL_MOVES[current]:
        raise IllegalTransition(f"a withdrawal cannot go from {current} to {new}")
    return new


@dataclass(frozen=True, slots=True)
class AllowedAddress:
    id: AddressId
    user: UserId
    address: str
    label: str
    usable_at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """`due_at` is when it leaves unless it is cancelled before."""

    id: WithdrawalId
    user: UserId
    address_id: AddressId
    address: str
    amount: Usdc
    state: WithdrawalState
    requested_at: datetime
    due_at: datetime
    transaction: str = ""
    reason: str = ""


def refuse_withdrawal(
    amount: Usdc, counted: Usdc, cap: Usdc, address: AllowedAddress, now: datetime
) -> None:
    """`counted`: what the last 24 hours have used of `cap`.

    Raises: WithdrawalRefused.
    """
    if amount <= ZERO:
        raise WithdrawalRefused("A withdrawal needs an amount above zero. Nothing was moved.")
    if now < address.usable_at:
        raise WithdrawalRefused(
            worded(
                "{label} may be paid from {moment} UTC on: a new "
                "address waits 24 hours. Nothing was moved.",
                label=address.label,
                moment=f"{address.usable_at:%Y-%m-%d %H:%M}",
            )
        )
    if counted + amount > cap:
        left = max(cap - counted, ZERO)
        raise WithdrawalRefused(
            worded(
                "That is above the cap of {cap} USDC in 24 hours; "
                "{left} USDC are left of it. "
                "Nothing was moved.",
                cap=f"{cap.normalize():f}",
                left=f"{left.normalize():f}",
            )
        )
