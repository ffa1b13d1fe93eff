"""The table of faults: what goes wrong, how soon it must be noticed and repaired, what is shown."""

from dataclasses import replace
from typing import Final

from tests.support.hostile_outages import BREAK_OFF, LATE, REST_FAULTS, SILENCE
from tests.support.hostile_run import (
    CONNECTIONS,
    MARKET,
    TOKEN,
    TOKENS,
    Effect,
    Fault,
    Traffic,
    step,
)
from tests.support.sights import AGAIN, AT_MOST_BLINK, BLINK, FROZEN, NOTHING, POLLED, QUIET

FROZEN_TOKEN: Final = 20.0  # seconds, decision 22
LOST_DELTA: Final = 5.0  # of a token that others trade; its next change gives the loss away
SHORT: Final = 5.0  # that a token stays away for, where a look at REST repairs it
LITTLE: Final = 20_000  # bytes: room for what is told at once otherwise, and not for a burst
CLOSES: Final = tuple(
    Fault(
        name=f"connection closed with {code}",
        steps=(step("drop", code=code),),
        shown=BLINK,
    )
    for code in (1000, 1001, 1008, 1011, 1012, 1013, 4000)
)

CONNECTION_FAULTS: Final = (
    *CLOSES,
    Fault(
        name="connection broken off (1006)",
        steps=(BREAK_OFF,),
        shown=BLINK,
    ),
    Fault(
        name="handshake refused five times with 503",
        steps=(step("faults", path="/ws/market", status=503, count=5), BREAK_OFF),
        repaired=15,
        shown=POLLED,
    ),
    Fault(
        name="handshake refused twice with 429 and Retry-After 7",
        steps=(step("faults", path="/ws/market", status=429, retry_after=7, count=2), BREAK_OFF),
        repaired=25,
        shown=POLLED,
    ),
    Fault(
        name="silent freeze, PONG goes on",
        steps=(step("freeze"),),
        lasts=30,
        noticed=SILENCE,
        lie=SILENCE,
        repaired=10,
        shown=FROZEN,
    ),
    Fault(
        name="silent freeze of one connection, another would work",
        steps=(step("freeze", connections=CONNECTIONS),),
        lasts=20,
        noticed=SILENCE,
        lie=SILENCE,
        repaired=15,
        gap=SHORT,
        despite=True,
        shown=BLINK,
    ),
    Fault(
        name="half-open: neither data nor PONG",
        steps=(step("freeze"), step("mute")),
        lasts=40,
        noticed=SILENCE,
        lie=SILENCE,
        repaired=15,
        shown=FROZEN,
    ),
    Fault(
        name="PONG missing while data flows",
        steps=(step("mute"),),
        lasts=40,
        effect=Effect.HARMLESS,
        shown=NOTHING,
    ),
    Fault(
        name="quiet market: PONG and no news",
        steps=(),
        lasts=60,
        effect=Effect.HARMLESS,
        traffic=Traffic.NOTHING,
        shown=QUIET,
    ),
    Fault(
        name="subscriptions ignored after a reconnect",
        steps=(step("deaf"), BREAK_OFF),
        lasts=20,
        repaired=12,
        shown=POLLED,
    ),
)

