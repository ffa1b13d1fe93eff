"""Fills = position, while the program runs: what does not add up is told and stops, no more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.drift import OF_LEDGER, DriftKind
from core.domain.notice import Warned
from core.domain.units import MarketId, Price, Size, UserId
from core.domain.user import Role
from core.services.outbox import Outbox
from core.services.overview import Overlook
from core.services.position.ledger_proof import WHOLE, LedgerProof
from core.storage import reconciliation, users
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from telegram_bot.languages.catalogue import install_catalogues
from telegram_bot.telling import OutboxAlarms
from telegram_bot.words import Reader, reading_as, retell
from tests.support.compared import comparison
from tests.support.trading import MARKET_1, YES, Desk, buy, opened

SPOIL = "UPDATE positions SET {}, updated_at = now()"
SPOILED = {
    "amount = amount + 7": (
        {DriftKind.BOOKED_SHARES, DriftKind.BOOKED_COST},
        "it shows 107.000000 shares, and its trades make 100.000000",
    ),
    "entry_price = 0.5": (
        {DriftKind.BOOKED_COST},
        "it shows a cost of $50.000000, and its trades make $40.000000",
    ),
    "realized_pnl = -99": (
        {DriftKind.BOOKED_PROFIT},
        "it shows a booked profit of $-99.000000, and its trades make $0.000000",
    ),
}


@dataclass
class Scene:
    """One who holds 100 shares for 40 cents each, and the proof of it."""

    sessions: Sessions
    desk: Desk
    user: UserId
    outbox: Outbox = field(init=False)
    proof: LedgerProof = field(init=False)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.sessions)
        alarms = OutboxAlarms(self.outbox)
        self.proof = LedgerProof(self.sessions, alarms, clock=lambda: self.seconds)

    async def hold(self, size: str = "100", market: MarketId = MARKET_1) -> None:
        await self.desk.positions.create_position(
            self.user, market, size=Size(Decimal(size)), price=Price(Decimal("0.40"))
        )

    async def tell(self, statement: str) -> None:
        async with self.sessions.begin() as session:
            await session.execute(sa.text(statement))

    async def spoil(self, change: str = "amount = amount + 7") -> None:
        """Anybody's hand, or a fault of ours, that also moved the row's time."""
        await self.tell(SPOIL.format(change))

    async def kinds(self) -> set[DriftKind]:
        async with as_user(self.sessions, self.user) as session:
            known = await reconciliation.ledger_drifts(session, self.user, Account.PAPER, YES)
        return {drift.kind for drift in known}

    async def is_clear(self) -> bool:
        async with as_user(self.sessions, self.user) as session:
            return await reconciliation.is_clear(session, self.user, Account.PAPER)

    async def told(self) -> list[str]:
        claimed = await self.outbox.claim()
        return [each.news.sentence for each in claimed if isinstance(each.news, Warned)]

    async def rows(self) -> list[tuple[object, ...]]:
        async with as_worker(self.sessions) as session:
            found = await session.execute(sa.text("SELECT * FROM positions ORDER BY id"))
            return [tuple(row) for row in found]


Start = Callable[[], Awaitable[Scene]]


@pytest.fixture
def start(sessions: Sessions) -> Start:
    async def begin() -> Scene:
        scene = Scene(sessions, *await opened(sessions))
        await scene.hold()
        return scene

    return begin


def in_french(sentence: str) -> str:
    remove = install_catalogues()
    try:
        with reading_as(Reader("fr")):
            return retell(sentence)
    finally:
        remove()


async def test_all_of_it_is_told_in_french_as_well(start: Start) -> None:
    scene = await start()
    await scene.spoil("amount = amount + 7, realized_pnl = -99")
    await scene.proof.look()
    await scene.desk.positions.rebuild()
    await scene.proof.look()
    found, clear = map(in_french, await scene.told())
    assert "en argent fictif" in found
    for story in ("affiche 107.000000 parts", "un coût de $", "un profit réalisé de $-99.000000"):
        assert story in found
    assert "its trades" not in found
    assert clear.endswith("Les ordres automatiques peuvent reprendre.")


@pytest.mark.parametrize("change", SPOILED)
async def test_a_row_that_is_not_what_its_fills_make_is_told_and_stops_and_stays(
    start: Start, change: str
) -> None:
    scene, (kinds, words) = await start(), SPOILED[change]
    await scene.proof.look()
    assert (await scene.kinds(), await scene.told()) == (set(), [])
    await scene.spoil(change)
    before = await scene.rows()
    for _ in range(2):  # told once
        await scene.proof.look()
    assert await scene.kinds() == kinds
    assert not await scene.is_clear()
    (sentence,) = await scene.told()
    assert words in sentence
    assert "practice money" in sentence
    assert "Nothing was changed." in sentence
    assert await scene.rows() == before
    assert (await Overlook(scene.sessions).look()).differing == 1


async def test_when_it_adds_up_again_that_is_told_and_automation_goes_on(start: Start) -> None:
    scene = await start()
    await scene.spoil()
    await scene.proof.look()
    assert not await scene.is_clear()
    await scene.desk.positions.rebuild()
    await scene.proof.look()
    assert (await scene.kinds(), await scene.is_clear()) == (set(), True)
    found, clear = await scene.told()
    assert "does not add up" in found
    assert "make again" in clear


async def test_the_owner_reads_of_it_too_and_whose_it_is(start: Start) -> None:
    scene = await start()
    async with scene.sessions.begin() as session:
        owner = await users.save(session, 77, "Olga", Role.OWNER)
    await scene.spoil()
    await scene.proof.look()
    claimed = await scene.outbox.claim()
    told = {each.user_id: each.news for each in claimed if isinstance(each.news, Warned)}
    assert set(told) == {scene.user, owner.id}
    assert told[owner.id].sentence == told[scene.user].sentence
    assert told[owner.id].person
    assert told[owner.id].breaker is None


async def test_a_change_that_moved_no_time_is_found_by_the_next_look_at_everything(
    start: Start,
) -> None:
    scene = await start()
    await scene.tell("UPDATE positions SET updated_at = updated_at - interval '1 day'")
    await scene.tell("UPDATE fills SET position_id = position_id")
    await scene.proof.look()
    await scene.tell("UPDATE positions SET realized_pnl = 5")
    await scene.proof.look()
    scene.seconds += WHOLE
    await scene.proof.look()
    assert await scene.kinds() == {DriftKind.BOOKED_PROFIT}


async def test_rows_from_outside_are_no_drift_also_when_they_are_traded_here(
    sessions: Sessions,
) -> None:
    scene = Scene(sessions, *await opened(sessions))
    await scene.tell(
        "INSERT INTO positions (user_id, account, market_id, token_id, outcome, amount,"
        " entry_price, created_at) SELECT id, 'paper', '1', '11', 'Yes', 30, 0.2, '2020-01-01'"
        " FROM users"
    )
    await scene.proof.look()
    await scene.hold("10")
    scene.seconds += WHOLE
    await scene.proof.look()
    assert scene.proof.proved == 1
    assert (await scene.kinds(), await scene.told()) == (set(), [])


async def test_what_did_not_change_is_not_folded_again(start: Start) -> None:
    scene = await start()
    for _ in range(3):
        await scene.proof.look()
        await scene.tell("UPDATE positions SET current_price = 0.6, updated_at = now()")
    assert scene.proof.proved == 1
    await scene.desk.clob.place_order(buy(scene.user, "10"))
    await scene.proof.look()
    assert scene.proof.proved == 2
    scene.seconds += WHOLE
    await scene.proof.look()
    assert scene.proof.proved == 3
    assert await scene.kinds() == set()


async def test_many_positions_are_proved_in_parts(start: Start) -> None:
    scene = await start()
    await scene.tell(
        "INSERT INTO positions (user_id, account, market_id, token_id, outcome, amount,"
        " entry_price, created_at, updated_at) SELECT user_id, account, market_id, 'more-' || n,"
        " outcome, amount, entry_price, created_at, updated_at"
        " FROM positions, generate_series(1, 450) n"
    )
    await scene.tell(
        "INSERT INTO fills (event_key, user_id, account, position_id, market_id, token_id, outcome,"
        " side, size, price, fee, at) SELECT 'half-' || p.id || n, p.user_id, p.account, p.id,"
        " p.market_id, p.token_id, p.outcome, 'BUY', 50, 0.4, 0, p.created_at"
        " FROM positions p, generate_series(1, 2) n WHERE p.token_id LIKE 'more-%'"
    )
    await scene.proof.look()
    assert scene.proof.proved == 451
    assert (await scene.told(), (await Overlook(scene.sessions).look()).differing) == ([], 0)
    await scene.spoil("amount = amount - CASE WHEN token_id = 'more-450' THEN 1 ELSE 0 END")
    await scene.proof.look()
    assert (await Overlook(scene.sessions).look()).differing == 1


async def test_a_comparison_with_the_venue_leaves_what_the_ledger_proof_found(
    sessions: Sessions,
) -> None:
    scene = await comparison(sessions)
    scene.venue.shares = {YES: Decimal(25)}
    await scene.run()
    proof = LedgerProof(sessions, OutboxAlarms(scene.outbox))
    await proof.look()
    assert await scene.is_clear()
    await scene.tell("UPDATE positions SET realized_pnl = 7, updated_at = now()")
    await proof.look()
    await scene.run(3)
    assert set(await scene.drifts()) == {DriftKind.BOOKED_PROFIT} <= OF_LEDGER
    assert not await scene.is_clear()
