"""Queries typed after the bot's name in any chat, waiting for its results."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

from aiogram.methods import AnswerInlineQuery
from aiogram.types import InlineQueryResultArticle

from infrastructure.sandbox.telegram.bells import Bells
from infrastructure.sandbox.telegram.queries import ANSWER_WITHIN

FIRST_ID: Final = 6_000_000_000_000_000_001


@dataclass(slots=True)
class Asked:
    id: str
    user_id: int
    asked_at: float  # monotonic
    answer: AnswerInlineQuery | None = None

    def result(self, result_id: str) -> InlineQueryResultArticle | None:
        found = [
            each for each in (self.answer.results if self.answer else []) if each.id == result_id
        ]
        return found[0] if found and isinstance(found[0], InlineQueryResultArticle) else None


class InlineQueries:
    def __init__(self, bells: Bells, clock: Callable[[], float]) -> None:
        self._bells = bells
        self._clock = clock
        self._ids = count(FIRST_ID)
        self._asked: dict[str, Asked] = {}

    def ask(self, user_id: int) -> Asked:
        asked = Asked(str(next(self._ids)), user_id, self._clock())
        self._asked[asked.id] = asked
        return asked

    def find(self, query_id: str) -> Asked | None:
        return self._asked.get(query_id)

    def is_stale(self, asked: Asked) -> bool:
        return self._clock() - asked.asked_at > ANSWER_WITHIN

    def settle(self, asked: Asked, answer: AnswerInlineQuery) -> None:
        asked.answer = answer
        self._bells.ring(("inline", asked.id))

    async def answered(self, asked: Asked, seconds: float) -> AnswerInlineQuery | None:
        """The bot's answer as soon as it comes; None if it does not come in time."""
        if asked.answer is None:
            await self._bells.wait(("inline", asked.id), seconds)
        return asked.answer
