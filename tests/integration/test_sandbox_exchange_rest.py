"""The sandbox's Gamma and CLOB over HTTP, compared with the recorded answers."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.domain.book import Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_exchange import START, Clock, oracle_of, serving, shape, still_exchange


@pytest.fixture
def exchange() -> ExchangeSandbox:
    return still_exchange()


@pytest.fixture
async def venue(exchange: ExchangeSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=30) as client,
    ):
        yield client


@pytest.fixture
def wire(fixtures_dir: Path) -> Path:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    if not folder.is_dir():
        pytest.skip(f"no examples at {folder}")
    return folder


def tokens_of(exchange: ExchangeSandbox) -> tuple[str, str]:
    return next(m for m in exchange.traded.values() if m.state.accepts_orders).state.listed.tokens


def example(wire: Path, name: str) -> Any:
    return json.loads((wire / f"{name}.json").read_text())


async def test_small_answers_have_the_recorded_form(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, wire: Path
) -> None:
    token, _ = tokens_of(exchange)
    condition = exchange.catalogue.by_token[token][0].condition_id
    asked = {
        "time": "/time",
        "book": f"/book?token_id={token}",
        "price": f"/price?token_id={token}&side=BUY",
        "midpoint": f"/midpoint?token_id={token}",
        "spread": f"/spread?token_id={token}",
        "last_trade_price": f"/last-trade-price?token_id={token}",
        "tick_size": f"/tick-size?token_id={token}",
        "neg_risk": f"/neg-risk?token_id={token}",
        "fee_rate": f"/fee-rate?token_id={token}",
        "prices_history": f"/prices-history?market={token}&interval=1h&fidelity=10",
        "clob_market": f"/clob-markets/{condition}",
        "market_by_token": f"/markets-by-token/{token}",
    }
    for name, path in asked.items():
        for prefix in ("", "/clob"):
            answer = await venue.get(prefix + path)
            assert shape(answer.json()) == shape(example(wire, f"rest_{name}")), name


async def test_keys_of_a_book_come_in_the_order_in_which_they_are_hashed(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, wire: Path
) -> None:
    token, _ = tokens_of(exchange)
    book = (await venue.get("/book", params={"token_id": token})).json()
    assert list(book) == list(example(wire, "rest_book"))
    oracle = oracle_of(exchange)
    oracle.hear(json.dumps(book | {"event_type": "book"}))
    assert oracle.verified == 1


async def test_refusals_read_as_the_venues(venue: httpx.AsyncClient, wire: Path) -> None:
    missing = await venue.get("/book", params={"token_id": "123"})
    assert (missing.status_code, missing.json()) == (404, example(wire, "rest_error_404_book"))
    senseless = await venue.get("/fee-rate", params={"token_id": "abc"})
    assert (senseless.status_code, senseless.json()) == (400, {"error": "Invalid token id"})
    unknown = await venue.get("/markets/99")
    not_found = {"type": "not found error", "error": "id not found"}
    assert (unknown.status_code, unknown.json()) == (404, not_found)
    word = await venue.get("/events/nhl")
    invalid = {"type": "validation error", "error": "id is invalid"}
    assert (word.status_code, word.json()) == (422, invalid)


async def test_batches_leave_out_what_has_no_book(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient
) -> None:
    first, second = tokens_of(exchange)
    body = [{"token_id": token} for token in (first, "123", second)]
    books = (await venue.post("/books", json=body)).json()
    assert [book["asset_id"] for book in books] == [first, second]
    mids = (await venue.post("/midpoints", json=body)).json()
    assert float(mids[first]) + float(mids[second]) == pytest.approx(1)
    sided = [{"token_id": first, "side": side} for side in ("BUY", "SELL")]
    prices = (await venue.post("/prices", json=sided)).json()
    assert float(prices[first]["BUY"]) < float(prices[first]["SELL"])
    assert (await venue.post("/books", content=b"{")).status_code == 400


async def test_gamma_and_the_clob_share_one_port(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient
) -> None:
    token, _ = tokens_of(exchange)
    market = exchange.catalogue.by_token[token][0]
    by_id = (await venue.get(f"/markets/{market.id}")).json()
    by_slug = (await venue.get(f"/gamma/markets/slug/{market.slug}")).json()
    clob = (await venue.get(f"/markets/{market.condition_id}")).json()
    assert by_id["conditionId"] == by_slug["conditionId"] == clob["condition_id"]
    assert clob["tokens"][0]["token_id"] == token
    event = (await venue.get(f"/events/{market.event_id}")).json()
    assert market.id in {each["id"] for each in event["markets"]}
    simplified = (await venue.get("/simplified-markets")).json()
    assert simplified["count"] == len(exchange.catalogue.markets)


async def test_clob_markets_have_the_recorded_fields(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, fixtures_dir: Path
) -> None:
    path = fixtures_dir / "nautilus/rust_test_data/clob_market_closed_binary_accepting_true.json"
    market = next(iter(exchange.catalogue.by_condition))
    ours = (await venue.get(f"/markets/{market}")).json()
    assert ours.keys() == json.loads(path.read_text()).keys()


async def test_listings_page_filter_and_end_without_a_cursor(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient
) -> None:
    seen: list[str] = []
    params: dict[str, str] = {"limit": "20", "closed": "false"}
    while True:
        page = (await venue.get("/markets/keyset", params=params)).json()
        seen += [market["id"] for market in page["markets"]]
        if "next_cursor" not in page:
            break
        params["after_cursor"] = page["next_cursor"]
    open_ones = [m.id for m in exchange.catalogue.markets.values() if m.payouts is None]
    assert seen == sorted(open_ones, key=int)
    refused = await venue.get("/events/keyset", params={"offset": "1"})
    assert refused.status_code == 422


async def test_listings_find_markets_by_repeated_ids_and_tags(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient
) -> None:
    markets = list(exchange.catalogue.markets.values())[:2]
    first, second = sorted(markets, key=lambda market: int(market.id))
    query = {"clob_token_ids": [first.tokens[0], second.tokens[1]]}
    page = (await venue.get("/markets/keyset", params=query)).json()
    assert [market["id"] for market in page["markets"]] == [first.id, second.id]
    assert "tags" not in page["markets"][0]
    tagged = (await venue.get("/markets", params={"id": first.id, "include_tag": "true"})).json()
    assert tagged[0]["tags"][0]["slug"] == "politics"
    one = (await venue.get("/markets", params={"condition_ids": second.condition_id})).json()
    assert [market["id"] for market in one] == [second.id]
    weather = (await venue.get("/events", params={"tag_slug": "weather"})).json()
    assert [len(event["markets"]) for event in weather] == [11] * 9


async def test_search_finds_events_by_all_words(venue: httpx.AsyncClient) -> None:
    found = (await venue.get("/public-search", params={"q": "highest london"})).json()
    assert found["pagination"] == {"hasMore": False, "totalResults": 2}
    assert found["events"][0]["title"].startswith("Highest temperature in London")
    assert found["profiles"] is None
    assert (await venue.get("/public-search", params={"q": ""})).status_code == 422


async def test_gamma_follows_the_live_book_and_its_trades(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient
) -> None:
    token, _ = tokens_of(exchange)
    market = exchange.catalogue.by_token[token][0]
    traded = exchange.traded[market.condition_id]
    before = (await venue.get(f"/markets/{market.id}")).json()["volumeNum"]
    traded.rewrite({400_000: 9 * MICROS}, {420_000: 9 * MICROS}, exchange.now_ms())
    traded.market(0, Side.BUY, 5 * MICROS, exchange.now_ms())
    told = (await venue.get(f"/markets/{market.id}")).json()
    assert json.loads(told["outcomePrices"]) == ["0.41", "0.59"]
    assert (told["bestBid"], told["bestAsk"], told["lastTradePrice"]) == (0.4, 0.42, 0.42)
    assert told["volumeNum"] - before == pytest.approx(2.1)


async def test_history_joins_the_seeded_past_with_what_happened(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient
) -> None:
    token, other = tokens_of(exchange)
    clock = exchange.clock
    assert isinstance(clock, Clock)
    clock.now += 3_600
    market = exchange.catalogue.by_token[token][0]
    traded = exchange.traded[market.condition_id]
    traded.rewrite({400_000: MICROS}, {420_000: MICROS}, exchange.now_ms())
    clock.now += 60
    query = {"market": token, "startTs": f"{START - 7_200:.0f}", "fidelity": "60"}
    points = (await venue.get("/prices-history", params=query)).json()["history"]
    assert [point["t"] - int(START) for point in points] == [-7_200, -3_600, 0, 3_600, 3_660]
    assert [point["p"] for point in points[3:]] == [0.41, 0.41]
    mirror = (await venue.get("/prices-history", params=query | {"market": other})).json()
    assert [point["p"] for point in mirror["history"]] == pytest.approx(
        [1 - point["p"] for point in points]
    )


async def test_history_refuses_too_fine_a_grid(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient
) -> None:
    token, _ = tokens_of(exchange)
    query = {"market": token, "interval": "1m", "fidelity": "1"}
    answer = await venue.get("/prices-history", params=query)
    sentence = "invalid filters: minimum 'fidelity' for '1m' range is 10"
    assert (answer.status_code, answer.json()) == (400, {"error": sentence})
