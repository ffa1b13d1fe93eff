"""The user channel's frames: every recorded and documented form, and whatever else may come."""

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.book import Side
from core.domain.errors import InvalidQuantity
from core.domain.ledger import Settlement
from core.domain.order import OrderStatus
from core.domain.reports import LiquidityRole, OrderReport, TradeReport
from core.domain.units import ZERO
from data_ingestion.user_channel.protocol import Report, UserProtocol, api_key_of
from data_ingestion.user_channel.translation import moment
from tests.support.user_events import OURS, THEIRS, maker, order, trade

RECORDED_KEY = "00000000-0000-4000-8000-000000000001"


def talk(api_key: str = OURS) -> UserProtocol:
    return UserProtocol(api_key, 0.0, 10.0)


def heard(*messages: object, api_key: str = OURS) -> list[Report]:
    channel = talk(api_key)
    frame = messages[0] if len(messages) == 1 else list(messages)
    return channel.receive(json.dumps(frame).encode(), 0.0)


def order_of(**fields: object) -> OrderReport:
    (report,) = heard(order(**fields))
    assert isinstance(report, OrderReport)
    return report


def example(fixtures_dir: Path, name: str) -> dict[str, Any]:
    """A message of the venue, as it was recorded or documented."""
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    if not folder.is_dir():
        pytest.skip(f"no wire examples at {folder}")
    message: dict[str, Any] = json.loads((folder / f"ws_user_{name}.json").read_bytes())
    return message


def trades_of(**fields: object) -> list[TradeReport]:
    reports = heard(trade(**fields))
    return [report for report in reports if isinstance(report, TradeReport)]


def test_the_recorded_frames_of_one_account_are_read(fixtures_dir: Path) -> None:
    lines = (fixtures_dir / "polytrader/user_ws_messages.jsonl").read_bytes().splitlines()
    channel = talk(RECORDED_KEY)
    placed, matched, mined, cancelled = (
        report for line in lines for report in channel.receive(line, 0.0)
    )
    assert isinstance(placed, OrderReport)
    assert isinstance(cancelled, OrderReport)
    assert (placed.status, cancelled.status) == (OrderStatus.LIVE, OrderStatus.CANCELLED)
    assert placed.at == datetime(2026, 3, 13, 11, 16, 50, 667000, UTC)
    assert isinstance(matched, TradeReport)
    assert isinstance(mined, TradeReport)
    assert matched == mined
    assert (matched.role, matched.settlement) == (LiquidityRole.TAKER, Settlement.PROVISIONAL)
    assert (matched.size, matched.price) == (Decimal("8.771927"), Decimal("0.57"))
    assert not channel.dropped


def test_every_recorded_trade_of_the_rest_report_would_be_read(fixtures_dir: Path) -> None:
    channel, told = talk(RECORDED_KEY), 0
    for page in sorted((fixtures_dir / "polytrader").glob("rest_clob_data_trades_page0[0-3]*")):
        body = json.loads(json.loads(gzip.decompress(page.read_bytes()))["response"]["body"])
        for row in body["data"]:
            frame = json.dumps(row | {"event_type": "trade"}).encode()
            reports = channel.receive(frame, 0.0)
            assert reports
            assert all(isinstance(report, TradeReport) for report in reports)
            told += 1
    assert told > 1000
    assert not channel.dropped


@pytest.mark.parametrize(
    ("name", "status", "matched"),
    [
        ("placement", OrderStatus.LIVE, "0"),
        ("update_partial", OrderStatus.PARTIAL, "25"),
        ("update_matched", OrderStatus.FILLED, "100"),
        ("cancellation", OrderStatus.CANCELLED, "5"),
        ("fok_killed", OrderStatus.CANCELLED, "0"),
        ("venue_cancel", OrderStatus.CANCELLED, "0"),
    ],
)
def test_messages_of_orders_are_read_those_that_the_official_parser_refuses_too(
    fixtures_dir: Path, name: str, status: OrderStatus, matched: str
) -> None:
    """Empty numbers, and milliseconds where it expects seconds."""
    message = example(fixtures_dir, f"order_{name}")
    (report,) = heard(message, api_key=message["owner"])
    assert isinstance(report, OrderReport)
    assert (report.status, report.matched) == (status, Decimal(matched))
    assert report.at is not None
    assert report.at.year in range(2022, 2027)


