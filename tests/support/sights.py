"""What a person reads on a card while something is wrong: for the table, and to be proven."""

from dataclasses import dataclass
from typing import Final

STOPPED: Final = "Live prices stopped at"
INTERRUPTED: Final = "The stream was interrupted for"
NO_PRICE: Final = "no price"
PROMISED: Final = "Orders still work"
DISTURBING: Final = (STOPPED, INTERRUPTED, NO_PRICE, "· polled", "· checking", "· asking")


@dataclass(frozen=True, slots=True)
class Sight:
    """`words` for the table; `reads` must have stood on the held markets' cards, `never` not.

    `denied` must not as long as the fault lasts; afterwards it may be true.
    """

    words: str
    reads: tuple[str, ...] = ()
    never: tuple[str, ...] = (NO_PRICE,)
    denied: tuple[str, ...] = ()


NOTHING: Final = Sight("nothing", never=DISTURBING)
QUIET: Final = Sight("`live, unchanged for 1 min`", ("live, unchanged for 1 min",), DISTURBING)
BLINK: Final = Sight("that the stream was interrupted for a moment", (INTERRUPTED,))
AT_MOST_BLINK: Final = Sight("nothing, or that the stream was interrupted for a moment")
AGAIN: Final = Sight("now and then that the stream was interrupted", (INTERRUPTED,))
POLLED: Final = Sight(
    "`polled 4 s ago`, since when and why, then that it is live again",
    ("· polled", STOPPED, INTERRUPTED),
)
FROZEN: Final = Sight(
    "`polled 4 s ago`, and that the venue's book had moved on, then that it is live again",
    ("· polled", "news stopped while the venue's book moved on", INTERRUPTED),
)
DOWN: Final = Sight(
    "`no price for 12 s, last 62¢: the venue does not answer`, and that no order is placed",
    ("no price for", "No order is placed before it does", INTERRUPTED),
    (),
    denied=(PROMISED,),
)
CHECKED_DOWN: Final = Sight(
    "`checking, last news 9 s ago`, then `no price for 12 s, last 62¢: the venue does not answer`",
    ("· checking, last news", "the venue went silent", "no price for", INTERRUPTED),
    (),
    denied=(PROMISED,),
)
LATE_DOWN: Final = Sight(
    "that news began to arrive late, then `no price for 12 s, last 62¢: the venue does not answer`",
    ("news began to arrive late", "no price for", INTERRUPTED),
    (),
)
