"""From a trade to a row: the product's own feed, a real exchange socket, a real Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from core.domain.account import Account
from core.domain.book import Side
from core.domain.execution import worst_acceptable
from core.domain.market import Market
from core.domain.order import OrderStatus, Ticket
from core.domain.position import Holding, pnl_percentage, unrealized_pnl
from core.domain.units import MarketId, PositionId, Price, Size, TokenId, UserId, usdc
from core.services.clob.clob_service import ClobService
from core.services.fresh_books import FreshBooks
from core.services.position.position_service import PositionService
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from data_ingestion.discovery.market_discovery import MarketDiscovery
from data_ingestion.streamer.streamer_service import StreamerService
from infrastructure.config.settings import load_settings
from infrastructure.paper.paper_exchange import PaperExchange
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp
from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.sandbox.exchange.recording import load_recording
from infrastructure.sandbox.exchange.replay import Start
from infrastructure.sandbox.exchange.server import serve_exchange
from infrastructure.tls import trusted
from telegram_bot.feed_assembly import build_streamer
from tests.support.figures import Figures
from tests.support.rows import add_user

DEBOUNCE = 0.2  # seconds
TRIES = 20  # until a busy machine has a moment for us


class House:
    """What the composition root builds, as far as prices and paper trades go."""

    def __init__(self, url: str, client: httpx.AsyncClient, sessions: Sessions, root: Path) -> None:
        self.url = url
        self.client = client
        self.sessions = sessions
        self.board = PriceBoard()
        self.manager = WebSocketManager()
        self.figures = Figures()
        prices = ClobPrices(VenueHttp(client, url))
        clock = asyncio.get_running_loop().time
        books = FreshBooks(self.board, prices, clock, lambda: datetime.now(UTC))
        self.orders = ClobService(sessions, PaperExchange(books), books, self.manager)
        self.positions = PositionService(sessions, self.board, self.manager, self.orders)
        self.discovery = MarketDiscovery(GammaCatalogue(VenueHttp(client, url)), sessions)
        settings = load_settings(
            root,
            {"PRICE_DEBOUNCE_SECONDS": str(DEBOUNCE), "MAX_POSITION_UPDATES_PER_SECOND": "20"},
            {},
        )
        self.streamer: StreamerService = build_streamer(
            settings,
            url.replace("http", "ws") + "/ws/market",
            sessions,
            self.board,
            self.manager,
            prices,
            self.figures,
        )

    async def control(self, command: str, **body: object) -> None:
        answer = await self.client.post(f"{self.url}/control/{command}", json=body)
        assert answer.is_success, answer.text

    async def carried(self, token: TokenId, *, subscribed: bool = True) -> None:
        """Wait until some connection of the exchange carries the token, or none does."""
        answer = await self.client.get(
            f"{self.url}/control/wait",
            params={"token": token, "subscribed": str(subscribed).lower(), "timeout": "20"},
        )
        assert answer.json() == {"ok": True}

    async def connections(self) -> list[dict[str, object]]:
        answer = await self.client.get(f"{self.url}/control/connections")
        found = answer.json()
        connections = found["connections"] if isinstance(found, dict) else found
        assert isinstance(connections, list)
        return connections

    async def markets(self) -> list[Market]:
        """The open two-sided markets that the catalogue found, busiest first."""
        page = await GammaCatalogue(VenueHttp(self.client, self.url)).page()
        return [one for one in page.markets if one.accepts_orders and len(one.tokens) == 2]

    async def row(self, table: str, key: object) -> RowMapping:
        async with self.sessions() as session:
            query = sa.text(f"SELECT * FROM {table} WHERE id = :key")  # noqa: S608 - our own tables
            return (await session.execute(query, {"key": key})).mappings().one()

    async def marked(self, position: PositionId, price: str) -> RowMapping:
        """The position's row, once it is marked at `price`."""

        async def is_marked() -> bool:
            marked = (await self.row("positions", position))["current_price"]
            return bool(marked == Decimal(price))

        await self.figures.until_row(is_marked)
        return await self.row("positions", position)

    async def sourced(self, market: MarketId, source: str) -> None:
        async def is_sourced() -> bool:
            return str((await self.row("markets", market))["source"]) == source

        await self.figures.until_row(is_sourced)

    async def price(self, token: TokenId, price: str) -> None:
        """Move the book so that the shown price is `price`: a bid and an ask a cent around it."""
        await self.control("price", token=token, price=price, spread="0.02")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.streamer.run())
            await asyncio.sleep(0)
            try:
                yield
            finally:
                task.cancel()


@pytest.fixture
async def exchange() -> AsyncIterator[str]:
    """A still exchange: it moves only when a test says so."""
    async with serve_exchange(ExchangeSandbox(ExchangeOptions(rate=0))) as url:
        yield url


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(verify=trusted(), timeout=30) as client:
        yield client


@pytest.fixture
async def house(
    exchange: str, client: httpx.AsyncClient, sessions: Sessions, tmp_path: Path
) -> House:
    house = House(exchange, client, sessions, tmp_path)
    task = asyncio.create_task(house.discovery.run())
    async with asyncio.timeout(20):
        await house.discovery.ready.wait()
    task.cancel()
    return house


