"""The authenticator's code: what withdrawing and loosening a limit ask for besides the chat."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from core.domain.custody import CodeRefused
from core.domain.errors import NotFound
from core.domain.sentences import mark, worded
from core.domain.units import UserId
from core.services.clock import utc_now
from core.services.custody.ports import CodeBook
from core.storage import custody_factors
from core.storage.models import Sessions
from core.storage.tenancy import as_user

NO_FACTOR: Final = mark(
    "This needs an authenticator app, and none is set up. Whoever runs this Polycool does that "
    "on its console: python -m scripts.keys totp --user <Telegram id>."
)


class SecondFactor:
    """Every try is written down as wrong before it is looked at, so that no crash forgives one."""

    def __init__(
        self,
        sessions: Sessions,
        codes: CodeBook,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._codes = codes
        self._now = now

    async def is_set_up(self, user: UserId) -> bool:
        async with as_user(self._sessions, user) as session:
            return await custody_factors.exists(session, user)

    async def require(self, user: UserId, code: str) -> None:
        """Return if `code` is right, and then never again for the same one.

        After five wrong ones no code is taken for a minute, then two, then four, to a day at most.
        Raises: CodeRefused, KeyNotUsable.
        """
        now = self._now()
        await self._pay(user, now)
        step = await self._codes.matching_step(user, code, now)
        if step is None:
            raise CodeRefused("That code is wrong. Nothing was changed.")
        async with as_user(self._sessions, user) as session:
            if not await custody_factors.accept_step(session, user, step):
                raise CodeRefused("That code was used already. Wait for the next one.")

    async def _pay(self, user: UserId, now: datetime) -> None:
        try:
            async with as_user(self._sessions, user) as session:
                locked_until = await custody_factors.pay_try(session, user, now)
        except NotFound:
            raise CodeRefused(NO_FACTOR) from None
        if locked_until is not None:
            raise CodeRefused(
                worded(
                    "Too many wrong codes. The next one is taken at {time} UTC on {day}.",
                    time=f"{locked_until:%H:%M:%S}",
                    day=f"{locked_until:%Y-%m-%d}",
                )
            )
