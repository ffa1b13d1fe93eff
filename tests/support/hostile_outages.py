"""Faults of everything at once: of the market socket and of REST."""

from typing import Final

from tests.support.hostile_run import Fault, step
from tests.support.sights import CHECKED_DOWN, DOWN, LATE_DOWN

SILENCE: Final = 10.0  # seconds, decision 22
LATE: Final = 20.0  # of a connection that talks
FOREVER: Final = 1_000_000  # requests
REFUSED: Final = step("faults", path="/ws/market", status=503, count=FOREVER)
BREAK_OFF: Final = step("drop")

BROKEN_REST: Final[dict[str, dict[str, object]]] = {
    "answers 500": {"status": 500},
    "answers 429 with Retry-After 3": {"status": 429, "retry_after": 3},
    "answers 425": {"status": 425},
    "hangs": {"hang": 60},
    "answers HTML": {"garbage": True},
}

REST_FAULTS: Final = (
    *(
        Fault(
            name=f"socket down and REST {what}",
            steps=(REFUSED, step("faults", path="/book*", count=FOREVER, **wrong), BREAK_OFF),
            lasts=30,
            repaired=25,
            shown=DOWN,
        )
        for what, wrong in BROKEN_REST.items()
    ),
    Fault(
        name="silent freeze, and REST answers 500",
        steps=(step("freeze"), step("faults", path="/book*", count=FOREVER, status=500)),
        lasts=30,
        noticed=SILENCE,
        lie=SILENCE,
        repaired=25,
        shown=CHECKED_DOWN,
    ),
    Fault(
        name="all news 60 frames late, and REST answers 500",
        steps=(
            step("corrupt", kind="lag", every=60),
            step("faults", path="/book*", count=FOREVER, status=500),
        ),
        lasts=60,
        noticed=LATE,
        lie=LATE,
        repaired=30,
        shown=LATE_DOWN,
    ),
)
