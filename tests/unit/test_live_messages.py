"""Live cards: the newest price, at a bearable pace, only while somebody looks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.errors import Unavailable
from core.domain.market import Source
from core.domain.price import Quote
from core.domain.units import MarketId, Price, TokenId, UserId
from core.services.price_board import PriceBoard
from core.services.websocket_manager import Reason, WebSocketManager
from telegram_bot.actions import Home, ShowMarket
from telegram_bot.callbacks import Codec
from telegram_bot.live_messages import LiveMessages, LiveView
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Pace
from telegram_bot.screens.screen import PAUSED, Button, Screen
from tests.support.manual_clock import ManualClock, settle
from tests.support.telegram import Refusal, ScriptedTelegram, scripted_bot

ANN, BEN = 1001, 1002
USER, OTHER = UserId(1), UserId(2)
MARKET, TOKEN = MarketId("501"), TokenId("11")
CARD = 7  # message id


class Room:
    """Everything a live card needs, on one clock."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.telegram = ScriptedTelegram(self.clock)
        self.board = PriceBoard(self.clock.now)
        self.manager = WebSocketManager()
        self.messenger: Messenger
        self.live: LiveMessages
        self.drawn = 0

    async def open(self) -> None:
        bot = await scripted_bot(self.telegram)
        self.messenger = Messenger(bot, Codec("run1"), self.clock, Pace())
        self.live = LiveMessages(self.board, self.messenger, self.manager, self.clock)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            part = tasks.create_task(self.live.run())
            await settle()
            yield
            part.cancel()

    async def show(self, chat: int = ANN, user: UserId = USER, message: int = CARD) -> None:
        await self.live.show(chat, message, user, self.view(), await self.draw())

    def view(self) -> LiveView:
        return LiveView(self.draw, frozenset({MARKET}), frozenset({TOKEN}))

    async def draw(self) -> Screen:
        self.drawn += 1
        reading = self.board.reading(TOKEN)
        return Screen("no price" if reading is None else f"Yes {reading.value}")

    def price(self, text: str, token: TokenId = TOKEN) -> None:
        value = Price(Decimal(text))
        now = self.clock.now()
        self.board.publish(Quote(token, value, None, None, None, Source.WS, now, None))

    def edits(self, chat: int = ANN) -> list[tuple[float, str]]:
        return [(call.at, call.text) for call in self.telegram.of("editMessageText", chat)]


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def room() -> Room:
    room = Room()
    await room.open()
    return room


async def test_a_card_shows_a_new_price_by_itself(room: Room) -> None:
    async with room.running():
        await room.show()
        room.price("0.62")
        await settle()
    assert room.edits() == [(0, "Yes 0.62")]


async def test_of_many_prices_the_newest_is_shown_three_seconds_after_the_last_edit(
    room: Room,
) -> None:
    async with room.running():
        await room.show()
        room.price("0.62")
        await settle()
        for cent in range(10, 60):
            room.price(f"0.{cent}")
            await room.clock.advance(0.05)
        await room.clock.advance(3)
    assert room.edits() == [(0, "Yes 0.62"), (3, "Yes 0.59")]


async def test_nothing_is_edited_when_nothing_visible_changed(room: Room) -> None:
    room.price("0.62")
    async with room.running():
        await room.show()
        for _ in range(5):
            room.price("0.62")
            await room.clock.advance(4)
    assert room.edits() == []
    assert room.drawn > 2  # once at the beginning, and where its ages become untrue


async def test_another_tokens_price_draws_nothing(room: Room) -> None:
    async with room.running():
        await room.show()
        await settle()
        drawn = room.drawn
        room.price("0.62", TokenId("99"))
        await settle()
    assert room.drawn == drawn


async def test_a_card_rests_after_ninety_seconds_and_says_so(room: Room) -> None:
    room.price("0.62")
    async with room.running():
        await room.show()
        await room.clock.advance(90)
        room.price("0.70")
        await room.clock.advance(60)
    assert room.edits() == [(90, f"Yes 0.62\n\n{PAUSED}")]


