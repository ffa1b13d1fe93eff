"""Button taps waiting for the bot's answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from aiogram.methods import AnswerCallbackQuery

from infrastructure.sandbox.telegram.bells import Bells

ANSWER_WITHIN: Final = 15.0  # seconds; later answers are refused
FIRST_ID: Final = 4_000_000_000_000_000_001


@dataclass(slots=True)
class Query:
    id: str
    user_id: int
    data: str
    asked_at: float  # monotonic
    answer: AnswerCallbackQuery | None = None


class Queries:
    def __init__(self, bells: Bells, clock: Callable[[], float]) -> None:
        self._bells = bells
        self._clock = clock
        self._ids = count(FIRST_ID)
        self._queries: dict[str, Query] = {}

    def ask(self, user_id: int, data: str) -> Query:
        query = Query(str(next(self._ids)), user_id, data, self._clock())
        self._queries[query.id] = query
        return query

    def find(self, query_id: str) -> Query | None:
        return self._queries.get(query_id)

    def is_stale(self, query: Query) -> bool:
        return self._clock() - query.asked_at > ANSWER_WITHIN

    def settle(self, query: Query, answer: AnswerCallbackQuery) -> None:
        query.answer = answer
        self._bells.ring(("query", query.id))

    async def answered(self, query: Query, seconds: float) -> AnswerCallbackQuery | None:
        """The bot's answer as soon as it comes; None if it does not come in time."""
        if query.answer is None:
            await self._bells.wait(("query", query.id), seconds)
        return query.answer

    def neglected(self) -> Iterator[Query]:
        """Taps that the bot can no longer answer and never did."""
        return (
            query
            for query in self._queries.values()
            if query.answer is None and self.is_stale(query)
        )

    def forget_neglected(self) -> None:
        for query in list(self.neglected()):
            del self._queries[query.id]