async def new_user(house: House, telegram_id: int = 1) -> UserId:
    async with house.sessions.begin() as session:
        return await add_user(session, telegram_id)


async def bought(
    house: House, user: UserId, market: Market, price: str = "0.40", size: str = "150.5"
) -> PositionId:
    position = await house.positions.create_position(
        user, market.id, size=Size(Decimal(size)), price=Price(Decimal(price))
    )
    return position.id


def check_pnl(row: RowMapping) -> None:
    """Decision 12, to the digit."""
    holding = Holding(Size(row["amount"]), Price(row["entry_price"]))
    pnl = unrealized_pnl(holding, Price(row["current_price"]))
    assert row["pnl_amount"] == pnl
    assert row["pnl_percentage"] == pnl_percentage(holding, pnl)


async def test_a_position_is_subscribed_marked_exactly_and_let_go_when_it_closes(
    house: House,
) -> None:
    user, market = await new_user(house), (await house.markets())[0]
    token = market.tokens[0]
    await house.price(token, "0.45")
    async with house.running():
        position = await bought(house, user, market)
        await house.carried(token)
        row = await house.marked(position, "0.45")
        assert row["pnl_amount"] == Decimal("7.525")
        check_pnl(row)
        await house.price(token, "0.61")
        row = await house.marked(position, "0.61")
        assert row["pnl_amount"] == Decimal("31.605")
        assert row["pnl_percentage"] == Decimal("52.5")
        await house.sourced(market.id, "ws")
        assert max(house.figures.lags) < 5
        stored = await house.row("markets", market.id)
        assert stored["outcome_prices"] == ["0.61", "0.39"]
        assert (stored["best_bid"][0], stored["best_ask"][0]) == ("0.6", "0.62")

        order = await house.positions.close_position(position)
        assert order.status is OrderStatus.FILLED
        await house.carried(token, subscribed=False)
        await house.sourced(market.id, "poll")
    closed = await house.row("positions", position)
    assert (closed["status"], closed["amount"], closed["pnl_amount"]) == ("closed", 0, 0)
    assert closed["realized_pnl"] == usdc(
        order.filled_value - Decimal("150.5") * Decimal("0.40") - order.fee
    )


async def test_a_bought_ticket_is_streamed_and_its_no_side_is_marked_by_its_own_token(
    house: House,
) -> None:
    user, market = await new_user(house), (await house.markets())[1]
    no = market.tokens[1]
    await house.price(no, "0.30")
    async with house.running():
        order = await house.orders.place_order(
            Ticket(
                user_id=user,
                account=Account.PAPER,
                market_id=market.id,
                token_id=no,
                side=Side.BUY,
                worst_price=worst_acceptable(
                    Side.BUY, Price(Decimal("0.31")), Decimal(5), market.tick
                ),
                key="one",
                spend=usdc(Decimal(10)),
            )
        )
        assert order.filled_size > 0
        (view,) = (await house.positions.portfolio(user)).positions
        await house.price(no, "0.25")
        row = await house.marked(view.position.id, "0.25")
        check_pnl(row)
        assert row["outcome"] == market.outcomes[1].name


async def test_two_users_on_one_market_share_its_subscription_until_the_last_leaves(
    house: House,
) -> None:
    anna, ben = await new_user(house, 1), await new_user(house, 2)
    market = (await house.markets())[0]
    await house.price(market.tokens[0], "0.50")
    async with house.running():
        first, second = await bought(house, anna, market), await bought(house, ben, market)
        await house.carried(market.tokens[0])
        await house.marked(second, "0.5")
        await house.positions.close_position(first)
        await house.price(market.tokens[0], "0.55")
        await house.marked(second, "0.55")
        assert (await house.row("positions", first))["current_price"] == Decimal("0.5")
        await house.positions.close_position(second)
        await house.carried(market.tokens[0], subscribed=False)


async def test_after_a_dropped_connection_the_same_tokens_are_carried_and_prices_are_right(
    house: House,
) -> None:
    user, market = await new_user(house), (await house.markets())[0]
    await house.price(market.tokens[0], "0.50")
    async with house.running():
        position = await bought(house, user, market)
        await house.marked(position, "0.5")
        await house.control("drop", code=1012)
        await house.sourced(market.id, "poll")
        await house.price(market.tokens[0], "0.66")
        await house.marked(position, "0.66")
        await house.sourced(market.id, "ws")
        connection = (await house.connections())[-1]
        carried = connection["tokens"]
        assert isinstance(carried, list)
        assert set(market.tokens) <= set(carried)
        assert len(carried) <= len(market.tokens) + 1  # a canary


