"""Which trials there are: a seed says what happens, where the process dies, what the venue does."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final

from core.services.milestones import Milestone as Point
from tests.crash.scenes import FAULTS, OWNED, REFUSED, Fault, Scene


@dataclass(frozen=True, slots=True)
class Kill:
    """At the `passing`-th time that one run passes the milestone."""

    at: Point
    passing: int = 1


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
        return f"{self.scene}; {self.fault.name}; to die at {where}"


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
ACTING: Final = (
    Point.ACTION_SIGNED,
    Point.ACTION_COMMITTED,
    Point.BEFORE_SUBMIT,
    Point.AFTER_SUBMIT,
    Point.ACTION_ACCEPTED,
    Point.ACTION_SETTLED,
)
WITHDRAWING: Final = (Point.WITHDRAWAL_CLAIMED, *ACTING, Point.WITHDRAWAL_SETTLED)
RENEWING: Final = (
    Point.KEY_MADE,
    Point.KEY_WAITS,
    Point.ACCESS_OBTAINED,
    Point.BOOK_CLEARED,
    Point.KEY_REPLACED,
    Point.OLD_KEY_FORGOTTEN,
)
LOOKING: Final = (Point.BEFORE_LOOK_UP, Point.AFTER_LOOK_UP)
SENDING_AGAIN: Final = (Point.BEFORE_REPOST, Point.AFTER_REPOST)


def _often(points: tuple[Point, ...], *passings: int) -> tuple[Kill, ...]:
    return tuple(Kill(point, passing) for point in points for passing in passings)


CONVERSING: Final = _often((Point.UPDATE_STORED, Point.UPDATE_HANDLED), 1, 2, 3)
OF_MONEY: Final = (*_often(SENDING, 1, 1), *_often(FILLING, 1, 2), *CONVERSING)
RESTING: Final = (
    *_often(SENDING, 1),
    *_often(FILLING, 1, 2),
    *_often(TELLING, 1, 2),
    *_often(COMPARING, 2),
)
FIRST: Final[Mapping[Scene, tuple[Kill, ...]]] = MappingProxyType(
    {
        Scene.BUY: OF_MONEY,
        Scene.SELL: (*_often(SENDING, 2), *_often(FILLING, 2, 3), *_often(TELLING, 1)),
        Scene.WHOLE: OF_MONEY,
        Scene.KILLED: (*_often(SENDING, 1, 1), *_often(COMPARING, 2), *CONVERSING),
        Scene.REST: RESTING,
        Scene.MAKER: RESTING,
        Scene.GTD: tuple(kill for kill in RESTING if kill not in _often(FILLING, 2)),
        Scene.CANCEL: (*_often(CANCELLING, 1), *_often((Point.UPDATE_STORED,), 4)),
        Scene.PART: (*_often(CANCELLING, 1), *_often(TELLING, 1), *_often(FILLING, 1)),
        Scene.STOP: (
            *_often((Point.SWITCH_COMMITTED,), 1, 2),
            *_often(CANCELLING, 1),
            *_often(SENDING, 2),
            *_often((Point.UPDATE_STORED, Point.UPDATE_HANDLED), 6, 7, 8),
        ),
        Scene.FAIL: (
            *_often((Point.BEFORE_REVERSAL, Point.REVERSAL_COMMITTED), 1, 1),
            *_often(FILLING, 1),
            *_often(TELLING, 1),
        ),
        Scene.EXTERNAL: (*_often(COMPARING, 1, 2), *_often(FILLING, 1)),
        Scene.REDEEM: (
            *_often((Point.RESULT_BOOKED,), 1, 1, 1),
            *_often(ACTING, 1),
            *_often(TELLING, 1),
        ),
        Scene.WITHDRAW: _often(WITHDRAWING, 1),
        Scene.RENEW: (*_often(RENEWING, 1, 1), *_often(CANCELLING, 1)),
        Scene.ROTATE: _often((Point.ROTATION_KEY_MADE, Point.ROTATION_ROW_MOVED), 1),
    }
)
WEIGHTS: Final = MappingProxyType(
    {
        Scene.BUY: 7,
        Scene.WHOLE: 3,
        Scene.REST: 3,
        Scene.SELL: 3,
        Scene.CANCEL: 3,
        Scene.STOP: 4,
        Scene.REDEEM: 4,
        Scene.WITHDRAW: 4,
        Scene.RENEW: 4,
    }
)
"""What is not named here counts 2."""
AGAIN: Final = (
    *_often(LOOKING, 1, 1, 2),
    *_often((*FILLING, *TELLING, *COMPARING), 1),
    *_often((Point.UPDATE_STORED, Point.UPDATE_HANDLED), 1),
)
"""Where the second run dies as well."""
UNSIGNED: Final = (Point.INTENT_COMMITTED, Point.SIGNED)
"""Killed here the order is given up; nothing of it can be looked up."""
UNSENT: Final = (Point.SIGNATURE_COMMITTED, Point.BEFORE_POST)
"""Killed here the next run sends the same bytes once more."""
UNSEEN: Final = (*UNSENT, Point.AFTER_POST)
"""Killed here the next run has to look the order up."""
ANSWERED: Final = frozenset(
    {
        Point.AFTER_POST,
        Point.ANSWER_COMMITTED,
        Point.AFTER_CANCEL,
        Point.CANCEL_ANSWER_COMMITTED,
        Point.AFTER_SUBMIT,
        Point.ACTION_ACCEPTED,
        *SENDING_AGAIN,
    }
)
"""Not passed, or not for sure, where an answer is lost."""


def _fits(fault: Fault, kill: Kill) -> bool:
    """Whether the milestone is passed in spite of the fault."""
    if kill.at in ANSWERED:
        return not fault.is_lossy
    return fault not in REFUSED or kill.at not in {*FILLING, *TELLING}


def _second(scene: Scene, first: Kill) -> tuple[Kill, ...]:
    """Where the run after the first death may die."""
    if scene in OWNED:
        return _often((*TELLING, *COMPARING, Point.UPDATE_STORED), 1)
    if first.at in UNSENT:
        return _often((*SENDING_AGAIN, Point.AFTER_REPOST, *LOOKING), 1, 1)
    if first.at in UNSIGNED:
        return tuple(kill for kill in AGAIN if kill.at not in {*LOOKING, *FILLING})
    return AGAIN


def trial(seed: int) -> Trial:
    """The same seed gives the same trial."""
    rng = Random(seed)  # noqa: S311 - repeatable on purpose, guards nothing
    scenes = list(Scene)
    scene = rng.choices(scenes, [WEIGHTS.get(each, 2) for each in scenes])[0]
    kills = [rng.choice(FIRST[scene])]
    if rng.random() < (0.8 if kills[0].at in UNSEEN else 0.3):
        kills.append(rng.choice(_second(scene, kills[0])))
    faults = [each for each in FAULTS[scene] if all(_fits(each, kill) for kill in kills)]
    return Trial(seed, scene, tuple(kills), rng.choice(faults), rng.random() < 0.3)


def planned_points() -> frozenset[Point]:
    """Every milestone that some trial dies at."""
    first = [(scene, kill) for scene, kills in FIRST.items() for kill in kills]
    second = (kill for scene, one in first for kill in _second(scene, one))
    return frozenset((*(kill.at for _, kill in first), *(kill.at for kill in second)))
