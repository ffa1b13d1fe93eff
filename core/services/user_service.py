"""Who may use the bot: an allow-list that fails closed, or an owner who knew the code."""

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.errors import NoWallet, Rejected
from core.domain.units import Usdc, UserId
from core.domain.user import Role, User
from core.storage import facts, users, wallets
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

OWNER_CODE: Final = "owner_code_hash"
MAX_TRIES: Final = 5  # wrong codes of one person
LOCKED: Final = 600.0  # seconds that follow them
MAX_NAME: Final = 128  # characters
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like something else
_REMEMBERED: Final = 10_000  # strangers whose wrong codes are counted

logger = logging.getLogger(__name__)


def new_owner_code() -> str:
    """Three groups of four characters, nearly 60 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


class UserService:
    """Lets in whom `allowed` names, the first of them as owner; without it, only the owner."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        starting_cash: Usdc,
        allowed: tuple[int, ...],
        clock: Callable[[], float] = time.monotonic,
        make_code: Callable[[], str] = new_owner_code,
    ) -> None:
        self._sessions = sessions
        self._starting_cash = starting_cash
        self._allowed = allowed
        self._clock = clock
        self._make_code = make_code
        self._known: dict[int, User] = {}
        self._wrong: dict[int, list[float]] = {}

    async def admit(self, telegram_id: int, first_name: str) -> User | None:
        """The user behind this Telegram id, created on first sight; None = not allowed."""
        known = self._known.get(telegram_id)
        if known is not None:
            return known
        async with as_worker(self._sessions) as session:
            user = await self._let_in(session, telegram_id, first_name)
        if user is not None:
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
        self._refuse_guessing(telegram_id)
        async with as_worker(self._sessions) as session:
            stored = await facts.fact(session, OWNER_CODE) or ""
            is_right = hmac.compare_digest(stored, _hash(code))
            if not (is_right and await facts.take(session, OWNER_CODE, stored)):
                self._note_wrong(telegram_id)
                return None
            user = await self._save(session, telegram_id, first_name, Role.OWNER)
        self._known = {telegram_id: user}
        logger.info("Owner claimed", extra={"user_id": user.id})
        return user

    async def owner(self) -> int | None:
        """The Telegram id of whoever runs this; None while nobody has claimed it."""
        if self._allowed:
            return self._allowed[0]
        async with as_worker(self._sessions) as session:
            return await users.owner(session)

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
        if telegram_id in self._allowed:
            role = Role.OWNER if telegram_id == self._allowed[0] else Role.TRADER
            return await self._save(session, telegram_id, first_name, role)
        if self._allowed:
            return None
        owner = await users.owner_by_telegram_id(session, telegram_id)
        if owner is None:
            return None
        return await self._save(session, telegram_id, first_name, Role.OWNER)

    async def _save(
        self, session: AsyncSession, telegram_id: int, first_name: str, role: Role
    ) -> User:
        name = first_name.replace("\x00", "")[:MAX_NAME]
        user = await users.save(session, telegram_id, name, role)
        if role is Role.OWNER:
            await users.demote_owners_but(session, telegram_id)
        await wallets.open_wallet(session, user.id, Account.PAPER, self._starting_cash)
        return user

    def _refuse_guessing(self, telegram_id: int) -> None:
        tries = self._recent_wrong(telegram_id)
        if len(tries) >= MAX_TRIES:
            minutes = max(1, round((tries[-1] + LOCKED - self._clock()) / 60))
            raise Rejected(f"Too many wrong codes. Please try again in {minutes} min.")

    def _note_wrong(self, telegram_id: int) -> None:
        tries = [*self._recent_wrong(telegram_id), self._clock()]
        self._wrong.pop(telegram_id, None)
        self._wrong[telegram_id] = tries
        if len(self._wrong) > _REMEMBERED:
            del self._wrong[next(iter(self._wrong))]

    def _recent_wrong(self, telegram_id: int) -> list[float]:
        since = self._clock() - LOCKED
        return [at for at in self._wrong.get(telegram_id, []) if at > since]


def _hash(code: str) -> str:
    """Of the code as it was meant: without dashes and spaces, in capitals."""
    meant = "".join(character for character in code.upper()[:64] if character.isalnum())
    return hashlib.sha256(meant.encode("utf-8", "replace")).hexdigest()
