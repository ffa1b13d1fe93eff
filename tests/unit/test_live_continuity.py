"""Live cards tell an interrupted stream within seconds, what it means, and when it is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.health import Doubt, PriceState
from core.domain.market import Source
from core.domain.price import Quote
from core.domain.units import MarketId, Price, TokenId, UserId
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from telegram_bot.callbacks import Codec
from telegram_bot.live_messages import LiveMessages, LiveView
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Pace
from telegram_bot.screens.freshness import price_line
from telegram_bot.screens.screen import Screen
from tests.support.manual_clock import ManualClock, settle
from tests.support.telegram import ScriptedTelegram, scripted_bot

ANN, CARD, USER = 1001, 7, UserId(1)
MARKET, YES, NO = MarketId("501"), TokenId("11"), TokenId("12")
BEGIN = datetime(2026, 11, 21, 14, 2, 0, tzinfo=UTC)
STOPPED = "<i>Live prices stopped at 14:02:{} UTC: the connection to the venue was lost{}</i>"
POLLED = "These prices are not streamed now, they are polled. Each order gets a fresh book first."


class Room:
    """A card of two outcomes, on one clock; it is 14:02:00 when the test begins."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.telegram = ScriptedTelegram(self.clock)
        self.board = PriceBoard(self.clock.now)
        self.live: LiveMessages

    async def open(self) -> None:
        messenger = Messenger(await scripted_bot(self.telegram), Codec("run1"), self.clock, Pace())
        self.live = LiveMessages(
            self.board,
            messenger,
            WebSocketManager(),
            self.clock,
            wall=lambda: BEGIN + timedelta(seconds=self.clock.now()),
        )

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            part = tasks.create_task(self.live.run())
            await settle()
            await self.refresh()
            yield
            part.cancel()

    async def refresh(self) -> None:
        view = LiveView(self.draw, frozenset({MARKET}), frozenset({YES, NO}))
        shown = self.live.annotated(await self.draw(), view)
        await self.live.show(ANN, CARD, USER, view, shown)
        await settle()

    async def draw(self) -> Screen:
        reading = self.board.reading(YES)
        if reading is None:
            return Screen("nothing")
        return Screen(price_line(reading.value, reading.state, reading.age, reading.why))

    def told(self, token: TokenId = YES, source: Source = Source.WS) -> None:
        price = Price(Decimal("0.62"))
        self.board.publish(Quote(token, price, None, None, None, source, self.clock.now(), None))

    def streams(self, *tokens: TokenId) -> None:
        for token in tokens or (YES, NO):
            self.told(token)
            self.board.set_state(token, PriceState.LIVE)

    def loses(self, why: Doubt, *tokens: TokenId) -> None:
        for token in tokens or (YES, NO):
            self.board.set_state(token, PriceState.SUSPECT, why)

    def polls(self) -> None:
        for token in (YES, NO):
            self.told(token, Source.POLL)
            self.board.set_state(token, PriceState.POLLED)

    def edits(self) -> list[tuple[float, str]]:
        return [(call.at, call.text) for call in self.telegram.of("editMessageText", ANN)]

    @property
    def lines(self) -> list[str]:
        """What the card says by now."""
        return self.edits()[-1][1].split("\n\n")


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def room() -> Room:
    room = Room()
    await room.open()
    room.streams()
    return room


async def test_a_lost_connection_is_told_at_once_with_its_time_and_its_meaning(room: Room) -> None:
    async with room.looking():
        await room.clock.advance(5)
        room.loses(Doubt.DISCONNECTED)
        await settle()
        assert room.edits()[0][0] == 5
        assert room.lines == [
            "Now 62¢ · checking, last news 5 s ago",
            STOPPED.format("05", ". Each order asks the venue first."),
        ]


async def test_orders_are_promised_once_the_venue_has_answered_for_all_that_is_shown(
    room: Room,
) -> None:
    async with room.looking():
        room.loses(Doubt.DISCONNECTED)
        room.told(YES, Source.POLL)
        room.board.set_state(YES, PriceState.POLLED)
        await room.clock.advance(4)
        assert room.lines[-1].endswith("lost. Each order asks the venue first.</i>")
        room.polls()
        await room.clock.advance(4)
        assert "lost. Orders still work, each on a book fetched for it." in room.lines[-1]


