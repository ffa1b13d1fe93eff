"""Search over a catalogue of real size: words as they are, mistyped ones, and lists."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.market import Market
from core.services.market_search import MarketSearch
from core.storage import market_lists
from core.storage.catalogue import upsert
from core.storage.models import Sessions
from core.storage.search import learn_words
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from tests.benchmarks.report import Figure, percentile
from tests.support.catalogue import listed

MARKETS: Final = 20_000
VOCABULARY: Final = 8_000
CHUNK: Final = 50  # markets of one statement, as discovery writes them
ROUNDS: Final = 20
NOW: Final = datetime(2026, 11, 21, tzinfo=UTC)
EXACT: Final = (
    "bitcoin", "bitcoin 100k december", "temperature", "november", "win 2027 election",
    "champions league", "interview trump",
)  # fmt: skip
MISTYPED: Final = (
    "trmup", "bitcon above 100k", "etherium december", "superbowl", "presidental electoin 2028",
    "highest temprature november 12",
)  # fmt: skip


async def measure(url: str) -> list[Figure]:
    engine = create_engine(url)
    await upgrade(engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    await _fill(sessions)
    search = MarketSearch(sessions)

    async def exact(words: str) -> None:
        await search.exact(await search.words(words))

    async def guessed(words: str) -> None:
        typed = await search.words(words)
        await search.exact(typed)
        await search.guessed(typed)

    async def trending(_: str) -> None:
        async with sessions() as session:
            await market_lists.busiest(session, None, limit=9, offset=0)

    how = f"{MARKETS:,} markets; slowest of {{}} searches, median of {ROUNDS}"
    figures = [
        Figure("search", await _slowest(exact, EXACT), "ms", how.format(len(EXACT)), "<= 20"),
        Figure(
            "search_mistyped", await _slowest(guessed, MISTYPED), "ms", how.format(len(MISTYPED))
        ),
        Figure("trending_page", await _slowest(trending, ("",)), "ms", f"{MARKETS:,} markets"),
    ]
    await engine.dispose()
    return figures


async def _slowest(find: Callable[[str], Awaitable[None]], queries: tuple[str, ...]) -> float:
    medians = []
    for words in queries:
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            await find(words)
            times.append(1000 * (time.perf_counter() - began))
        medians.append(percentile(times, 50))
    return max(medians)


async def _fill(sessions: Sessions) -> None:
    markets = _markets(Random(7))  # noqa: S311 - repeatable on purpose
    for start in range(0, MARKETS, CHUNK):
        async with sessions.begin() as session:
            await upsert(session, markets[start : start + CHUNK], NOW)
    async with sessions.begin() as session:
        while await learn_words(session):
            pass
    async with sessions() as session:
        connection = await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        await connection.execute(sa.text("VACUUM ANALYZE"))


def _markets(random: Random) -> list[Market]:
    words = ["".join(_syllables(random)) for _ in range(VOCABULARY)]
    return [
        replace(
            listed(number, event=0 if number % 3 else number // 8 + 1, yes="0.4"),
            question=_question(number, random, words),
            title=random.choice(words).title(),
            volume_24h=Decimal(int(10 ** random.uniform(0, 6))),
            listed_at=NOW - timedelta(minutes=number),
            ends_at=NOW + timedelta(minutes=number),
        )
        for number in range(1, MARKETS + 1)
    ]


def _syllables(random: Random) -> list[str]:
    return [
        random.choice("bcdfglmnprst") + random.choice("aeiou") for _ in range(random.randint(2, 4))
    ]


def _question(number: int, random: Random, words: list[str]) -> str:
    first, second, third = (random.choice(words).title() for _ in range(3))
    day = f"{random.choice(('November', 'December', 'January'))} {random.randint(1, 30)}"
    match number % 5:
        case 0:
            cup = random.choice(("presidential election", "Super Bowl", "Champions League"))
            return f"Will {first} {second} win the {random.randint(2025, 2028)} {cup} in {third}?"
        case 1:
            coin = random.choice(("Bitcoin", "Ethereum", "Solana"))
            return f"Will {coin} be above ${random.randint(1, 200)},000 on {day}?"
        case 2:
            return f"Highest temperature in {first} on {day}: {random.randint(-5, 35)}°C?"
        case 3:
            return f'Will Donald Trump say "{first} {second}" in the {third} interview?'
        case _:
            return f"{first} vs. {second}: {third} Open, match {random.randint(1, 9)}"
