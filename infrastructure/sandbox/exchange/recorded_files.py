"""Files of a recording: unpacking them, and reading the manifest beside them."""

import gzip
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from infrastructure.sandbox.exchange.decimals import micros

MANIFEST: Final = "manifest.json"
FRAMES: Final = "frames-*.jsonl.zst"  # the recorder's names, which sort by time
ENDINGS: Final = (".gz", ".zst")


class Unplayable(ValueError):
    """Its text is a sentence that names the file and what is wrong with it."""


class RecordedMarket(msgspec.Struct, frozen=True):
    """What the recorder knew of a market; `outcomes` and `tokens` in the venue's order."""

    id: str
    condition_id: str
    question: str
    outcomes: tuple[str, ...]
    tokens: tuple[str, ...]
    tick: str
    neg_risk: bool


class RecordedFile(msgspec.Struct, frozen=True):
    name: str


class Manifest(msgspec.Struct, frozen=True):
    """Without an `end` its recorder was killed, maybe before it could name its last files here."""

    files: tuple[RecordedFile, ...]
    markets: tuple[RecordedMarket, ...] = ()
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A file unpacked. `is_cut` = it ends in the middle, where its recorder was killed."""

    data: bytes
    is_cut: bool = False


def files_of(path: Path) -> tuple[Path, ...]:
    """The file itself, or those of a folder with a manifest, in their order.

    Raises: Unplayable.
    """
    if not path.is_dir():
        return (path,)
    manifest = _manifest(path)
    if manifest is None:
        raise Unplayable(f"{path} has no {MANIFEST}; name one of its files, or another folder")
    files = tuple(path / file.name for file in manifest.files)
    for file in files:
        if file.parent != path or not file.is_file():
            raise Unplayable(f"{path / MANIFEST} names {file.name!r}, which is not beside it")
    return files if manifest.end else (*files, *_unnamed(path, files))


def _unnamed(folder: Path, named: tuple[Path, ...]) -> list[Path]:
    """Files that were begun after the last manifest; earlier ones were on their way out."""
    last = named[-1].name if named else ""
    return sorted(path for path in folder.glob(FRAMES) if path.name > last)


def markets_of(path: Path) -> tuple[RecordedMarket, ...]:
    """What the manifest of a folder, or of a file's folder, says; nothing without one.

    Raises: Unplayable.
    """
    folder = path if path.is_dir() else path.parent
    if folder == path or path.name.endswith(".zst"):
        manifest = _manifest(folder)
        return tuple(filter(_is_two_sided, manifest.markets)) if manifest else ()
    return ()


def unpacked(path: Path) -> Content:
    """Raises: Unplayable."""
    try:
        packed = path.read_bytes()
        match path.suffix:
            case ".gz":
                return Content(gzip.decompress(packed))
            case ".zst":
                return _unzstd(packed)
            case _:
                return Content(packed)
    except OSError as error:
        raise Unplayable(f"{path} cannot be read: {error.strerror or error}") from error
    except (zstandard.ZstdError, zlib.error, EOFError) as error:
        raise Unplayable(f"{path} is damaged: {error}") from error


def _unzstd(packed: bytes) -> Content:
    """Also of a file that was never finished: everything up to its last flush."""
    parts, rest = list[bytes](), packed
    while rest:
        frame = zstandard.ZstdDecompressor().decompressobj()
        parts.append(frame.decompress(rest))
        if not frame.eof:
            return Content(b"".join(parts), is_cut=True)
        rest = frame.unused_data
    return Content(b"".join(parts), is_cut=not packed)


def _manifest(folder: Path) -> Manifest | None:
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        for market in manifest.markets:
            micros(market.tick)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # of msgspec, of UTF-8, of a tick that is none
        raise Unplayable(f"{path} is no manifest of a recording: {error}") from error
    return manifest


def _is_two_sided(market: RecordedMarket) -> bool:
    """The exchange lists no others; their books are played all the same."""
    return len(market.tokens) == len(market.outcomes) == 2  # noqa: PLR2004 - two outcomes
