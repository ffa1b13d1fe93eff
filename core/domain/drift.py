"""Where the ledger and the venue do not agree about one account, and what that is called."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.domain.order import OrderHash
from core.domain.position import Holding
from core.domain.reports import OrderReport
from core.domain.units import ZERO, Price, Size, TokenId, Usdc, times, usdc

DUST: Final = Decimal("0.01")  # shares; the venue's rounding can leave that much
CENT: Final = Decimal("0.01")  # USDC; below it a difference is rounding
LOOSE_SHARE: Final = Decimal("0.1")  # of the turnover: what fees told wrongly could amount to
CASH: Final = "cash"  # the subject of a difference in money


class DriftKind(StrEnum):
    MISSING_ORDER = "missing-order"  # ours rests, the venue does not list it
    GONE_ORDER = "gone-order"  # the same of one that was made elsewhere
    UNKNOWN_ORDER = "unknown-order"  # the venue lists it, and it cannot be taken over
    SHARES = "shares"  # both hold some, not as many
    TRANSFER_IN = "transfer-in"  # shares that the ledger never saw
    TRANSFER_OUT = "transfer-out"  # shares that left without a trade
    REDEEMED = "redeemed"  # paid out elsewhere before we knew the result
    SETTLING = "settling"  # trades are on their way to the chain
    CASH = "cash"  # money that nothing explains
    BOOKED_SHARES = "booked-shares"  # a position holds other shares than its fills make
    BOOKED_COST = "booked-cost"  # the same of what they cost
    BOOKED_PROFIT = "booked-profit"  # the same of what was realised


OF_LEDGER: Final = frozenset(
    {DriftKind.BOOKED_SHARES, DriftKind.BOOKED_COST, DriftKind.BOOKED_PROFIT}
)
"""Where a position is not what its own fills make; the venue has no part in it."""

SERIOUS: Final = OF_LEDGER | frozenset(
    {
        DriftKind.MISSING_ORDER,
        DriftKind.SHARES,
        DriftKind.TRANSFER_IN,
        DriftKind.TRANSFER_OUT,
        DriftKind.CASH,
    }
)
"""What stops a user's automation while it lasts."""

OF_SHARES: Final = frozenset({DriftKind.SHARES, DriftKind.TRANSFER_IN, DriftKind.TRANSFER_OUT})
"""What ends when the user takes the venue's numbers over."""


class CashMoveKind(StrEnum):
    """Why the money of a live account changed without a trade."""

    OPENING = "opening"  # there when we first looked
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    REDEEM = "redeem"  # below zero: results that the ledger has paid and the venue not yet
    TAKEN_OVER = "taken-over"  # what shares taken over are booked to have cost or brought
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class CashMove:
    kind: CashMoveKind
    amount: Usdc  # above zero came in


@dataclass(frozen=True, slots=True)
class OurOrder:
    """One that should rest in the venue's book, as it would report it."""

    report: OrderReport
    is_external: bool = False

    @property
    def hash(self) -> OrderHash:
        return self.report.hash

    @property
    def left(self) -> Size:
        """Shares that still rest."""
        return Size(self.report.original - self.report.matched)

    def says(self, report: OrderReport) -> bool:
        """Whether the venue's `report` is no news."""
        mine = self.report
        is_same = (mine.status, mine.matched) == (report.status, report.matched)
        return is_same and (mine.original == report.original or not self.is_external)


@dataclass(frozen=True, slots=True)
class OurShares:
    """What the ledger holds of one token; `buys` and `sells` of it have not settled yet."""

    token: TokenId
    size: Size = Size(ZERO)
    has_ended: bool = False  # its market trades no more
    payout: Price | None = None  # per share, where the ledger has paid the result
    buys: Size = Size(ZERO)
    sells: Size = Size(ZERO)


@dataclass(frozen=True, slots=True)
class OurAccount:
    """An account as the ledger has it."""

    orders: Mapping[OrderHash, OurOrder]
    shares: Mapping[TokenId, OurShares]
    cash: Usdc
    spent: Usdc = Usdc(ZERO)  # by buys that have not settled, with fees
    earned: Usdc = Usdc(ZERO)  # by sells that have not settled
    redeeming: Usdc = Usdc(ZERO)  # sum of all REDEEM moves
    turnover: Usdc = Usdc(ZERO)  # traded since the money last agreed


