"""Recordings that are not whole: each is played as far as it goes, or refused in one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.domain.units import TokenId
from data_ingestion.recorder.continuity import Moment
from data_ingestion.recorder.files import FrameFiles, TakenFrame
from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.sandbox.exchange.recorded_files import Unplayable
from infrastructure.sandbox.exchange.recording import load_recording

COUNT = 2_000


def book(number: int) -> dict[str, Any]:
    return {
        "event_type": "book",
        "market": "0xa",
        "asset_id": "1",
        "timestamp": str(1_790_000_000_000 + number),
        "hash": f"{number * 7919 % 65_521:040x}",
        "bids": [],
        "asks": [{"price": "0.5", "size": str(number + 1)}],
    }


def write(folder: Path, *frames: bytes, most_bytes: int = 10**9) -> list[Path]:
    folder.mkdir(exist_ok=True)
    files = FrameFiles(folder, most_bytes=most_bytes, most_seconds=10**6)
    for number, frame in enumerate(frames):
        at = Moment(number * 10**9, number * 10**9)
        files.write([TakenFrame(at, 1, frame)])
    files.close()
    return [folder / file.name for file in files.files]


def books(count: int) -> list[bytes]:
    return [json.dumps(book(number)).encode() for number in range(count)]


def manifest(folder: Path, **told: object) -> Path:
    (folder / "manifest.json").write_text(json.dumps(told))
    return folder


def test_files_that_a_killed_recorder_had_not_named_yet_are_played_too(tmp_path: Path) -> None:
    first, second, *_ = write(tmp_path, *books(3), most_bytes=1)
    manifest(tmp_path, files=[], markets=[])
    assert [frame.data for frame in load_recording(tmp_path).frames] == books(3)
    manifest(tmp_path, files=[{"name": second.name}], markets=[], end=None)
    assert first.is_file()  # on its way out when the recorder was killed
    assert [frame.data for frame in load_recording(tmp_path).frames] == books(3)[1:]


def test_a_recording_that_ended_is_what_its_manifest_says(tmp_path: Path) -> None:
    first, *_ = write(tmp_path, *books(3), most_bytes=1)
    manifest(tmp_path, files=[{"name": first.name}], end="2026-11-21T12:00:00Z")
    assert [frame.data for frame in load_recording(tmp_path).frames] == books(1)


@pytest.mark.parametrize("left", [0.3, 0.9, 0.999])
def test_a_file_that_ends_in_the_middle_is_played_up_to_there(tmp_path: Path, left: float) -> None:
    (path,) = write(tmp_path, *books(COUNT))
    packed = path.read_bytes()
    path.write_bytes(packed[: int(len(packed) * left)])
    recording = load_recording(path)
    count = len(recording.frames)
    assert abs(count / COUNT - left) < 0.15
    assert [frame.data for frame in recording.frames] == books(COUNT)[:count]
    assert recording.cut == (str(path),)


@pytest.mark.parametrize("where", [0, 2, 0.5])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, where: float) -> None:
    (path,) = write(tmp_path, *books(COUNT))
    packed = bytearray(path.read_bytes())
    at = int(where * len(packed)) if isinstance(where, float) else where
    packed[at : at + 16] = b"?" * 16
    path.write_bytes(packed)
    with pytest.raises(Unplayable, match=r"frames-00001.jsonl.zst is (damaged|no recording)"):
        load_recording(path)


def test_one_flipped_bit_is_noticed(tmp_path: Path) -> None:
    (path,) = write(tmp_path, *books(COUNT))
    packed = bytearray(path.read_bytes())
    for at in range(20, len(packed), len(packed) // 20):
        packed[at] ^= 1
        path.write_bytes(packed)
        try:
            recording = load_recording(path)
        except Unplayable:
            pass
        else:  # the length of a block was hit: the file seems to end in the middle
            assert recording.cut
            assert [frame.data for frame in recording.frames] == books(len(recording.frames))
        packed[at] ^= 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "holds no frames"),
        (b"hello", "is damaged"),
    ],
)
def test_a_file_without_frames_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "frames-00001.jsonl.zst"
    path.write_bytes(content)
    with pytest.raises(Unplayable, match=problem):
        load_recording(path)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unplayable, match=r"nowhere.jsonl.zst cannot be read: No such file"):
        load_recording(tmp_path / "nowhere.jsonl.zst")


def test_a_folder_is_played_by_its_manifest_across_its_files(tmp_path: Path) -> None:
    paths = write(tmp_path, *books(5), most_bytes=1)
    manifest(tmp_path, files=[{"name": path.name} for path in paths])
    recording = load_recording(tmp_path)
    assert [frame.data for frame in recording.frames] == books(5)
    assert [frame.at for frame in recording.frames] == [0, 1000, 2000, 3000, 4000]
    assert len(load_recording(paths[3]).frames) == 1


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({}, "is no manifest"),
        ({"files": [{"name": "frames-00009.jsonl.zst"}]}, "names 'frames-00009.jsonl.zst', which"),
        ({"files": [{"name": "../frames-00001.jsonl.zst"}]}, "which is not beside it"),
        ({"files": [], "markets": [{"id": "1"}]}, "is no manifest"),
        ({"files": [], "end": "2026-11-21T12:00:00Z"}, "holds no frames"),
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path: Path, told: dict[str, Any], problem: str) -> None:
    write(tmp_path / "inner", b"{}")
    folder = manifest(tmp_path / "inner", **told)
    with pytest.raises(Unplayable, match=problem):
        load_recording(folder)


def test_a_tick_that_is_none_makes_a_manifest_wrong(tmp_path: Path) -> None:
    (path,) = write(tmp_path, *books(1))
    manifest(tmp_path, files=[{"name": path.name}], markets=[described(tick="fine")])
    with pytest.raises(Unplayable, match="is no manifest"):
        load_recording(tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unplayable, match=r"has no manifest.json"):
        load_recording(tmp_path)


def test_the_exchange_lists_a_market_as_the_manifest_describes_it(tmp_path: Path) -> None:
    (path,) = write(tmp_path, *books(1))
    manifest(tmp_path, files=[{"name": path.name}], markets=[described(neg_risk=True)])
    exchange = ExchangeSandbox(ExchangeOptions(recording=load_recording(path)))
    (listed,) = exchange.catalogue.markets.values()
    assert (listed.id, listed.question, listed.outcomes) == ("77", "Rain?", ("Up", "Down"))
    assert (listed.tokens, listed.neg_risk, listed.tick) == (("2", "1"), True, 1_000)


def described(**other: object) -> dict[str, object]:
    return {
        "id": "77",
        "condition_id": "0xa",
        "question": "Rain?",
        "outcomes": ["Up", "Down"],
        "tokens": ["2", "1"],
        "tick": "0.001",
        "neg_risk": False,
    } | other


async def test_frames_that_nobody_can_read_go_to_everybody_and_answers_to_nobody(
    tmp_path: Path,
) -> None:
    opening, last = books(2)
    wrong_side = (
        b'{"event_type":"last_trade_price","market":"0xa","asset_id":"1",'
        b'"timestamp":"1790000000001","price":"0.5","side":"?"}'
    )
    odd = [b"{", b"\xff\x00", b"[1]", b'{"event_type":"book","timestamp":"soon"}', wrong_side]
    (path,) = write(tmp_path, opening, b"PONG", *odd, b"NO NEW ASSETS", last)
    exchange = ExchangeSandbox(ExchangeOptions(recording=load_recording(path), speed=0))
    connection = exchange.hub.connect(lambda: None)
    exchange.hub.subscribe(connection, ["1"])
    assert exchange.replay is not None
    await exchange.replay.run(exchange.hub, exchange.find)
    assert await connection.outbox.batch() == [opening, *odd, last]
    found = exchange.find(TokenId("1"))
    assert found is not None
    assert found[0].books[found[1]].raw_asks() == [("0.5", "2")]