@pytest.mark.parametrize(
    ("name", "settlement"),
    [
        ("matched", Settlement.PROVISIONAL),
        ("mined", Settlement.PROVISIONAL),
        ("retrying", Settlement.PROVISIONAL),
        ("confirmed", Settlement.CONFIRMED),
        ("failed", Settlement.FAILED),
        ("as_maker", None),
    ],
)
def test_messages_of_trades_are_read_for_whoever_took_or_made_them(
    fixtures_dir: Path, name: str, settlement: Settlement | None
) -> None:
    message = example(fixtures_dir, f"trade_{name}")
    owners = {message["owner"], *(entry["owner"] for entry in message["maker_orders"])}
    told = [each for owner in owners for each in heard(message, api_key=owner)]
    assert told
    for report in told:
        assert isinstance(report, TradeReport)
        assert report.size > 0
        assert settlement in {None, report.settlement}


def test_a_killed_fok_is_cancelled_in_the_venue_s_own_words() -> None:
    words = "order couldn't be fully filled. FOK orders are fully filled or killed."
    report = order_of(
        type="CANCELLATION", status=f"CANCELED_{words}", size_matched="", created_at=""
    )
    assert (report.status, report.reason, report.matched) == (OrderStatus.CANCELLED, words, ZERO)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "LIVE"}, OrderStatus.LIVE),
        ({"status": "ORDER_STATUS_LIVE"}, OrderStatus.LIVE),
        ({"status": "LIVE", "size_matched": "25.0"}, OrderStatus.PARTIAL),
        ({"status": "MATCHED", "size_matched": "100"}, OrderStatus.FILLED),
        ({"status": "MATCHED", "size_matched": 40}, OrderStatus.MATCHED),
        ({"status": "DELAYED"}, OrderStatus.DELAYED),
        ({"status": "UNMATCHED"}, OrderStatus.LIVE),
        ({"status": "INVALID", "type": "CANCELLATION"}, OrderStatus.CANCELLED),
        ({"status": "CANCELED_MARKET_RESOLVED"}, OrderStatus.CANCELLED),
        ({"status": "CANCELED_EXPIRED_ORDER"}, OrderStatus.EXPIRED),
        ({"status": "ANYTHING", "type": "CANCELLATION"}, OrderStatus.CANCELLED),
    ],
)
def test_the_venue_s_words_for_an_order_s_state_are_ours(
    fields: dict[str, object], expected: OrderStatus
) -> None:
    assert order_of(**fields).status is expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("MATCHED", Settlement.PROVISIONAL),
        ("MATCHED_NOT_BROADCASTED", Settlement.PROVISIONAL),
        ("MINED", Settlement.PROVISIONAL),
        ("TRADE_STATUS_RETRYING", Settlement.PROVISIONAL),
        ("TRADE_STATUS_CONFIRMED", Settlement.CONFIRMED),
        ("FAILED", Settlement.FAILED),
    ],
)
def test_only_confirmed_and_failed_trades_are_final(word: str, expected: Settlement) -> None:
    (report,) = trades_of(status=word)
    assert report.settlement is expected


def test_only_our_own_orders_of_a_trade_are_told() -> None:
    entries = [maker("0xa", "4"), maker("0xb", "6", owner=THEIRS), maker("0xc", "1")]
    reports = trades_of(owner=THEIRS, trade_owner=THEIRS, maker_orders=entries)
    assert [(report.hash, report.size) for report in reports] == [
        ("0xa", Decimal(4)),
        ("0xc", Decimal(1)),
    ]
    assert {report.role for report in reports} == {LiquidityRole.MAKER}
    assert len({report.event_key for report in reports}) == 2


