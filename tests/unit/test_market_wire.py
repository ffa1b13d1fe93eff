"""Decoding: every recorded shape is read, and nothing unreadable stops the rest."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client import wire
from data_ingestion.streamer.websocket_client.protocol import BATCH, MAX_DECODED, MarketChannel
from tests.support.nearly_frames import NEARLY

CHANGE = {"asset_id": "1", "price": "0.5", "size": "10", "side": "BUY"}
FRAME = {
    "event_type": "price_change",
    "market": "0x1",
    "timestamp": "1790658674035",
    "price_changes": [CHANGE],
}


def channel() -> MarketChannel:
    return MarketChannel(now=0.0, ping_interval=10.0)


def encoded(message: object) -> bytes:
    return msgspec.json.encode(message)


def example(fixtures_dir: Path, name: str) -> bytes:
    return (fixtures_dir.parent / "reference" / "wire_examples" / f"{name}.json").read_bytes()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ws_market_book_captured", wire.WireBook),
        ("ws_market_book_doc", wire.WireBook),
        ("ws_market_price_change_captured_pair", wire.WirePriceChange),
        ("ws_market_price_change_doc", wire.WirePriceChange),
        ("ws_market_price_change_level_removed", wire.WirePriceChange),
        ("ws_market_last_trade_price", wire.WireTrade),
        ("ws_market_tick_size_change", wire.WireTickSize),
        ("ws_market_best_bid_ask", wire.WireBestBidAsk),
        ("ws_market_new_market", wire.WireNewMarket),
        ("ws_market_market_resolved", wire.WireResolved),
    ],
)
def test_each_documented_event_is_read(
    fixtures_dir: Path, name: str, kind: type[wire.Message]
) -> None:
    (message,) = wire.decode(example(fixtures_dir, name))
    assert type(message) is kind
    assert message.timestamp.isdigit()


def test_an_initial_dump_is_an_array_of_books(fixtures_dir: Path) -> None:
    messages = wire.decode(example(fixtures_dir, "ws_market_initial_dump_array"))
    assert len(messages) >= 1
    assert all(isinstance(message, wire.WireBook) for message in messages)


def test_the_flat_price_change_of_2024_is_read(fixtures_dir: Path) -> None:
    frame = (fixtures_dir / "nautilus/py_ws_messages/price_change.json").read_bytes()
    (message,) = wire.decode(frame)
    assert isinstance(message, wire.WirePriceChange)
    (entry,) = message.entries()
    assert (entry.price, entry.size, entry.side) == ("0.514", "21574.08", "SELL")
    assert entry.best_bid is None


def test_the_changes_list_of_october_2024_is_read(fixtures_dir: Path) -> None:
    name = "nautilus/history/price_change_v2__changes_format_2024-10.json"
    (message,) = wire.decode((fixtures_dir / name).read_bytes())
    assert isinstance(message, wire.WirePriceChange)
    assert [entry.price for entry in message.entries()] == ["0.6", "0.5", "0.7"]
    assert {entry.asset_id for entry in message.entries()} == {message.asset_id}


def test_the_old_name_of_a_trade_is_read() -> None:
    (message,) = wire.decode(
        b'{"event_type":"trade","asset_id":"1","price":"0.4","timestamp":"1790658674035"}'
    )
    assert isinstance(message, wire.WireLegacyTrade)


def test_every_recorded_frame_is_read(fixtures_dir: Path) -> None:
    lines = (fixtures_dir / "polytrader/market_ws_messages.jsonl").read_bytes().splitlines()
    capture = json.loads((fixtures_dir / "polyarb/ws_market_capture.json").read_bytes())
    frames = [*lines, *(encoded(frame) for frame in capture)]
    assert len(frames) >= 17
    heard = channel()
    assert all(heard.receive(frame, 1.0) for frame in frames)
    assert not heard.dropped


def test_one_bad_entry_costs_that_entry_only() -> None:
    frame = {**FRAME, "price_changes": [{**CHANGE, "price": 5}, {**CHANGE, "asset_id": "2"}]}
    heard = channel()
    heard.subscribed = frozenset({TokenId("1"), TokenId("2")})
    (message,) = heard.receive(encoded(frame), 1.0)
    assert isinstance(message, wire.WirePriceChange)
    assert [entry.asset_id for entry in message.entries()] == ["2"]
    assert heard.dropped == {"malformed_entry": 1}
    assert heard.suspects == {"1"}


def test_an_unknown_event_is_counted_and_its_neighbours_are_read() -> None:
    heard = channel()
    messages = heard.receive(encoded([{"event_type": "novelty"}, FRAME]), 1.0)
    assert len(messages) == 1
    assert heard.dropped == {"unknown_event": 1}


def test_three_unreadable_frames_in_a_row_doubt_everything() -> None:
    heard = channel()
    heard.subscribed = frozenset({TokenId("1"), TokenId("2")})
    for frame in (b"{", b"[", encoded(FRAME), b"{", b"PONG", b"["):
        heard.receive(frame, 1.0)
    assert heard.suspects == set()
    heard.receive(b"{", 1.0)
    assert heard.suspects == {"1", "2"}
    heard.suspects.clear()
    for frame in (b"{", b"["):
        heard.receive(frame, 1.0)
    assert heard.suspects == set()


@pytest.mark.parametrize(
    "frame",
    [
        b"{",
        b"[1, null, []]",
        b'{"event_type": 5}',
        b'{"event_type":"book","asset_id":"1"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"event_type":"price_change","market":"x","timestamp":1,"price_changes":{}}',
        b"\xff\xfe{",
        b'{"event_type":"book","asset_id":"1","market":"m","timestamp":"1","bids":[[]],"asks":[]}',
    ],
)
def test_garbage_is_counted_and_stops_nothing(frame: bytes) -> None:
    heard = channel()
    assert not heard.receive(frame, 1.0)
    assert heard.receive(encoded(FRAME), 2.0)
    assert heard.dropped or heard.counts["text"]


def test_a_frame_of_many_megabytes_is_dropped_undecoded() -> None:
    heard = channel()
    heard.subscribed = frozenset({TokenId("1")})
    assert not heard.receive(b"[" + b" " * MAX_DECODED + b"]", 1.0)
    assert heard.dropped == {"oversized": 1}
    assert heard.suspects == {"1"}


@pytest.mark.parametrize("text", [b"PONG", b"NO NEW ASSETS", b"INVALID OPERATION", b""])
def test_bare_texts_are_ignored_and_counted(text: bytes) -> None:
    heard = channel()
    assert not heard.receive(text, 1.0)
    assert sum(heard.counts.values()) == 1
    assert not heard.dropped


def test_an_empty_array_is_no_news_and_no_error() -> None:
    heard = channel()
    assert not heard.receive(b"[]", 1.0)
    assert not heard.dropped
    assert heard.last_data is None


def test_the_first_frame_opens_the_channel_and_later_ones_are_operations() -> None:
    speaks = channel()
    wanted = frozenset({TokenId("1")})
    (first,) = speaks.frames_to_send(wanted, 0.0)
    later = list(speaks.frames_to_send(frozenset({TokenId("2")}), 0.0))
    assert json.loads(first) == {
        "assets_ids": ["1"],
        "type": "market",
        "custom_feature_enabled": False,
    }
    assert json.loads(later[0]) == {"operation": "unsubscribe", "assets_ids": ["1"]}
    assert json.loads(later[1]) == {
        "assets_ids": ["2"],
        "operation": "subscribe",
        "custom_feature_enabled": False,
    }


def test_many_tokens_go_out_a_hundred_a_frame_and_only_the_first_opens() -> None:
    wanted = frozenset(TokenId(str(number)) for number in range(250))
    frames = [json.loads(frame) for frame in channel().frames_to_send(wanted, 0.0)]
    assert [len(frame["assets_ids"]) for frame in frames] == [BATCH, BATCH, 50]
    assert ["type" in frame for frame in frames] == [True, False, False]
    assert {token for frame in frames for token in frame["assets_ids"]} == wanted


def test_nothing_is_sent_when_nothing_changed_until_the_heartbeat_is_due() -> None:
    speaks = channel()
    wanted = frozenset({TokenId("1")})
    list(speaks.frames_to_send(wanted, 0.0))
    assert not list(speaks.frames_to_send(wanted, 9.9))
    assert list(speaks.frames_to_send(wanted, 10.0)) == ["PING"]
    assert speaks.next_ping(12.0) == 8.0


def test_a_heartbeat_is_due_as_soon_as_a_timer_for_it_ends() -> None:
    speaks = channel()
    list(speaks.frames_to_send(frozenset({TokenId("1")}), 0.0))
    assert list(speaks.frames_to_send(frozenset({TokenId("1")}), 9.9999999)) == ["PING"]


def test_a_connection_is_dead_when_not_even_a_pong_came_for_three_heartbeats() -> None:
    heard = channel()
    heard.receive(b"PONG", 5.0)
    assert not heard.is_dead(35.0)
    assert heard.is_dead(35.1)


@given(st.lists(NEARLY, max_size=4), st.booleans())
def test_no_nearly_well_formed_frame_breaks_the_channel(
    messages: list[dict[str, object]],
    is_array: bool,  # noqa: FBT001 - hypothesis passes it
) -> None:
    heard = channel()
    frames = [encoded(messages)] if is_array else [encoded(message) for message in messages]
    for frame in frames:
        heard.receive(frame, 1.0)
    assert heard.receive(encoded(FRAME), 2.0)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_channel(frame: bytes) -> None:
    heard = channel()
    heard.receive(frame, 1.0)
    assert heard.receive(encoded(FRAME), 2.0)


def test_the_recording_is_read_whole(fixtures_dir: Path) -> None:
    path = fixtures_dir / "tickscope/derived_wire/nhl_g4_0132_0145.jsonl.gz"
    heard = channel()
    with gzip.open(path) as lines:
        for line in lines:
            assert heard.receive(line[line.index(b'"raw":') + 6 : -2], 1.0)
    assert heard.counts["price_change"] == 95_232
    assert heard.counts["book"] == 1_122 + 12
    assert not heard.dropped
