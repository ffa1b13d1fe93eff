"""Where a live account stands with the venue, to be shown."""

from core.domain.account_views import AccountStanding
from core.domain.units import UserId
from core.services.reconciliation.concluding import named
from core.storage import reconciliation as stored
from core.storage.models import Sessions
from core.storage.tenancy import as_user


class AccountStandings:
    """Reads only."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def of(self, user: UserId) -> AccountStanding:
        async with as_user(self._sessions, user) as session:
            check = await stored.check_of(session, user)
            drifts = await stored.open_drifts(session, user)
            found = await named(session, user, drifts)
            is_clear = await stored.is_clear(session, user)
        return AccountStanding(check.checked_at, check.fault, found, is_clear)