def test_a_maker_s_fill_is_on_its_own_token_at_its_own_price() -> None:
    entry = maker("0xa", "5", asset_id="12", price="0.4300000444600143", side="BUY")
    (report,) = trades_of(owner=THEIRS, trade_owner=THEIRS, maker_orders=[entry])
    assert (report.token, report.side) == ("12", Side.BUY)
    assert report.price == Decimal("0.430000044460")


@pytest.mark.parametrize(("token", "expected"), [("11", Side.SELL), ("12", Side.BUY)])
def test_a_maker_without_a_side_did_what_the_taker_s_side_leaves(
    token: str, expected: Side
) -> None:
    entry = maker("0xa", "5", asset_id=token, side="")
    (report,) = trades_of(owner=THEIRS, trade_owner=THEIRS, maker_orders=[entry])
    assert report.side is expected


def test_numbers_may_be_text_and_text_numbers() -> None:
    (report,) = trades_of(size=10, price=0.57, match_time=1672290701)
    assert (report.size, report.price) == (Decimal(10), Decimal("0.57"))
    assert report.at == datetime(2022, 12, 29, 5, 11, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["1672290701", "1672290701000", "1672290701000000", "2022-12-29T05:11:41Z"]
)
def test_times_come_in_seconds_milliseconds_microseconds_and_iso(text: str) -> None:
    assert moment(text) == datetime(2022, 12, 29, 5, 11, 41, tzinfo=UTC)
    assert moment("") is moment("0") is moment(None) is None
    with pytest.raises(InvalidQuantity):
        moment("yesterday")


def test_one_bad_entry_costs_that_entry_only() -> None:
    channel = talk()
    frame = [order(price="NaN"), order(status="ASLEEP"), 5, {"event_type": "tip"}, order()]
    assert len(channel.receive(json.dumps(frame).encode(), 1.0)) == 1
    assert channel.dropped == {
        "malformed": 1,
        "unknown_status": 1,
        "not_an_object": 1,
        "unknown_event": 1,
    }
    assert channel.losses == 3


def test_what_is_about_other_people_s_orders_is_no_loss() -> None:
    channel = talk()
    others = [order(owner=THEIRS, order_owner=THEIRS), trade(owner=THEIRS, trade_owner=THEIRS)]
    assert channel.receive(json.dumps(others).encode(), 1.0) == []
    assert (channel.dropped["foreign"], channel.losses, channel.has_news) == (2, 0, False)


def test_a_pong_proves_life_for_three_heartbeats() -> None:
    channel = talk()
    assert channel.next_ping(0.0) == 0.0
    channel.ping(0.0)
    assert channel.receive(b"PONG", 5.0) == []
    assert (channel.next_ping(6.0), channel.is_dead(35.0), channel.is_dead(35.1)) == (
        4.0,
        False,
        True,
    )


def test_the_api_key_is_read_from_the_frame_that_is_sent() -> None:
    assert api_key_of(b'{"auth":{"apiKey":"k","secret":"s","passphrase":"p"},"type":"user"}') == "k"
    with pytest.raises(msgspec.DecodeError):
        api_key_of(b"{}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = sorted({*order(), *trade()})


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.sampled_from(["order", "trade"]))
def test_no_message_however_wrong_ends_the_reading(fields: dict[str, object], kind: str) -> None:
    message = (order() if kind == "order" else trade()) | fields | {"event_type": kind}
    for report in talk().receive(json.dumps(message).encode(), 0.0):
        assert isinstance(report, OrderReport | TradeReport)


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_no_bytes_however_wrong_end_the_reading(frame: bytes) -> None:
    assert talk().receive(frame, 0.0) == []
