"""Recording the sandbox's exchange while it trades, and playing recordings into the real feed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import httpx
import sqlalchemy as sa

from core.domain.book import Book
from core.domain.market import Market
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from data_ingestion.discovery.market_discovery import MarketDiscovery
from data_ingestion.recorder.continuity import now
from data_ingestion.recorder.recorder import Plan, Recorder, new_folder
from data_ingestion.recorder.retention import Limits
from infrastructure.config.settings import load_settings
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp, open_client
from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.sandbox.exchange.recording import load_recording
from infrastructure.sandbox.exchange.replay import Start
from infrastructure.sandbox.exchange.server import serve_exchange
from telegram_bot.feed_assembly import build_streamer
from tests.support.figures import Figures
from tests.support.rows import add_position, add_user

LIMITS = Limits(100_000_000, 86_400.0)
PATIENCE = 60.0  # seconds for anything
TURNS = 25  # orders between two breaths of the exchange

Levels = tuple[list[tuple[str, str]], list[tuple[str, str]]]  # bids, asks, as the venue wrote them


class Row(NamedTuple):
    """A position's marks."""

    token: str
    price: Decimal | None
    pnl: Decimal
    percentage: Decimal | None


def levels(book: Book) -> Levels:
    return book.raw_bids(), book.raw_asks()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording, and the books of its tokens when it ended."""

    folder: Path
    books: Mapping[str, Levels]


@dataclass
class Recording:
    """A recording that is being made of an exchange in this process."""

    exchange: ExchangeSandbox
    recorder: Recorder
    folder: Path
    tokens: Sequence[str]

    async def trade(self, orders: int) -> None:
        """Let the market act so often, as fast as it can, and wait until all of it was heard."""
        for number in range(orders):
            self.exchange.step()
            if number % TURNS == 0:
                await asyncio.sleep(0)
        await self.heard()

    async def heard(self) -> None:
        """Everything that the exchange has to say was received."""
        hub = self.exchange.hub
        async with asyncio.timeout(PATIENCE):
            await hub.until(lambda: set(self.tokens) <= hub.subscribed())
            await _turns(lambda: not self._on_their_way())

    def result(self) -> Recorded:
        books = {}
        for token in self.tokens:
            found = self.exchange.find(token)
            assert found is not None
            state, outcome = found
            books[token] = levels(state.books[outcome])
        return Recorded(self.folder, books)

    def _on_their_way(self) -> bool:
        hub = self.exchange.hub
        sent = sum(each.outbox.sent for each in [*hub.open.values(), *hub.closed])
        return sent != self.recorder.frames or any(each.outbox.queued for each in hub.open.values())


@asynccontextmanager
async def recording(out: Path, markets: int = 4) -> AsyncIterator[Recording]:
    """Record the busiest markets of a still exchange; ended, on disk, when the block is left."""
    exchange = ExchangeSandbox(ExchangeOptions(rate=0))
    async with serve_exchange(exchange) as url, open_client() as client:
        page = await GammaCatalogue(VenueHttp(client, url)).page()
        chosen = [one for one in page.markets if one.accepts_orders][:markets]
        tokens = [token for market in chosen for token in market.tokens]
        plan = Plan(url.replace("http", "ws") + "/ws/market", tokens, chosen)
        folder = await asyncio.to_thread(new_folder, out, now())
        recorder, stop = Recorder(plan, folder, LIMITS), asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(recorder.run(stop))
            making = Recording(exchange, recorder, folder, tokens)
            await making.heard()
            yield making
            stop.set()


@dataclass(frozen=True, slots=True)
class Played:
    """What a replay left in the feed and in Postgres."""

    books: Mapping[str, Levels]
    positions: Sequence[Row]
    dropped: Mapping[str, int]


async def played(path: Path, sessions: Sessions, root: Path, speed: float = 0.0) -> Played:
    """Play `path` through a real socket into the product's feed, somebody holding every token."""
    source = load_recording(path)
    options = ExchangeOptions(recording=source, speed=speed, start=Start.ALL)
    exchange = ExchangeSandbox(options)
    async with serve_exchange(exchange) as url, open_client() as client:
        markets = await _discovered(client, url, sessions)
        await _hold_everything(sessions, markets)
        board, figures = PriceBoard(), Figures()
        streamer = build_streamer(
            load_settings(root, {"PRICE_DEBOUNCE_SECONDS": "0.05"}, {}),
            url.replace("http", "ws") + "/ws/market",
            sessions,
            board,
            WebSocketManager(),
            ClobPrices(VenueHttp(client, url)),
            figures,
        )
        task = asyncio.create_task(streamer.run())
        async with asyncio.timeout(PATIENCE):
            await exchange.hub.until(lambda: _is_over(exchange))
            final = {token: levels(book) for token, book in _final(exchange, markets).items()}
            await _turns(lambda: _books(board, final) == final)
        await figures.until_row(lambda: _is_marked(sessions, board))
        rows = await _rows(sessions)
        dropped = streamer.statistics().dropped
        task.cancel()
        await asyncio.wait([task])
        return Played(_books(board, final), rows, dropped)


async def _turns(condition: Callable[[], bool]) -> None:
    """Let everybody else in this loop have turns until it holds; nobody tells when it does."""
    while not condition():  # noqa: ASYNC110 - see above
        await asyncio.sleep(0)


def _is_over(exchange: ExchangeSandbox) -> bool:
    return exchange.replay is not None and exchange.replay.is_finished


def _final(exchange: ExchangeSandbox, markets: Sequence[Market]) -> dict[str, Book]:
    """The replayed exchange's own books."""
    found = [exchange.find(token) for market in markets for token in market.tokens]
    return {each[0].books[each[1]].token: each[0].books[each[1]] for each in found if each}


def _books(board: PriceBoard, tokens: Iterable[str]) -> dict[str, Levels]:
    quotes = {token: board.quote(TokenId(token)) for token in tokens}
    return {token: levels(quote.book) for token, quote in quotes.items() if quote and quote.book}


async def _discovered(client: httpx.AsyncClient, url: str, sessions: Sessions) -> Sequence[Market]:
    catalogue = GammaCatalogue(VenueHttp(client, url))
    discovery = MarketDiscovery(catalogue, sessions)
    task = asyncio.create_task(discovery.run())
    async with asyncio.timeout(PATIENCE):
        await discovery.ready.wait()
    task.cancel()
    await asyncio.wait([task])
    return (await catalogue.page()).markets


async def _hold_everything(sessions: Sessions, markets: Sequence[Market]) -> None:
    async with sessions.begin() as session:
        user = await add_user(session)
        for number, (market, token) in enumerate((m, t) for m in markets for t in m.tokens):
            await add_position(session, user, market, token, f"{100 + number}", "0.45")


async def _is_marked(sessions: Sessions, board: PriceBoard) -> bool:
    """Whether each position stands at the board's price."""
    rows = await _rows(sessions)
    quotes = {token: board.quote(TokenId(token)) for token, *_ in rows}
    return all((quote := quotes[row[0]]) and row[1] == quote.price for row in rows)


async def _rows(sessions: Sessions) -> list[Row]:
    query = sa.text(
        "SELECT token_id, current_price, pnl_amount, pnl_percentage FROM positions ORDER BY 1"
    )
    async with sessions() as session:
        return [Row(*row) for row in await session.execute(query)]
