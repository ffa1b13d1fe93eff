"""Reading recordings of the market socket, in each of their formats."""

import gzip
import json
from pathlib import Path

import pytest

from infrastructure.sandbox.exchange.recording import load_recording, messages

BOOK = {
    "market": "0xa",
    "asset_id": "1",
    "timestamp": "1700000000000",
    "hash": "",
    "bids": [{"price": "0.4", "size": "5"}],
    "asks": [{"price": "0.6", "size": "5"}],
    "event_type": "book",
}
CHANGE = {
    "market": "0xa",
    "timestamp": "1700000000100",
    "event_type": "price_change",
    "price_changes": [
        {"asset_id": "2", "price": "0.6", "size": "0", "side": "SELL"},
        {"asset_id": "1", "price": "0.4", "size": "0", "side": "BUY"},
    ],
}


def test_lines_with_times_keep_each_frame_byte_for_byte(tmp_path: Path) -> None:
    odd = b'{"event_type":"book", "asset_id":"1","market":"0xa","bids":[],"asks":[],"x":1.10}'
    path = tmp_path / "capture.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"t":5,"raw":' + odd + b"}\n"))
    (frame,) = load_recording(path).frames
    assert (frame.at, frame.data) == (5, odd)


def test_bare_lines_and_arrays_take_the_frames_own_time(tmp_path: Path) -> None:
    lines, array = tmp_path / "a.jsonl", tmp_path / "b.json"
    lines.write_text(f"{json.dumps(BOOK)}\n{json.dumps(CHANGE)}\n")
    array.write_text(json.dumps([[BOOK], CHANGE]))
    for path in (lines, array):
        recording = load_recording(path)
        assert [frame.at for frame in recording.frames] == [1700000000000, 1700000000100]
        assert recording.tokens == {"0xa": ("1", "2")}
        assert [message.asset_id for message in recording.opening] == ["1"]


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    path.write_text("<html>")
    with pytest.raises(ValueError, match="JSON"):
        load_recording(path)


def test_books_without_ids_get_the_two_tokens_of_one_market(fixtures_dir: Path) -> None:
    paths = sorted((fixtures_dir / "l2collector" / "raw").glob("1h_btc_orderbooks*"))
    recording = load_recording(*paths)
    assert len(recording.frames) == 600
    ((_, tokens),) = recording.tokens.items()
    assert len(set(tokens)) == 2
    assert [frame.at for frame in recording.frames] == sorted(f.at for f in recording.frames)
    (book,) = messages(recording.frames[0].data)
    assert (book.event_type, book.tick_size) == ("book", "0.01")


@pytest.mark.parametrize(
    ("name", "frames", "markets"),
    [
        ("tickscope/derived_wire/nhl_g4_0132_0145.jsonl.gz", 96_794, 6),
        ("polyarb/ws_market_capture.json", 5, 2),
        ("polytrader/market_ws_messages.jsonl", 12, 1),
    ],
)
def test_recorded_captures_are_read_whole(
    fixtures_dir: Path, name: str, frames: int, markets: int
) -> None:
    recording = load_recording(fixtures_dir / name)
    assert (len(recording.frames), len(recording.tokens)) == (frames, markets)
