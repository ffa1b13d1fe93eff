"""What can happen in a trial, and what can go wrong at the venue meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Scene(StrEnum):
    """What the person, and the venue, do."""

    BUY = "buy"
    SELL = "sell"
    WHOLE = "whole"  # bought all at once or not at all, and there is enough
    KILLED = "killed"  # the same, and there is not
    REST = "rest"  # a limit order that rests, and is filled in two parts
    MAKER = "maker"  # the same, post-only
    GTD = "gtd"  # a limit order with an end, which comes after a part of it was filled
    CANCEL = "cancel"
    PART = "part"  # a part is filled, then it is cancelled
    STOP = "stop"  # one order rests, another is being sent, and everything is stopped
    FAIL = "fail"  # bought, and the chain takes it back
    EXTERNAL = "external"  # bought elsewhere, found by the comparison
    REDEEM = "redeem"  # bought, won, claimed through the relayer
    WITHDRAW = "withdraw"  # asked for two hours ago, and due
    RENEW = "renew"  # a new session key, while an order of the one before rests; then bought
    ROTATE = "rotate"  # the keys at rest are brought under a new one; then bought


OWNED: Final = frozenset({Scene.REDEEM, Scene.WITHDRAW})
"""Where the bot holds the key that owns the wallet."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at the venue; `command` is one of its control's."""

    name: str
    command: str = ""
    body: Mapping[str, object] = field(default_factory=dict)
    is_lossy: bool = False  # an answer gets lost, or is no answer

    @property
    def spares_orders(self) -> bool:
        """Whether an order that leaves arrives, and is answered as the book says."""
        return self.command != "order-faults" or self.body.get("method") != "POST"


def _order_fault(kind: str, when: str = "before", method: str = "POST") -> Fault:
    body = {"kind": kind, "when": when, "method": method, "seconds": 0.5}
    name = f"{kind} {when}" if method == "POST" else f"{kind} {when} {method}"
    return Fault(name, "order-faults", MappingProxyType(body), is_lossy=True)


def _relayer_fault(kind: str, when: str) -> Fault:
    body = {"kind": kind, "when": when, "path": "/relayer/submit", "seconds": 0.5}
    return Fault(f"relayer {kind} {when}", "order-faults", MappingProxyType(body), is_lossy=True)


CALM: Final = Fault("no fault")
DUPLICATES: Final = Fault("channel duplicates", "user-channel", {"kind": "duplicate"})
SILENCE: Final = Fault("channel silent", "user-channel", {"kind": "silent"})
FREEZE: Final = Fault("channel frozen", "user-channel", {"kind": "freeze"})
PHASE: Final = Fault("post-only phase", "order-faults", {"kind": "503-post-only", "lasting": 60})
FAILING: Final = Fault("chain refuses once", "relayer", {"failing": 1})
BUSY: Final = Fault("relayer busy once", "relayer", {"busy": 1})
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
UNSENT: Final = tuple(_relayer_fault(kind, "before") for kind in ("reset", "500", "502-html"))
UNANSWERED: Final = tuple(
    _relayer_fault(kind, when)
    for kind in ("reset", "500", "truncated")
    for when in ("after", "late")
)
FAULTS: Final[Mapping[Scene, tuple[Fault, ...]]] = MappingProxyType(
    {
        Scene.BUY: (CALM, *LOST, *ODD, *REFUSED, DUPLICATES, SILENCE, FREEZE),
        Scene.SELL: (CALM, *LOST, *REFUSED, DUPLICATES, SILENCE),
        Scene.WHOLE: (CALM, *LOST, *REFUSED, DUPLICATES, SILENCE),
        Scene.KILLED: (CALM, *LOST, DUPLICATES, SILENCE),
        Scene.REST: (CALM, *LOST, *REFUSED, DUPLICATES, SILENCE, FREEZE),
        Scene.MAKER: (CALM, PHASE, *LOST, DUPLICATES, SILENCE),
        Scene.GTD: (CALM, *LOST, DUPLICATES, SILENCE),
        Scene.CANCEL: (CALM, *LOST_CANCELS, DUPLICATES, SILENCE),
        Scene.PART: (CALM, *LOST_CANCELS, DUPLICATES, SILENCE),
        Scene.STOP: (CALM, CALM, *LOST_CANCELS, DUPLICATES, SILENCE),
        Scene.FAIL: (CALM, DUPLICATES, SILENCE),
        Scene.EXTERNAL: (CALM, DUPLICATES, SILENCE),
        Scene.REDEEM: (CALM, *UNANSWERED, FAILING, BUSY),
        Scene.WITHDRAW: (CALM, *UNSENT, *UNANSWERED, FAILING, BUSY),
        Scene.RENEW: (CALM, CALM, *LOST_CANCELS, DUPLICATES, SILENCE),
        Scene.ROTATE: (CALM,),
    }
)
"""What never reached the relayer is given up after twelve minutes. A withdrawal is sent by the
first run only, so the next one may come that much later; a claim is tapped for again in any.
"""
