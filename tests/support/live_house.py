"""Live trading as the program wires it, in this process, against the sandbox's exchange."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.account import Account
from core.domain.book import Side
from core.domain.market import Market, Source
from core.domain.offer import ButtonClaim, LimitQuote, TradeQuote
from core.domain.order_amounts import OrderKind
from core.domain.price import PriceState, Quote, shown_price
from core.domain.units import MarketId, Price, Size, TokenId, Usdc, UserId
from core.services.clob.clob_service import ClobService
from core.services.clob.limit_quoting import LimitWish
from core.services.fresh_books import FreshBooks
from core.services.milestones import Reached, unwatched
from core.services.outbox import Outbox
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage import catalogue as stored_catalogue
from core.storage.models import Sessions
from infrastructure.config.settings import Settings
from infrastructure.custody.key_place import check_keys
from infrastructure.database.engine import close_engine, create_engine
from infrastructure.database.instance_lock import InstanceLock
from infrastructure.database.walls import everyday_role
from infrastructure.paper.paper_exchange import PaperExchange
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp, open_client
from infrastructure.polymarket.trading.transport import open_trading_client
from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.sandbox.exchange.server import serve_exchange
from infrastructure.tls import trusted
from telegram_bot.live_assembly import Hearts, Live, build_live
from telegram_bot.order_assembly import Shared
from telegram_bot.risk_assembly import Risk, build_risk
from telegram_bot.startup import Place, WeatherAddresses
from tests.support.mangling import Mangler, mangling
from tests.support.rows import add_user
from tests.support.sandbox_accounts import tokens_of

PLENTY: Final = 1_000_000  # USDC, for tests that are about something else than limits
NO_LIMITS: Final[dict[str, Any]] = {
    "max_order_usdc": PLENTY,
    "max_market_usdc": PLENTY,
    "max_day_usdc": PLENTY,
    "max_open_orders": PLENTY,
    "global_max_day_usdc": PLENTY,
    "paper_starting_cash": PLENTY,
    "quote_ttl_seconds": 600,
}


@dataclass
class LiveHouse:
    """One market with a deep still book, and the services of the program around it."""

    sandbox: ExchangeSandbox
    control: httpx.AsyncClient
    mangler: Mangler  # between the services and the exchange
    sessions: Sessions
    settings: Settings
    board: PriceBoard
    paper: ClobService
    live: Live
    risk: Risk
    market: Market

    @property
    def token(self) -> TokenId:
        return self.market.tokens[0]

    async def order(self, command: str, **body: Any) -> Any:
        """Tell the sandbox's exchange what to do."""
        answer = await self.control.post(f"/control/{command}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def at_venue(self) -> dict[str, Any]:
        """By hash: every order that the venue took, and how often each hash arrived."""
        seen: dict[str, Any] = (await self.control.get("/control/orders")).json()
        return seen

    async def trader(self, number: int, cash: int = 100_000) -> UserId:
        """Somebody with play money alone."""
        async with self.sessions.begin() as session:
            return await add_user(session, number, cash)

    async def person(self, number: int, cash: str = "100000") -> UserId:
        """Somebody whose session key was set up step by step, with money at the venue."""
        user = await self.trader(number)
        waiting = await self.live.custody.wallets.begin(user)
        await self.order(
            "wallet",
            address=f"0x{number:040x}",
            signature_type=3,
            funder=f"0x{number + (1 << 100):040x}",
            cash=cash,
            session_keys={waiting.key_address: None},
        )
        await self.live.custody.wallets.verify(user)
        await self.live.accounts.read_risk(user, Usdc(self.settings.max_day_usdc))
        await self.live.accounts.choose_live(user)
        assert await self.live.reconciler.reconcile(user)
        return user

    async def stream(self) -> None:
        """The market's books arrive as if by socket."""
        for token in self.market.tokens:
            book = (await self.prices.books([token]))[0].book
            self.board.publish(
                Quote(
                    token=token,
                    price=shown_price(book.best_bid, book.best_ask, None),
                    bid=book.best_bid,
                    ask=book.best_ask,
                    last_trade=None,
                    source=Source.WS,
                    received=time.monotonic(),
                    at=datetime.now(UTC),
                    book=book,
                )
            )
            self.board.set_state(token, PriceState.LIVE)

    @property
    def prices(self) -> ClobPrices:
        return ClobPrices(VenueHttp(self.control, str(self.control.base_url).rstrip("/")))

    async def claim(
        self, desk: ClobService, user: UserId, quote: TradeQuote | LimitQuote, message: int = 1
    ) -> ButtonClaim:
        """A money button under the message of that number, in the user's own chat."""
        offer = await desk.offer(quote, user, int(user), message)
        return ButtonClaim(offer.button_id, user, int(user), message)

    def wish(self, price: str = "0.40", size: str = "10") -> LimitWish:
        """To buy, far below the market, until it is cancelled."""
        return LimitWish(
            self.market.id,
            self.token,
            Side.BUY,
            Price(Decimal(price)),
            Size(Decimal(size)),
            kind=OrderKind.GTC,
        )


@asynccontextmanager
async def live_house(
    database: str,
    folder: Path,
    reached: Reached = unwatched,
    *,
    is_mangled: bool = False,
    **settings: Any,
) -> AsyncIterator[LiveHouse]:
    """Bids at 0.49 and below, asks at 0.51 and above; nothing moves by itself.

    `is_mangled`: the venue's answers come by the mangler, which makes them slower.
    """
    async with AsyncExitStack() as stack:
        sandbox = ExchangeSandbox(ExchangeOptions(rate=0.0))
        venue = await stack.enter_async_context(serve_exchange(sandbox))
        mangler = await stack.enter_async_context(mangling(venue))
        url = mangler.url if is_mangled else venue
        control = await stack.enter_async_context(
            httpx.AsyncClient(verify=trusted(), base_url=venue, timeout=30.0)
        )
        lock = await stack.enter_async_context(InstanceLock(database))
        plain = create_engine(database)
        engine = create_engine(database, role=await everyday_role(plain))
        stack.push_async_callback(close_engine, engine)
        await plain.dispose()
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        chosen = Settings.model_validate(
            {"data_dir": folder, "keys_dir": folder / "keys", "dry_run_mode": False} | settings
        )
        client = await stack.enter_async_context(open_client(chosen.http_timeout_seconds))
        deeds = await stack.enter_async_context(open_trading_client(chosen.http_timeout_seconds))
        board, manager = PriceBoard(), WebSocketManager()
        prices = ClobPrices(VenueHttp(client, url))
        catalogue = GammaCatalogue(VenueHttp(client, url))
        books = FreshBooks(board, prices, time.monotonic, lambda: datetime.now(UTC))
        outbox, hearts = Outbox(sessions), Hearts()
        shared = Shared(chosen, _place(url), sessions, books, manager, outbox, catalogue, reached)
        risk = build_risk(
            chosen, sessions, board, outbox, await lock.take_over(), hearts.are_healthy
        )
        paper = ClobService(
            sessions,
            PaperExchange(books),
            books,
            manager,
            quote_ttl=chosen.quote_ttl_seconds,
            guards=risk.guards,
        )
        live = build_live(shared, deeds, risk, hearts)
        await check_keys(live.custody.keys, live.custody.data_keys, is_dry_run=False)
        await live.venue.http.compare_clocks()
        token, _ = tokens_of(sandbox)
        market = await catalogue.market(MarketId(sandbox.catalogue.by_token[token][0].id))
        async with sessions.begin() as session:
            await stored_catalogue.upsert(session, [market], datetime.now(UTC))
        house = LiveHouse(
            sandbox, control, mangler, sessions, chosen, board, paper, live, risk, market
        )
        await house.order("price", token=token, price="0.5", levels=3, size="1000000")
        await house.order("rate-limits", enforced=False)
        await house.stream()
        yield house


def _place(url: str) -> Place:
    sockets = url.replace("http", "ws", 1) + "/ws"
    return Place(
        venue="Sandbox",
        is_sandbox=True,
        clob_url=url,
        gamma_url=url,
        socket_url=f"{sockets}/market",
        user_socket_url=f"{sockets}/user",
        data_url=f"{url}/data-api",
        relayer_url=f"{url}/relayer",
        geoblock_url=f"{url}/api/geoblock",
        weather=WeatherAddresses(url, url, url, url),
        telegram_url="",
        token="",
        allowed=(),
        page=None,
    )


def both(house: LiveHouse) -> dict[Account, ClobService]:
    return {Account.PAPER: house.paper, Account.LIVE: house.live.clob}
