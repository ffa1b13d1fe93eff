"""The real bot over real Postgres, on the sandbox's Telegram; behind it a scripted venue."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp

from core.domain.account import Account
from core.domain.book import Book
from core.domain.errors import NotFound, Unavailable
from core.domain.market import Event, Market, Source
from core.domain.price import PriceState, Quote, shown_price
from core.domain.units import EventId, MarketId, Size, TokenId, Usdc
from core.domain.user import User
from core.ports import BookSnapshot, CataloguePage
from core.services.alerts.alerts import Alerts
from core.services.audit import Audit
from core.services.clob.clob_service import ClobService
from core.services.clob.order_history import OrderHistory
from core.services.day_change import DayChanges
from core.services.fresh_books import FreshBooks
from core.services.histories import Histories
from core.services.inbox import Inbox
from core.services.invitations import Invitations
from core.services.market_service import MarketService
from core.services.outbox import Outbox
from core.services.people import People
from core.services.position.position_service import PositionService
from core.services.preferences import Preferences
from core.services.price_board import PriceBoard
from core.services.triggers.triggers import Triggers, TriggerWitness
from core.services.user_service import UserService
from core.services.watchlist import Watchlist
from core.services.websocket_manager import Reason, WebSocketManager
from core.storage import catalogue as stored_catalogue
from core.storage.models import Sessions
from infrastructure.paper.paper_exchange import PaperExchange
from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox
from telegram_bot.bot import BotSettings, TelegramBot
from telegram_bot.context import Services
from telegram_bot.pacing import Pace
from telegram_bot.screens.status import PartState
from tests.support.invariants import hold_in_chat, hold_in_orders

TOKEN = "4242:sandbox"
ANN, BEN = 1001, 1002
PATIENCE = 20.0  # seconds; a test that waits longer has failed
SOON = timedelta(days=7)
SILENCE = 0.5  # seconds in which who is not answered would have been
SWIFT = Pace(burst=20)  # people in tests tap faster than one a second
Message = dict[str, Any]  # JSON of the user side


class ScriptedVenue:
    """Books and catalogue of the venue, as a test sets them."""

    def __init__(self) -> None:
        self.asks: dict[TokenId, list[tuple[str, str]]] = {}
        self.bids: dict[TokenId, list[tuple[str, str]]] = {}
        self.is_away = False
        self.is_broken = False
        self.asked: list[TokenId] = []
        self.questions = 0  # for books
        self.searched: list[str] = []
        self.answers = asyncio.Event()  # cleared: it takes every question and never answers
        self.answers.set()

    def book(self, token: TokenId) -> Book:
        book = Book(token)
        book.replace(self.bids.get(token, []), self.asks.get(token, []))
        return book

    async def books(self, tokens: Sequence[TokenId]) -> list[BookSnapshot]:
        self.asked += tokens
        self.questions += 1
        await self.answers.wait()
        if self.is_away:
            raise Unavailable("The venue does not answer.")
        return [
            BookSnapshot(self.book(token), None, Decimal("0.01"), Size(Decimal(5)), None)
            for token in tokens
            if token in self.asks
        ]

    def parts(self) -> tuple[PartState, ...]:
        """Of the status screen. Raises: ZeroDivisionError, which nobody foresees, if broken."""
        return (PartState("Stream", True, f"{2 // (not self.is_broken)} of 2 tokens live"),)

    async def page(self, cursor: str | None = None) -> CataloguePage:
        raise Unavailable(f"no catalogue, {cursor}")

    async def search(self, words: str) -> tuple[Market, ...]:
        self.searched.append(words)
        await self.answers.wait()
        if self.is_away:
            raise Unavailable(f"The venue cannot be searched for {words} right now.")
        return ()

    async def market(self, market: MarketId) -> Market:
        raise NotFound(f"no market {market}")

    async def market_by_slug(self, slug: str) -> Market:
        raise NotFound(f"There is no market {slug}.")

    async def event_by_slug(self, slug: str) -> tuple[Event, tuple[Market, ...]]:
        await self.answers.wait()
        raise NotFound(f"There is no event {slug}.")

    async def event(self, event: EventId) -> tuple[Event, tuple[Market, ...]]:
        raise NotFound(f"no event {event}")


@dataclass
class Wall:
    """The time of day, moved by tests that cannot wait."""

    offset: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


class Person:
    """Somebody with a Telegram client."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        user_id: int = ANN,
        *,
        language_code: str | None = None,
    ) -> None:
        """`language_code` of their Telegram; None: as the sandbox has them, English at first."""
        self.user_id = user_id
        self._session = session
        self._profile = {} if language_code is None else {"language_code": language_code}

    async def says(self, text: str) -> Message:
        """Write, and read what the bot answers below it."""
        written = await self.writes(text)
        return await self.sees(lambda message: message["id"] > written["id"])

    async def writes(self, text: str) -> Message:
        body = {"text": text, **self._profile}
        return await self._post(f"/api/chats/{self.user_id}/send", body)

    async def taps(self, message: Message, label: str) -> Message:
        """Tap a button; what the bot answers to the tap itself."""
        body = {"message_id": message["id"], "label": label, "wait": PATIENCE}
        answer = await self._post(f"/api/chats/{self.user_id}/tap", body)
        assert answer["answered"], f"nobody answered the tap on {label}"
        return answer

    async def opens(self, message: Message, label: str) -> Message:
        """Tap a button and read what the same message, or a fresh one, says then."""
        seen = message["revision"]
        await self.taps(message, label)
        return await self.sees(
            lambda later: later["revision"] > seen and later["id"] >= message["id"]
        )

    async def forges(
        self, data: str, message: Message, *, chat: int | None = None, wait: float = PATIENCE
    ) -> Message:
        callback = {
            "user_id": self.user_id,
            "chat_id": chat or self.user_id,
            "message_id": message["id"],
            "data": data,
            "wait": wait,
        }
        return await self._post("/api/forge", {"callback": callback})

    async def forges_inline(self, data: str) -> Message:
        """A tap on a message that was sent to some chat by way of the bot."""
        callback = {"user_id": self.user_id, "inline_message_id": "AAAA", "data": data}
        return await self._post("/api/forge", {"callback": callback})

    async def forges_update(self, update: dict[str, Any]) -> Message:
        return await self._post("/api/forge", {"update": update})

    async def chat(self) -> list[Message]:
        """Everything in the chat that is not deleted, oldest first."""
        body = await self._get(f"/api/chats/{self.user_id}/messages")
        return [message for message in body["messages"] if not message["deleted"]]

    async def sees(self, is_wanted: Any) -> Message:
        """The newest message of the bot that fits, as soon as there is one."""
        revision = 0
        async with asyncio.timeout(PATIENCE):
            while True:
                fitting = [
                    each for each in await self.chat() if each["from"]["is_bot"] and is_wanted(each)
                ]
                if fitting:
                    return max(fitting, key=lambda message: message["id"])
                revision = (await self._changed(revision))["revision"]

    async def _changed(self, revision: int) -> Message:
        """What is new since then, at the first change."""
        return await self._get(f"/api/chats/{self.user_id}/messages?after={revision}&wait=2")

    async def sees_typing(self) -> bool:
        """Whether the bot shows that it is at work, as soon as it does."""
        revision = 0
        async with asyncio.timeout(PATIENCE):
            while True:
                path = f"/api/chats/{self.user_id}/messages?after={revision}&wait=2"
                body = await self._get(path)
                if body["typing"]:
                    return True
                revision = body["revision"]

    async def reads(self, words: str) -> Message:
        """The newest message of the bot with `words` in it, as soon as there is one."""
        return await self.sees(lambda message: words in message["text"])

    async def edits(self, message: Message, text: str) -> Message:
        """Change an own message, and read what the bot says below."""
        before = max(each["id"] for each in await self.chat())
        body = {"message_id": message["id"], "text": text}
        await self._post(f"/api/chats/{self.user_id}/edit", body)
        return await self.sees(lambda answer: answer["id"] > before)

    async def attaches(self, *kinds: str, caption: str | None = None) -> list[int]:
        """Send something else than words; several make an album. The messages' ids."""
        body = {"kinds": kinds, "caption": caption}
        reply = await self._post(f"/api/chats/{self.user_id}/attach", body)
        return list(reply["ids"])

    async def forwards(self, message: Message, chat: int | None = None) -> Message:
        """Send a message on to the bot, and read what it says below."""
        body = {"chat_id": chat or self.user_id, "message_id": message["id"]}
        sent = await self._post(f"/api/chats/{self.user_id}/forward", body)
        return await self.sees(lambda answer: answer["id"] > sent["id"])

    async def asks_inline(self, query: str, offset: str = "", wait: float = PATIENCE) -> Message:
        """The bot's name and some words, typed in any chat."""
        body = {"query": query, "offset": offset, "wait": wait}
        return await self._post(f"/api/chats/{self.user_id}/inline", body)

    async def chooses(self, found: Message, result: str) -> Message:
        """Send one of the results to the private chat with the bot."""
        body = {"query_id": found["query_id"], "result_id": result}
        return await self._post(f"/api/chats/{self.user_id}/inline/choose", body)

    async def profile(self) -> Message:
        """What Telegram shows of the bot to this user."""
        return await self._get(f"/api/chats/{self.user_id}")

    async def unblocks(self) -> None:
        await self._post(f"/api/chats/{self.user_id}/unblock", {})

    async def founds(self, group: int, *others: int, bot_is_admin: bool = False) -> "Group":
        """A group with the bot in it."""
        body = {"id": group, "by": self.user_id, "members": others, "bot_is_admin": bot_is_admin}
        await self._post("/api/groups", body)
        return Group(self._session, self.user_id, group)

    async def blocks(self) -> None:
        await self._post(f"/api/chats/{self.user_id}/block", {})

    async def said(self) -> list[str]:
        """Every text, label and answer to a tap that the bot ever showed to anybody."""
        return list((await self._get("/api/said"))["said"])

    async def violations(self) -> list[Message]:
        return list((await self._get("/api/violations"))["violations"])

    async def downloads(self, message: Message) -> bytes:
        """What the document of a message holds."""
        url = message["document"]["url"]
        async with asyncio.timeout(PATIENCE * 2), self._session.get(url) as answer:
            assert answer.status == 200
            return await answer.read()

    async def trouble(self, method: str, kind: str, **details: Any) -> None:
        await self._post("/api/faults", {"method": method, "kind": kind, **details})

    async def ends_trouble(self) -> None:
        """Calls that hang already are carried out."""
        async with asyncio.timeout(PATIENCE), self._session.delete("/api/faults") as answer:
            assert answer.status == 200

    async def _post(self, path: str, body: dict[str, Any]) -> Message:
        async with asyncio.timeout(PATIENCE * 2), self._session.post(path, json=body) as answer:
            assert answer.status == 200, await answer.text()
            reply: Message = await answer.json()
        return reply

    async def _get(self, path: str) -> Message:
        async with asyncio.timeout(PATIENCE * 2), self._session.get(path) as answer:
            reply: Message = await answer.json()
        return reply