async def test_a_resting_card_shows_the_newest_price_it_could(room: Room) -> None:
    room.price("0.62")
    async with room.running():
        await room.show()
        await room.clock.advance(88)
        room.price("0.65")
        await room.clock.advance(1)
        room.price("0.66")
        await room.clock.advance(20)
    assert room.edits() == [(88, "Yes 0.65"), (91, f"Yes 0.66\n\n{PAUSED}")]


async def test_a_new_tap_starts_the_ninety_seconds_again(room: Room) -> None:
    room.price("0.62")
    async with room.running():
        await room.show()
        await room.clock.advance(80)
        await room.show()
        await room.clock.advance(80)
        assert room.edits() == []
        await room.clock.advance(10)
    assert len(room.edits()) == 1


async def test_an_open_card_wants_its_market_and_a_resting_one_does_not(room: Room) -> None:
    room.price("0.62")
    async with room.running():
        await room.show()
        assert room.manager.wanted() == {MARKET: Reason.CARD}
        await room.clock.advance(90)
        assert room.manager.wanted() == {}


async def test_a_replaced_card_gives_up_only_what_the_new_one_does_not_want(room: Room) -> None:
    await room.manager.subscribe_market_for_user(USER, MARKET, Reason.HELD)
    both = LiveView(room.draw, frozenset({MARKET, MarketId("502")}))
    await room.live.show(ANN, CARD, USER, both, Screen("two"))
    await room.show(BEN, OTHER)
    await room.live.close(ANN)
    assert room.manager.wanted() == {MARKET: Reason.HELD}
    assert room.manager.get_user_subscriptions(USER) == {MARKET}
    assert room.manager.get_user_subscriptions(OTHER) == {MARKET}


async def test_a_replaced_card_is_never_edited_again(room: Room) -> None:
    async with room.running():
        await room.show(message=CARD)
        await room.show(message=8)
        room.price("0.62")
        await settle()
    assert [call.parameters["message_id"] for call in room.telegram.calls] == [8]


async def test_news_drawn_before_a_tap_never_overwrites_its_answer(room: Room) -> None:
    async with room.running():
        await room.show()
        async with room.live.held(ANN):
            room.price("0.62")
            await settle()
            await room.live.show(ANN, CARD, USER, LiveView(room.draw), Screen("ticket"))
        await room.live.close(ANN)
        await room.clock.advance(10)
    assert room.edits() == []


async def test_a_tap_waits_for_a_live_edit_under_way(room: Room) -> None:
    gate = room.telegram.gates["editMessageText"] = asyncio.Event()
    async with room.running():
        await room.show()
        room.price("0.62")
        await settle()
        tap = asyncio.create_task(_tap(room))
        await settle()
        assert not tap.done()
        gate.set()
        await settle()
        assert tap.done()


async def _tap(room: Room) -> None:
    async with room.live.held(ANN):
        await room.live.close(ANN)


async def test_a_chat_that_telegram_slows_down_waits_alone(room: Room) -> None:
    room.telegram.refuse(str(ANN), Refusal(429, "Too Many Requests: retry after 20", 20))
    async with room.running():
        await room.show(ANN, USER)
        await room.show(BEN, OTHER)
        for cent in range(10, 50):
            room.price(f"0.{cent}")
            await room.clock.advance(1)
    assert [at for at, _ in room.edits(ANN)] == pytest.approx([0, 20, 26, 32, 38])
    assert len(room.edits(BEN)) >= 8
    assert room.edits(BEN)[1][0] == pytest.approx(3)


async def test_the_card_of_a_user_who_blocked_us_is_closed(room: Room) -> None:
    room.telegram.refuse(str(ANN), Refusal(403, "Forbidden: bot was blocked by the user"))
    async with room.running():
        await room.show()
        room.price("0.62")
        await settle()
        assert not room.live.is_live(ANN, CARD)
        assert room.manager.wanted() == {}


