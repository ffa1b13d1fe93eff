"""Which trials there are: a seed says what happens, where the process dies, what the venue does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Final

from core.services.milestones import Milestone as Point


class Scene(StrEnum):
    """What the person, and the venue, do."""

    BUY = "buy"
    SELL = "sell"
    REST = "rest"  # a limit order that rests, and is filled in two parts
    CANCEL = "cancel"
    FAIL = "fail"  # bought, and the chain takes it back
    EXTERNAL = "external"  # bought elsewhere, found by the comparison
    ROTATE = "rotate"  # the keys at rest are brought under a new one; then bought


@dataclass(frozen=True, slots=True)
class Kill:
    """At the `passing`-th time that one run passes the milestone."""

    at: Point
    passing: int = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at the venue; `command` is one of its control's."""

    name: str
    command: str = ""
    body: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """`kills`: one for each run, in order; the run after them is left alone."""

    seed: int
    scene: Scene
    kills: tuple[Kill, ...]
    fault: Fault
    tells_again: bool  # the confirming tap is delivered once more after everything

    def __str__(self) -> str:
        where = ", ".join(f"{kill.at}#{kill.passing}" for kill in self.kills)
        return f"{self.scene}; {self.fault.name}; killed at {where}"


def _order_fault(kind: str, when: str = "before", method: str = "POST") -> Fault:
    body = {"kind": kind, "when": when, "method": method, "seconds": 0.5}
    name = f"{kind} {when}" if method == "POST" else f"{kind} {when} {method}"
    return Fault(name, "order-faults", MappingProxyType(body))


CALM: Final = Fault("no fault")
DUPLICATES: Final = Fault("channel duplicates", "user-channel", {"kind": "duplicate"})
SILENCE: Final = Fault("channel silent", "user-channel", {"kind": "silent"})
FREEZE: Final = Fault("channel frozen", "user-channel", {"kind": "freeze"})
LOST: Final = tuple(
    _order_fault(kind, when)
    for kind in ("hang", "reset", "500", "502-html", "truncated")
    for when in ("before", "after", "late")
)
ODD: Final = tuple(_order_fault(kind, "after") for kind in ("wrong-id", "success-true-with-error"))
REFUSED: Final = (_order_fault("425"), _order_fault("429"))
LOST_CANCELS: Final = tuple(
    _order_fault(kind, when, "DELETE")
    for kind in ("reset", "500", "truncated")
    for when in ("before", "after", "late")
)
FAULTS: Final[Mapping[Scene, tuple[Fault, ...]]] = MappingProxyType(
    {
        Scene.BUY: (CALM, *LOST, *ODD, *REFUSED, DUPLICATES, SILENCE, FREEZE),
        Scene.SELL: (CALM, *LOST, *REFUSED, DUPLICATES, SILENCE),
        Scene.REST: (CALM, *LOST, *REFUSED, DUPLICATES, SILENCE, FREEZE),
        Scene.CANCEL: (CALM, *LOST_CANCELS, DUPLICATES, SILENCE),
        Scene.FAIL: (CALM, DUPLICATES, SILENCE),
        Scene.EXTERNAL: (CALM, DUPLICATES, SILENCE),
        Scene.ROTATE: (CALM,),
    }
)

SENDING: Final = (
    Point.INTENT_COMMITTED,
    Point.SIGNED,
    Point.SIGNATURE_COMMITTED,
    Point.BEFORE_POST,
    Point.AFTER_POST,
    Point.ANSWER_COMMITTED,
)
FILLING: Final = (Point.BEFORE_FILL, Point.FILL_COMMITTED)
TELLING: Final = (Point.NOTICE_CLAIMED, Point.NOTICE_SENT, Point.NOTICE_MARKED)
COMPARING: Final = (
    Point.RECONCILE_ORDERS_READ,
    Point.RECONCILE_TRADES_APPLIED,
    Point.RECONCILE_COMMITTED,
)
CANCELLING: Final = (
    Point.CANCEL_COMMITTED,
    Point.BEFORE_CANCEL,
    Point.AFTER_CANCEL,
    Point.CANCEL_ANSWER_COMMITTED,
)