class Group(Person):
    """Somebody in a group with the bot."""

    def __init__(self, session: aiohttp.ClientSession, user_id: int, group: int) -> None:
        super().__init__(session, user_id)
        self._place = f"/api/groups/{group}"
        self._group = group

    def as_other(self, user_id: int) -> "Group":
        return Group(self._session, user_id, self._group)

    async def writes(self, text: str) -> Message:
        return await self._post(f"{self._place}/send", {"text": text, "user_id": self.user_id})

    async def taps(self, message: Message, label: str) -> Message:
        body = {"message_id": message["id"], "label": label, "wait": PATIENCE}
        answer = await self._post(f"{self._place}/tap", {**body, "user_id": self.user_id})
        assert answer["answered"], f"nobody answered the tap on {label}"
        return answer

    async def chat(self) -> list[Message]:
        body = await self._get(f"{self._place}/messages")
        return [message for message in body["messages"] if not message["deleted"]]

    async def _changed(self, revision: int) -> Message:
        return await self._get(f"{self._place}/messages?after={revision}&wait=2")


@dataclass
class Chat:
    """A running bot and everything around it."""

    venue: ScriptedVenue
    board: PriceBoard
    manager: WebSocketManager
    wall: Wall
    services: Services
    bot: TelegramBot
    session: aiohttp.ClientSession
    url: str
    settings: BotSettings
    sessions: Sessions
    books: FreshBooks

    def person(self, user_id: int = ANN, language_code: str | None = None) -> Person:
        return Person(self.session, user_id, language_code=language_code)

    async def wants(self, markets: Mapping[MarketId, Reason]) -> None:
        """Wait until the feed is to carry these: a card is followed a moment after it is seen."""
        async with asyncio.timeout(PATIENCE):
            while self.manager.wanted() != markets:
                await self.person().chat()

    async def prefers(self, user_id: int, **choices: Any) -> User:
        """Somebody who is let in, with these of their preferences, by their names."""
        user = await self.services.users.admit(user_id, "You")
        assert user is not None
        await self.services.preferences.change(user.id, lambda now: replace(now, **choices))
        return user

    def with_services(self, **parts: Any) -> "Chat":
        """The same chat, not running yet, over a product with these parts as well."""
        services = replace(self.services, **parts)
        bot = TelegramBot(
            self.settings,
            services,
            self.board,
            self.manager,
            inbox=Inbox(self.sessions),
            now=self.wall,
        )
        return replace(self, services=services, bot=bot)

    def streams(self, token: TokenId, bid: str, ask: str, size: str = "1000") -> None:
        """A live book of one level a side arrives."""
        self.venue.bids[token], self.venue.asks[token] = [(bid, size)], [(ask, size)]
        book = self.venue.book(token)
        shown = shown_price(book.best_bid, book.best_ask, None)
        quote = Quote(
            token=token,
            price=shown,
            bid=book.best_bid,
            ask=book.best_ask,
            last_trade=None,
            source=Source.WS,
            received=time.monotonic(),
            at=datetime.now(UTC),
            book=book,
        )
        self.board.set_state(token, PriceState.LIVE)
        self.board.publish(quote)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            parts = [tasks.create_task(self.bot.run()), tasks.create_task(self.bot.live.run())]
            yield
            for part in parts:
                part.cancel()