async def test_a_screen_with_an_end_is_drawn_once_more_then(room: Room) -> None:
    async def draw() -> Screen:
        return Screen("ticket" if room.clock.now() < 45 else "expired")

    view = LiveView(draw, redraw_after=45, rests_aloud=False)
    async with room.running():
        await room.live.show(ANN, CARD, USER, view, Screen("ticket"))
        await room.clock.advance(200)
    assert room.edits() == [(45, "expired")]


async def test_ages_in_words_are_brought_up_to_date_without_news(room: Room) -> None:
    async def draw() -> Screen:
        return Screen(f"{room.clock.now() // 10 * 10:.0f} s ago")

    async with room.running():
        await room.live.show(ANN, CARD, USER, LiveView(draw), Screen("0 s ago"))
        await room.clock.advance(40)
    assert room.edits() == [(15, "10 s ago"), (30, "30 s ago")]


async def test_a_card_that_cannot_be_drawn_stays_as_it_is_and_recovers(room: Room) -> None:
    troubles = [Unavailable("no database")]

    async def draw() -> Screen:
        if troubles:
            raise troubles.pop()
        return Screen("back")

    async with room.running():
        await room.live.show(ANN, CARD, USER, LiveView(draw), Screen("before"))
        await room.clock.advance(1)
        assert room.edits() == []
        await room.clock.advance(15)
    assert room.edits() == [(15, "back")]


async def test_a_card_that_crashes_again_and_again_is_given_up_and_others_live(room: Room) -> None:
    async def crash() -> Screen:
        raise ZeroDivisionError

    await room.live.show(ANN, CARD, USER, LiveView(crash), Screen("bad"))
    await room.show(BEN, OTHER)
    for _ in range(3):
        with pytest.raises(ExceptionGroup):
            async with room.running():
                await settle()
    async with room.running():
        room.price("0.62")
        await room.clock.advance(4)
        assert not room.live.is_live(ANN, CARD)
    assert room.edits(BEN) == [(0, "Yes 0.62")]


async def test_a_refresh_of_what_was_shown_this_very_second_finds_nothing_to_change(
    room: Room,
) -> None:
    refresh, card = ShowMarket(MARKET), Screen("Yes 0.61")
    card = replace(card, rows=((Button("Refresh", refresh), Button("Home", Home())),))
    await room.live.show(ANN, CARD, USER, room.view(), card)
    assert room.live.has_just_shown(ANN, CARD, refresh)
    assert not room.live.has_just_shown(ANN, CARD, Home())
    assert not room.live.has_just_shown(ANN, CARD + 1, refresh)
    assert not room.live.has_just_shown(BEN, CARD, refresh)
    await room.clock.advance(1.0)
    assert not room.live.has_just_shown(ANN, CARD, refresh)


async def test_a_refresh_of_what_has_changed_since_is_not_called_the_newest(room: Room) -> None:
    refresh = ShowMarket(MARKET)
    async with room.running():
        card = Screen("Yes 0.61", ((Button("Refresh", refresh),),))
        room.price("0.61")
        await room.live.show(ANN, CARD, USER, room.view(), card)
        room.price("0.65")
        assert not room.live.has_just_shown(ANN, CARD, refresh)


async def test_a_refresh_of_what_is_being_shown_has_nothing_to_add(room: Room) -> None:
    refresh, gate = ShowMarket(MARKET), asyncio.Event()
    rows = ((Button("Refresh", refresh), Button("Home", Home())),)

    async def draw() -> Screen:
        return replace(await room.draw(), rows=rows)

    view = replace(room.view(), draw=draw)
    async with room.running():
        await room.live.show(ANN, CARD, USER, view, await draw())
        room.telegram.gates["editMessageText"] = gate
        room.price("0.65")
        await settle()
        assert room.live.has_just_shown(ANN, CARD, refresh)
        assert not room.live.has_just_shown(ANN, CARD, Home())
        gate.set()
        await settle()
        await room.clock.advance(1.0)
        assert not room.live.has_just_shown(ANN, CARD, refresh)