def _often(points: tuple[Point, ...], *passings: int) -> tuple[Kill, ...]:
    return tuple(Kill(point, passing) for point in points for passing in passings)


CONVERSING: Final = _often((Point.UPDATE_STORED, Point.UPDATE_HANDLED), 1, 2, 3)
FIRST: Final[Mapping[Scene, tuple[Kill, ...]]] = MappingProxyType(
    {
        Scene.BUY: (*_often(SENDING, 1, 1), *_often(FILLING, 1, 2), *CONVERSING),
        Scene.SELL: (*_often(SENDING, 2), *_often(FILLING, 2, 3), *_often(TELLING, 1)),
        Scene.REST: (*_often(SENDING, 1), *_often(FILLING, 1, 2), *_often(TELLING, 1, 2)),
        Scene.CANCEL: (*_often(CANCELLING, 1), *_often((Point.UPDATE_STORED,), 4)),
        Scene.FAIL: (
            *_often((Point.BEFORE_REVERSAL, Point.REVERSAL_COMMITTED), 1, 1),
            *_often(FILLING, 1),
            *_often(TELLING, 1),
        ),
        Scene.EXTERNAL: (*_often(COMPARING, 1, 2), *_often(FILLING, 1)),
        Scene.ROTATE: _often((Point.ROTATION_KEY_MADE, Point.ROTATION_ROW_MOVED), 1),
    }
)
LOOKING: Final = (
    Point.BEFORE_LOOK_UP,
    Point.AFTER_LOOK_UP,
    Point.BEFORE_REPOST,
    Point.AFTER_REPOST,
)
AGAIN: Final = (
    *_often(LOOKING, 1, 1, 2),
    *_often((*FILLING, *TELLING, *COMPARING), 1),
    *_often((Point.UPDATE_STORED, Point.UPDATE_HANDLED), 1),
)
"""Where the second run dies as well, in about half of the trials."""
UNSEEN: Final = (Point.SIGNATURE_COMMITTED, Point.BEFORE_POST, Point.AFTER_POST)
"""Killed here the next run has to look the order up."""


ANSWERED: Final = frozenset(
    {Point.AFTER_POST, Point.ANSWER_COMMITTED, Point.AFTER_CANCEL, Point.CANCEL_ANSWER_COMMITTED}
)
"""Not passed where the answer is lost."""


def _fits(fault: Fault, kill: Kill) -> bool:
    """Whether the milestone is passed in spite of the fault."""
    if kill.at in ANSWERED:
        return fault.command != "order-faults"
    return fault not in REFUSED or kill.at not in {*FILLING, *TELLING}


def trial(seed: int) -> Trial:
    """The same seed gives the same trial."""
    rng = Random(seed)  # noqa: S311 - repeatable on purpose, guards nothing
    weights = {Scene.BUY: 8, Scene.REST: 4, Scene.SELL: 3, Scene.CANCEL: 4}
    scenes = list(Scene)
    scene = rng.choices(scenes, [weights.get(each, 2) for each in scenes])[0]
    kills = [rng.choice(FIRST[scene])]
    if rng.random() < (0.8 if kills[0].at in UNSEEN else 0.3):
        kills.append(rng.choice(AGAIN))
    faults = [each for each in FAULTS[scene] if _fits(each, kills[0])]
    return Trial(seed, scene, tuple(kills), rng.choice(faults), rng.random() < 0.3)


def planned_points() -> frozenset[Point]:
    """Every milestone that some trial dies at."""
    first = (kill.at for kills in FIRST.values() for kill in kills)
    return frozenset((*first, *(kill.at for kill in AGAIN)))
