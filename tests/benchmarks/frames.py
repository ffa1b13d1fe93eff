"""Frames to measure with: the recorded capture where it is at hand, else generated ones."""

import gzip
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
RECORDED: Final = "tickscope/derived_wire/nhl_g4_0132_0145.jsonl.gz"
TIMESTAMP: Final = "1790658674035"


@dataclass(frozen=True, slots=True)
class Capture:
    """Frames with the snapshots first, the token pairs in them, and where they come from."""

    frames: list[bytes]
    pairs: list[tuple[str, str]]
    origin: str


def capture() -> Capture:
    folder = (ROOT / os.environ.get("FIXTURES_DIR", "../shared/fixtures")).resolve()
    path = folder / RECORDED
    return _recorded(path) if path.exists() else _generated(pairs=6, frames=60_000)


def _recorded(path: Path) -> Capture:
    with gzip.open(path) as lines:
        frames = [line[line.index(b'"raw":') + 6 : -2] for line in lines]
    markets = json.loads((path.parent / "markets.json").read_bytes())
    pairs = [(pair["assets"][0], pair["assets"][1]) for pair in markets["pairs"]]
    return Capture(frames, pairs, "recorded capture")


def _generated(pairs: int, frames: int) -> Capture:
    rng = random.Random(1)  # noqa: S311 - repeatable on purpose
    tokens = [(f"{number}1", f"{number}2") for number in range(pairs)]
    made = [json.dumps([snapshot(token) for pair in tokens for token in pair]).encode()]
    made += [_small_change(rng, *rng.choice(tokens)) for _ in range(frames)]
    return Capture(made, tokens, "generated frames")


def snapshot(token: str) -> dict[str, object]:
    """50 levels a side around 0.50."""
    return {
        "event_type": "book",
        "asset_id": token,
        "market": "0x1",
        "timestamp": TIMESTAMP,
        "bids": [{"price": f"{0.5 - n / 1000:.3f}", "size": "100"} for n in range(1, 51)],
        "asks": [{"price": f"{0.5 + n / 1000:.3f}", "size": "100"} for n in range(1, 51)],
    }


def _small_change(rng: random.Random, first: str, second: str) -> bytes:
    """A level below the top on both books, as most changes are."""
    level, size = rng.randrange(2, 50), f"{rng.random() * 1000:.2f}"
    sides = [(first, 0.5 - level / 1000, "BUY"), (second, 0.5 + level / 1000, "SELL")]
    return top_change(sides, size, ("0.499", "0.501"), "0" * 40)


def top_change(
    sides: list[tuple[str, float, str]], size: str, top: tuple[str, str], mark: str
) -> bytes:
    """One `price_change` with an entry a side; `mark` travels in the hash field."""
    entries = [
        {
            "asset_id": token,
            "price": f"{price:.3f}",
            "size": size,
            "side": side,
            "hash": mark,
            "best_bid": top[0],
            "best_ask": top[1],
        }
        for token, price, side in sides
    ]
    message = {"market": "0x1", "price_changes": entries, "timestamp": TIMESTAMP}
    return json.dumps({**message, "event_type": "price_change"}, separators=(",", ":")).encode()