async def test_a_canary_comes_and_goes_with_the_connection_that_carries_what_is_held(
    house: House,
) -> None:
    user, market = await new_user(house), (await house.markets())[0]
    busiest = next(one for one in await house.markets() if one.id != market.id)
    await house.price(market.tokens[0], "0.50")
    async with house.running():
        position = await bought(house, user, market)
        await house.carried(busiest.tokens[0])
        (shard,) = house.streamer.client.shards()
        assert shard.canaries == {busiest.tokens[0]}
        assert shard.tokens == {*market.tokens, busiest.tokens[0]}
        assert house.streamer.subscriptions.followed == set(market.tokens)
        await house.positions.close_position(position)
        await house.carried(busiest.tokens[0], subscribed=False)
        assert house.streamer.client.shards() == ()


async def test_a_new_start_subscribes_what_was_held_also_rows_from_outside(
    house: House, client: httpx.AsyncClient, sessions: Sessions, tmp_path: Path
) -> None:
    user, market, other = await new_user(house), *(await house.markets())[:2]
    position = await bought(house, user, market)
    async with sessions.begin() as session:
        outside = await session.scalar(
            sa.text("""
                INSERT INTO positions (user_id, market_id, token_id, outcome, amount, entry_price)
                VALUES (:user, :market, :token, :outcome, 10, 0.5) RETURNING id
            """),
            {
                "user": user,
                "market": other.id,
                "token": other.tokens[1],
                "outcome": other.outcomes[1].name,
            },
        )
    await house.price(market.tokens[0], "0.20")
    await house.price(other.tokens[1], "0.70")
    again = House(house.url, client, sessions, tmp_path)
    async with again.running():
        await again.marked(position, "0.2")
        check_pnl(await again.marked(PositionId(outside), "0.7"))


async def test_a_silent_socket_hands_over_to_polling_and_back(house: House) -> None:
    user, market = await new_user(house), (await house.markets())[0]
    await house.price(market.tokens[0], "0.50")
    await house.control("faults", path="/ws/market", count=3, status=503)
    async with house.running():
        position = await bought(house, user, market)
        row = await house.marked(position, "0.5")
        check_pnl(row)
        await house.sourced(market.id, "ws")


async def test_websocket_performance(house: House) -> None:
    """Decision 42: 100 updates are in Postgres within two debounces, by few UPDATEs."""
    user, market = await new_user(house), (await house.markets())[0]
    token = market.tokens[0]
    await house.price(token, "0.50")
    loop, lags = asyncio.get_running_loop(), list[float]()
    async with house.running():
        position = await bought(house, user, market)
        await house.marked(position, "0.5")
        while not lags or (min(lags) >= 2 * DEBOUNCE and len(lags) < TRIES):
            before, began = len(house.figures.flushes), loop.time()
            for number in range(100):
                await house.price(token, "0.60" if number % 2 else "0.40")
            sent = loop.time()
            await house.marked(position, "0.6")
            lags.append(loop.time() - sent)
            flushes = len(house.figures.flushes) - before
            assert flushes <= 1 + (loop.time() - began) / DEBOUNCE * 2
            await house.price(token, "0.50")
            await house.marked(position, "0.5")
    assert min(lags) < 2 * DEBOUNCE


async def test_the_recording_through_the_socket_ends_in_postgres(
    client: httpx.AsyncClient, sessions: Sessions, tmp_path: Path, fixtures_dir: Path
) -> None:
    folder = fixtures_dir / "tickscope/derived_wire"
    recording = load_recording(folder / "nhl_g4_0132_0145.jsonl.gz")
    options = ExchangeOptions(recording=recording, speed=0, start=Start.ALL)
    async with serve_exchange(ExchangeSandbox(options)) as url:
        house = House(url, client, sessions, tmp_path)
        task = asyncio.create_task(house.discovery.run())
        await house.discovery.ready.wait()
        task.cancel()
        user = await new_user(house)
        markets = await house.markets()
        assert len(markets) == 6
        held = [await bought(house, user, market) for market in markets]
        async with house.running():
            answer = await client.get(f"{url}/control/replay", params={"wait": "60"}, timeout=70)
            assert answer.is_success
            statistics = house.streamer.statistics()
            for market, position in zip(markets, held, strict=True):
                await _ends_like_the_board(house, market, position)
    assert statistics.dropped.keys() <= {"duplicate"}  # the recording holds some
    assert statistics.messages["price_change"] == 95_232


async def _ends_like_the_board(house: House, market: Market, position: PositionId) -> None:
    """The rows hold what REST says of the end of the recording."""
    books = await house.client.post(
        f"{house.url}/books", json=[{"token_id": token} for token in market.tokens]
    )
    tops = {book["asset_id"]: _top(book) for book in books.json()}
    quotes = {token: house.board.quote(token) for token in market.tokens}
    for token, quote in quotes.items():
        assert quote is not None
        assert (quote.bid, quote.ask) == tops[token]
    first = quotes[market.tokens[0]]
    assert first is not None
    assert first.price is not None
    check_pnl(await house.marked(position, str(first.price)))


def _top(book: dict[str, list[dict[str, str]]]) -> tuple[Decimal | None, Decimal | None]:
    bids = [Decimal(level["price"]) for level in book["bids"]]
    asks = [Decimal(level["price"]) for level in book["asks"]]
    return max(bids, default=None), min(asks, default=None)
