"""What people want of the weather strategy: read by it, changed by them."""

from collections.abc import Callable
from typing import TypeAlias

from core.domain.units import UserId
from core.domain.weather.choices import Choices, Mode
from core.services.audit import Audit, named
from core.storage import users, weather_choices
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

Listener: TypeAlias = Callable[[], None]


class WeatherChoices:
    """The only writer of choices; each change is in the audit."""

    def __init__(self, sessions: Sessions, audit: Audit) -> None:
        self._sessions = sessions
        self._audit = audit
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def of(self, user: UserId) -> Choices:
        """Off, for who has chosen nothing."""
        async with as_user(self._sessions, user) as session:
            return await weather_choices.of(session, user) or Choices()

    async def keep(self, user: UserId, choices: Choices) -> None:
        async with as_user(self._sessions, user) as session:
            before = await weather_choices.of(session, user) or Choices()
            if before == choices:
                return
            await weather_choices.keep(session, user, choices)
            detail: dict[str, object] = {"mode": choices.mode.value, "before": before.mode.value}
            await self._audit.note(
                session, named(user), "weather choices changed", detail, user=user
            )
        for listener in tuple(self._listeners):
            listener()

    async def active(self) -> dict[UserId, Choices]:
        """Of everybody who wants it to run and may trade."""
        async with as_worker(self._sessions) as session:
            found = await weather_choices.active(session)
            return {
                user: choices
                for user, choices in found.items()
                if await users.may_trade(session, user)
            }

    async def begin(self) -> None:
        """The owner begins with practice money, unless something else was chosen before."""
        async with as_worker(self._sessions) as session:
            owner = await users.owner_id(session)
            if owner is not None:
                await weather_choices.keep_first(session, owner, Choices(Mode.DRY))
