"""Orders: from the tap that Telegram delivers to the first byte at the venue, and each step."""

import asyncio
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Final

import sqlalchemy as sa

from core.domain.units import Usdc
from core.services.milestones import Milestone
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from infrastructure.polymarket.trading.transport import open_trading_client
from infrastructure.sandbox_process import SandboxAddresses, SandboxParts, sandbox_process
from tests.benchmarks.frames import ROOT
from tests.benchmarks.report import Figure, percentile
from tests.benchmarks.wires import Watch, Wire, open_wire
from tests.support.live_house import NO_LIMITS, live_house
from tests.support.live_program import live_settings, traders
from tests.support.person import LocalTelegram, Message, Person, local_telegram
from tests.support.program import running
from tests.support.venue_control import VenueControl, venue_control

TOKEN: Final = "70000007:a-token-for-measuring-taps-0000000000"
USERS: Final = range(5001, 5013)
ROUNDS: Final = 6  # taps of each user
QUICK_ROUNDS: Final = 2  # more of them, by who taps in the moment in which there is a ticket
LOOK: Final = 0.3  # seconds from a ticket to the tap on it: nobody reads and taps in less
STEPS: Final = 120  # orders whose steps are measured
WARM: Final = 12
PATIENCE: Final = 30.0  # seconds
PACED: Final = 90.0  # seconds; a chat hears 20 times a minute from the bot at most
BODY: Final = 900  # bytes, as an order has
SETTINGS: Final = {"RECONCILE_INTERVAL_SECONDS": "20", "GLOBAL_MAX_DAY_USDC": "1000000"}
MARKET: Final = ("harbour bill", "Will the Senate")
TAPPED: Final = "from Telegram's answer with the tap to the first byte of POST /order; "


async def measure(url: str) -> list[Figure]:
    """`url`: of an empty database on a server as the product runs it."""
    with _folder() as keys:
        steps = await _steps(await another(url, "bench_steps"), keys / "steps")
        return [*await _taps(url, keys / "taps"), *steps]


