"""What a wallet does on the chain besides trading, from its signature to its end."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType

from core.domain.errors import IllegalTransition
from core.domain.units import UserId

ActionId = NewType("ActionId", int)


class ActionKind(StrEnum):
    CREATE = "create"  # the deposit wallet itself
    APPROVE = "approve"
    WRAP = "wrap"  # USDC.e into pUSD
    REDEEM = "redeem"
    WITHDRAW = "withdraw"


class ActionState(StrEnum):
    """COMMITTED: signed and written down, perhaps sent. ACCEPTED: the relayer has given an id."""

    COMMITTED = "committed"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    FAILED = "failed"  # proven: it changed nothing, and never will
    UNCLEAR = "unclear"  # its turn on the chain is over, and nothing here tells what took it


OPEN: Final = frozenset({ActionState.COMMITTED, ActionState.ACCEPTED})
"""While one of these is on its way, the wallet begins nothing else."""

ACTION_MOVES: Final = MappingProxyType(
    {
        ActionState.COMMITTED: frozenset(ActionState) - {ActionState.COMMITTED},
        ActionState.ACCEPTED: frozenset(ActionState) - OPEN,
        ActionState.UNCLEAR: frozenset({ActionState.CONFIRMED, ActionState.FAILED}),
        ActionState.CONFIRMED: frozenset[ActionState](),
        ActionState.FAILED: frozenset[ActionState](),
    }
)


def advance_action(current: ActionState, new: ActionState) -> ActionState:
    """Raises: IllegalTransition. Repeated news changes nothing."""
    if new is not current and new not in ACTION_MOVES[current]:
        raise IllegalTransition(f"a wallet action cannot go from {current} to {new}")
    return new


@dataclass(frozen=True, slots=True)
class NewAction:
    """`subject` says which one of its kind: a market, a withdrawal; empty where there is one only.

    `nonce` and `deadline` bound the signature: the chain takes it in that one turn, until then.
    Making a wallet is not signed and has neither.
    """

    user: UserId
    kind: ActionKind
    subject: str
    wallet: str
    owner: str  # address of the key that signed
    body: bytes = field(repr=False)  # exactly what is sent
    at: datetime  # by the venue's clock
    nonce: int | None = None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class WalletAction:
    id: ActionId
    user: UserId
    kind: ActionKind
    subject: str
    wallet: str
    owner: str
    state: ActionState
    nonce: int | None
    deadline: datetime | None
    body: bytes = field(repr=False)
    created_at: datetime
    transaction_id: str = ""  # the relayer's
    transaction: str = ""  # its hash on the chain, once it is known
    reason: str = ""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN
