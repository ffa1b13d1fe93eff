"""Live wallets: how far a key that we hold may go, and the states of setting one up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType

from core.domain.account import Account
from core.domain.errors import IllegalTransition, Rejected
from core.domain.sentences import mark, worded
from core.domain.units import Usdc, UserId

WalletId = NewType("WalletId", int)

CLOB_SCOPE: Final = "CLOB"  # trading at the order book, and nothing else
SHORTEST_SESSION: Final = timedelta(hours=1)
WARNING_SHARE: Final = 5  # a session's last fifth is told of


class Tier(StrEnum):
    """What the bot holds of a user. The further down, the more a thief of it could take."""

    PAPER = "paper"  # nothing
    SESSION = "session"  # a key that trades, cannot withdraw, and runs out
    DEPOSIT = "deposit"  # the owner key of a deposit wallet
    EOA = "eoa"  # the key of an ordinary account

    @property
    def can_withdraw(self) -> bool:
        return self in {Tier.DEPOSIT, Tier.EOA}


class WalletState(StrEnum):
    """WAITING for something the owner does elsewhere; READY to sign; REVOKED for good."""

    WAITING = "waiting"
    READY = "ready"
    REVOKED = "revoked"


WALLET_MOVES: Final = MappingProxyType(
    {
        WalletState.WAITING: frozenset({WalletState.READY, WalletState.REVOKED}),
        WalletState.READY: frozenset({WalletState.REVOKED}),
        WalletState.REVOKED: frozenset[WalletState](),
    }
)


def moved(current: WalletState, new: WalletState) -> WalletState:
    """The state after a step. A repeated step changes nothing.

    Raises: IllegalTransition.
    """
    if new is not current and new not in WALLET_MOVES[current]:
        raise IllegalTransition(f"a wallet cannot go from {current} to {new}")
    return new


class NewsKind(StrEnum):
    SESSION_ENDING = "session-ending"
    SESSION_ENDED = "session-ended"
    SESSION_UNLISTED = "session-unlisted"
    ADDRESS_ALLOWED = "address-allowed"
    WITHDRAWAL_REQUESTED = "withdrawal-requested"
    WITHDRAWAL_SENT = "withdrawal-sent"
    WITHDRAWAL_FAILED = "withdrawal-failed"
    WITHDRAWAL_UNKNOWN = "withdrawal-unknown"
    VENUE_REFUSES = "venue-refuses"
    VENUE_LETS_IN = "venue-lets-in"


class VenueRefuses(Rejected):
    """The venue does not let this user trade; the sentence is its own."""


class TradesPlayMoneyOnly(Rejected):
    """The process was started with DRY_RUN_MODE."""


class CodeRefused(Rejected):
    """A code that is wrong, used, or not taken for now."""


class KeyNotUsable(Rejected):
    """The user has no key that could sign now; the sentence says why and what to do."""


class KeyStillNeeded(KeyNotUsable):
    """The key in use has business at the venue that the next one could not see."""


class ScopeTooWide(Rejected):
    """A session key may do more than trade."""


@dataclass(frozen=True, slots=True)
class LiveWallet:
    """One key of a user and what it signs for; no secret in it.

    `funder` holds the money: empty until it is known. `authorised_at` and `authorised_until` frame
    the life of a session key; other keys have none.
    """

    id: WalletId
    user: UserId
    tier: Tier
    state: WalletState
    key_address: str
    funder: str
    signature_type: int  # as the venue numbers them
    created_at: datetime
    authorised_at: datetime | None = None
    authorised_until: datetime | None = None
    warned_at: datetime | None = None

    def is_expired(self, now: datetime) -> bool:
        return self.authorised_until is not None and self.authorised_until <= now

    @property
    def warn_at(self) -> datetime | None:
        """From when on the end is near: a fifth of the key's life is left. None without an end."""
        if self.authorised_at is None or self.authorised_until is None:
            return None
        return self.authorised_until - (self.authorised_until - self.authorised_at) / WARNING_SHARE


@dataclass(frozen=True, slots=True)
class SessionGrant:
    """A session key as the venue lists it."""

    address: str
    wallet: str  # the deposit wallet it may trade for
    scopes: frozenset[str]
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user has decided about their accounts."""

    account: Account = Account.PAPER
    risk_read_at: datetime | None = None
    daily_limit: Usdc | None = None  # typed by hand; None until then

    @property
    def is_informed(self) -> bool:
        return self.risk_read_at is not None and self.daily_limit is not None


def refuse_grant(grant: SessionGrant | None, key_address: str, now: datetime) -> SessionGrant:
    """`grant` itself if it lets `key_address` trade, and do nothing else.

    Raises: KeyNotUsable, ScopeTooWide.
    """
    if grant is None or grant.address != key_address:
        raise KeyNotUsable(
            worded(
                "Polymarket does not list {address} as a session key yet. Authorise it with your "
                "own wallet, wait a minute, then check again.",
                address=key_address,
            )
        )
    if grant.scopes != {CLOB_SCOPE}:
        raise ScopeTooWide(
            worded(
                "This session key was authorised for {scopes}. "
                "It must be {scope} alone: revoke it at Polymarket, then authorise it again with "
                "that one scope.",
                scopes=", ".join(sorted(grant.scopes)) or mark("nothing"),
                scope=CLOB_SCOPE,
            )
        )
    if grant.valid_until < now + SHORTEST_SESSION:
        raise KeyNotUsable(
            worded(
                "This session key ends on {end} UTC, in less than an "
                "hour. Authorise it again for longer.",
                end=f"{grant.valid_until:%Y-%m-%d %H:%M}",
            )
        )
    return grant


def after_revoking(wallet: LiveWallet) -> str:
    """What is left for the owner to do once our copy of a key is deleted."""
    if wallet.tier is Tier.SESSION:
        return worded(
            "Our copy of the key is deleted. A copy that somebody else has would still trade: at "
            "Polymarket, revoke the session key {address} as well.",
            address=wallet.key_address,
        )
    return mark(
        "Our copy of the key is deleted. If anybody else might have one, move the money to a "
        "wallet whose key was never here."
    )