BOOK_FAULTS: Final = (
    Fault(
        name="one token frozen, its complement goes on",
        steps=(step("freeze", tokens=[TOKEN]),),
        lasts=30,
        noticed=FROZEN_TOKEN,
        lie=FROZEN_TOKEN,
        repaired=10,
        shown=FROZEN,
    ),
    Fault(
        name="one token frozen twice within a minute, others go on",
        steps=(
            step("freeze", tokens=[TOKEN]),
            replace(step("freeze", tokens=[TOKEN], frozen=False), after=10),
            replace(step("freeze", tokens=[TOKEN]), after=5),
        ),
        lasts=45,
        noticed=FROZEN_TOKEN,
        lie=FROZEN_TOKEN,
        repaired=10,
        keeps=True,
        shown=FROZEN,
    ),
    Fault(
        name="one market frozen, others go on",
        steps=(step("freeze", tokens=TOKENS),),
        lasts=30,
        noticed=FROZEN_TOKEN,
        lie=FROZEN_TOKEN,
        repaired=10,
        shown=FROZEN,
    ),
    Fault(
        name="never a first book, changes come",
        steps=(step("bookless"), BREAK_OFF),
        lasts=20,
        traffic=Traffic.ORDERS,
        repaired=10,
        shown=POLLED,
    ),
    *(
        Fault(
            name=f"every {k}th price change lost",
            steps=(step("corrupt", kind="skip", every=k, event="price_change"),),
            lasts=20,
            noticed=2 * LOST_DELTA,
            lie=LOST_DELTA,
            repaired=10,
            gap=SHORT,
            traffic=Traffic.ORDERS,
            shown=AGAIN,
        )
        for k in (4, 10)
    ),
    Fault(
        name="every trade's message lost",
        steps=(step("corrupt", kind="skip", event="last_trade_price"),),
        lasts=20,
        effect=Effect.TOLERATED,
        repaired=10,
        gap=SHORT,
        shown=AT_MOST_BLINK,
    ),
    Fault(
        name="every 4th frame after its successor",
        steps=(step("corrupt", kind="reorder", every=4),),
        lasts=20,
        effect=Effect.TOLERATED,
        lie=LOST_DELTA,
        repaired=10,
        gap=SHORT,
        shown=AT_MOST_BLINK,
    ),
    Fault(
        name="every 2nd frame twice",
        steps=(step("corrupt", kind="duplicate", every=2),),
        lasts=20,
        effect=Effect.HARMLESS,
        shown=NOTHING,
    ),
    Fault(
        name="late copies of every 4th frame",
        steps=(step("corrupt", kind="late", every=4),),
        lasts=20,
        effect=Effect.TOLERATED,
        lie=LOST_DELTA,
        repaired=10,
        gap=SHORT,
        shown=AT_MOST_BLINK,
    ),
    Fault(
        name="every hash wrong",
        steps=(step("corrupt", kind="wrong_hash"),),
        lasts=20,
        effect=Effect.TOLERATED,
        repaired=10,
        gap=SHORT,
        shown=AT_MOST_BLINK,
    ),
    Fault(
        name="garbage three times in a row",
        steps=(step("corrupt", kind="garbage"),) * 3,
        shown=BLINK,
    ),
    Fault(
        name="a frame of 10 MB",
        steps=(step("corrupt", kind="giant", megabytes=10),),
        repaired=10,
        shown=BLINK,
    ),
    Fault(
        name="tick size changes under way",
        steps=(step("tick", market=MARKET, tick="0.001"),),
        repaired=10,
        shown=BLINK,
    ),
    Fault(
        name="crossed within a burst",
        steps=(step("crossed", token=TOKEN),),
        effect=Effect.TOLERATED,
        shown=NOTHING,
    ),
    Fault(
        name="crossed for two seconds",
        steps=(step("crossed", token=TOKEN, seconds=2),),
        repaired=10,
        shown=BLINK,
    ),
    Fault(
        name="crossed for five seconds, and nothing else happens",
        steps=(step("crossed", token=TOKEN, seconds=5),),
        traffic=Traffic.NOTHING,
        repaired=10,
        shown=BLINK,
    ),
    Fault(
        name="timestamps 5 s old",
        steps=(step("clock", shift=-5),),
        lasts=20,
        effect=Effect.TOLERATED,
        lie=LOST_DELTA,
        repaired=10,
        gap=SHORT,
        shown=AT_MOST_BLINK,
    ),
    Fault(
        name="timestamps 60 s ahead, then right again",
        steps=(step("clock", shift=60),),
        lasts=20,
        effect=Effect.TOLERATED,
        lie=LOST_DELTA,
        repaired=20,
        gap=SHORT,
        shown=AT_MOST_BLINK,
    ),
    Fault(
        name="all news 60 frames late",
        steps=(step("corrupt", kind="lag", every=60),),
        lasts=60,
        noticed=LATE,
        lie=LATE,
        repaired=30,
        gap=30,
        shown=FROZEN,
    ),
    Fault(
        name="half of every 4th price change missing",
        steps=(step("corrupt", kind="cut", every=4, event="price_change"),),
        lasts=20,
        noticed=2 * LOST_DELTA,
        lie=LOST_DELTA,
        repaired=10,
        gap=SHORT,
        traffic=Traffic.ORDERS,
        shown=AGAIN,
    ),
    Fault(
        name="3,000 frames at once",
        steps=(step("burst", token=TOKEN, orders=3000),),
        effect=Effect.HARMLESS,
        shown=NOTHING,
    ),
    Fault(
        name="3,000 frames at once, and a slow reader is hung up on",
        steps=(step("squeeze", bytes=LITTLE), step("burst", token=TOKEN, orders=3000)),
        shown=BLINK,
    ),
)

FAULTS: Final = (*CONNECTION_FAULTS, *BOOK_FAULTS, *REST_FAULTS)
