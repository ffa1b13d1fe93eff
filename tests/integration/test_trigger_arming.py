"""What is armed: by hand, by every purchase, until the position ends."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.errors import NotFound, Rejected
from core.domain.notice import Warned
from core.domain.order import Origin
from core.domain.trigger import MOST_ARMED, TriggerKind
from core.services.clob.clob_service import ClobService
from core.services.outbox import Outbox
from core.services.triggers.triggers import Triggers, TriggerWitness, from_percent
from core.storage import triggers as stored
from core.storage.models import Sessions
from infrastructure.paper.paper_exchange import PaperExchange
from tests.support.trading import (
    YES,
    buy,
    opened,
)
from tests.support.trigger_house import (
    DEEP,
    eventually,
    house_of,
    protective,
    watching,
)


async def test_a_position_that_ends_takes_its_triggers_along(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        async with watching(house) as engine:
            armed = await house.triggers.armed(house.user, Account.PAPER)
            sale = protective(armed[0], key="button:by-hand", origin=Origin.PERSON)
            await house.desk.clob.place_order(sale)
            await house.until("SELECT state FROM triggers", are=[("over",)])
            await eventually(lambda: engine.armed == 0)
            assert await house.rows("SELECT count(*) FROM notices") == [(0,)]
        with pytest.raises(Rejected, match="closed already"):
            await house.arm(TriggerKind.STOP_LOSS, "0.40")


async def test_every_purchase_gets_its_presets_once(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        user, desk = house.user, house.desk
        for kind, change in ((TriggerKind.TAKE_PROFIT, 20), (TriggerKind.TRAILING_STOP, 10)):
            await house.triggers.set_preset(user, Account.PAPER, kind, Decimal(change))
        desk.stream(YES, DEEP, (("0.50", "1000"),))
        for number in (1, 2):
            await desk.clob.place_order(buy(user, "10", f"button:{number}", worst="0.50"))
        assert await house.rows(
            "SELECT kind, level, trail, percent FROM triggers ORDER BY kind"
        ) == [
            ("take-profit", Decimal("0.60"), None, 100),
            ("trailing-stop", Decimal("0.43"), Decimal(10), 100),
        ]
        await house.triggers.set_preset(user, Account.PAPER, TriggerKind.TAKE_PROFIT, None)
        assert await house.triggers.presets(user, Account.PAPER) == {
            TriggerKind.TRAILING_STOP: Decimal(10)
        }


async def test_a_preset_that_would_sell_the_purchase_at_once_is_told_and_not_armed(
    sessions: Sessions,
) -> None:
    desk, user = await opened(sessions)
    desk.stream(YES, (("0.10", "2"), ("0.09", "1000")), (("0.11", "1000"),))
    triggers, outbox = Triggers(sessions, desk.board), Outbox(sessions, now=desk.time.wall)
    witness = TriggerWitness(triggers, desk.board, outbox)
    clob = ClobService(
        sessions, PaperExchange(desk.books), desk.books, desk.manager, witness=witness
    )
    for kind, change in ((TriggerKind.STOP_LOSS, 10), (TriggerKind.TAKE_PROFIT, 20)):
        await triggers.set_preset(user, Account.PAPER, kind, Decimal(change))
    await clob.place_order(buy(user, "10", worst="0.11"))
    armed = await triggers.armed(user, Account.PAPER)
    assert [one.kind for one in armed] == [TriggerKind.TAKE_PROFIT]
    told = [notice.news for notice in await outbox.claim()]
    assert told == [
        Warned(
            "Stop loss 10%, which every buy gets, was not armed for Yes in “Will number 1 "
            "win?”. The bid is at 9¢, so this would sell at once. Sell now instead, or choose a "
            "price below it."
        )
    ]


async def test_arming_and_removing_is_refused_in_a_sentence(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        first = await house.arm(TriggerKind.STOP_LOSS, "0.40")
        with pytest.raises(Rejected, match="armed already"):
            await house.arm(TriggerKind.STOP_LOSS, "0.40")
        for cents in range(1, MOST_ARMED):
            await house.arm(TriggerKind.STOP_LOSS, f"0.{cents:02}")
        with pytest.raises(Rejected, match="remove one first"):
            await house.arm(TriggerKind.STOP_LOSS, "0.30")
        stranger = await house.desk.user(2)
        with pytest.raises(NotFound):
            await house.triggers.remove(stranger, first.id)
        with pytest.raises(NotFound):
            await house.triggers.arm(
                stranger, house.position.id, from_percent(TriggerKind.STOP_LOSS, Decimal(10))
            )
        await house.triggers.remove(house.user, first.id)
        with pytest.raises(Rejected, match="not armed any more"):
            await house.triggers.remove(house.user, first.id)
        armed = await house.triggers.armed(house.user, Account.PAPER, house.position.id)
        assert len(armed) == MOST_ARMED - 1
        assert first.id not in {trigger.id for trigger in armed}


async def test_what_is_armed_is_found_by_its_own_index(sessions: Sessions) -> None:
    said = list[str]()
    async with house_of(sessions) as house, sessions() as session:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        many = """
            INSERT INTO triggers (user_id, account, position_id, market_id, token_id, outcome, kind,
                level, percent, state)
            SELECT user_id, account, position_id, market_id, token_id, outcome, kind,
                level, percent, 'done' FROM triggers, generate_series(1, 2000)
        """
        await session.execute(sa.text(many))
        await session.execute(sa.text("ANALYZE triggers"))
        connection = await session.connection()
        sync = connection.sync_connection

        def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            said.append(statement)

        sa.event.listen(sync, "before_cursor_execute", hear)
        assert len(await stored.armed(session)) == 1
        await connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.exec_driver_sql(f"PREPARE armed AS {said[0]}")
        plan = await connection.exec_driver_sql("EXPLAIN EXECUTE armed ('active')")
        text = "\n".join(row[0] for row in plan)
        await connection.exec_driver_sql("DEALLOCATE armed")
        await session.rollback()
    assert "uq_triggers_armed" in text
