"""An account's trades as a statement: each with what it booked, and all of them as CSV files."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from core.domain.account import Account
from core.domain.folding import in_order
from core.domain.ledger import Fill, Settlement
from core.domain.record import bookings
from core.domain.resolution import is_payout
from core.domain.steps import Steps
from core.domain.units import ZERO, PositionId, Usdc, usdc

PAGE: Final = 10  # trades
LARGEST: Final = 1_000_000  # bytes of one file
MARK: Final = "\ufeff"  # by which spreadsheets know UTF-8
COLUMNS: Final = (
    "time_utc",
    "account",
    "market",
    "outcome",
    "side",
    "shares",
    "price",
    "value",
    "fee",
    "realized_pnl",
    "settlement",
    "order",
    "transaction",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - wide ones count


class LedgerLine(NamedTuple):
    """A fill, the position it is part of, and the question of its market."""

    fill: Fill
    position_id: PositionId | None
    question: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One fill of a statement. `profit` is what it booked, net of its fee; None if taken back."""

    fill: Fill
    question: str
    profit: Usdc | None

    @property
    def is_result(self) -> bool:
        """Whether nobody sold: the market ended."""
        return is_payout(self.fill)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Newest first; pages count from 0."""

    entries: tuple[Entry, ...]
    page: int = 0
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """All trades of an account: files in their order, oldest trade first."""

    files: tuple[bytes, ...]
    trades: int
    profit: Usdc  # booked by all of them, net of fees


def profits(positions: Iterable[Sequence[Fill]]) -> Steps[dict[str, Usdc]]:
    """What each fill booked, by its key; one sequence a position, in the order of booking."""
    found = dict[str, Usdc]()
    for fills in positions:
        ordered = in_order(fills)
        for fill, part in zip(ordered, bookings(ordered), strict=True):
            found[fill.event_key] = part.profit
            yield
    return found


def entry(line: LedgerLine, known: Mapping[str, Usdc]) -> Entry:
    return Entry(line.fill, line.question, known.get(line.fill.event_key))


def is_booked(line: LedgerLine) -> bool:
    """Whether it counts for its position: what was taken back does not."""
    return line.position_id is not None and line.fill.settlement is not Settlement.FAILED


class CsvFiles:
    """As many files as it takes, each with the header; at least one.

    Source: RFC 4180. A text that a spreadsheet would take for a formula begins with an apostrophe.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._full = list[bytes]()
        self._size = 0
        self._written = self._begun()
        self.trades = 0

    def add(self, entry: Entry) -> None:
        row = _row(_cells(entry))
        if self._size + len(row) > self._largest and self._size > len(_HEAD):
            self._full.append(self._written.getvalue())
            self._written = self._begun()
        self._size += self._written.write(row)
        self.trades += 1

    def done(self, known: Mapping[str, Usdc]) -> Statement:
        """`known`: what all fills booked."""
        files = (*self._full, self._written.getvalue())
        return Statement(files, self.trades, usdc(sum(known.values(), ZERO)))

    def _begun(self) -> io.BytesIO:
        written = io.BytesIO()
        self._size = written.write(_HEAD)
        return written


def file_name(account: Account, now: datetime, place: int, count: int) -> str:
    """`polycool-paper-2026-11-21.csv`, with its number where there are several."""
    part = f"-{place + 1}-of-{count}" if count > 1 else ""
    return f"polycool-{account.value}-{now:%Y-%m-%d}{part}.csv"


def harmless(text: str) -> str:
    """`text` as a spreadsheet shows it and never computes it.

    >>> harmless("=1+1"), harmless("Will it rain?")
    ("'=1+1", 'Will it rain?')
    """
    clean = text.replace("\x00", "")
    return f"'{clean}" if clean.startswith(_FORMULA) else clean


def _row(cells: Sequence[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue().encode("utf-8", "replace")


_HEAD: Final = MARK.encode() + _row(COLUMNS)


def _cells(entry: Entry) -> tuple[str, ...]:
    fill = entry.fill
    return (
        _moment(fill.at),
        fill.account.value,
        harmless(entry.question),
        harmless(fill.outcome),
        fill.side.value,
        _number(fill.size),
        _number(fill.price),
        _number(fill.value),
        _number(fill.fee),
        "" if entry.profit is None else _number(entry.profit),
        fill.settlement.value,
        "" if fill.order_id is None else str(fill.order_id),
        harmless(fill.transaction or ""),
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _number(value: Decimal) -> str:
    """Without the zeros that a column adds; zero has no sign."""
    return f"{value.normalize() + 0:f}"
