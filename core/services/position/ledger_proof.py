"""Fills = position, proved while the program runs: told where it is not so, and never mended.

Only the explicit rebuild folds the ledger into positions (`rebuilding.py`).
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.drift import Difference, DriftKind, ledger_differences
from core.domain.folding import fold
from core.domain.ledger import Fill
from core.domain.sentences import mark, worded
from core.domain.units import PositionId
from core.services.beating import beat
from core.services.risk.outside import Alarms
from core.storage import ledger_proofs as stored
from core.storage import reconciliation as drifts
from core.storage.ledger_proofs import Candidate, Mark, Shape, Subject
from core.storage.models import Sessions
from core.storage.reconciliation_ledger import names
from core.storage.tenancy import as_user, as_worker

EVERY: Final = 60.0  # seconds between two looks at what has changed
WHOLE: Final = 3600.0  # seconds between two looks at everything
OVERLAP: Final = timedelta(minutes=1)  # transactions end in another order than they begin
OVERLAPPING: Final = 500  # fills, likewise
AT_ONCE: Final = 500  # fills folded in one go, away from the loop
TOGETHER: Final = (
    mark("{one}; besides, {two}"),
    mark("{one}; besides, {two}; and also, {three}"),
)  # of as many stories as a position can have

logger = logging.getLogger(__name__)


class LedgerProof:
    """Folds the fills of active positions again where something changed since the last proof.

    A position without any fill came from outside, and so did one that is older than its first:
    there is nothing that could prove it.
    """

    def __init__(
        self,
        sessions: Sessions,
        alarms: Alarms,
        *,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.proved = 0  # folds so far
        self._sessions = sessions
        self._alarms = alarms
        self._every = every
        self._clock = clock
        self._known: dict[PositionId, Shape] = {}
        self._mark: Mark | None = None
        self._whole_at: float | None = None

    async def run(self) -> None:
        """Until cancelled."""
        await beat("Positions", self.look, self._every)

    async def look(self) -> None:
        """At what changed; at everything, known or not, now and then. Raises: SQLAlchemyError."""
        if self._whole_at is None or self._clock() >= self._whole_at:
            self._known, self._mark = {}, None
        async with as_worker(self._sessions) as session:
            mark, suspects = await stored.mark(session), set(await stored.drifting(session))
        suspects |= await self._suspects(self._mark)
        for subject in sorted(suspects, key=str):
            await self._judge(subject)
        if self._mark is None:
            self._whole_at = self._clock() + WHOLE
        self._mark = Mark(mark.at - OVERLAP, mark.fill - OVERLAPPING)

    async def _suspects(self, since: Mark | None) -> set[Subject]:
        """Read without a lock, so a booking in between can make an innocent one suspect."""
        found, beyond = set[Subject](), None
        while True:
            async with as_worker(self._sessions) as session:
                page = await stored.candidates(session, beyond, since)
                new = [one for one in page if self._known.get(one.id) != one.shape]
                for part in _parts(new):
                    found |= await self._folded(session, part)
            if len(page) < stored.PART:
                return found
            beyond = page[-1].id

    async def _folded(self, session: AsyncSession, part: Sequence[Candidate]) -> set[Subject]:
        differing = await _differing(session, part)
        self.proved += len(part)
        for one in part:
            if one.id in differing:
                self._known.pop(one.id, None)
            else:
                self._known[one.id] = one.shape
        return {one.subject for one in part if one.id in differing}

    async def _judge(self, subject: Subject) -> None:
        """Again, under the lock that every booking takes: what differs now is certain."""
        async with as_user(self._sessions, subject.user) as session:
            position = await stored.lock(session, subject)
            found: Sequence[Difference] = ()
            if position is not None:
                found = (await _differing(session, [position])).get(position.id, ())
            await self._note(session, subject, {one.kind: one for one in found})

    async def _note(
        self, session: AsyncSession, subject: Subject, found: dict[DriftKind, Difference]
    ) -> None:
        now, news = await drifts.clock(session), dict(found)
        known = await drifts.ledger_drifts(session, subject.user, subject.account, subject.token)
        for drift in known:
            difference = news.pop(drift.kind, None)
            if difference is None:
                await drifts.close(session, drift, now)
            elif difference != drift.difference:
                await drifts.renumber(session, drift, difference, now)
        new = tuple(news.values())
        await drifts.note(session, subject.user, new, now, subject.account, is_certain=True)
        if new or (known and not found):
            await self._tell(session, subject, new)

    async def _tell(
        self, session: AsyncSession, subject: Subject, new: Sequence[Difference]
    ) -> None:
        name = await _name(session, subject)
        for one in new:
            logger.error(
                "A position is not what its fills make: %s", one, extra={"user_id": subject.user}
            )
        if not new:
            logger.info("A position is what its fills make again: %s", subject)
        sentence = _sentence(name, new)
        await self._alarms.raised(session, subject.user, sentence, is_for_owner=True)


async def _differing(
    session: AsyncSession, part: Sequence[Candidate]
) -> dict[PositionId, list[Difference]]:
    """Those of `part` that their fills do not make."""
    told = defaultdict[PositionId, list[Fill]](list)
    async for fills in stored.fills(session, {one.id: one.subject for one in part}):
        for position, fill in fills:
            told[position].append(fill)
    return await asyncio.to_thread(_compared, part, told)


def _compared(
    part: Sequence[Candidate], told: Mapping[PositionId, Sequence[Fill]]
) -> dict[PositionId, list[Difference]]:
    compared = {one.id: list(_differences(one, told.get(one.id, ()))) for one in part}
    return {position: found for position, found in compared.items() if found}


def _differences(one: Candidate, fills: Sequence[Fill]) -> Iterable[Difference]:
    folded, held = fold(fills), one.shape.holding
    if one.shape.is_from_outside or folded.unexplained:
        return ()
    return ledger_differences(one.subject.token, held, folded.holding)


def _parts(found: Sequence[Candidate]) -> Iterable[Sequence[Candidate]]:
    """So many that their fills are few; one that has more than that is a part of its own."""
    part, weight = list[Candidate](), 0
    for one in found:
        if part and weight + one.shape.fills > AT_ONCE:
            yield part
            part, weight = [], 0
        part.append(one)
        weight += one.shape.fills
    if part:
        yield part


async def _name(session: AsyncSession, subject: Subject) -> str:
    named = (await names(session, [subject.token])).get(subject.token)
    is_live = subject.account is Account.LIVE
    if named is None:
        return mark("in real money" if is_live else "in practice money")
    return worded(
        "“{question}”, {outcome}, in real money,"
        if is_live
        else "“{question}”, {outcome}, in practice money,",
        question=named.question,
        outcome=named.outcome,
    )


def _sentence(name: str, new: Sequence[Difference]) -> str:
    if not new:
        return worded(
            "Your position {name} is what its trades make again. Automatic orders may go on.",
            name=name,
        )
    return worded(
        "Your position {name} does not add up: {stories}. Nothing was changed. Automatic orders "
        "of this account wait until it is clear; your own work as before. Tell whoever runs this "
        "bot: the log has the details.",
        name=name,
        stories=_together([_story(one) for one in new]),
    )


def _together(stories: Sequence[str]) -> str:
    if len(stories) == 1:
        return stories[0]
    return worded(
        TOGETHER[len(stories) - 2], **dict(zip(("one", "two", "three"), stories, strict=False))
    )


def _story(one: Difference) -> str:
    if one.kind is DriftKind.BOOKED_SHARES:
        return worded(
            "it shows {ours} shares, and its trades make {theirs}",
            ours=f"{one.ours:f}",
            theirs=f"{one.theirs:f}",
        )
    return worded(
        "it shows a cost of {ours}, and its trades make {theirs}"
        if one.kind is DriftKind.BOOKED_COST
        else "it shows a booked profit of {ours}, and its trades make {theirs}",
        ours=f"${one.ours:,.6f}",
        theirs=f"${one.theirs:,.6f}",
    )
