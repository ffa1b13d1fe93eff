"""A person of a trial at their chat: what they tapped, and what came of it so far."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from tests.crash.scenes import Fault, Scene
from tests.crash.stage import Stage

HOME: Final = "in total"
PATIENCE: Final = 90.0  # seconds until something must be shown, on a busy machine
OWN: Final = """
SELECT id, status, kind, order_hash, matched_size, filled_size, failed_size, cancel_requested_at
FROM orders WHERE account = 'live' AND origin = 'person' ORDER BY id
"""
TAPS: Final = """
SELECT count(*) FROM updates
WHERE body->'callback_query'->>'data' LIKE ANY(ARRAY['%.' || $1::text || '.%', '%.' || $1::text])
"""
UNHANDLED: Final = "SELECT count(*) FROM updates WHERE handled_at IS NULL"
UNSETTLED: Final = "SELECT count(*) FROM fills WHERE settlement = 'provisional'"
WORST: Final = "0.53"  # what a quote of the usual book allows
BECOMES: Final = """
UPDATE money_buttons SET payload = payload || jsonb_build_object('kind', $1::text,
    'worst_price', $2::text) WHERE used_at IS NULL
"""
DONE: Final = "filled", "cancelled", "rejected", "expired"

Row = Any  # of asyncpg


@dataclass
class Story:
    """`taken`: steps so far. `confirmed`: how often a money button was tapped; `asked`: how often
    for what costs nothing; `elsewhere`: orders made past the bot. `since`: the chat before all.
    """

    stage: Stage
    scene: Scene
    fault: Fault
    taken: int = 0
    confirmed: int = 0
    asked: int = 0
    elsewhere: int = 0
    since: int = 0
    _mark: str = ""
    _card: int = 0
    _dead: set[str] = field(default_factory=lambda: {"", "-"})
    _errands: set["asyncio.Task[Any]"] = field(default_factory=set)

    def begin_run(self) -> None:
        """The buttons of the run before are dead."""
        self._dead.add(self._mark)
        self._mark = ""

    async def order(self, wish: str, *, kind: str = "", is_faulty: bool) -> None:
        """A ticket, and its money button tapped; on a card of its own, so that receipts stay."""
        if self.confirmed:
            self._mark = ""
        await self.home()
        before = await self.stage.person.revision()
        await self.tap(wish)
        ticket = await self.stage.person.sees("expires in", after=before, patience=PATIENCE)
        self.since = self.since or before
        if kind:
            await self._becomes(kind)
        if is_faulty:
            await self.break_venue()
        confirm = ticket.button("Confirm").callback_data or ""
        self.taken += 1
        self.confirmed += 1
        await self._forge(ticket.id, confirm)

    async def _becomes(self, kind: str) -> None:
        """The chat offers no such orders, the order core knows them."""
        await self.stage.database.execute(BECOMES, kind, WORST)

    async def break_venue(self) -> None:
        if self.fault.command:
            await self.control(self.fault.command, **self.fault.body)

    async def control(self, command: str, **body: object) -> None:
        await self.surely(self.stage.lane.venue.order(command, **body))

    async def home(self) -> None:
        """A card of this run, for the mark that its buttons carry."""
        person = self.stage.person
        before = await person.revision()
        if self._mark:
            return
        await person.writes("/home" if before else "/start")
        while not self._mark:
            card = await person.sees(HOME, after=before, patience=PATIENCE)
            before, self._card = card.revision, card.id
            marks = {(button.callback_data or "..").split(".")[1] for button in card.buttons}
            self._mark = "".join(sorted(marks - self._dead)[:1])

    async def tap(self, action: str) -> None:
        await self._forge(self._card, f"1.{self._mark}.{action}")

    async def _forge(self, message: int, data: str) -> None:
        person = self.stage.person.id
        tapped = {"user_id": person, "chat_id": person, "message_id": message, "data": data}
        callback = {"callback": {**tapped, "wait": 0}}
        await self.surely(self.stage.lane.telegram.post("/api/forge", callback))

    async def surely(self, errand: Coroutine[Any, Any, Any]) -> None:
        """Done to its end, whether or not the program dies over it: the world is not the bot."""
        task = asyncio.create_task(errand, name="errand")
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        await asyncio.shield(task)

    async def orders(self) -> list[Row]:
        found: list[Row] = await self.stage.database.fetch(OWN)
        return found

    async def open_order(self) -> Row | None:
        """The first one that rests."""
        return next((row for row in await self.orders() if _rests(row)), None)

    async def has_ended(self) -> bool:
        """Our own orders have come to something, and what they bought is final."""
        return (
            await self.is_answered()
            and not await self.stage.database.fetchval(UNSETTLED)
            and all(_is_over(row) for row in await self.orders())
        )

    async def has_arrived(self) -> bool:
        return await self.is_answered() and all(
            _is_over(row) or _rests(row) for row in await self.orders()
        )

    async def is_answered(self) -> bool:
        """Every tap on money so far was looked at."""
        return await self.is_heard("k", self.confirmed)

    async def is_heard(self, code: str, times: int) -> bool:
        """So many taps on this kind of button were looked at, and nothing else waits."""
        waiting = await self.stage.database.fetchval(UNHANDLED)
        return not waiting and await self.taps(code) >= times

    async def taps(self, code: str) -> int:
        found: int = await self.stage.database.fetchval(TAPS, code)
        return found


def _rests(row: Row) -> bool:
    is_resting = row["kind"] in {"GTC", "GTD"}
    return row["status"] == "live" or (row["status"] == "partial" and is_resting)


def _is_over(row: Row) -> bool:
    has_ended = row["status"] in DONE or (row["status"] == "partial" and not _rests(row))
    return has_ended and row["matched_size"] <= row["filled_size"] + row["failed_size"]
