"""What people prefer: asked for with every act, so kept in memory; each change is on record."""

from collections.abc import Callable
from dataclasses import fields

from core.domain.preferences import UserPreferences, check_preferences
from core.domain.units import UserId
from core.services.audit import Audit
from core.storage import preferences as stored
from core.storage.models import Sessions
from core.storage.tenancy import as_user


class Preferences:
    """The only writer of its table, so what it remembers is what is stored."""

    def __init__(self, sessions: Sessions, audit: Audit) -> None:
        self._sessions = sessions
        self._audit = audit
        self._known: dict[UserId, UserPreferences] = {}

    async def of(self, user: UserId) -> UserPreferences:
        known = self._known.get(user)
        if known is not None:
            return known
        async with as_user(self._sessions, user) as session:
            found = await stored.of(session, user)
        return self._known.setdefault(user, found)  # a change may have come in between

    async def change(
        self, user: UserId, change: Callable[[UserPreferences], UserPreferences]
    ) -> UserPreferences:
        """What they are now: `change` of what they were.

        Raises: Rejected with the sentence that says why not.
        """
        async with as_user(self._sessions, user) as session:
            before = await stored.lock(session, user)
            after = change(before)
            check_preferences(after)
            await stored.save(session, user, after)
            if details := _differences(before, after):
                who = f"user {user}"
                await self._audit.note(session, who, "preferences changed", details, user=user)
        self._known[user] = after
        return after


def _differences(before: UserPreferences, after: UserPreferences) -> dict[str, object]:
    """The names of what changed, with the old and the new value."""
    pairs = {
        each.name: (getattr(before, each.name), getattr(after, each.name))
        for each in fields(UserPreferences)
    }
    return {
        name: {"from": _written(old), "to": _written(new)}
        for name, (old, new) in pairs.items()
        if old != new
    }


def _written(value: object) -> object:
    match value:
        case dict():
            return {str(name): str(each) for name, each in value.items()}
        case tuple():
            return [str(each) for each in value]
        case None:
            return None
        case _:
            return str(value)
