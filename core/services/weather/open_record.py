"""The open record in the form in which the chat shows it."""

from collections.abc import Callable
from typing import Final

from core.domain.account import Account
from core.domain.units import UserId
from core.domain.weather.records import Marks
from core.domain.weather.scores import Verdict
from core.domain.weather.standings import Standing
from core.domain.weather.views import Gate, Reliability, Score, ScoreRow, ScoreTable
from core.services.weather.gate import Gate as Judge
from core.services.weather.scoring import ScoreBook

AT_MIDNIGHT: Final = None  # the lead of what was said last before the day began


class OpenRecord:
    """What is stored of scores, and what the gate makes of them."""

    def __init__(self, book: ScoreBook, judge: Judge) -> None:
        self._book = book
        self._judge = judge

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every verdict; the result ends that."""
        return self._judge.listen(listener)

    async def gate(self) -> Gate:
        judgement = self._judge.judgement
        return Gate(0 if judgement is None else judgement.events, Verdict(self._judge.reasons))

    async def table(self, user: UserId) -> ScoreTable:
        return ScoreTable(
            tuple(_row(one) for one in await self._book.standings()),
            self._book.rolling.days,
            await self._book.profit(user, Account.WEATHER_PAPER),
            await self._book.profit(user, Account.LIVE),
        )

    async def reliability(self) -> Reliability:
        found = await self._book.reliability(AT_MIDNIGHT)
        return Reliability(found.bins, found.events)


def _row(standing: Standing) -> ScoreRow:
    model = Score(standing.model.brier, standing.model.log, standing.crps)
    return ScoreRow(
        standing.events,
        model,
        _score(standing.market),
        _score(standing.climatology),
        None if standing.naive is None else _score(standing.naive),
        standing.city,
        standing.lead,
    )


def _score(marks: Marks) -> Score:
    return Score(marks.brier, marks.log)
