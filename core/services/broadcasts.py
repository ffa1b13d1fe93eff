"""The owner's words to everybody: written down at once for each, and sent after all else."""

from itertools import islice
from typing import Final

from core.domain.broadcasting import Audience, BroadcastProgress
from core.domain.notice import Broadcast
from core.domain.units import UserId
from core.services.audit import Audit, named
from core.services.outbox import Outbox
from core.services.people import refuse_others
from core.storage import broadcasts
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

TOGETHER: Final = 1000  # rows of one statement


class Broadcasts:
    """A restart loses none and repeats none: what waits are notices, each under its own key."""

    def __init__(self, sessions: Sessions, audit: Audit, outbox: Outbox) -> None:
        self._sessions = sessions
        self._audit = audit
        self._outbox = outbox

    async def audience(self) -> Audience:
        """Who would get one now."""
        async with as_worker(self._sessions) as session:
            return _audience(await broadcasts.readers(session))

    async def send(self, by: UserId, broadcast_id: str, text: str) -> None:
        """The same id again writes nothing to who was written to.

        Raises: Rejected for anybody but the owner.
        """
        async with as_worker(self._sessions) as session:
            await refuse_others(session, by)
            wanted = [each for each in await broadcasts.readers(session) if _gets_it(each)]
            news = Broadcast(text)
            entries = iter(
                (each.user_id, broadcasts.key(broadcast_id, each.user_id), news) for each in wanted
            )
            while some := list(islice(entries, TOGETHER)):
                await self._outbox.write_all_down(session, some)
            details = {"id": broadcast_id, "people": len(wanted), "text": text}
            await self._audit.note(session, named(by), "broadcast", details, user=by)

    async def progress(self, broadcast_id: str) -> BroadcastProgress | None:
        """None for one that nobody was to get."""
        async with as_worker(self._sessions) as session:
            return await broadcasts.progress(session, broadcast_id)

    async def newest(self) -> BroadcastProgress | None:
        """The last one, for as long as it is remembered."""
        async with as_worker(self._sessions) as session:
            found = await broadcasts.newest(session)
            return None if found is None else await broadcasts.progress(session, found)


def _gets_it(reader: broadcasts.Reader) -> bool:
    return not (reader.has_blocked or reader.is_unwilling)


def _audience(readers: list[broadcasts.Reader]) -> Audience:
    return Audience(
        reached=sum(map(_gets_it, readers)),
        unreachable=sum(each.has_blocked for each in readers),
        unwilling=sum(each.is_unwilling and not each.has_blocked for each in readers),
    )