@asynccontextmanager
async def open_chat(
    sessions: Sessions,
    markets: Sequence[Market],
    *,
    allowed: tuple[int, ...] = (ANN, BEN),
    telegram: str | None = None,
    **settings: Any,
) -> AsyncIterator[Chat]:
    """A bot that is built but not running yet, over `markets`; `telegram`: one that runs.

    Without another one's Telegram the invariants are looked at in the end.
    """
    async with sessions.begin() as session:
        await stored_catalogue.upsert(session, lasting(markets, Wall()()), datetime.now(UTC))
    async with AsyncExitStack() as stack:
        is_own = telegram is None
        if telegram is None:
            telegram = await stack.enter_async_context(served(TelegramSandbox(TOKEN)))
        person = await stack.enter_async_context(aiohttp.ClientSession(telegram))
        place = BotSettings(TOKEN, base_url=telegram, poll_timeout=2.0, is_sandbox=True, pace=SWIFT)
        yield _chat(sessions, allowed, replace(place, **settings), person)
        if is_own:
            await hold_in_chat(person, token=TOKEN)
            await hold_in_orders(sessions)


def lasting(markets: Sequence[Market], now: datetime) -> Sequence[Market]:
    """The same markets, whole years later if one would end soon: the examples are of 2026."""
    ends = [market.ends_at for market in markets if market.ends_at is not None]
    later = timedelta(0)
    while ends and min(ends) + later < now + SOON:
        later += timedelta(days=365)
    return [
        replace(market, ends_at=market.ends_at + later) if market.ends_at is not None else market
        for market in markets
    ]


