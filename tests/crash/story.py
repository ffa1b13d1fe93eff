"""What happens in a trial, step by step; a step once taken is never taken again."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.crash.elsewhere import buy_elsewhere
from tests.crash.plan import Fault, Scene
from tests.crash.stage import Stage
from tests.crash.waiting import until

SPEND: Final = 500  # cents
SHARES: Final = 10
LIMIT: Final = "0.40"
HOME: Final = "in total"
OWN: Final = "SELECT {what} FROM orders WHERE account = 'live' AND origin = 'person' ORDER BY id"
SETTLED: Final = "filled", "cancelled", "rejected", "expired", "partial"


@dataclass
class Story:
    """`confirmed`: how often a money button was tapped; `since`: the chat before the first tap."""

    stage: Stage
    scene: Scene
    fault: Fault
    taken: int = 0
    confirmed: int = 0
    since: int = 0
    cancelled: int = 0
    _mark: str = ""
    _card: int = 0
    _dead: set[str] = field(default_factory=lambda: {"", "-"})

    def begin_run(self) -> None:
        """The buttons of the run before are dead."""
        self._dead.add(self._mark)
        self._mark = ""

    async def play(self) -> None:
        """From where it stands to the end; cancelled when the process dies."""
        steps = STEPS[self.scene]
        while self.taken < len(steps):
            await steps[self.taken](self)

    async def buy(self) -> None:
        await self._order(f"q.{self.stage.market}.0.{SPEND}", faulty=self.scene is not Scene.SELL)

    async def sell(self) -> None:
        held = await self.stage.database.fetchval(
            "SELECT id FROM positions WHERE account = 'live' AND status = 'active'"
        )
        if held is None:  # the buy came to nothing
            self.taken += 1
            return
        await self._order(f"n.{held}.100", faulty=True)

    async def rest(self) -> None:
        price, size = int(float(LIMIT) * 10_000), SHARES * 1_000_000
        wish = f"r.{self.stage.market}.0.b.{price}.s.{size}.g.0.0"
        await self._order(wish, faulty=self.scene is Scene.REST)

    async def cancel(self) -> None:
        order = await self.stage.database.fetchval(
            "SELECT id FROM orders WHERE account = 'live' AND status = 'live'"
        )
        if order is None:
            self.taken += 1
            return
        await self._home()
        await self._break()
        self.taken += 1
        self.cancelled += 1
        await self._tap(f"oc.{order}", wait=0)

    async def gone(self) -> None:
        """A tap that came to nothing, because the program ended over it, is made again."""

        async def is_over() -> bool:
            return await self._has_ended() or await self._is_unheard()

        await until(is_over)
        self.taken += 1 if await self._has_ended() else -1

    async def crowd(self) -> None:
        """Somebody sells to the resting order, twice, if it is there."""
        self.taken += 1
        token = self.stage.tokens[0]
        await self.stage.lane.venue.order("book", token=token, bids=[], asks=[("0.60", "5000")])
        for size in ("4", "6"):
            await self.stage.lane.venue.order(
                "order", token=token, side="SELL", size=size, price=LIMIT
            )

    async def ended(self) -> None:
        """Our own orders have come to something, and what they bought is final."""
        await until(self._has_ended)
        self.taken += 1

    async def working(self) -> None:
        await until(self._has_arrived)
        self.taken += 1

    async def fails(self) -> None:
        await self.stage.lane.venue.order("trades", settle="fail")
        await self._break()
        self.taken += 1

    async def elsewhere(self) -> None:
        await self._home()
        await self._break()
        self.taken += 1
        await buy_elsewhere(self.stage)

    async def _order(self, wish: str, *, faulty: bool) -> None:
        """A ticket, and its money button tapped; on a card of its own, so that receipts stay."""
        if self.confirmed:
            self._mark = ""
        await self._home()
        before = await self.stage.person.revision()
        await self._tap(wish)
        ticket = await self.stage.person.sees("expires in", after=before)
        self.since = self.since or before
        if faulty:
            await self._break()
        confirm = ticket.button("Confirm").callback_data or ""
        self.taken += 1
        self.confirmed += 1
        await self._forge(ticket.id, confirm)

    async def _break(self) -> None:
        if self.fault.command:
            await self.stage.lane.venue.order(self.fault.command, **self.fault.body)

    async def _home(self) -> None:
        """A card of this run, for the mark that its buttons carry."""
        person = self.stage.person
        before = await person.revision()
        if self._mark:
            return
        await person.writes("/home" if before else "/start")
        while not self._mark:
            card = await person.sees(HOME, after=before)
            before, self._card = card.revision, card.id
            marks = {(button.callback_data or "..").split(".")[1] for button in card.buttons}
            self._mark = "".join(sorted(marks - self._dead)[:1])

    async def _tap(self, action: str, wait: float = 0) -> None:
        await self._forge(self._card, f"1.{self._mark}.{action}", wait)

    async def _forge(self, message: int, data: str, wait: float = 0) -> None:
        person = self.stage.person.id
        tapped = {"user_id": person, "chat_id": person, "message_id": message, "data": data}
        await self.stage.lane.telegram.post("/api/forge", {"callback": {**tapped, "wait": wait}})

    async def _has_ended(self) -> bool:
        found = await self.stage.database.fetch(
            OWN.format(what="status, matched_size, filled_size, failed_size")
        )
        waits = await self.stage.database.fetchval(
            "SELECT count(*) FROM fills WHERE settlement = 'provisional'"
        )
        return (
            await self._is_answered()
            and not waits
            and all(
                row["status"] in SETTLED
                and row["matched_size"] <= row["filled_size"] + row["failed_size"]
                for row in found
            )
        )

    async def _is_unheard(self) -> bool:
        """Nobody has noted that the order is to be cancelled, and nobody will."""
        wishes = await self.stage.database.fetchval(
            "SELECT count(*) FROM orders WHERE status = 'live' AND cancel_requested_at IS NULL"
        )
        taps = "SELECT count(*) FROM updates WHERE body->'callback_query'->>'data' LIKE '%.oc.%'"
        return (
            bool(wishes)
            and await self._is_answered()
            and await self.stage.database.fetchval(taps) >= self.cancelled
        )

    async def _has_arrived(self) -> bool:
        found = await self.stage.database.fetch(OWN.format(what="status"))
        return await self._is_answered() and all(
            row["status"] in {*SETTLED, "live"} for row in found
        )

    async def _is_answered(self) -> bool:
        """Every tap so far was looked at."""
        return not await self.stage.database.fetchval(
            "SELECT count(*) FROM updates WHERE handled_at IS NULL"
        ) and self.confirmed <= await self.stage.database.fetchval(
            "SELECT count(*) FROM updates WHERE body->'callback_query'->>'data' LIKE '%.k.%'"
        )


Step = Callable[[Story], Awaitable[None]]
STEPS: Final[Mapping[Scene, tuple[Step, ...]]] = {
    Scene.BUY: (Story.buy, Story.ended),
    Scene.SELL: (Story.buy, Story.ended, Story.sell, Story.ended),
    Scene.REST: (Story.rest, Story.working, Story.crowd, Story.ended),
    Scene.CANCEL: (Story.rest, Story.working, Story.cancel, Story.gone),
    Scene.FAIL: (Story.fails, Story.buy, Story.ended),
    Scene.EXTERNAL: (Story.elsewhere,),
    Scene.ROTATE: (Story.buy, Story.ended),
}
