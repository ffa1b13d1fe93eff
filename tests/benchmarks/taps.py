"""From a tap to the changed message, as Telegram sees it: fifty chats tap on the sandbox."""

import asyncio
import itertools
import random
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Final

from aiogram.types import User
from sqlalchemy.ext.asyncio import async_sessionmaker

from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from infrastructure.sandbox.telegram.chats import Entry
from infrastructure.sandbox.telegram.people import tap, write
from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox
from telegram_bot.pacing import Pace
from tests.benchmarks.feeds import process
from tests.benchmarks.report import Figure, percentile
from tests.support import examples
from tests.support.chat import TOKEN, Chat, open_chat

PEOPLE: Final = range(5001, 5051)
SECONDS: Final = 90.0  # longer than the minute in which a chat's messages are counted
BETWEEN: Final = (3.0, 7.0)  # seconds between two taps of one person
BETWEEN_PRICES: Final = 2.0  # seconds
ARRIVING: Final = 10.0  # seconds in which they come
PATIENCE: Final = 30.0  # seconds
BUTTON: Final = "Refresh"
SEED: Final = 7
HOW: Final = (
    f"{len(PEOPLE)} chats, each taps {BUTTON} on a live market card every {BETWEEN[0]:.0f} to "
    f"{BETWEEN[1]:.0f} s for {SECONDS:.0f} s, its price moves every {BETWEEN_PRICES:.0f} s; "
    "validating sandbox and Postgres in other processes"
)


@dataclass
class Seen:
    """Milliseconds from each tap; what the sandbox found wrong."""

    answers: list[float] = field(default_factory=list)  # to the changed message
    circles: list[float] = field(default_factory=list)  # to the end of the waiting circle
    violations: list[str] = field(default_factory=list)
    words: int = 0  # taps that were told that the card is the newest
    failures: int = 0  # taps that were answered with a screen about what went wrong


async def taps(url: str) -> list[Figure]:
    """`url`: of an empty database."""
    engine = create_engine(url)
    await upgrade(engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    with process(_telegram, None) as (address, pipe):
        async with (
            open_chat(
                sessions,
                (examples.market(),),
                allowed=tuple(PEOPLE),
                telegram=address.replace("ws://", "http://"),
                pace=Pace(),
            ) as chat,
            chat.running(),
            asyncio.TaskGroup() as tasks,
        ):
            market = tasks.create_task(_move(chat))
            seen: Seen = await asyncio.to_thread(pipe.recv)
            market.cancel()
    await engine.dispose()
    return [
        Figure("tap_to_answer_p50", percentile(seen.answers, 50), "ms", HOW),
        Figure("tap_to_answer_p95", percentile(seen.answers, 95), "ms", HOW, "<= 150"),
        Figure("tap_to_circle_p95", percentile(seen.circles, 95), "ms", HOW),
        Figure("tap_words_alone", seen.words, "taps", f"of {len(seen.answers)}; {HOW}"),
        Figure("tap_failures", seen.failures, "taps", HOW, "0"),
        Figure("tap_violations", len(seen.violations), "", HOW, "0"),
    ]


async def _move(chat: Chat) -> None:
    """The market goes up and down by a cent, which every card that follows it wants to show."""
    for cents in itertools.cycle((61, 62)):
        chat.streams(examples.YES, f"0.{cents}", f"0.{cents + 2}")
        chat.streams(examples.NO, f"0.{98 - cents}", f"0.{100 - cents}")
        await asyncio.sleep(BETWEEN_PRICES)


def _telegram(_: None, pipe: Connection) -> None:
    asyncio.run(_tapped(pipe))


async def _tapped(pipe: Connection) -> None:
    """Telegram and the people, on one clock."""
    desk, seen = TelegramSandbox(TOKEN), Seen()
    async with served(desk) as url:
        pipe.send(int(url.rsplit(":", 1)[1]))
        chance = random.Random(SEED)  # noqa: S311 - a model's dice
        async with asyncio.TaskGroup() as tasks:
            for number in PEOPLE:
                tasks.create_task(_person(desk, seen, number, random.Random(chance.random())))  # noqa: S311 - the same
        seen.violations = [str(each) for each in desk.violations()]
        pipe.send(seen)
        await asyncio.Event().wait()


async def _person(desk: TelegramSandbox, seen: Seen, number: int, chance: random.Random) -> None:
    user = User(id=number, is_bot=False, first_name="Ann", language_code="en")
    await asyncio.sleep(chance.uniform(0, ARRIVING))
    card = await _open(desk, user)
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        await asyncio.sleep(chance.uniform(*BETWEEN))
        card = await _tap(desk, seen, user, card)
        if _data(card) is None:
            seen.failures += 1
            card = await _open(desk, user)


async def _open(desk: TelegramSandbox, user: User) -> Entry:
    """A card to tap on; asked for again where something went wrong."""
    while True:
        log = desk.chats.log(user.id)
        revision = 0 if log is None else log.revision
        write(desk, user, f"https://polymarket.com/market/{examples.market().slug}")
        card = await _changed(desk, user.id, revision)
        if _data(card) is not None:
            return card
        await asyncio.sleep(BETWEEN[0])


async def _tap(desk: TelegramSandbox, seen: Seen, user: User, card: Entry) -> Entry:
    """The card as it is then. An answer is a changed card, or words that it is the newest."""
    log = desk.chats.log(user.id)
    if log is None:
        raise LookupError("a chat that was there is gone")
    revision, began = log.revision, time.perf_counter()
    query = tap(desk, user, log, card.message.message_id, _data(card) or "")
    async with asyncio.TaskGroup() as tasks:
        change = tasks.create_task(_changed(desk, user.id, revision))
        told = await desk.queries.answered(query, PATIENCE)
        seen.circles.append((time.perf_counter() - began) * 1000)
        if told is not None and told.text:
            change.cancel()
            seen.words += 1
            seen.answers.append(seen.circles[-1])
            return card
        changed = await change
        seen.answers.append((time.perf_counter() - began) * 1000)
    return changed


async def _changed(desk: TelegramSandbox, number: int, revision: int) -> Entry:
    """The bot's newest message, when there is one that changed since."""
    async with asyncio.timeout(PATIENCE):
        while True:
            log = desk.chats.log(number)
            news = list(log.changed_since(revision)) if log is not None else []
            cards = [each for each in news if each.message.reply_markup is not None]
            if cards:
                return cards[-1]
            await desk.bells.wait(("chat", number), PATIENCE)


def _data(card: Entry) -> str | None:
    """What the button to tap on sends; None where the card has none."""
    markup = card.message.reply_markup
    rows = markup.inline_keyboard if markup is not None else []
    labelled = (button for row in rows for button in row if button.text == BUTTON)
    return next((button.callback_data for button in labelled), None)
