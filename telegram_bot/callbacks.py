"""What a button says when it is tapped: at most 64 bytes, read back like any stranger's input."""

from dataclasses import dataclass, fields
from typing import Final

from telegram_bot import (
    account_actions,
    actions,
    admin_actions,
    alert_actions,
    finding_actions,
    people_actions,
    picture_actions,
    portfolio_actions,
    quick_actions,
    settings_actions,
    trigger_actions,
    weather_actions,
    whole_actions,
)
from telegram_bot.account_actions import ShowOrders
from telegram_bot.actions import Action, Home, SellPercent, ShowMarket, ShowPositions, Spend
from telegram_bot.alert_actions import MuteAlert, ShowAlerts
from telegram_bot.callback_readers import Forms
from telegram_bot.quick_actions import QuickBuy, QuickSell
from telegram_bot.trigger_actions import ShowTriggers
from telegram_bot.weather_actions import ShowWeather

VERSION: Final = "1"
ANY_RUN: Final = "-"  # in place of the run's mark, for buttons that outlive a restart
KEEPS: Final = "+"
MAX_BYTES: Final = 64
LASTING: Final = (
    *(Home, ShowAlerts, ShowMarket, ShowOrders, ShowPositions, ShowTriggers, ShowWeather),
    *(MuteAlert, QuickBuy, QuickSell, SellPercent, Spend),
)
"""What a button may stand for whichever run wrote it: all that these rest on is in the database."""

# Codes are never used again for something else. Taken: every single letter but a, d, g, j, u;
# of two letters those that begin with a (alerts), d (settings), f (finding), g (safety),
# j (weather), k, m (watching), o (orders), p (pictures), q (one tap), t (triggers), u (people),
# v (wallet), w (all or nothing), y (portfolio), z (admin). Free to begin with: b, c, e, h, i, l,
# n, r, s, x.
FAMILIES: Final[tuple[Forms[Action], ...]] = (
    actions.FORMS,
    alert_actions.FORMS,
    account_actions.FORMS,
    trigger_actions.FORMS,
    picture_actions.FORMS,
    finding_actions.FORMS,
    quick_actions.FORMS,
    settings_actions.FORMS,
    people_actions.FORMS,
    admin_actions.FORMS,
    portfolio_actions.FORMS,
    whole_actions.FORMS,
    weather_actions.FORMS,
)


@dataclass(frozen=True, slots=True)
class Tapped:
    """A readable tap. `keeps_message`: the answer goes below, into a fresh message."""

    action: Action
    keeps_message: bool = False


class Codec:
    """Turns actions into callback data and back.

    `run` marks the data of one run of the program, so that the buttons of cards which nothing
    keeps current any more are known as old.
    """

    def __init__(self, run: str) -> None:
        self._run = run

    def encode(self, action: Action, *, keeps_message: bool = False, outlives: bool = False) -> str:
        """`outlives`: to be read by later runs, too, where it is one of `LASTING`."""
        is_lasting = isinstance(action, LASTING) if outlives else isinstance(action, Home)
        run = ANY_RUN if is_lasting else self._run
        code = _CODES[type(action)] + (KEEPS if keeps_message else "")
        values = (_written(getattr(action, field.name)) for field in fields(action))
        data = ".".join([VERSION, run, code, *values])
        if len(data.encode()) > MAX_BYTES:
            raise ValueError(f"callback data is longer than {MAX_BYTES} bytes: {data!r}")
        return data

    def decode(self, data: str) -> Tapped | None:
        """None for whatever this run did not write: older, unknown or forged."""
        run, tapped = _read(data)
        if tapped is None:
            return None
        if run == ANY_RUN:
            return tapped if isinstance(tapped.action, LASTING) else None
        return tapped if run == self._run and not isinstance(tapped.action, Home) else None

    def earlier(self, data: str) -> Action | None:
        """What a button of another run stood for. Only to tell what became of it, never to do it:
        whoever can write data can write this too.
        """
        run, tapped = _read(data)
        return None if tapped is None or run in {ANY_RUN, self._run} else tapped.action


def _read(data: str) -> tuple[str, Tapped | None]:
    """The mark of the run that seems to have written `data`, and what it says."""
    version, _, rest = data.partition(".")
    run, _, rest = rest.partition(".")
    code, dot, arguments = rest.partition(".")
    form = FORMS.get(code.removesuffix(KEEPS))
    if len(data) > MAX_BYTES or version != VERSION or form is None:
        return run, None
    make, readers = form
    parts = arguments.split(".", len(readers) - 1) if readers and dot else []
    if len(parts) != len(readers) or (dot and not readers):
        return run, None
    try:
        values = [read(part) for read, part in zip(readers, parts, strict=True)]
    except ValueError:
        return run, None
    return run, Tapped(make(*values), keeps_message=code.endswith(KEEPS))


def _written(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


FORMS: Final[Forms[Action]] = {code: form for family in FAMILIES for code, form in family.items()}
_CODES: Final = {make: code for code, (make, _) in FORMS.items()}
