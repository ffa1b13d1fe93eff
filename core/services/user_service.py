"""Who may use the bot: an allow-list that fails closed, or an owner who knew the code."""

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.errors import NoWallet
from core.domain.units import Usdc, UserId
from core.domain.user import Role, User
from core.services import invitations
from core.services.clock import utc_now
from core.services.guesses import Guesses
from core.storage import facts, users, wallets
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

OWNER_CODE: Final = "owner_code_hash"
MAX_NAME: Final = 128  # characters
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like something else

logger = logging.getLogger(__name__)


def new_owner_code() -> str:
    """Three groups of four characters, nearly 60 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


class UserService:
    """Lets in whom `allowed` names, the first of them as owner; without it, only the owner.

    Besides, whom an owner has invited; and nobody, whoever says so, whom the owner has blocked.
    """

    def __init__(
        self,
        sessions: Sessions,
        *,
        starting_cash: Usdc,
        allowed: tuple[int, ...],
        clock: Callable[[], float] = time.monotonic,
        make_code: Callable[[], str] = new_owner_code,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._starting_cash = starting_cash
        self._allowed = allowed
        self._guesses = Guesses(clock)
        self._make_code = make_code
        self._known: dict[int, User] = {}
        self._forgotten = 0  # people, so far
        self._now = now

    async def admit(self, telegram_id: int, first_name: str) -> User | None:
        """The user behind this Telegram id, created on first sight; None = not allowed."""
        known = self._known.get(telegram_id)
        if known is not None:
            return known
        forgotten = self._forgotten
        async with as_worker(self._sessions) as session:
            user = await self._let_in(session, telegram_id, first_name)
        if user is not None and forgotten == self._forgotten:  # else it may be old already
            self._known[telegram_id] = user
        return user

    async def owner_code(self) -> str | None:
        """A new one-time code for the console, replacing an older one; None if nobody needs it."""
        if self._allowed:
            return None
        code = self._make_code()
        async with as_worker(self._sessions) as session:
            if await users.has_owner(session):
                return None
            await facts.state(session, OWNER_CODE, _hash(code))
        return code

    async def claim(self, telegram_id: int, first_name: str, code: str) -> User | None:
        """The owner, for whoever is first to know the code; None for a wrong one.

        Raises: Rejected after too many wrong codes.
        """
        if self._allowed:
            return None
        self._guesses.refuse(telegram_id)
        async with as_worker(self._sessions) as session:
            stored = await facts.fact(session, OWNER_CODE) or ""
            is_right = hmac.compare_digest(stored, _hash(code))
            if not (is_right and await facts.take(session, OWNER_CODE, stored)):
                self._guesses.note(telegram_id)
                return None
            user = await self._save(session, telegram_id, first_name, Role.OWNER)
        self._known = {telegram_id: user}
        logger.info("Owner claimed", extra={"user_id": user.id})
        return user

    async def redeem(self, telegram_id: int, first_name: str, code: str) -> User | None:
        """Whom an invitation lets in, for its one use; None for a code that is none.

        Raises: Rejected after too many wrong codes.
        """
        self._guesses.refuse(telegram_id)
        async with as_worker(self._sessions) as session:
            name = _name(first_name)
            user_id = await invitations.redeem(session, telegram_id, name, code, self._now())
            if user_id is None:
                self._guesses.note(telegram_id)
                return None
            await wallets.open_wallet(session, user_id, Account.PAPER, self._starting_cash)
        logger.info("Somebody was let in by an invitation", extra={"user_id": user_id})
        return await self.admit(telegram_id, first_name)

    def forget(self, telegram_id: int) -> None:
        """They are no longer what they were: the next one who asks is told anew."""
        self._known.pop(telegram_id, None)
        self._forgotten += 1

    async def owner(self) -> int | None:
        """The Telegram id of whoever runs this; None while nobody has claimed it."""
        if self._allowed:
            return self._allowed[0]
        async with as_worker(self._sessions) as session:
            return await users.owner(session)

    async def blocked(self) -> list[int]:
        """The Telegram ids of people who have blocked the bot."""
        async with as_worker(self._sessions) as session:
            return await users.blocked(session)

    async def viewers(self) -> list[User]:
        """Who may look and not trade."""
        async with as_worker(self._sessions) as session:
            return await users.viewers(session)

    async def known(self, user_id: UserId) -> User | None:
        """As they were when they were last let in."""
        async with as_worker(self._sessions) as session:
            return await users.by_id(session, user_id)

    async def note_blocked(self, telegram_id: int, *, is_blocked: bool) -> None:
        """Remembered over restarts; what somebody has armed or ordered is not touched."""
        async with as_worker(self._sessions) as session:
            await users.note_blocked(session, telegram_id, is_blocked=is_blocked)

    async def cash(self, user_id: UserId, account: Account) -> Usdc:
        """Raises: NoWallet."""
        async with as_worker(self._sessions) as session:
            held = await wallets.cash(session, user_id, account)
        if held is None:
            raise NoWallet(account)
        return held

    async def _let_in(
        self, session: AsyncSession, telegram_id: int, first_name: str
    ) -> User | None:
        is_owner = bool(self._allowed) and telegram_id == self._allowed[0]
        if not is_owner and await users.is_blocked(session, telegram_id):
            return None
        if telegram_id in self._allowed:
            role = Role.OWNER if is_owner else Role.TRADER
            return await self._save(session, telegram_id, first_name, role)
        if not self._allowed and await users.owner_by_telegram_id(session, telegram_id):
            return await self._save(session, telegram_id, first_name, Role.OWNER)
        if not self._allowed and not await users.has_owner(session):
            return None
        invited = await users.invited(session, telegram_id)
        if invited is None or invited.role is Role.OWNER:
            return None
        return await self._save(session, telegram_id, first_name, invited.role)

    async def _save(
        self, session: AsyncSession, telegram_id: int, first_name: str, role: Role
    ) -> User:
        user = await users.save(session, telegram_id, _name(first_name), role)
        if role is Role.OWNER:
            await users.demote_owners_but(session, telegram_id)
        await wallets.open_wallet(session, user.id, Account.PAPER, self._starting_cash)
        return user


def _name(first_name: str) -> str:
    return first_name.replace("\x00", "")[:MAX_NAME]


def _hash(code: str) -> str:
    """Of the code as it was meant: without dashes and spaces, in capitals."""
    meant = "".join(character for character in code.upper()[:64] if character.isalnum())
    return hashlib.sha256(meant.encode("utf-8", "replace")).hexdigest()