def _chat(
    sessions: Sessions,
    allowed: tuple[int, ...],
    settings: BotSettings,
    session: aiohttp.ClientSession,
) -> Chat:
    venue, board, manager, wall = ScriptedVenue(), PriceBoard(), WebSocketManager(), Wall()
    books = FreshBooks(board, venue, time.monotonic, wall)
    triggers, alerts = Triggers(sessions, board), Alerts(sessions, board, now=wall)
    orders = ClobService(
        sessions,
        PaperExchange(books),
        books,
        manager,
        quote_ttl=45.0,
        witness=TriggerWitness(triggers, board, Outbox(sessions, now=wall)),
        now=wall,
    )
    positions = PositionService(sessions, board, manager, orders)
    preferences = Preferences(sessions, Audit())
    services = Services(
        users=UserService(sessions, starting_cash=Usdc(Decimal(1000)), allowed=allowed, now=wall),
        markets=MarketService(sessions, venue, board, positions, books),
        positions={Account.PAPER: positions},
        desks={Account.PAPER: orders},
        history=OrderHistory(sessions),
        parts=venue.parts,
        newest_price=board.newest_age,
        triggers=triggers,
        alerts=alerts,
        watchlist=Watchlist(sessions),
        preferences=preferences,
        people=People(sessions, Audit()),
        invitations=Invitations(sessions, Audit(), now=wall),
        histories=Histories(sessions),
        days=DayChanges(sessions, {Account.PAPER: positions}, preferences.of, now=wall),
    )
    bot = TelegramBot(settings, services, board, manager, inbox=Inbox(sessions), now=wall)
    return Chat(
        venue,
        board,
        manager,
        wall,
        services,
        bot,
        session,
        settings.base_url,
        settings,
        sessions,
        books,
    )


def buttons(message: Message) -> list[str]:
    """The labels on a message, row by row."""
    markup = message["reply_markup"] or {"inline_keyboard": []}
    return [button["text"] for row in markup["inline_keyboard"] for button in row]


def data_of(message: Message, label: str) -> str:
    """What a button would send."""
    rows = message["reply_markup"]["inline_keyboard"]
    return next(str(each["callback_data"]) for row in rows for each in row if each["text"] == label)
