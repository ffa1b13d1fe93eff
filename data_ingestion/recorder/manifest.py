"""What a recording holds: one JSON file beside its frames."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from core.domain.market import Market
from data_ingestion.recorder.continuity import Connection, Gap

NAME: Final = "manifest.json"


class RecordedMarket(msgspec.Struct, frozen=True):
    """What a replay has to know of a market; `outcomes` and `tokens` in the venue's order."""

    id: str
    condition_id: str
    question: str
    outcomes: list[str]
    tokens: list[str]
    tick: str  # USDC
    minimum_size: str  # shares
    neg_risk: bool


class RecordedFile(msgspec.Struct, frozen=True):
    name: str
    start: datetime  # of its first frame
    frames: int
    bytes: int  # compressed


class Manifest(msgspec.Struct, frozen=True):
    """A recording that was killed has no `end`, and its last file more frames than stand here."""

    url: str
    start: datetime
    end: datetime | None
    tokens: Sequence[str]
    without_book: Sequence[str]  # tokens whose book never came
    markets: Sequence[RecordedMarket]
    frames: int  # of all files, the removed ones included
    files: Sequence[RecordedFile]
    removed_files: int  # oldest ones, that had to make room
    connections: Sequence[Connection]
    gaps: Sequence[Gap]


def described(markets: Iterable[Market]) -> list[RecordedMarket]:
    return [
        RecordedMarket(
            id=market.id,
            condition_id=market.condition_id,
            question=market.question,
            outcomes=[outcome.name for outcome in market.outcomes],
            tokens=list(market.tokens),
            tick=f"{market.tick:f}",
            minimum_size=f"{market.minimum_size:f}",
            neg_risk=market.neg_risk,
        )
        for market in markets
    ]


def write(folder: Path, manifest: Manifest) -> None:
    """A reader sees the former one or this one, never half of it. Raises: OSError."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    new = folder / f"{NAME}.new"
    new.write_bytes(text + b"\n")
    new.replace(folder / NAME)


def discard(folder: Path) -> None:
    """Remove the manifest, and its folder if nothing else is in there. Raises: OSError."""
    (folder / NAME).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def read(folder: Path) -> Manifest | None:
    """None where there is none that can be read."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        return None
