"""How somebody wants the bot to be: defaults, and what can be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from core.domain.amounts import MAX_AMOUNT
from core.domain.errors import InvalidQuantity, Rejected
from core.domain.holdings import HoldingOrder
from core.domain.notice import NoticeKind
from core.domain.sentences import mark, worded
from core.domain.units import Usdc

LANGUAGES: Final = ("en", "fr")  # the first is everybody's who has no other
QUICK: Final = 3  # amounts a market card offers
MOST_QUICK: Final = Decimal(10_000)  # USDC
CENT: Final = Decimal("0.01")
LEAST_SLIPPAGE: Final = Decimal("0.1")  # percent
MOST_SLIPPAGE: Final = Decimal(20)  # percent


class ConfirmMode(StrEnum):
    """When a ticket is shown before an order is placed."""

    CAREFUL = "careful"  # always
    STANDARD = "standard"  # from `confirm_from` on
    FAST = "fast"  # above `fast_cap` only


class NoticeMode(StrEnum):
    ON = "on"
    SILENT = "silent"  # it comes, without a sound
    OFF = "off"


@dataclass(frozen=True, slots=True)
class UserPreferences:
    """`language` None: nothing was chosen, so it is the one of their Telegram, where that is spoken
    here. `slippage` None: the operator's, in percent.

    Times of day are of the person's `zone`. A kind of notice that is not in `notice_modes` is on.
    """

    language: str | None = None
    zone: str = "UTC"
    confirm_mode: ConfirmMode = ConfirmMode.CAREFUL
    confirm_from: Usdc = Usdc(Decimal(25))
    fast_cap: Usdc = Usdc(Decimal(100))
    quick_amounts: tuple[Usdc, ...] = (Usdc(Decimal(10)), Usdc(Decimal(25)), Usdc(Decimal(50)))
    slippage: Decimal | None = None
    dust_below: Usdc = Usdc(Decimal(1))
    holdings_by: HoldingOrder = HoldingOrder.VALUE
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_at: time | None = None
    notice_modes: Mapping[NoticeKind, NoticeMode] = field(default_factory=dict)
    telegram_language: str | None = None

    @property
    def spoken(self) -> str:
        """The language in which they are spoken to."""
        return self.language or self.telegram_language or LANGUAGES[0]

    def mode_of(self, kind: NoticeKind) -> NoticeMode:
        return self.notice_modes.get(kind, NoticeMode.ON)

    def is_quiet(self, now: datetime) -> bool:
        """Whether `now` lies in the quiet hours, which may go past midnight."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        here = now.astimezone(ZoneInfo(self.zone)).time()
        if self.quiet_from < self.quiet_until:
            return self.quiet_from <= here < self.quiet_until
        return here >= self.quiet_from or here < self.quiet_until


DEFAULTS: Final = UserPreferences()
ALWAYS_TOLD: Final = frozenset(
    {
        NoticeKind.ORDER,
        NoticeKind.TRIGGER,  # it may say that nothing could be sold
        NoticeKind.WARNING,
        NoticeKind.WALLET,
        NoticeKind.RECONCILIATION,
    }
)
"""What nobody can turn off: orders, and what keeps their money safe."""
_LOOSER: Final = (ConfirmMode.CAREFUL, ConfirmMode.STANDARD, ConfirmMode.FAST)


def loosens(before: UserPreferences, after: UserPreferences, most_slippage: Decimal) -> bool:
    """Whether more may be bought without asking, or at a worse price; `most_slippage` is for who
    has not chosen one.
    """
    return (
        _LOOSER.index(after.confirm_mode) > _LOOSER.index(before.confirm_mode)
        or after.confirm_from > before.confirm_from
        or after.fast_cap > before.fast_cap
        or (after.slippage or most_slippage) > (before.slippage or most_slippage)
    )


def check_preferences(wanted: UserPreferences) -> None:
    """Raises: Rejected, of which InvalidQuantity is one, with a sentence for the user."""
    if not {wanted.language, wanted.telegram_language} <= {None, *LANGUAGES}:
        raise Rejected("Polycool speaks English and French.")
    _check_zone(wanted.zone)
    _check_money(wanted.confirm_from, mark("The amount from which you are asked"))
    _check_money(wanted.fast_cap, mark("The most that is bought without asking"))
    _check_money(wanted.dust_below, mark("The value below which a position is dust"))
    _check_quick(wanted.quick_amounts)
    if wanted.slippage is not None and not LEAST_SLIPPAGE <= wanted.slippage <= MOST_SLIPPAGE:
        raise InvalidQuantity("Slippage can be anything from 0.1 % to 20 %.")
    if any(wanted.mode_of(kind) is NoticeMode.OFF for kind in ALWAYS_TOLD):
        raise Rejected("This kind of notice can be silent, and not off.")
    if (wanted.quiet_from is None) != (wanted.quiet_until is None):
        raise Rejected("Quiet hours need a beginning and an end, such as 22:00 to 7:30.")
    if wanted.quiet_from is not None and wanted.quiet_from == wanted.quiet_until:
        raise Rejected("Quiet hours that begin when they end have no length.")


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise Rejected(
            "There is no such time zone. Write it as a continent and a city, like Europe/Paris."
        ) from error


def _check_money(amount: Decimal, what: str) -> None:
    if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT or not _is_in_cents(amount):
        raise InvalidQuantity(
            worded(
                "{what} can be anything from $0 to ${most}, in cents.",
                what=what,
                most=f"{MAX_AMOUNT:,f}",
            )
        )


def _check_quick(amounts: tuple[Usdc, ...]) -> None:
    if len(amounts) != QUICK:
        raise InvalidQuantity(
            worded("A market has {count} quick amounts, for instance 10 25 50.", count=QUICK)
        )
    for amount in amounts:
        if not amount.is_finite() or not 1 <= amount <= MOST_QUICK or not _is_in_cents(amount):
            raise InvalidQuantity("A quick amount is $1 or more, and at most $10,000, in cents.")
    if any(one >= other for one, other in pairwise(amounts)):
        raise InvalidQuantity("Quick amounts go up, for instance 10 25 50.")


def _is_in_cents(amount: Decimal) -> bool:
    return amount == amount.quantize(CENT)
