"""What the recorder writes: lines, files, gaps, and how much of it is kept."""

import base64
import json
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from data_ingestion.recorder import manifest
from data_ingestion.recorder.continuity import Continuity, Moment
from data_ingestion.recorder.files import NAMES, FrameFiles, TakenFrame, line
from data_ingestion.recorder.manifest import Manifest
from data_ingestion.recorder.retention import Limits, remove, surplus
from infrastructure.sandbox.exchange.recording import load_recording

SECOND = 1_000_000_000
START = Moment(1_790_000_000 * SECOND, 5 * SECOND)
NOISE = bytes(range(256)) * 4


def moment(seconds: float) -> Moment:
    return Moment(START.wall + int(seconds * SECOND), START.steady + int(seconds * SECOND))


def taken(data: bytes, seconds: float = 0.0) -> TakenFrame:
    return TakenFrame(moment(seconds), 1, data)


def files_in(folder: Path, most_bytes: int = 10_000, most_seconds: float = 60.0) -> FrameFiles:
    folder.mkdir(parents=True, exist_ok=True)
    return FrameFiles(folder, most_bytes=most_bytes, most_seconds=most_seconds)


def content(written: bytes) -> bytes:
    """The frame of a line, read by nobody's code but this."""
    told = json.loads(written)
    if "raw" in told:
        return written[written.index(b'"raw":') + 6 : -2]
    return told["text"].encode() if "text" in told else base64.b64decode(told["base64"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FRAMES = (
    st.binary()
    | st.text().map(str.encode)
    | JSON.map(lambda value: json.dumps(value, indent=1).encode())
    | JSON.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    | st.sampled_from([b"PONG", b"{", b"[" * 5_000 + b"]" * 5_000, b'{"a":"\xff"}', b"[1]x", b""])
)


@given(FRAMES)
def test_whatever_a_frame_is_its_line_is_json_and_gives_it_back(frame: bytes) -> None:
    written = line(taken(frame))
    assert written.count(b"\n") == 1
    assert content(written) == frame


def test_a_line_holds_both_clocks_and_the_connection() -> None:
    assert line(taken(b'{"a":1}', 1.5)) == (
        b'{"t":1790000001500,"ns":6500000000,"c":1,"raw":{"a":1}}\n'
    )


def test_what_was_flushed_can_be_read_while_the_file_is_still_open(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    files.write([taken(b'{"n":1}'), taken(b'{"n":2}', 0.25)])
    files.write([taken(b'{"n":3}', 0.5)])
    (path,) = tmp_path.glob(NAMES)
    recording = load_recording(path)
    assert [frame.data for frame in recording.frames] == [b'{"n":1}', b'{"n":2}', b'{"n":3}']
    assert [frame.at - recording.frames[0].at for frame in recording.frames] == [0, 250, 500]
    assert recording.cut == (str(path),)
    files.close()
    assert load_recording(path).cut == ()


def test_a_file_is_ended_by_its_size_or_its_age_and_nothing_is_lost(tmp_path: Path) -> None:
    files = files_in(tmp_path, most_bytes=500, most_seconds=10.0)
    frames = [taken(NOISE, number / 10) for number in range(5)] + [taken(b"{}", 11.0)]
    begun = [files.write([frame]) for frame in frames]
    files.close()
    assert begun == [False, True, True, True, True, True]
    assert [file.frames for file in files.files] == [1] * 6
    unpack = zstandard.ZstdDecompressor().decompressobj
    written = [unpack().decompress(path.read_bytes()) for path in _parts(tmp_path)]
    assert [content(each) for each in written] == [frame.data for frame in frames]


def test_frames_are_timed_by_the_clock_that_nobody_sets(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    set_back = Moment(START.wall - 3600 * SECOND, START.steady + SECOND)
    files.write([taken(b"{}"), TakenFrame(set_back, 1, b"{}")])
    files.close()
    first, second = load_recording(*tmp_path.glob(NAMES)).frames
    assert second.at - first.at == 1000


def test_silence_and_a_lost_connection_are_gaps_with_their_reasons() -> None:
    line = Continuity(START)
    line.opened(moment(0))
    for at in (1, 5, 16):
        line.heard(moment(at))
    line.lost(moment(17))
    line.opened(moment(18))
    assert [(gap.reason, gap.end) for gap in line.gaps(moment(18))] == [
        ("silence", moment(16).utc),
        ("no connection", None),
    ]
    line.heard(moment(19))
    line.finish(moment(20))
    line.lost(moment(20))
    silent, broken = line.gaps(moment(60))
    assert (silent.start, silent.end) == (moment(5).utc, moment(16).utc)
    assert (broken.start, broken.end) == (moment(16).utc, moment(19).utc)
    assert [each.end for each in line.connections] == [moment(17).utc, moment(20).utc]


def test_the_oldest_files_of_all_recordings_go_first_and_their_manifests_forget_them(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / "20260101T000000Z", tmp_path / "20260102T000000Z"
    for folder in (old, new):
        _recorded(folder, 3)
    paths = [*_parts(old), *_parts(new)]
    size = max(path.stat().st_size for path in paths)
    gone = surplus(tmp_path, paths[-1], Limits(size * 2, 86_400.0), paths[0].stat().st_mtime)
    assert gone == paths[:3]
    remove(gone)
    assert not old.exists()
    remove(surplus(tmp_path, paths[-1], Limits(size, 86_400.0), paths[-1].stat().st_mtime))
    told = manifest.read(new)
    assert told is not None
    assert ([file.name for file in told.files], told.removed_files) == (
        [path.name for path in paths[-2:]],
        1,
    )


def test_files_beyond_their_age_go_and_strangers_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "20260101T000000Z"
    _recorded(folder, 2)
    (folder / "notes.txt").write_text("mine")
    (tmp_path / "frames-00001.jsonl.zst").write_text("mine too")
    written = max(path.stat().st_mtime for path in _parts(folder))
    limits = Limits(10**9, 100.0)
    assert surplus(tmp_path, None, limits, written + 50) == []
    remove(surplus(tmp_path, None, limits, written + 200))
    assert {path.name for path in tmp_path.rglob("*.*")} == {"notes.txt", "frames-00001.jsonl.zst"}


@pytest.mark.parametrize("text", ["", "{}", "[", "\xff"])
def test_a_manifest_that_cannot_be_read_keeps_nothing_from_being_removed(
    tmp_path: Path, text: str
) -> None:
    folder = tmp_path / "20260101T000000Z"
    _recorded(folder, 1)
    (folder / manifest.NAME).write_text(text)
    remove(_parts(folder))
    assert not folder.exists()


def _recorded(folder: Path, count: int) -> None:
    files = files_in(folder, most_bytes=1)
    for number in range(count):
        files.write([taken(NOISE, number)])
    files.close()
    manifest.write(
        folder,
        Manifest(
            url="ws://venue",
            start=START.utc,
            end=START.utc,
            tokens=["1"],
            without_book=[],
            markets=[],
            frames=count,
            files=files.files,
            removed_files=0,
            connections=[],
            gaps=[],
        ),
    )


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob(NAMES))


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    _recorded(tmp_path / "one", 2)
    told = manifest.read(tmp_path / "one")
    assert told is not None
    assert msgspec.structs.asdict(told)["frames"] == 2
    assert [file.start for file in told.files] == [moment(0).utc, moment(1).utc]
