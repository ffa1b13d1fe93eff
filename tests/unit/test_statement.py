"""Statements: every trade with what it booked, in files that a spreadsheet only shows."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.book import Side
from core.domain.ledger import Fill, Settlement
from core.domain.record import booked, record_of
from core.domain.statement import (
    COLUMNS,
    CsvFiles,
    LedgerLine,
    Statement,
    entry,
    harmless,
    is_booked,
    profits,
)
from core.domain.steps import finished
from core.domain.units import PositionId, Price, Size
from tests.support import portfolio_examples as made

HOSTILE = (
    '=HYPERLINK("http://evil.example";"win")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    'said "yes", or no\r\nperhaps',
    "＝1",  # noqa: RUF001 - some spreadsheets read it as the narrow one
    "\x00=1",
    "🏳️\u200d🌈;\u202e",
)


def read(content: bytes) -> list[dict[str, str]]:
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def traded(number: int, side: Side, size: str, price: str) -> Fill:
    known = made.fill(side, key=f"trade:{number}", price=price)
    at = known.at + timedelta(minutes=number)
    return replace(known, size=Size(Decimal(size)), at=at)


def line(fill: Fill, question: str = "Will it rain?") -> LedgerLine:
    return LedgerLine(fill, PositionId(9), question)


def told_of(*lines: LedgerLine) -> Statement:
    """Of one position's lines."""
    known = finished(profits([[one.fill for one in lines if is_booked(one)]]))
    files = CsvFiles()
    for one in lines:
        files.add(entry(one, known))
    return files.done(known)


def test_a_file_has_a_mark_a_header_and_lines_that_end_as_the_standard_says() -> None:
    (content,) = told_of(line(made.fill())).files
    assert content.startswith(b"\xef\xbb\xbftime_utc,account,market,")
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == 2
    (row,) = read(content)
    assert tuple(row) == COLUMNS
    assert row == {
        "time_utc": "2026-11-19T14:03:22Z",
        "account": "paper",
        "market": "Will it rain?",
        "outcome": "Yes",
        "side": "BUY",
        "shares": "16.129",
        "price": "0.62",
        "value": "9.99998",
        "fee": "0.151999",
        "realized_pnl": "-0.151999",
        "settlement": "confirmed",
        "order": "12",
        "transaction": "",
    }


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_is_text_and_moves_no_cell(title: str) -> None:
    known = replace(made.fill(), outcome=title, transaction=title)
    (row,) = read(told_of(line(known, title)).files[0])
    for column in ("market", "outcome", "transaction"):
        assert not row[column].startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))  # noqa: RUF001
        assert row[column].removeprefix("'") == title.replace("\x00", "")
    assert row["side"] == "BUY"


def test_our_own_numbers_stay_numbers() -> None:
    assert harmless("-0.5") == "'-0.5"
    (row,) = read(told_of(line(made.fill())).files[0])
    assert Decimal(row["realized_pnl"]) < 0


def test_what_was_taken_back_booked_nothing() -> None:
    failed = replace(made.fill(key="trade:7"), settlement=Settlement.FAILED)
    told = told_of(line(made.fill()), line(failed))
    assert [row["realized_pnl"] for row in read(told.files[0])] == ["-0.151999", ""]
    assert told.trades == 2
    assert told.profit == Decimal("-0.151999")


sizes = st.decimals("0.000001", "1000", places=6)
prices = st.decimals("0.01", "0.99", places=2)


@given(st.lists(st.tuples(st.sampled_from(Side), sizes, prices), min_size=1, max_size=20))
def test_the_lines_add_up_to_the_record(trades: list[tuple[Side, Decimal, Decimal]]) -> None:
    fills = [
        traded(number, side, f"{size:f}", f"{price:f}")
        for number, (side, size, price) in enumerate(trades)
    ]
    told = told_of(*(line(fill) for fill in fills))
    rows = [row for content in told.files for row in read(content)]
    assert sum(Decimal(row["realized_pnl"]) for row in rows) == told.profit
    assert told.profit == record_of(booked(fills), None).profit


def test_a_long_history_becomes_several_files_each_with_a_header_and_none_too_long() -> None:
    told = [one for _ in range(100) for one in made.entries()]
    written = CsvFiles(5_000)
    for one in told:
        written.add(one)
    files = written.done({}).files
    assert len(files) > 5
    assert all(len(content) <= 5_000 for content in files)
    rows = [row for content in files for row in read(content)]
    assert len(rows) == len(told)
    assert {tuple(row) for row in rows} == {COLUMNS}


def test_prices_keep_their_digits() -> None:
    exact = replace(made.fill(), price=Price(Decimal("0.625000")))
    assert read(told_of(line(exact)).files[0])[0]["price"] == "0.625"
