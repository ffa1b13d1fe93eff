"""The sandbox's catalogue: what is listed, and that it looks exactly like Gamma's own."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from multidict import MultiDict

from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.sandbox.exchange.gamma_filters import market_orders
from infrastructure.sandbox.exchange.gamma_json import event_json, market_json
from infrastructure.sandbox.exchange.listing import ListedEvent, ListedMarket
from infrastructure.sandbox.exchange.paging import Invalid, keyset_page, legacy_page
from tests.support.sandbox_exchange import Json, shape, still_exchange

# Fields of the recorded objects that the sandbox has no use for.
LEFT_OUT = {
    "clobRewards",
    "series",
    "seriesSlug",
    "holdingRewardsEnabled",
    "deployingTimestamp",
    "oneDayPriceChange",
    "oneWeekPriceChange",
    "oneMonthPriceChange",
    "oneHourPriceChange",
    "seriesColor",
    "showGmpSeries",
    "showGmpOutcome",
    "gmpChartMode",
    "countryName",
    "electionType",
    "estimateValue",
    "cumulativeMarkets",
    "sortBy",
    "startTime",
    "makerRebatesFeeShareBps",
    "eventStartTime",
    "comboStatus",
    "liquidityAmm",
    "automaticallyResolved",
}


@pytest.fixture(scope="module")
def exchange() -> ExchangeSandbox:
    return still_exchange()


@pytest.fixture(scope="module")
def wire(fixtures_dir: Path) -> Path:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    if not folder.is_dir():
        pytest.skip(f"no examples at {folder}")
    return folder


def example(wire: Path, name: str) -> Any:
    return json.loads((wire / f"{name}.json").read_text())


def gamma(exchange: ExchangeSandbox, market: ListedMarket) -> Json:
    event = exchange.catalogue.events[market.event_id]
    states = [exchange.state_of(each) for each in event.markets]
    return market_json(event, states, event.markets.index(market), exchange.now())


def whole_event(exchange: ExchangeSandbox, event: ListedEvent) -> Json:
    return event_json(event, [exchange.state_of(each) for each in event.markets], exchange.now())


def assert_like(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    """Every recorded field is there with the same JSON type, nested objects included."""
    for name, value in theirs.items():
        if name in LEFT_OUT or value is None:
            continue
        assert name in ours, name
        if isinstance(value, dict):
            assert_like(ours[name], value)
        elif isinstance(value, list):
            assert_like(ours[name][0], value[0])
        else:
            assert shape(ours[name]) == shape(value), name


def test_some_hundred_markets_stand_in_several_categories(exchange: ExchangeSandbox) -> None:
    assert 120 <= len(exchange.catalogue.markets) <= 140
    categories = Counter(event.tags[0].label for event in exchange.catalogue.events.values())
    assert categories.keys() >= {"Politics", "Sports", "Crypto", "Economics", "Weather", "Tech"}
    ticks = {market.tick for market in exchange.catalogue.markets.values()}
    assert ticks == {10_000, 2_500, 1_000}


def test_identifiers_look_like_the_venues_and_are_unique(exchange: ExchangeSandbox) -> None:
    markets = list(exchange.catalogue.markets.values())
    tokens = [token for market in markets for token in market.tokens]
    assert all(len(token) == 77 and token.isdigit() for token in tokens)
    assert all(len(market.condition_id) == 66 for market in markets)
    for names in (tokens, [m.condition_id for m in markets], [m.slug for m in markets]):
        assert len(set(names)) == len(names)
    slugs = [event.slug for event in exchange.catalogue.events.values()]
    assert len(set(slugs)) == len(slugs)


def test_an_open_neg_risk_market_has_the_recorded_fields(
    exchange: ExchangeSandbox, wire: Path
) -> None:
    market = next(m for m in exchange.catalogue.markets.values() if m.neg_risk)
    assert_like(gamma(exchange, market), example(wire, "gamma_market_open_negrisk"))


def test_an_up_or_down_market_has_the_recorded_fields(
    exchange: ExchangeSandbox, wire: Path
) -> None:
    market = next(
        m
        for m in exchange.catalogue.markets.values()
        if m.outcomes == ("Up", "Down") and m.accepts_orders
    )
    theirs = example(wire, "gamma_market_open_crypto_5m")
    theirs["events"] = [
        {key: theirs["events"][0][key] for key in ("id", "ticker", "slug", "title", "negRisk")}
    ]
    assert_like(gamma(exchange, market), theirs)


def test_a_resolved_market_has_the_recorded_fields(exchange: ExchangeSandbox, wire: Path) -> None:
    market = next(m for m in exchange.catalogue.markets.values() if m.payouts == (0, 1))
    ours = gamma(exchange, market)
    assert_like(ours, example(wire, "gamma_market_closed_resolved"))
    assert (ours["closed"], ours["umaResolutionStatus"]) == (True, "resolved")
    assert ours["outcomePrices"] == '["0", "1"]'
    assert ours["closedTime"].endswith("+00")


def test_an_event_has_the_recorded_fields(exchange: ExchangeSandbox, wire: Path) -> None:
    event = next(each for each in exchange.catalogue.events.values() if each.neg_risk)
    theirs = example(wire, "gamma_events_keyset_page")["events"][0]
    ours = whole_event(exchange, event)
    assert_like(ours, theirs)
    assert "events" not in ours["markets"][0]


def test_what_the_venue_writes_as_text_holds_json(exchange: ExchangeSandbox) -> None:
    for market in exchange.catalogue.markets.values():
        told = gamma(exchange, market)
        assert json.loads(told["clobTokenIds"]) == list(market.tokens)
        assert json.loads(told["outcomes"]) == list(market.outcomes)
        first, second = (float(price) for price in json.loads(told["outcomePrices"]))
        assert first + second == pytest.approx(1)


def test_temperature_ladders_have_eleven_coherent_buckets(exchange: ExchangeSandbox) -> None:
    ladders = [each for each in exchange.catalogue.events.values() if each.ladder]
    assert [len(each.markets) for each in ladders] == [11] * 9
    titles = [[market.title for market in each.markets] for each in ladders]
    assert sum("°F" in names[0] for names in titles) == 4
    assert all("or below" in names[0] and "or higher" in names[-1] for names in titles)
    for each in ladders:
        assert sum(market.chance for market in each.markets) == pytest.approx(1, abs=1e-6)
        assert "whole degrees" in each.description
        assert each.source.startswith("https://")


def test_keyset_paging_reaches_each_market_once_in_any_order(exchange: ExchangeSandbox) -> None:
    items = list(exchange.catalogue.markets.values())
    orders = market_orders(exchange)
    for order in ("volumeNum", "volume", "endDate"):
        query = MultiDict({"limit": "7", "order": order, "ascending": "false"})
        seen: list[ListedMarket] = []
        while True:
            page = keyset_page(items, query, orders)
            seen += page.items
            if page.next_cursor is None:
                break
            query["after_cursor"] = page.next_cursor
        assert Counter(item.id for item in seen) == Counter(item.id for item in items)
        keys = [gamma(exchange, item)[order] for item in seen]
        assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "101"},
        {"limit": "-1"},
        {"offset": "5"},
        {"order": "colour"},
        {"ascending": "perhaps"},
        {"after_cursor": "!"},
    ],
)
def test_senseless_paging_is_refused(exchange: ExchangeSandbox, query: dict[str, str]) -> None:
    markets = list(exchange.catalogue.markets.values())
    with pytest.raises(Invalid):
        keyset_page(markets, MultiDict(query), market_orders(exchange))


def test_the_legacy_listing_skips_by_offset(exchange: ExchangeSandbox) -> None:
    markets = sorted(exchange.catalogue.markets.values(), key=lambda market: int(market.id))
    query = MultiDict({"limit": "3", "offset": "9"})
    assert legacy_page(markets, query, market_orders(exchange)) == markets[9:12]


def test_a_catalogue_can_be_filled_up_to_a_size() -> None:
    assert len(still_exchange(at_least_markets=150).catalogue.markets) == 150


def test_a_question_keeps_its_numbers_and_another_one_gets_others() -> None:
    """A position outlives a restart: its market must still be the same question then."""
    day = 86_400.0
    before = ExchangeSandbox(clock=lambda: 1_795_000_000.0).catalogue.markets.values()
    after = ExchangeSandbox(clock=lambda: 1_795_000_000.0 + day).catalogue.markets.values()
    asked = {market.id: (market.question, market.tokens) for market in before}
    again = {market.id: (market.question, market.tokens) for market in after}
    same = asked.keys() & again.keys()
    assert len(same) >= 10
    assert asked.keys() - same
    assert all(asked[number] == again[number] for number in same)
