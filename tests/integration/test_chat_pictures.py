"""Pictures in the chat: drawn by a real worker process, shown by the real bot."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.errors import Unavailable
from core.domain.history import PriceHistory, PricePoint, Span
from core.domain.units import Price, TokenId
from core.services.price_histories import PriceHistories
from core.services.track_record import TrackRecord
from core.storage.models import Sessions
from infrastructure.worker.worker import Worker
from telegram_bot.context import PictureParts
from telegram_bot.pictures.album import WARM_UP, Album
from tests.support import examples
from tests.support.chat import Chat, Message, Person, buttons, open_chat

pytestmark = pytest.mark.xdist_group("chat-pictures")  # one process draws for them all

YES, NO = examples.YES, examples.NO
PATIENCE = 60.0  # seconds
NEGATE = "operator:neg"
SPANS = ["1h", "6h", "· 1d ·", "1w", "all"]


@dataclass
class Past:
    """The venue's histories, as a test sets them."""

    prices: tuple[str, ...] = ("0.55", "0.58", "0.60")
    is_away: bool = False
    asked: list[tuple[TokenId, Span]] = field(default_factory=list)

    async def history(self, token: TokenId, span: Span) -> PriceHistory:
        self.asked.append((token, span))
        if self.is_away:
            raise Unavailable("The venue cannot be reached right now.")
        first = datetime.now(UTC) - timedelta(minutes=50)
        points = (
            PricePoint(first + timedelta(minutes=10 * number), Price(Decimal(price)))
            for number, price in enumerate(self.prices)
        )
        return PriceHistory(token, span, tuple(points))


@dataclass
class Drawing:
    """One worker for all tests here."""

    worker: Worker
    pids: list[int]


@pytest.fixture(scope="module")
async def drawing() -> AsyncIterator[Drawing]:
    pids = list[int]()
    worker = Worker(first=WARM_UP, on_start=pids.append, patience=PATIENCE)
    task = asyncio.create_task(worker.run())
    await worker.call(NEGATE, 1, PATIENCE)  # warm from here on
    yield Drawing(worker, pids)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def past() -> Past:
    return Past()


@pytest.fixture
async def chat(sessions: Sessions, drawing: Drawing, past: Past) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as built:
        parts = PictureParts(
            album=Album(drawing.worker, patience=PATIENCE),
            histories=PriceHistories(past),
            books=built.books,
            record=TrackRecord(sessions),
        )
        chat = built.with_services(pictures=parts)
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


async def _card(ann: Person) -> Message:
    found = await ann.says("bitcoin")
    return await ann.opens(found, buttons(found)[0])


async def _bought(ann: Person) -> Message:
    """The receipt of $25 for Yes."""
    ticket = await ann.opens(await ann.opens(await _card(ann), "Yes"), "$25")
    await ann.taps(ticket, "Confirm")
    return await ann.reads("Bought 39.6825 Yes")


async def test_a_chart_comes_below_the_card_and_changes_in_its_place(
    ann: Person, past: Past
) -> None:
    card = await _card(ann)
    chart = await ann.opens(card, "Chart")
    assert chart["id"] > card["id"]
    assert (chart["photo"]["width"], chart["photo"]["height"]) == (1080, 1080)
    assert "Yes 62¢ · live\n+7¢ in the last day: lowest 55¢, highest 62¢" in chart["text"]
    assert buttons(chart) == [*SPANS, "No", "Order book", "Light", "Market", "Home"]
    hour = await ann.opens(chart, "1h")
    assert hour["id"] == chart["id"]
    assert "+7¢ in the last hour" in hour["text"]
    assert hour["photo"]["url"] != chart["photo"]["url"]
    other = await ann.opens(hour, "No")
    assert other["id"] == chart["id"]
    assert "No 38¢ · live" in other["text"]
    light = await ann.opens(other, "Light")
    assert "Dark" in buttons(light)
    assert past.asked == [(YES, Span.DAY), (YES, Span.HOUR), (NO, Span.HOUR)]
    market = await ann.opens(light, "Market")
    assert market["id"] > light["id"]
    assert await ann.violations() == []


async def test_an_order_book_is_drawn_and_told_in_words(ann: Person) -> None:
    book = await ann.opens(await _card(ann), "Order book")
    assert book["photo"]["width"] == 1080
    assert "Yes bid 61¢ · ask 63¢ · live" in book["text"]
    assert "Buyers wait for 1,000 shares, sellers offer 1,000" in book["text"]
    assert "No bid 37¢" in (await ann.opens(book, "No"))["text"]


