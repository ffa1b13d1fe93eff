"""What custody asks of the outside: the vault, the venue, and somebody to tell the user."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.custody import LiveWallet, NewsKind, SessionGrant, Tier
from core.domain.units import Usdc, UserId
from core.domain.withdrawal import Withdrawal


class KeyVault(Protocol):
    """Makes and keeps keys; none of them ever comes out of it.

    Every method raises KeyNotUsable if the key-encryption key is not here.
    """

    async def make_key(self, user: UserId, tier: Tier) -> str:
        """The address of a new key that is sealed and stored already."""
        ...

    async def forget(self, user: UserId, addresses: Collection[str]) -> None:
        """Delete these keys and the API credentials that were derived from them."""
        ...

    async def kept(self, before: datetime) -> Mapping[UserId, Collection[str]]:
        """The addresses whose secrets are stored since before then."""
        ...


class ApiAccess(Protocol):
    """API credentials of a key, derived at the venue and kept sealed."""

    async def obtain(self, wallet: LiveWallet) -> None:
        """Again is fine. Raises: KeyNotUsable, Unavailable, Rejected with the venue's sentence."""
        ...


class SessionRegistry(Protocol):
    """What the venue knows of session keys."""

    async def find(self, wallet: LiveWallet) -> SessionGrant | None:
        """None: it properly says that there is no such key. Raises: Unavailable, Rejected."""
        ...


class VenueDoors(Protocol):
    """Whether the venue lets this user trade from here."""

    async def refusal(self, user: UserId) -> str:
        """The venue's own sentence (country, closed-only); empty: come in. Raises: Unavailable."""
        ...


class Relayer(Protocol):
    """Moves money of a wallet whose owner key is here."""

    async def withdraw(self, withdrawal: Withdrawal) -> str:
        """The transaction's hash.

        Raises: Rejected (proven: nothing left), Unavailable (nothing left, try later),
        OutcomeUnknown.
        """
        ...

    async def look_up(self, withdrawal: Withdrawal) -> str | None:
        """The transaction's hash if it did leave, None if it proves not to. Raises: Unavailable."""
        ...


class CodeBook(Protocol):
    """Authenticator secrets, opened for one comparison."""

    async def matching_step(self, user: UserId, code: str, now: datetime) -> int | None:
        """The half minute whose code this is, None if it is wrong. Raises: KeyNotUsable."""
        ...


@dataclass(frozen=True, slots=True)
class CustodyNews:
    """Something the user is to be told once; `key` says which, `facts` are for the screen."""

    kind: NewsKind
    key: str
    facts: Mapping[str, str]


class Teller(Protocol):
    async def tell(self, session: AsyncSession, user: UserId, news: CustodyNews) -> None:
        """In the transaction of what it tells of; a known key tells nothing."""
        ...


class DailyLimits(Protocol):
    async def state(self, user: UserId, limit: Usdc) -> None:
        """The user has typed this limit on live money a day. Raises: Rejected if it is too high."""
        ...
