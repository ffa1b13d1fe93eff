"""Pictures that were drawn are kept, within bounds."""

import asyncio
from dataclasses import dataclass, field

import pytest

from core.domain.errors import Unavailable
from telegram_bot.pictures.album import DRAW, Album
from telegram_bot.pictures.plans import PricePicture, Theme
from tests.support import picture_examples as drawn
from tests.support.manual_clock import settle


@dataclass
class Drawer:
    """Draws a hundred bytes for anything."""

    asked: list[object] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    result: object = b"x" * 100

    def get_ready(self) -> None:
        return

    async def call(self, function: str, argument: object, patience: float) -> object:
        assert (function, patience > 0) == (DRAW, True)
        self.asked.append(argument)
        await self.may_answer.wait()
        return self.result


@dataclass
class Scripted(Drawer):
    """Answers with what is put there."""

    answers: asyncio.Queue[object] = field(default_factory=asyncio.Queue)

    async def call(self, function: str, argument: object, patience: float) -> object:
        assert (function, patience > 0) == (DRAW, True)
        self.asked.append(argument)
        return await self.answers.get()


@pytest.fixture
def drawer() -> Drawer:
    made = Drawer()
    made.may_answer.set()
    return made


async def test_the_same_is_drawn_once_and_another_theme_again(drawer: Drawer) -> None:
    album = Album(drawer)
    for plan in (drawn.chart(), drawn.chart(), drawn.chart(theme=Theme.LIGHT), drawn.chart()):
        assert len(await album.picture(plan)) == 100
    assert len(drawer.asked) == 2
    assert all(isinstance(plan, PricePicture) for plan in drawer.asked)


async def test_who_asks_for_the_same_at_once_waits_for_one_drawing() -> None:
    drawer = Drawer()
    album = Album(drawer)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(album.picture(drawn.chart())) for _ in range(3)]
        await asyncio.sleep(0)
        drawer.may_answer.set()
    assert {task.result() for task in waiting} == {b"x" * 100}
    assert len(drawer.asked) == 1


async def test_who_asks_after_a_failure_waits_for_whoever_tries_again() -> None:
    drawer = Scripted()
    album = Album(drawer)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        failing = tasks.create_task(_outcome(album))
        again = tasks.create_task(_outcome(album))
        await settle()
        drawer.answers.put_nowait(None)
        assert await failing == b""
        later = tasks.create_task(_outcome(album))
        await settle()
        assert len(drawer.asked) == 2
        drawer.answers.put_nowait(b"x" * 100)
    assert again.result() == later.result() == b"x" * 100
    assert album.kept_bytes == 100


async def _outcome(album: Album) -> bytes:
    """Nothing where the drawing failed."""
    try:
        return await album.picture(drawn.chart())
    except Unavailable:
        return b""


async def test_the_longest_unused_goes_when_there_is_no_room(drawer: Drawer) -> None:
    album = Album(drawer, most_bytes=250)
    first, second, third = (drawn.chart(outcome=name) for name in ("Yes", "No", "Maybe"))
    for plan in (first, second, first, third, first, second):
        await album.picture(plan)
    assert album.kept_bytes == 200
    assert len(drawer.asked) == 4  # the second had to be drawn again


async def test_what_is_no_picture_is_refused_and_not_kept(drawer: Drawer) -> None:
    drawer.result = None
    with pytest.raises(Unavailable):
        await Album(drawer).picture(drawn.chart())
