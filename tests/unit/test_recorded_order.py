"""Recorded rows whose time runs backwards within one token: a price is right, or not live."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from core.domain.units import Price, TokenId
from data_ingestion.streamer.websocket_client import wire
from tests.support.played_books import Feed, Snapshot

ARRIVED = 100_000  # rows of the long recording: eight minutes
CASES = 24  # of time that runs backwards within a token, among them
BEFORE, AFTER = 40, 15  # rows of a token around one whose time runs backwards


class Row(NamedTuple):
    """One entry of a recorded frame, as it arrived; a trade states no top."""

    at: int  # ms
    token: str
    is_trade: bool
    side: str
    price: str
    size: str
    top: tuple[Price | None, Price | None]

    def message(self) -> wire.Message:
        frame: dict[str, object] = {"market": "0x1", "timestamp": str(self.at)}
        level = {"asset_id": self.token, "price": self.price, "size": self.size, "side": self.side}
        bid, ask = self.top
        if self.is_trade:
            frame |= {"event_type": "last_trade_price", **level}
        else:
            entry = {**level, "best_bid": str(bid or 0), "best_ask": str(ask or 0)}
            frame |= {"event_type": "price_change", "price_changes": [entry]}
        (message,) = wire.decode(json.dumps(frame).encode())
        return message


@pytest.fixture(scope="module")
def arrived(fixtures_dir: Path) -> list[list[Row]]:
    """By token, in the order of arrival."""
    table = pq.read_table(fixtures_dir / "tickscope/raw/polymarket_20260607_0130.parquet")
    table = table.slice(0, ARRIVED)
    found: dict[str, list[Row]] = {}
    for at, price, size, bid, ask, side, kind, token in zip(
        *(column.to_pylist() for column in table.columns), strict=True
    ):
        row = Row(
            int(at.timestamp() * 1000 + 0.5),
            token,
            kind == "LAST_TRADE",
            {"BID": "BUY", "ASK": "SELL"}[side],
            f"{price:g}",
            f"{size:.6f}",
            (told_price(bid), told_price(ask)),
        )
        found.setdefault(token, []).append(row)
    return list(found.values())


def told_price(value: float) -> Price | None:
    return Price(Decimal(f"{value:g}")) if 0 < value < 1 else None


def runs_backwards(rows: Sequence[Row]) -> list[int]:
    """Where a row is older than one that came before it."""
    newest, found = 0, list[int]()
    for number, row in enumerate(rows):
        if row.at < newest:
            found.append(number)
        newest = max(newest, row.at)
    return found


def book_of(rows: Sequence[Row]) -> Snapshot:
    """What these rows leave, without levels that the last top denies: their ends went untold."""
    sides: dict[str, dict[str, str]] = {"BUY": {}, "SELL": {}}
    told = [row for row in rows if not row.is_trade]
    for row in told:
        sides[row.side][row.price] = row.size
    bid, ask = told[-1].top
    bids = [
        one for one in sides["BUY"].items() if Decimal(one[1]) and Decimal(one[0]) <= (bid or 0)
    ]
    asks = [
        one for one in sides["SELL"].items() if Decimal(one[1]) and Decimal(one[0]) >= (ask or 1)
    ]
    return Snapshot(
        max(row.at for row in rows),
        sorted(bids, key=lambda level: -Decimal(level[0])),
        sorted(asks, key=lambda level: Decimal(level[0])),
    )


def test_recorded_rows_whose_time_runs_backwards_are_right_or_not_live(
    arrived: list[list[Row]],
) -> None:
    """Right: as the venue states with that row, or with the newest one."""
    cases, live, looks = 0, 0, 0
    for rows in arrived:
        for number in runs_backwards(rows):
            start = max(1, number - BEFORE)
            base = book_of(rows[:start])
            if number < BEFORE or base.top != rows[start - 1].top:
                continue
            cases += 1
            for is_live in followed(base, rows[start : number + AFTER]):
                live, looks = live + is_live, looks + 1
    assert cases == CASES
    assert live > looks * 2 / 3


def followed(base: Snapshot, rows: Sequence[Row]) -> list[bool]:
    """After each row, whether the token was live."""
    token, begin = rows[0].token, base.at
    feed, was_live = Feed([token]), list[bool]()
    feed.hear(base.message(TokenId(token)))
    tops, newest = [base.top, base.top], base.at
    for row in rows:
        feed.now = max(feed.now, (row.at - begin) / 1000)
        feed.hear(row.message())
        if not row.is_trade:
            tops = [row.top, row.top if row.at >= newest else tops[1]]
            newest = max(newest, row.at)
        is_live = feed.board.is_live(TokenId(token))
        assert not is_live or feed.top(TokenId(token)) in tops, row
        was_live.append(is_live)
    return was_live
