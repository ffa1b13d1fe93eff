"""Price histories through real HTTP: as recorded, from the sandbox, and broken."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.domain.errors import Unavailable
from core.domain.history import MOST_POINTS, PriceHistory, Span
from core.domain.units import TokenId
from core.services.price_histories import FRESH, KEPT, PriceHistories
from infrastructure.polymarket.price_history import ClobHistories
from tests.support import sandbox_exchange
from tests.support.venue_rest import VenueRest, asking, serving, text

TOKEN = TokenId("11")
PATH = "/prices-history"


@pytest.fixture
def recorded(fixtures_dir: Path) -> Callable[[str], list[dict[str, Any]]]:
    """The points of the longest recorded history of one bucket, as the venue wrote them."""

    def read(city: str) -> list[dict[str, Any]]:
        name = f"weather_seminar/backfill/polymarket_{city}_history.json.gz"
        with gzip.open(fixtures_dir / name) as file:
            days = json.load(file)["markets"]
        histories = (bucket["history"] for day in days for bucket in day["buckets"])
        return max(histories, key=len)

    return read


async def asked(answer: object, span: Span = Span.DAY) -> tuple[PriceHistory, ClobHistories, str]:
    venue = VenueRest({PATH: answer})
    async with serving(venue) as url, asking(url) as http:
        histories = ClobHistories(http)
        return await histories.history(TOKEN, span), histories, venue.seen[0][1]


@pytest.mark.parametrize("city", ["nyc", "london"])
async def test_a_recorded_history_is_read_whole(
    recorded: Callable[[str], list[dict[str, Any]]], city: str
) -> None:
    points = recorded(city)
    history, reader, question = await asked({"history": points}, Span.ALL)
    assert len(history.points) == min(len({point["t"] for point in points}), MOST_POINTS)
    assert history.points[-1].at == datetime.fromtimestamp(max(p["t"] for p in points), UTC)
    assert history.points[0].price == Decimal(str(points[0]["p"]))
    assert reader.unreadable == 0
    assert parse_qs(urlsplit(question).query) == {
        "market": ["11"],
        "interval": ["max"],
        "fidelity": ["180"],
    }


async def test_what_is_no_price_is_left_out_and_counted() -> None:
    good = [{"t": 1_790_000_060, "p": 0.5}, {"t": 1_790_000_000, "p": 0.4}]
    bad: list[object] = [
        {"t": 1_790_000_001, "p": 1.5},
        {"t": 1_790_000_001, "p": -0.1},
        {"t": 10**30, "p": 0.5},
        {"t": "soon", "p": 0.5},
        {"p": 0.5},
        None,
        7,
    ]
    history, reader, _ = await asked({"history": [*bad, *good]})
    assert [point.price for point in history.points] == [Decimal("0.4"), Decimal("0.5")]
    assert reader.unreadable == len(bad)


async def test_the_later_told_of_two_prices_at_one_moment_counts() -> None:
    twins = [{"t": 1_790_000_000, "p": 0.4}, {"t": 1_790_000_000, "p": 0.6}]
    history, _, _ = await asked({"history": twins})
    assert [point.price for point in history.points] == [Decimal("0.6")]
    assert history.change is None


async def test_a_long_history_is_thinned_and_keeps_its_ends() -> None:
    points = [{"t": 1_700_000_000 + 60 * n, "p": n / 10_000} for n in range(9_000)]
    history, _, _ = await asked({"history": points})
    assert len(history.points) == MOST_POINTS
    ends = (history.points[0].price, history.points[-1].price)
    assert ends == (Decimal(0), Decimal("0.8999"))


@pytest.mark.parametrize("body", ["<html>busy</html>", '{"history":', "[]", '{"history":{}}'])
async def test_an_answer_that_is_none_is_unavailable(body: str) -> None:
    with pytest.raises(Unavailable):
        await asked(text(body))


async def test_an_unknown_token_has_an_empty_history() -> None:
    async with serving(VenueRest()) as url, asking(url) as http:
        assert (await ClobHistories(http).history(TOKEN, Span.DAY)).points == ()


@pytest.mark.parametrize("span", Span)
async def test_the_sandbox_has_a_history_of_both_outcomes(span: Span) -> None:
    exchange = sandbox_exchange.still_exchange()
    state = next(iter(exchange.states.values()))
    yes, no = (TokenId(token) for token in state.listed.tokens)
    async with sandbox_exchange.serving(exchange) as host, asking(f"http://{host}") as http:
        told = [await ClobHistories(http).history(token, span) for token in (yes, no)]
    assert [point.at for point in told[0].points] == [point.at for point in told[1].points]
    assert 30 <= len(told[0].points) <= MOST_POINTS
    for ours, theirs in zip(told[0].points, told[1].points, strict=True):
        assert ours.price + theirs.price == 1
    end = datetime.fromtimestamp(sandbox_exchange.START, UTC)
    assert told[0].points[-1].at == end
    if span.length is not None:
        assert told[0].points[0].at == end - span.length


@dataclass
class Venue:
    """Has an empty history of everything."""

    asked: list[tuple[TokenId, Span]] = field(default_factory=list)

    async def history(self, token: TokenId, span: Span) -> PriceHistory:
        self.asked.append((token, span))
        return PriceHistory(token, span)


async def test_the_same_is_asked_again_only_when_it_is_old() -> None:
    venue, clock = Venue(), sandbox_exchange.Clock()
    histories = PriceHistories(venue, clock)
    await histories.history(TOKEN, Span.DAY)
    await histories.history(TOKEN, Span.DAY)
    await histories.history(TOKEN, Span.WEEK)
    assert venue.asked == [(TOKEN, Span.DAY), (TOKEN, Span.WEEK)]
    clock.now += FRESH
    await histories.history(TOKEN, Span.DAY)
    assert len(venue.asked) == 3


async def test_only_so_many_histories_are_kept() -> None:
    venue, clock = Venue(), sandbox_exchange.Clock()
    histories = PriceHistories(venue, clock)
    for number in range(KEPT + 1):
        await histories.history(TokenId(str(number)), Span.DAY)
    await histories.history(TokenId("0"), Span.DAY)
    assert venue.asked[-1] == (TokenId("0"), Span.DAY)
