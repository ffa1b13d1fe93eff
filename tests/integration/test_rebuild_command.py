"""`make rebuild`: what it shows, what it asks, what it changes and what it writes down."""

import io
from dataclasses import dataclass
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.units import Price, Size
from core.services.audit import Audit
from core.services.position.mending import mend, planned
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from scripts.rebuild import rebuild
from tests.support.trading import MARKET_1, opened

SPOIL = "UPDATE positions SET amount = amount + 7"


@dataclass
class Room:
    sessions: Sessions

    async def tell(self, statement: str) -> None:
        async with self.sessions.begin() as session:
            await session.execute(sa.text(statement))

    async def amount(self) -> Decimal:
        async with as_worker(self.sessions) as session:
            return Decimal(await session.scalar(sa.text("SELECT amount FROM positions")) or 0)

    async def noted(self) -> list[tuple[str, str, str]]:
        query = """SELECT actor, details -> 'before' ->> 'shares', details -> 'after' ->> 'shares'
            FROM audit WHERE what = 'position rebuilt'"""
        async with self.sessions() as session:
            return [(row[0], row[1], row[2]) for row in await session.execute(sa.text(query))]


@pytest.fixture
async def room(sessions: Sessions) -> Room:
    """Somebody holds 100 shares, and their row says 107."""
    desk, user = await opened(sessions)
    await desk.positions.create_position(
        user, MARKET_1, size=Size(Decimal(100)), price=Price(Decimal("0.40"))
    )
    room = Room(sessions)
    await room.tell(SPOIL)
    return room


async def test_without_apply_it_shows_what_would_change_and_changes_nothing(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await rebuild(room.sessions, is_meant=False) == 1
    told = capsys.readouterr().out
    assert "now   107.000000 shares" in told
    assert "fills 100.000000 shares" in told
    assert "Nothing was changed." in told
    assert (await room.amount(), await room.noted()) == (Decimal(107), [])


@pytest.mark.parametrize(("typed", "left", "notes"), [("rebuild\n", 100, 1), ("yes\n", 107, 0)])
async def test_only_the_typed_word_mends_and_that_is_in_the_audit(
    room: Room, monkeypatch: pytest.MonkeyPatch, typed: str, left: int, notes: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert await rebuild(room.sessions, is_meant=True) == int(left != 100)
    assert await room.amount() == left
    assert await room.noted() == [("operator", "107.000000", "100.000000")] * notes


async def test_a_position_that_moved_since_it_was_shown_is_left(room: Room) -> None:
    (change,) = await planned(room.sessions)
    await room.tell(SPOIL)
    assert not await mend(room.sessions, Audit(), change)
    assert (await room.amount(), await room.noted()) == (Decimal(114), [])


async def test_where_everything_adds_up_nothing_is_asked(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    await room.tell("UPDATE positions SET amount = amount - 7")
    assert await rebuild(room.sessions, is_meant=True) == 0
    assert "Nothing to do." in capsys.readouterr().out