@pytest.mark.parametrize(
    ("other", "meaning"),
    [
        (PriceState.SUSPECT, "No order is placed before it does."),
        (PriceState.RESYNCING, "No order is placed before it does."),
        (PriceState.POLLED, "Each order asks the venue first."),
    ],
)
async def test_where_the_venue_refused_one_outcome_no_order_is_promised(
    room: Room, other: PriceState, meaning: str
) -> None:
    async with room.looking():
        room.loses(Doubt.DISCONNECTED)
        room.board.set_state(YES, PriceState.DOWN)
        room.board.set_state(NO, other)
        await room.clock.advance(4)
        assert meaning in room.lines[-1]
        assert "Orders still work" not in room.lines[-1]


async def test_a_polled_price_stays_marked_as_one_while_the_stream_is_away(room: Room) -> None:
    async with room.looking():
        room.loses(Doubt.SILENT)
        await room.clock.advance(4)
        room.polls()
        await room.clock.advance(4)
        first, note = room.lines
        assert first == "Now 62¢ · polled 3 s ago"
        assert note.startswith("<i>Live prices stopped at 14:02:00 UTC: the venue went silent.")


async def test_a_venue_that_answers_nothing_is_said_to_and_no_order_is_promised(room: Room) -> None:
    async with room.looking():
        room.loses(Doubt.DISCONNECTED)
        for token in (YES, NO):
            room.board.set_state(token, PriceState.DOWN)
        await room.clock.advance(22)
        assert room.lines == [
            "No price for 20 s, last 62¢: the venue does not answer",
            STOPPED.format(
                "00", ", and the venue does not answer. No order is placed before it does."
            ),
        ]


async def test_what_is_over_is_told_for_a_minute(room: Room) -> None:
    async with room.looking():
        room.loses(Doubt.MISSED)
        await room.clock.advance(12)
        room.streams()
        await room.clock.advance(3)
        line = "<i>The stream was interrupted for 12 s; live again since 14:02:12 UTC.</i>"
        assert room.lines == ["Now 62¢ · live", line]
        room.streams()
        await room.clock.advance(56)
        assert room.lines[-1] == line
        await room.clock.advance(1.5)
        assert room.lines == ["Now 62¢ · live, unchanged for 50 s"]


async def test_a_refresh_ends_the_story_of_what_is_over_and_keeps_that_of_what_lasts(
    room: Room,
) -> None:
    async with room.looking():
        room.loses(Doubt.HASH)
        await room.clock.advance(1)
        await room.refresh()
        shown = len(room.edits())
        await room.clock.advance(1)
        room.streams()
        await room.clock.advance(4)
        assert "interrupted for 2 s" in room.lines[-1]
        await room.refresh()
        await room.clock.advance(20)
        assert len(room.edits()) > shown
        assert len(room.lines) == 1


async def test_outcomes_that_were_lost_together_are_one_interruption(room: Room) -> None:
    async with room.looking():
        room.loses(Doubt.DISCONNECTED, YES)
        await room.clock.advance(2)
        room.loses(Doubt.DISCONNECTED, NO)
        await room.clock.advance(4)
        room.streams(YES)
        await room.clock.advance(3)
        assert "stopped at 14:02:02" in room.lines[-1]
        room.streams(NO)
        await room.clock.advance(3)
        assert "interrupted for 9 s; live again since 14:02:09" in room.lines[-1]


async def test_even_a_gap_of_a_moment_is_told(room: Room) -> None:
    async with room.looking():
        room.loses(Doubt.MISSED)
        await room.clock.advance(0.2)
        room.streams()
        await room.clock.advance(4)
        assert "interrupted for less than 1 s" in room.lines[-1]


async def test_a_token_that_nobody_follows_any_more_is_not_live_again(room: Room) -> None:
    async with room.looking():
        room.loses(Doubt.DISCONNECTED)
        await room.clock.advance(4)
        room.board.forget(YES)
        room.board.forget(NO)
        await room.clock.advance(4)
        assert room.lines == ["No live price: last 62¢, 7 s ago"]


async def test_a_market_without_a_first_book_is_said_to_be_polled(room: Room) -> None:
    for token in (YES, NO):
        room.board.forget(token)
    room.polls()
    async with room.looking():
        await room.clock.advance(5)
        assert POLLED not in "".join(text for _, text in room.edits())
        await room.clock.advance(4)
        assert room.lines == ["Now 62¢ · polled 6 s ago", f"<i>{POLLED}</i>"]


@pytest.mark.parametrize("why", Doubt)
async def test_every_doubt_is_explained(room: Room, why: Doubt) -> None:
    async with room.looking():
        room.loses(why)
        await settle()
        assert room.lines[1].startswith("<i>Live prices stopped at 14:02:00 UTC: ")
        assert "live" not in room.lines[0].lower()