@dataclass(frozen=True, slots=True)
class VenueAccount:
    """The same as the venue has it."""

    orders: frozenset[OrderHash]
    shares: Mapping[TokenId, Size]
    cash: Usdc
    redeemable: frozenset[TokenId] = frozenset()  # of markets that have ended


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement. `subject` is an order's hash, a token, or `CASH`.

    Of the kinds `OF_LEDGER`, `ours` is what the position says, `theirs` what its fills make.
    """

    kind: DriftKind
    subject: str
    ours: Decimal
    theirs: Decimal

    @property
    def is_serious(self) -> bool:
        return self.kind in SERIOUS


@dataclass(frozen=True, slots=True)
class CashFinding:
    """What explains the venue's money, and the difference it is about; none where both agree."""

    difference: Difference | None
    moves: tuple[CashMove, ...] = ()

    @property
    def is_unexplained(self) -> bool:
        return any(
            move.kind is CashMoveKind.UNEXPLAINED and abs(move.amount) >= CENT
            for move in self.moves
        )


def ledger_differences(token: TokenId, row: Holding, folded: Holding) -> Iterator[Difference]:
    """Between a position in `token` as it is stored and the fold of its fills."""
    cost, made = times(row.amount, row.entry_price), times(folded.amount, folded.entry_price)
    pairs = (
        (DriftKind.BOOKED_SHARES, row.amount, folded.amount),
        (DriftKind.BOOKED_COST, usdc(cost), usdc(made)),
        (DriftKind.BOOKED_PROFIT, row.realized_pnl, folded.realized_pnl),
    )
    for kind, stored, right in pairs:
        if stored != right:
            yield Difference(kind, token, stored, right)


def order_differences(ours: OurAccount, theirs: VenueAccount) -> Iterator[Difference]:
    for one in sorted(ours.orders.keys() - theirs.orders):
        order = ours.orders[one]
        kind = DriftKind.GONE_ORDER if order.is_external else DriftKind.MISSING_ORDER
        yield Difference(kind, one, order.left, ZERO)


def share_differences(ours: OurAccount, theirs: VenueAccount) -> Iterator[Difference]:
    """Rounding, and results that wait to be redeemed, are none."""
    for token in sorted(ours.shares.keys() | theirs.shares.keys()):
        mine = ours.shares.get(token, OurShares(token))
        held = theirs.shares.get(token, Size(ZERO))
        if mine.payout is not None or abs(held - mine.size) < DUST:
            continue
        if not mine.size and (mine.has_ended or token in theirs.redeemable):
            continue  # of a market that had ended before this account was ours
        yield Difference(_kind(mine, held), token, mine.size, held)


def cash_finding(
    ours: OurAccount, theirs: VenueAccount, kinds: frozenset[DriftKind]
) -> CashFinding:
    """What became of the money; `kinds` are those of the differences in shares.

    While trades settle, and while a result is known to the venue only, the money cannot agree.
    """
    change = usdc(theirs.cash - ours.cash)
    if change == 0 and _redeemed(ours, theirs) == 0:
        return CashFinding(None)
    if _is_settling(ours, theirs) or DriftKind.REDEEMED in kinds:
        return CashFinding(Difference(DriftKind.SETTLING, CASH, ours.cash, theirs.cash))
    moves = tuple(_moves(ours, theirs, change))
    kind = DriftKind.CASH
    return CashFinding(Difference(kind, CASH, ours.cash, theirs.cash), moves)


def _kind(mine: OurShares, held: Size) -> DriftKind:
    if mine.size - mine.buys - DUST < held < mine.size + mine.sells + DUST:
        return DriftKind.SETTLING
    if mine.has_ended and held < DUST:
        return DriftKind.REDEEMED
    if mine.size < DUST:
        return DriftKind.TRANSFER_IN
    return DriftKind.TRANSFER_OUT if held < DUST else DriftKind.SHARES


def _is_settling(ours: OurAccount, theirs: VenueAccount) -> bool:
    if not (ours.spent or ours.earned):
        return False
    return ours.cash - ours.earned <= theirs.cash <= ours.cash + ours.spent


def _redeemed(ours: OurAccount, theirs: VenueAccount) -> Usdc:
    """What must be booked so that the REDEEM moves are what still waits at the venue, negated."""
    waits = sum(
        (
            times(theirs.shares.get(token, Size(ZERO)), mine.payout)
            for token, mine in ours.shares.items()
            if mine.payout is not None
        ),
        ZERO,
    )
    return usdc(-waits - ours.redeeming)


def _moves(ours: OurAccount, theirs: VenueAccount, change: Usdc) -> Iterator[CashMove]:
    redeemed = _redeemed(ours, theirs)
    if redeemed:
        yield CashMove(CashMoveKind.REDEEM, redeemed)
    rest = usdc(change - redeemed)
    if rest:
        yield CashMove(_why(rest, ours.turnover), rest)


def _why(rest: Usdc, turnover: Usdc) -> CashMoveKind:
    if abs(rest) < CENT or abs(rest) <= times(turnover, LOOSE_SHARE):
        return CashMoveKind.UNEXPLAINED
    return CashMoveKind.DEPOSIT if rest > 0 else CashMoveKind.WITHDRAWAL
