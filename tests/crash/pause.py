"""Time that goes by while nothing runs."""

import asyncio
from typing import Any, Final

from tests.crash.stage import Stage
from tests.crash.waiting import until

LATE: Final = 0.8  # seconds; longer than the latest acceptance that a fault makes
EXPIRED: Final = """
UPDATE wallet_actions SET deadline = deadline - interval '15 minutes' WHERE state = 'committed'
"""
FLYING: Final = frozenset({"STATE_NEW", "STATE_EXECUTED"})


async def quarter_of_an_hour(stage: Stage) -> None:
    """The machine stays off: what reached the relayer has ended, other signatures are void."""

    async def has_landed() -> bool:
        told: Any = await stage.lane.venue.ask("relayer")
        mine = [each for each in told["submissions"] if each["wallet"].lower() == stage.wallet]
        return not any(each["state"] in FLYING for each in mine)

    await asyncio.sleep(LATE)
    await until(has_landed)
    await stage.database.execute(EXPIRED)
