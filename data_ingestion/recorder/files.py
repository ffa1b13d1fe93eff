"""Frames into rotated zstd files: one line of JSON each, readable up to the last flush.

| Key | Content |
|---|---|
| `t`, `ns` | receipt: milliseconds since 1970 (UTC), nanoseconds of the monotonic clock |
| `c` | number of the connection |
| `raw` | the frame byte for byte, where it is JSON on one line; else one of the next two |
| `text`, `base64` | the frame as a string; what is no UTF-8 as its bytes |
"""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import zstandard

from data_ingestion.recorder.continuity import Moment
from data_ingestion.recorder.manifest import RecordedFile

NAMES: Final = "frames-*.jsonl.zst"
LEVEL: Final = 3  # of zstd: market frames shrink to a tenth, at 300 MB/s

_JSON: Final = msgspec.json.Decoder(msgspec.Raw)


class TakenFrame(NamedTuple):
    """A frame as it came."""

    at: Moment
    connection: int
    data: bytes


def line(frame: TakenFrame) -> bytes:
    """The frame's line, with its end."""
    kind, content = _content(frame.data)
    times = b'"t":%d,"ns":%d' % (frame.at.wall // 1_000_000, frame.at.steady)
    return b'{%b,"c":%d,"%b":%b}\n' % (times, frame.connection, kind, content)


def _content(data: bytes) -> tuple[bytes, bytes]:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return b"base64", msgspec.json.encode(data)
    if _is_one_line_of_json(data):
        return b"raw", data
    return b"text", msgspec.json.encode(text)


def _is_one_line_of_json(data: bytes) -> bool:
    if data[:1] not in {b"{", b"["} or data[-1:] not in {b"}", b"]"}:
        return False
    if b"\n" in data or b"\r" in data:
        return False
    try:
        _JSON.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


class FrameFiles:
    """The files of one recording. Every method waits for the disk and may raise OSError."""

    def __init__(self, folder: Path, *, most_bytes: int, most_seconds: float) -> None:
        """A file is ended once it has so many bytes (compressed), or is so old."""
        self.removed = 0  # files that had to make room
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds
        self._ended: list[RecordedFile] = []
        self._open: _OpenFile | None = None
        self._begun = 0

    @property
    def files(self) -> list[RecordedFile]:
        """Those that are there, oldest first."""
        return [*self._ended, self._open.told()] if self._open else list(self._ended)

    @property
    def current(self) -> Path | None:
        return self._open.path if self._open else None

    def write(self, frames: Iterable[TakenFrame]) -> bool:
        """Write and flush; whether a second or later file was begun."""
        before = self._begun
        for frame in frames:
            self._file_for(frame).add(frame)
        if self._open is not None:
            self._open.flush()
        return self._begun > max(before, 1)

    def forget(self, names: Collection[str]) -> None:
        """These are about to be removed."""
        left = [file for file in self._ended if file.name not in names]
        self.removed += len(self._ended) - len(left)
        self._ended = left

    def close(self) -> None:
        ending, self._open = self._open, None
        if ending is not None:
            ending.close()
            self._ended.append(ending.told())

    def _file_for(self, frame: TakenFrame) -> "_OpenFile":
        if self._open is not None and self._is_full(self._open, frame.at):
            self.close()
        if self._open is None:
            self._begun += 1
            name = NAMES.replace("*", f"{self._begun:05}")
            self._open = _OpenFile(self._folder / name, frame.at)
        return self._open

    def _is_full(self, file: "_OpenFile", at: Moment) -> bool:
        return file.size >= self._most_bytes or at.seconds_since(file.start) >= self._most_seconds


class _OpenFile:
    """One file: a single zstd frame that is flushed now and then, with a checksum at its end."""

    def __init__(self, path: Path, start: Moment) -> None:
        self.path = path
        self.start = start
        self._frames = 0
        self._handle = path.open("xb")
        self._zstd = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).stream_writer(
            self._handle, closefd=False
        )

    @property
    def size(self) -> int:
        """Bytes, compressed; what zstd still holds back comes with the next flush."""
        return self._zstd.tell()

    def told(self) -> RecordedFile:
        return RecordedFile(self.path.name, self.start.utc, self._frames, self.size)

    def add(self, frame: TakenFrame) -> None:
        self._zstd.write(line(frame))
        self._frames += 1

    def flush(self) -> None:
        self._zstd.flush(zstandard.FLUSH_BLOCK)
        self._handle.flush()

    def close(self) -> None:
        try:
            self._zstd.flush(zstandard.FLUSH_FRAME)
        finally:
            self._handle.close()