async def test_own_trades_are_on_the_chart_and_the_card_can_be_shared(ann: Person) -> None:
    position = await ann.opens(await _bought(ann), "Position")
    chart = await ann.opens(position, "Chart")
    assert "You bought once here; marked" in chart["text"]
    await ann.taps(position, "P&L card")
    card = await ann.reads("\nYes -$0.40 (-1.6 %)")
    discreet = await ann.opens(card, "Hide amounts")
    assert discreet["id"] == card["id"]
    assert "Yes -1.6 %" in discreet["text"]
    assert "$" not in discreet["text"].replace("$100k", "")


async def test_pnl_says_when_there_is_too_little_and_draws_when_there_is_enough(
    ann: Person,
) -> None:
    nothing = await ann.says("/pnl")
    assert "Nothing was traded in this time" in nothing["text"]
    assert nothing["photo"] is None
    position = await ann.opens(await _bought(ann), "Position")
    await ann.taps(await ann.opens(position, "Sell 100%"), "Confirm")
    await ann.reads("Sold 39.6825 Yes")
    record = await ann.says("/pnl")
    assert record["photo"]["width"] == 1080
    assert "P&L · last 7 days" in record["text"]
    assert "2 trades" in record["text"]
    day = await ann.opens(record, "Day")
    assert day["id"] == record["id"]
    assert "last 24 hours" in day["text"]


async def test_without_a_history_there_is_a_sentence_and_no_line(ann: Person, past: Past) -> None:
    past.prices = ()
    told = await ann.opens(await _card(ann), "Chart")
    assert "The venue has no prices of Yes for the last day" in told["text"]
    assert told["photo"] is None
    past.is_away = True
    away = await ann.opens(told, "1w")
    assert "cannot be reached" in away["text"]
    assert buttons(away) == ["Try again", "Home"]
    past.is_away, past.prices = False, ("0.5", "0.6")
    assert (await ann.opens(away, "Try again"))["photo"]["width"] == 1080


async def test_without_a_worker_the_words_come_alone(ann: Person, chat: Chat) -> None:
    class Broken:
        def get_ready(self) -> None:
            return

        async def call(self, function: str, argument: object, patience: float) -> object:
            raise Unavailable(f"no {function} of {argument} in {patience}")

    assert chat.services.pictures is not None
    chat.services.pictures.album._worker = Broken()
    told = await ann.opens(await _card(ann), "Chart")
    assert "The picture cannot be drawn right now" in told["text"]
    assert "+7¢ in the last day" in told["text"]
    assert buttons(told) == ["Try again", "Market", "Home"]


async def test_pictures_come_again_after_the_worker_was_killed(
    ann: Person, drawing: Drawing
) -> None:
    await drawing.worker.call(NEGATE, 1, PATIENCE)
    os.kill(drawing.pids[-1], signal.SIGKILL)
    await drawing.worker.call(NEGATE, 1, PATIENCE)
    assert len(drawing.pids) == 2
    assert (await ann.opens(await _card(ann), "Chart"))["photo"]["width"] == 1080


async def test_a_program_without_pictures_says_so(sessions: Sessions) -> None:
    async with open_chat(sessions, (examples.market(),)) as chat, chat.running():
        ann = chat.person()
        told = await ann.opens(await _card(ann), "Chart")
        assert "draws no pictures" in told["text"]


async def test_a_chart_in_a_group_shows_nobodys_trades_and_changes_in_place(ann: Person) -> None:
    await ann.taps(
        await ann.says(
            "https://polymarket.com/market/bitcoin-above-100k-on-december-31 buy yes 10"
        ),
        "Confirm",
    )
    await ann.reads("Bought")
    group = await ann.founds(-100_300)
    card = await group.says("/market bitcoin")
    await group.taps(card, "Chart")
    picture = await group.sees(lambda message: message["photo"] is not None)
    assert "trade" not in picture["text"]
    assert buttons(picture) == [*SPANS, "No", "Order book", "Light", "Market", "Trade privately"]
    later = await group.opens(picture, "1w")
    assert (later["id"], later["photo"] is not None) == (picture["id"], True)
    await group.taps(card, "Order book")
    book = await group.sees(
        lambda message: message["photo"] is not None and "bid" in message["text"]
    )
    assert "sellers offer" in book["text"]
    assert "bid 61" in (await group.opens(book, "Market"))["text"]
    assert await ann.violations() == []
