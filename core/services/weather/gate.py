"""Whether the strategy may have real money: judged by its own record, and taken back by it."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from core.domain.errors import Unavailable
from core.domain.notice import Warned
from core.domain.sentences import mark
from core.domain.units import UserId
from core.domain.weather.choices import Mode
from core.domain.weather.learning import JUDGED, JudgeJob
from core.domain.weather.scores import Skill, Verdict, gate
from core.domain.weather.standings import DryRecord, Judgement
from core.services.audit import Audit
from core.services.clock import utc_now
from core.services.outbox import Outbox
from core.services.weather.jobs import PATIENCE, Jobs
from core.storage import weather_choices, weather_scores, weather_verdicts
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

RECORD: Final = timedelta(days=90)  # how far back the record goes
STANDS: Final = timedelta(days=3)  # a verdict that nobody has renewed since holds no longer
KEPT: Final = timedelta(days=400)
ACTOR: Final = "weather gate"
UNJUDGED: Final = mark("The record of the weather strategy was not judged lately.")
UNTAUGHT: Final = mark("Nothing was learned of settled days yet.")
DEMOTED: Final = mark(
    "The record of the weather strategy does not pass the test for real money any more, so it goes "
    "on with practice money. What it holds in your live account stays there."
)

logger = logging.getLogger(__name__)

Listener = Callable[[], None]


class Gate:
    """Closed until its record was judged; whoever is live when it closes trades dry from then."""

    def __init__(
        self,
        sessions: Sessions,
        jobs: Jobs,
        outbox: Outbox,
        audit: Audit,
        pairs: Callable[[], int],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`pairs`: how many the calibration was made of."""
        self._sessions = sessions
        self._jobs = jobs
        self._outbox = outbox
        self._audit = audit
        self._pairs = pairs
        self._now = now
        self._listeners: list[Listener] = []
        self.judgement: Judgement | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why nobody may go live; empty while the gate is open."""
        judgement = self.judgement
        if judgement is None or self._now() - judgement.judged_at > STANDS:
            return (UNJUDGED,)
        return judgement.verdict.reasons

    @property
    def is_open(self) -> bool:
        return not self.reasons

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every verdict; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def read(self) -> None:
        """Take over the last verdict. Raises: SQLAlchemyError, OSError."""
        async with as_worker(self._sessions) as session:
            self.judgement = await weather_verdicts.newest(session)

    async def judge(self) -> Judgement:
        """By the record as it is now. Raises: Unavailable, SQLAlchemyError, OSError."""
        now = self._now()
        async with as_worker(self._sessions) as session:
            record = await weather_scores.record(session, now - RECORD)
        skill = await self._skill(record)
        judgement = Judgement(
            now, record.events, skill, record.profit, self._verdict(record, skill)
        )
        async with as_worker(self._sessions) as session:
            number = await weather_verdicts.add(session, judgement)
            await weather_verdicts.forget(session, now - KEPT)
        self.judgement = judgement
        if not judgement.verdict.is_open:
            await self._demote_all(number, judgement)
        for listener in tuple(self._listeners):
            listener()
        return judgement

    def _verdict(self, record: DryRecord, skill: Skill | None) -> Verdict:
        found = gate(record.events, skill, record.profit)
        return found if self._pairs() else Verdict((*found.reasons, UNTAUGHT))

    async def _skill(self, record: DryRecord) -> Skill | None:
        if not record.events:
            return None
        found = await self._jobs.call(JUDGED, JudgeJob(record.own, record.market), PATIENCE)
        if found is not None and not isinstance(found, Skill):
            raise Unavailable("That could not be done.")
        return found

    async def _demote_all(self, number: int, judgement: Judgement) -> None:
        async with as_worker(self._sessions) as session:
            chosen = await weather_choices.active(session)
        for user, choices in chosen.items():
            if choices.mode is Mode.LIVE and await self._demote(user, number, judgement):
                logger.warning("The weather strategy of user %d goes on dry", user)

    async def _demote(self, user: UserId, number: int, judgement: Judgement) -> bool:
        """Whether they were live; told in the transaction that changes it, so once."""
        async with as_worker(self._sessions) as session:
            choices = await weather_choices.of(session, user)
            if choices is None or choices.mode is not Mode.LIVE:
                return False
            await weather_choices.keep(session, user, replace(choices, mode=Mode.DRY))
            key = f"weather-demotion:{user}:{number}"
            await self._outbox.write_down(session, user, key, Warned(DEMOTED))
            details = {"reasons": list(judgement.verdict.reasons)}
            await self._audit.note(session, ACTOR, "weather demoted to dry", details, user=user)
        return True