async def another(url: str, name: str) -> str:
    """A database of that name on the same server, with the schema."""
    engine = create_engine(url)
    async with engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(sa.text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    named = sa.make_url(url).set(database=name).render_as_string(hide_password=False)
    engine = create_engine(named)
    await upgrade(engine)
    await engine.dispose()
    return named


async def _taps(url: str, keys: Path) -> list[Figure]:
    """The whole program, tapped in its chat; the bare ways in between."""
    parts = SandboxParts("127.0.0.1", telegram_port=0, exchange_port=0, token=TOKEN, seed=1)
    watch, posts, commits = Watch(), list[float](), list[float]()
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(sandbox_process(parts, ROOT))
        told = Wire(str(urls.telegram), watch.delivered, _nothing)
        asked = Wire(str(urls.exchange), _nothing, watch.ordered)
        addresses = SandboxAddresses(
            await stack.enter_async_context(open_wire(told)),
            await stack.enter_async_context(open_wire(asked)),
            urls.ended,
        )
        users = ",".join(map(str, USERS))
        settings = live_settings(addresses, TOKEN, url, keys, users)
        await stack.enter_async_context(running(settings | SETTINGS))
        chats = await stack.enter_async_context(local_telegram(str(urls.telegram)))
        venue = await stack.enter_async_context(venue_control(str(urls.exchange)))
        await venue.stand_still()
        await venue.control("rate-limits", enforced=False)
        people = await stack.enter_async_context(traders(url, keys, str(urls.exchange)))
        bare_post = await stack.enter_async_context(_bare_post())
        bare_commit = await stack.enter_async_context(_bare_commit(url))
        for user in USERS:
            await chats.person(user).sends("/start", "in total")
            await people.ready(user)
        await _until_compared(url)
        await _deepen(url, venue)
        ways = [await Way.of(chats, user) for user in USERS]
        for _ in range(ROUNDS):
            for way in ways:
                await way.confirmed(watch, LOOK)
                posts.append(await bare_post())
                commits.append(await bare_commit())
        seen, watch.taken = watch.taken[WARM:], watch.quick
        for way in ways * QUICK_ROUNDS:
            await way.confirmed(watch, 0.0)
    return [*_tap_figures(seen, watch.quick), *_bare_figures(seen, posts, commits)]


def _tap_figures(taken: list[float], quick: list[float]) -> list[Figure]:
    how = f"{TAPPED}{len(taken)} taps, one at a time, each {1000 * LOOK:.0f} ms after its ticket"
    at_once = f"{TAPPED}{len(quick)} taps, each the moment its ticket is seen, and still worked on"
    return [
        Figure("tap to wire p50", median(taken), "ms", how),
        Figure("tap to wire p99", percentile(taken, 99), "ms", how, "<= 50"),
        Figure("tap at once to wire p50", median(quick), "ms", at_once),
        Figure("tap at once to wire p99", percentile(quick, 99), "ms", at_once),
    ]


def _bare_figures(taken: list[float], posts: list[float], commits: list[float]) -> list[Figure]:
    return [
        Figure("bare post p50", median(posts), "ms", "httpx to a bare server's first byte"),
        Figure("bare post p99", percentile(posts, 99), "ms", "the same"),
        Figure("bare commit p50", median(commits), "ms", "one row, as the product connects"),
        Figure("bare commit p99", percentile(commits, 99), "ms", "the same"),
        Figure(
            "tap to wire, to bare ways",
            median(taken) / (median(posts) + 3 * median(commits)),
            "ratio",
            "p50 to a bare post and three bare commits: update, intent, signature",
        ),
    ]


@dataclass
class Way:
    """How one person asks for a ticket again and again."""

    chats: LocalTelegram
    person: Person
    card: Message
    spend: str  # what the button of $10 says

    @classmethod
    async def of(cls, chats: LocalTelegram, user: int) -> "Way":
        person = chats.person(user)
        found = await person.sends(MARKET[0], "Search · ")
        card = await person.taps(found, MARKET[1], "bid .* ask")
        amounts = await person.taps(card, "^Yes$", "How much on")
        return cls(chats, person, amounts, str(amounts.button(r"\$10").callback_data))

    async def confirmed(self, watch: Watch, look: float) -> None:
        """A ticket, the tap `look` seconds later, timed until the order arrives, its receipt."""
        person, user = self.person, self.person.id
        before = await person.revision()
        await self.chats.forged_tap(user, user, self.card.id, self.spend)
        ticket = await person.sees("This quote expires", after=before, patience=PACED)
        self.card = ticket
        await asyncio.sleep(look)
        watch.data = str(ticket.button("Confirm").callback_data).encode()
        watch.arrived.clear()
        before = await person.revision()
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
            tasks.create_task(person.touches(ticket, "Confirm"))
            await watch.arrived.wait()
        await person.sees("Bought|Order [0-9]+", after=before, patience=PACED)


def _nothing(_piece: bytes) -> None:
    """Nobody watches this way."""


async def _deepen(url: str, venue: VenueControl) -> None:
    """So much in the book that the price stays where it is."""
    engine = create_engine(url)
    query = "SELECT clob_token_ids::jsonb ->> 0 FROM markets WHERE question LIKE :words"
    async with engine.connect() as connection:
        words = {"words": f"%{MARKET[0]}%"}
        token = await connection.scalar(sa.text(query), words)
    await engine.dispose()
    await venue.control("price", token=str(token), price="0.5", size="1000000")


async def _until_compared(url: str) -> None:
    """Everybody's account was compared with the venue, which is what opens it."""
    engine, count = create_engine(url), 0
    async with asyncio.timeout(PATIENCE * 4):
        while count < len(USERS):
            async with engine.connect() as connection:
                query = sa.text("SELECT count(*) FROM wallets WHERE account = 'live'")
                count = int(await connection.scalar(query) or 0)
            await asyncio.sleep(0.5)
    await engine.dispose()


@asynccontextmanager
async def _bare_post() -> AsyncIterator[Callable[[], Awaitable[float]]]:
    """Milliseconds from asking our kind of client to the first byte at an idle server."""
    arrived = list[float]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readexactly(1):
                arrived.append(time.perf_counter())
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(BODY)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/order"
    async with open_trading_client() as client:

        async def post() -> float:
            arrived.clear()
            began = time.perf_counter()
            await client.post(url, content=b"x" * BODY)
            return (arrived[0] - began) * 1000

        await post()
        yield post
    server.close()


@asynccontextmanager
async def _bare_commit(url: str) -> AsyncIterator[Callable[[], Awaitable[float]]]:
    """Milliseconds of a transaction with one row, as the product connects."""
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE bench_bare (number bigint)"))

    async def commit() -> float:
        began = time.perf_counter()
        async with engine.begin() as connection:
            await connection.execute(sa.text("INSERT INTO bench_bare VALUES (1)"))
        return (time.perf_counter() - began) * 1000

    await commit()
    yield commit
    async with engine.begin() as connection:
        await connection.execute(sa.text("DROP TABLE bench_bare"))
    await engine.dispose()


async def _steps(url: str, keys: Path) -> list[Figure]:
    """What each step of an order costs inside, without the chat."""
    taken, last = defaultdict[str, list[float]](list), [0.0]

    def reached(milestone: Milestone) -> None:
        now = time.perf_counter()
        taken[milestone].append((now - last[0]) * 1000)
        last[0] = now

    async with live_house(url, keys, reached, **NO_LIMITS) as house:
        users = [await house.person(number) for number in range(1, 6)]
        desk = house.live.clob
        for number in range(WARM + STEPS):
            user = users[number % len(users)]
            quote = await desk.quote_buy(user, house.market.id, house.token, Usdc(Decimal(5)))
            claim = await house.claim(desk, user, quote, number)
            last[0] = time.perf_counter()
            await desk.place_offer(claim)
    names = {
        Milestone.INTENT_COMMITTED: ("claim", "button spent, order recorded, limits reserved"),
        Milestone.SIGNED: ("sign unsealed", "key unsealed, order signed, written; in the program"),
        Milestone.SIGNATURE_COMMITTED: ("commit signature", "switches read again, bytes stored"),
        Milestone.ANSWER_COMMITTED: ("settle", "order, fill, position, cash, reservation"),
    }
    return [
        Figure(f"{name} p{percent}", percentile(taken[step][WARM:], percent), "ms", how)
        for step, (name, how) in names.items()
        for percent in (50, 99)
    ]


@contextmanager
def _folder() -> Iterator[Path]:
    """A place for keys that nobody else could change."""
    folder = Path(tempfile.mkdtemp(prefix="polycool-bench-keys-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
