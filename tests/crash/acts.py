"""What happens in a trial, step by step; a step once taken is never taken again."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tests.crash.elsewhere import buy_elsewhere
from tests.crash.renewing import authorise, check, key_waits, new_key, renewed
from tests.crash.scenes import Scene
from tests.crash.story import Story
from tests.crash.waiting import until

SPEND: Final = 500  # cents
SHARES: Final = 10
LIMIT: Final = "0.40"
PARTS: Final = "4", "6"  # shares that somebody sells to an order that rests
ABOVE: Final = [("0.60", "5000")]
SCARCE: Final = [("0.51", "2"), ("0.90", "5000")]
EXPIRED: Final = "CANCELED_EXPIRED_ORDER"
HELD: Final = "SELECT id FROM positions WHERE account = 'live' AND status = 'active'"
ENDED: Final = "SELECT count(*) FROM fills WHERE event_key LIKE 'resolution:%'"
CLAIMS: Final = "SELECT state FROM wallet_actions WHERE kind = 'redeem'"
SENT: Final = """
SELECT count(*) FROM withdrawals WHERE state NOT IN ('sent', 'failed', 'cancelled')
"""
STOPPED: Final = "SELECT stop FROM risk_accounts WHERE account = 'live'"
HEARD: Final = "SELECT count(*) FROM updates WHERE body->'message'->>'text' = '/stop'"


async def play(story: Story) -> None:
    """From where it stands to the end; cancelled when the process dies."""
    steps = STEPS[story.scene]
    while story.taken < len(steps):
        await steps[story.taken](story)


async def buy(story: Story) -> None:
    is_faulty = story.scene not in {Scene.SELL, Scene.REDEEM, Scene.STOP, Scene.RENEW}
    await story.order(f"q.{story.stage.market}.0.{SPEND}", is_faulty=is_faulty)


async def buy_whole(story: Story) -> None:
    await story.order(f"q.{story.stage.market}.0.{SPEND}", kind="FOK", is_faulty=True)


async def run_short(story: Story) -> None:
    """Too little is for sale."""
    story.taken += 1
    token = story.stage.tokens[0]
    await story.control("book", token=token, bids=[("0.49", "5000")], asks=SCARCE)


async def sell(story: Story) -> None:
    held = await story.stage.database.fetchval(HELD)
    if held is None:  # the buy came to nothing
        story.taken += 1
        return
    await story.order(f"n.{held}.100", is_faulty=True)


async def rest(story: Story) -> None:
    price, size = int(float(LIMIT) * 10_000), SHARES * 1_000_000
    life = "h" if story.scene is Scene.GTD else "g"
    is_maker = int(story.scene is Scene.MAKER)
    wish = f"r.{story.stage.market}.0.b.{price}.s.{size}.{life}.{is_maker}.0"
    await story.order(wish, is_faulty=story.scene in {Scene.REST, Scene.MAKER, Scene.GTD})


async def cancel(story: Story) -> None:
    order = await story.open_order()
    if order is None:
        story.taken += 1
        return
    await story.home()
    await story.break_venue()
    story.taken += 1
    story.asked += 1
    await story.tap(f"oc.{order['id']}")


async def gone(story: Story) -> None:
    """A tap that came to nothing, because the program ended over it, is made again."""

    async def is_unheard() -> bool:
        if not await story.is_heard("oc", story.asked):
            return False
        order = await story.open_order()
        return order is not None and order["cancel_requested_at"] is None

    async def is_over() -> bool:
        return await story.has_ended() or await is_unheard()

    await until(is_over)
    story.taken += 1 if await story.has_ended() else -1


async def empty(story: Story) -> None:
    """Nobody but us buys above the limit."""
    story.taken += 1
    await story.control("book", token=story.stage.tokens[0], bids=[], asks=ABOVE)


async def meet_part(story: Story) -> None:
    """Somebody sells to the order that rests, if it is there."""
    story.taken += 1
    await _meet(story, PARTS[0])


async def meet_rest(story: Story) -> None:
    story.taken += 1
    await _meet(story, PARTS[1])


async def _meet(story: Story, size: str) -> None:
    token = story.stage.tokens[0]
    await story.control("order", token=token, side="SELL", size=size, price=LIMIT)


async def filled_in_part(story: Story) -> None:
    async def is_told() -> bool:
        order = await story.open_order()
        return order is None or order["filled_size"] > 0

    await until(is_told)
    story.taken += 1


async def expire(story: Story) -> None:
    """An hour goes by for the order alone; a kill while it is looked for leaves the step to do."""
    order = await story.open_order()
    story.taken += 1
    if order is not None:
        await story.control("cancel", id=order["order_hash"], status=EXPIRED)


async def ended(story: Story) -> None:
    await until(story.has_ended)
    story.taken += 1


async def working(story: Story) -> None:
    await until(story.has_arrived)
    story.taken += 1


async def stop(story: Story) -> None:
    """Right after the tap on money. Telegram tells it until it is noted; nobody types it twice."""
    story.taken += 1
    await story.surely(story.stage.person.writes("/stop"))


async def stopped(story: Story) -> None:
    async def is_heard() -> bool:
        heard = await story.stage.database.fetchval(HEARD)
        return bool(heard) and await story.is_answered()

    await until(is_heard)
    assert await _stop_of(story) != "nothing", "the stop was heard, and is not in force"
    story.taken += 1


async def stop_everything(story: Story) -> None:
    await story.home()
    await story.break_venue()
    story.taken += 1
    story.asked += 1
    await story.tap("gs.1")


async def all_stopped(story: Story) -> None:
    """Nothing works any more. A tap that came to nothing is made again."""
    is_in_force = False

    async def is_over() -> bool:
        nonlocal is_in_force
        is_heard = await story.is_heard("gs", story.asked)
        is_in_force = await _stop_of(story) == "everything"
        return is_heard and (not is_in_force or await story.has_ended())

    await until(is_over)
    story.taken += 1 if is_in_force else -1


async def _stop_of(story: Story) -> str:
    found: str = await story.stage.database.fetchval(STOPPED)
    return found


async def fails(story: Story) -> None:
    await story.control("trades", settle="fail")
    await story.break_venue()
    story.taken += 1


async def elsewhere(story: Story) -> None:
    await story.home()
    await story.break_venue()
    story.taken += 1
    story.elsewhere += 1
    await story.surely(buy_elsewhere(story.stage))


async def win(story: Story) -> None:
    story.taken += 1
    await story.control("resolve", market=story.stage.market, payouts=["1", "0"])


async def won(story: Story) -> None:
    """Our ledger has the result, if there was anything to win."""

    async def is_booked() -> bool:
        database = story.stage.database
        return await database.fetchval(HELD) is None or bool(await database.fetchval(ENDED))

    await until(is_booked)
    story.taken += 1


async def claim(story: Story) -> None:
    if not await story.stage.database.fetchval(ENDED):
        story.taken += 2
        return
    await story.home()
    if not story.asked:
        await story.break_venue()
    story.taken += 1
    story.asked += 1
    await story.tap(f"vm.{story.stage.market}")


async def claimed(story: Story) -> None:
    """What was proven to have changed nothing, or was never heard, is asked for again."""
    done = False

    async def is_over() -> bool:
        nonlocal done
        is_heard = await story.is_heard("vm", story.asked)
        states = {row[0] for row in await story.stage.database.fetch(CLAIMS)}
        done = "confirmed" in states
        is_open = bool(states & {"committed", "accepted", "unclear"})
        return done or (is_heard and not is_open)

    await until(is_over)
    story.taken += 1 if done else -1


async def withdrawn(story: Story) -> None:
    async def is_over() -> bool:
        return not await story.stage.database.fetchval(SENT)

    await until(is_over)
    story.taken += 1


Step = Callable[[Story], Awaitable[None]]
MET: Final = (working, empty, meet_part)
RENEWED: Final = (new_key, key_waits, authorise, check, renewed)
STEPS: Final[Mapping[Scene, tuple[Step, ...]]] = {
    Scene.BUY: (buy, ended),
    Scene.SELL: (buy, ended, sell, ended),
    Scene.WHOLE: (buy_whole, ended),
    Scene.KILLED: (run_short, buy_whole, ended),
    Scene.REST: (rest, *MET, meet_rest, ended),
    Scene.MAKER: (rest, *MET, meet_rest, ended),
    Scene.GTD: (rest, *MET, filled_in_part, expire, ended),
    Scene.CANCEL: (rest, working, cancel, gone),
    Scene.PART: (rest, *MET, filled_in_part, cancel, gone),
    Scene.STOP: (rest, working, buy, stop, stopped, stop_everything, all_stopped),
    Scene.FAIL: (fails, buy, ended),
    Scene.EXTERNAL: (elsewhere,),
    Scene.REDEEM: (buy, ended, win, won, claim, claimed),
    Scene.WITHDRAW: (withdrawn,),
    Scene.RENEW: (rest, working, *RENEWED, ended, buy, ended),
    Scene.ROTATE: (buy, ended),
}
