"""One fault from its beginning to its repair, with what was noticed, when, and what was shown."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.support.hostile_house import House, hostile_house
from tests.support.sights import Sight
from tests.support.stepped_loop import stepped

TOKEN: Final = "<token>"  # in a command: the first held token
TOKENS: Final = "<tokens>"  # both tokens of the first held market
MARKET: Final = "<market>"  # the first held market
CONNECTIONS: Final = "<connections>"  # those that are open when the fault begins
WARM_UP: Final = 3.0  # seconds of traffic before the fault
CALM: Final = 3.0  # seconds after the repair in which nothing may go wrong again
SLACK: Final = 0.25  # seconds: the witness looks once in a step of the clock


class Effect(StrEnum):
    """What a fault does to the product."""

    DOUBTED = "doubted"  # tokens must stop being LIVE until they are repaired
    TOLERATED = "tolerated"  # they may
    HARMLESS = "harmless"  # they must not


class Traffic(StrEnum):
    """What the exchange has to tell meanwhile."""

    EVERYTHING = "everything"  # orders and trades; each trade brings whole books
    ORDERS = "orders"  # changes only: what is lost stays lost
    NOTHING = "nothing"  # only before the fault


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the sandbox's control, as `curl` would send it."""

    command: str
    body: Mapping[str, object]
    after: float = 0.0  # seconds since the step before


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One row of the table. All limits are seconds of the feed's own clock."""

    name: str
    steps: tuple[Step, ...]
    lasts: float = 0.0  # until `heal`; 0: the commands are all that goes wrong
    effect: Effect = Effect.DOUBTED
    noticed: float = 1.0  # at most, from the beginning until a token is not LIVE any more
    lie: float = 1.0  # at most, that a wrong price is called LIVE
    repaired: float = 5.0  # at most, from the fault's end until everything is LIVE and right
    keeps: bool = False  # its connection must stay
    gap: float | None = None  # at most, that a token is not LIVE; None: fault and repair
    despite: bool = False  # the repair must not wait for the end: it counts from the beginning
    traffic: Traffic = Traffic.EVERYTHING  # before and during it
    shown: Sight  # to a person who looks at a card

    @property
    def longest_gap(self) -> float:
        if self.gap is not None:
            return self.gap
        return 0.0 if self.effect is Effect.HARMLESS else self.lasts + self.repaired


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured, in seconds; None: never doubted."""

    noticed: float | None
    lie: float
    repaired: float
    was_repaired_meanwhile: bool  # despite the fault: then the longest time that it took
    gap: float  # the longest time that a token was not LIVE
    written: float  # from the repair and the last change to the right rows


def step(command: str, **body: object) -> Step:
    return Step(command, body)


async def meet(fault: Fault, url: str) -> Outcome:
    """Let the fault happen. Raises: AssertionError if a promise of the table is not kept."""
    random.seed(fault.name)  # pauses before reconnecting are drawn by chance
    async with hostile_house(url) as house:
        house.trade(trades=fault.traffic is not Traffic.ORDERS)
        await asyncio.sleep(WARM_UP)
        if fault.traffic is Traffic.NOTHING:
            await house.stand_still()
        return await _story(fault, house)


async def _story(fault: Fault, house: House) -> Outcome:
    witness, clock = house.witness, stepped().time
    witness.forget()
    house.onlooker.forget()
    before, began = house.connections(), clock()
    for each in fault.steps:
        await asyncio.sleep(each.after)
        await house.control(each.command, **_filled_in(each, house))
    if fault.effect is Effect.DOUBTED:
        await _until(lambda: witness.is_doubtful, fault.noticed, "not noticed", house)
    await asyncio.sleep(max(0.0, began + fault.lasts - clock()))
    ended = clock()
    house.onlooker.confirm_unread(fault.shown.denied)
    if fault.lasts:
        await house.control("heal")
    await _until(witness.are_sound, fault.repaired, "not repaired", house)
    repaired = None if house.traffic is None else await house.stored_time()
    await asyncio.sleep(CALM)
    await house.stand_still()
    await _until(witness.are_sound, fault.repaired, "not repaired for long", house)
    written = await house.rows_are_true(repaired)
    if fault.effect is Effect.HARMLESS:
        assert not witness.is_doubtful, "doubted without need"
    if fault.keeps or fault.effect is Effect.HARMLESS:
        assert house.connections() == before, "a good connection was given up"
    house.onlooker.confirm(fault.shown)
    return _outcome(fault, house, (began, ended), written)


async def _until(condition: Callable[[], bool], within: float, failure: str, house: House) -> None:
    try:
        await house.witness.moment(condition, within + SLACK)
    except TimeoutError:
        raise AssertionError(f"{failure} in {within} s\n{house.witness.told()}") from None


def _outcome(fault: Fault, house: House, times: tuple[float, float], written: float) -> Outcome:
    (began, ended), witness = times, house.witness
    sound_since = witness.sound_since or began
    is_meanwhile = fault.lasts > 0 and sound_since <= ended
    if is_meanwhile and not fault.despite:
        repaired = witness.longest_spell  # there may have been many
    else:
        repaired = sound_since - (began if fault.despite or not fault.lasts else ended)
    lie, gap = witness.longest_lie, witness.longest_gap
    assert lie <= fault.lie + SLACK, f"a wrong price was called live for {lie} s"
    assert gap <= fault.longest_gap + SLACK, f"a token was not live for {gap} s"
    assert is_meanwhile or not fault.despite, "was not repaired before the fault had ended"
    assert repaired <= fault.repaired + SLACK, f"repaired after {repaired} s"
    noticed = None if witness.doubted_at is None else witness.doubted_at - began
    if fault.effect is Effect.DOUBTED:
        assert noticed is not None, "not noticed"
        assert noticed <= fault.noticed + SLACK, f"noticed after {noticed} s"
    return Outcome(noticed, lie, repaired, is_meanwhile, gap, written)


def _filled_in(each: Step, house: House) -> dict[str, object]:
    market = house.markets[0]
    meant: dict[object, object] = {
        TOKEN: market.tokens[0],
        TOKENS: list(market.tokens),
        MARKET: market.id,
        CONNECTIONS: house.connections(),
    }
    return {
        name: meant.get(value, value) if isinstance(value, str) else _list(value, meant)
        for name, value in each.body.items()
    }


def _list(value: object, meant: dict[object, object]) -> object:
    if isinstance(value, list):
        return [meant.get(each, each) for each in value]
    return value
