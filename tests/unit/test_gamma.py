"""Gamma's objects, recorded and spoiled."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.fees import FeeSchedule
from core.domain.market import Event, Market
from core.domain.units import EventId
from infrastructure.polymarket.gamma_markets import market_of
from infrastructure.polymarket.gamma_wire import EVENT_HEAD, MARKET

Json = dict[str, Any]  # decoded JSON of the venue

PLAIN: Json = {
    "id": "501",
    "question": "Will it rain?",
    "conditionId": "0x" + "ab" * 32,
    "slug": "will-it-rain",
    "outcomes": '["Yes", "No"]',
    "outcomePrices": '["0.3", "0.7"]',
    "clobTokenIds": '["111", "222"]',
    "active": True,
    "closed": False,
    "acceptingOrders": True,
    "orderPriceMinTickSize": 0.001,
    "orderMinSize": 5,
    "volume24hr": 941687.1459820003,
    "feesEnabled": True,
    "feeType": "weather_fees",
    "feeSchedule": {"exponent": 1, "rate": 0.05, "takerOnly": True},
    "endDate": "2026-11-07T00:00:00Z",
    "events": [{"id": "77", "slug": "rain", "title": "Rain", "negRisk": True}],
}
REFUSED = (msgspec.MsgspecError, ValueError, ArithmeticError)


def read(entry: object) -> Market:
    return market_of(MARKET.decode(json.dumps(entry).encode()))


def recorded(folder: Path, pattern: str) -> Iterator[tuple[str, Json]]:
    """Every market in every recorded file, however deep."""
    for path in sorted(folder.glob(pattern)):
        yield from ((path.name, found) for found in _markets(json.loads(path.read_text())))


def _markets(value: object) -> Iterator[Json]:
    if isinstance(value, dict) and "conditionId" in value and "question" in value:
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _markets(each)
    elif isinstance(value, list):
        for each in value:
            yield from _markets(each)


def test_a_market_is_read_as_it_is_told() -> None:
    market = read(PLAIN)
    assert [(each.name, each.token, each.price) for each in market.outcomes] == [
        ("Yes", "111", Decimal("0.3")),
        ("No", "222", Decimal("0.7")),
    ]
    assert (market.tick, market.minimum_size) == (Decimal("0.001"), Decimal(5))
    assert market.fees == FeeSchedule(Decimal("0.05"), Decimal(1))
    assert market.event == Event(EventId("77"), "rain", "Rain", neg_risk=True)
    assert market.category == "Weather"
    assert market.ends_at == datetime(2026, 11, 7, tzinfo=UTC)
    assert market.accepts_orders


OPENED = {"acceptingOrdersTimestamp": "2026-10-02T09:00:00Z"}
MADE = {"startDate": "2026-10-02T10:00:00.5Z", "createdAt": "2026-09-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({}, None),
        (MADE | OPENED, datetime(2026, 10, 2, 9, tzinfo=UTC)),
        (MADE, datetime(2026, 10, 2, 10, 0, 0, 500_000, tzinfo=UTC)),
        ({"createdAt": "2026-09-01T00:00:00Z"}, datetime(2026, 9, 1, tzinfo=UTC)),
        ({"createdAt": "0001-01-01T00:00:00Z"}, None),
        ({"createdAt": "soon"}, None),
    ],
)
def test_a_market_is_listed_when_it_first_takes_orders(told: Json, at: datetime | None) -> None:
    assert read(PLAIN | told).listed_at == at


def test_numbers_come_without_the_noise_of_floats() -> None:
    market = read(PLAIN | {"orderPriceMinTickSize": 0.1, "volume24hr": 0.1})
    assert (market.tick, market.volume_24h) == (Decimal("0.1"), Decimal("0.1"))


def test_real_lists_serve_as_well_as_lists_in_strings() -> None:
    spelled = {
        "outcomes": ["Yes", "No"],
        "outcomePrices": [0.3, "0.7"],
        "clobTokenIds": ["111", "222"],
    }
    assert read(PLAIN | spelled).outcomes == read(PLAIN).outcomes


def test_version_2_names_its_tokens_elsewhere() -> None:
    second = {key: value for key, value in PLAIN.items() if key != "clobTokenIds"}
    second |= {"version": "v2", "positionIds": ["111", "222"], "conditionId": "0x" + "ab" * 31}
    assert read(second).outcomes == read(PLAIN).outcomes


def test_a_title_is_kept_as_it_is_but_not_endless() -> None:
    market = read(PLAIN | {"question": "<b>&\x00" + "x" * 9_000})
    assert market.question.startswith("<b>&xx")
    assert len(market.question) == 500


@pytest.mark.parametrize(
    ("prices", "status", "winner"),
    [
        ('["1", "0"]', "resolved", "Yes"),
        ('["0.0336", "0.9664"]', "settled", "No"),
        ('["0.5", "0.5"]', "resolved", None),
        ('["1", "0"]', "proposed", None),
    ],
)
def test_a_resolved_market_tells_its_winner(prices: str, status: str, winner: str | None) -> None:
    market = read(PLAIN | {"closed": True, "outcomePrices": prices, "umaResolutionStatus": status})
    assert market.resolved_outcome == winner
    assert market.is_resolved == (status != "proposed")
    assert not market.accepts_orders


@pytest.mark.parametrize("flag", ["active", "acceptingOrders", "enableOrderBook"])
def test_one_flag_is_enough_to_close_a_market_for_orders(flag: str) -> None:
    assert not read(PLAIN | {flag: False}).accepts_orders


@pytest.mark.parametrize("missing", ["feeSchedule", "feesEnabled", "feeType"])
def test_without_a_schedule_there_is_no_fee(missing: str) -> None:
    market = read({key: value for key, value in PLAIN.items() if key != missing})
    assert market.fees.rate == (Decimal("0.05") if missing == "feeType" else 0)


SPOILED: list[Json] = [
    {"id": "12a"}, {"id": None}, {"id": "9" * 40}, {"id": -5}, {"id": 1.5},
    {"question": ""}, {"question": " \x00 "}, {"question": 5}, {"slug": ""},
    {"conditionId": "0xzz"}, {"conditionId": ""},
    {"outcomes": "Yes"}, {"outcomes": "{}"}, {"outcomes": '["Yes"]'}, {"outcomes": 7},
    {"outcomes": "[" * 5000}, {"outcomes": '["Yes", ""]'}, {"outcomes": '["Yes", 1]'},
    {"outcomes": json.dumps(["x"] * 40), "clobTokenIds": json.dumps([str(n) for n in range(40)])},
    {"clobTokenIds": None}, {"clobTokenIds": "[]"}, {"clobTokenIds": '["111"]'},
    {"clobTokenIds": '["111", "111"]'}, {"clobTokenIds": '["111", "-2"]'},
    {"outcomePrices": '["NaN", "0.5"]'}, {"outcomePrices": '["1.01", "0"]'},
    {"outcomePrices": '["-0.1", "0"]'}, {"outcomePrices": '["1e999999999", "0"]'},
    {"outcomePrices": "0.5"}, {"outcomePrices": '["a", "b"]'},
    {"orderPriceMinTickSize": 0}, {"orderPriceMinTickSize": -0.01}, {"orderPriceMinTickSize": 1},
    {"orderPriceMinTickSize": "NaN"}, {"orderMinSize": -1}, {"orderMinSize": "many"},
    {"volume24hr": "NaN"}, {"volume24hr": -1}, {"volume24hr": 1e300}, {"volumeNum": "Infinity"},
    {"feeSchedule": {"rate": "NaN"}}, {"feeSchedule": {"rate": 5}}, {"feeSchedule": {}},
    {"feeSchedule": {"rate": 0.1, "exponent": 1e9}}, {"feeSchedule": []},
    {"endDate": "soon"}, {"endDate": "9999-12-31T23:59:59-23:59"}, {"endDate": "0001-01-01"},
    {"endDate": "2026-13-45T00:00:00Z"}, {"endDate": 1790000000}, {"closed": "no"},
    {"events": "none"}, {"events": [{}]}, {"events": [{"id": "x", "slug": "s", "title": "t"}]},
]  # fmt: skip


@pytest.mark.parametrize("spoiled", SPOILED, ids=lambda spoiled: str(spoiled)[:50])
def test_what_cannot_be_true_is_refused(spoiled: Json) -> None:
    with pytest.raises(REFUSED):
        read(PLAIN | spoiled)


@pytest.mark.parametrize("missing", ["id", "question", "conditionId", "slug", "outcomes"])
def test_what_a_market_cannot_be_without_is_refused(missing: str) -> None:
    with pytest.raises(REFUSED):
        read({key: value for key, value in PLAIN.items() if key != missing})


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(PLAIN)), odd, max_size=4))
def test_no_entry_raises_anything_but_a_refusal(changes: Json) -> None:
    try:
        market = read(PLAIN | changes)
    except REFUSED:
        return
    assert len(market.outcomes) >= 2
    assert all(each.price is None or 0 <= each.price <= 1 for each in market.outcomes)


@pytest.mark.parametrize("pattern", ["polyarb/gamma_*.json", "polycopy/gamma_*.json"])
def test_recorded_markets_are_read(fixtures_dir: Path, pattern: str) -> None:
    _compare(recorded(fixtures_dir, pattern), at_least=3)


def test_wire_examples_are_read(fixtures_dir: Path) -> None:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    if not folder.is_dir():
        pytest.skip(f"no wire examples at {folder}")
    _compare(recorded(folder, "gamma_*.json"), at_least=6)


def _compare(entries: Iterator[tuple[str, Json]], at_least: int) -> None:
    """Each market against a plain reading of its own JSON."""
    count = 0
    for name, entry in entries:
        market = read(entry)
        assert [each.name for each in market.outcomes] == json.loads(entry["outcomes"]), name
        assert list(market.tokens) == json.loads(entry["clobTokenIds"]), name
        prices = [Decimal(text) for text in json.loads(entry.get("outcomePrices", "[]"))]
        assert [each.price for each in market.outcomes if each.price is not None] == [
            value.quantize(Decimal("0.000001")) for value in prices
        ], name
        assert market.is_closed == entry["closed"], name
        assert market.fees.rate == Decimal(str(entry.get("feeSchedule", {}).get("rate", 0))), name
        count += 1
    assert count >= at_least


def test_the_recorded_event_is_read_with_its_head(fixtures_dir: Path) -> None:
    raw = (fixtures_dir / "polyarb" / "gamma_negrisk_event.json").read_bytes()
    told = json.loads(raw)
    told = told[0] if isinstance(told, list) else told
    head = EVENT_HEAD.decode(json.dumps(told).encode())
    market = market_of(MARKET.decode(json.dumps(told["markets"][0]).encode()), head)
    assert market.event == Event(
        EventId(str(told["id"])), told["slug"], told["title"].strip(), neg_risk=True
    )
