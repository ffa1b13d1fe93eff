"""Takes orders of accounts, matches them in the market's own book, and lets them go again."""

from collections.abc import Callable, Collection, Iterable
from itertools import chain
from typing import Final, NamedTuple, Protocol

from infrastructure.sandbox.exchange.accounts.agenda import Agenda
from infrastructure.sandbox.exchange.accounts.checks import (
    crosses,
    proven_hash,
    refuse_shut_market,
    refuse_uncovered,
    trusted_wallet,
)
from infrastructure.sandbox.exchange.accounts.keys import ApiKey
from infrastructure.sandbox.exchange.accounts.money import Wallet, Wallets
from infrastructure.sandbox.exchange.accounts.open_orders import OpenOrders, content
from infrastructure.sandbox.exchange.accounts.order_wire import Sent
from infrastructure.sandbox.exchange.accounts.records import (
    CANCELED,
    DELAYED,
    INVALID,
    LIVE,
    MATCHED,
    AccountOrder,
    Kind,
)
from infrastructure.sandbox.exchange.accounts.rules import reachable, read_terms, refuse_small_taker
from infrastructure.sandbox.exchange.frames import Frame
from infrastructure.sandbox.exchange.refused import Refused
from infrastructure.sandbox.exchange.state import MarketState
from infrastructure.sandbox.exchange.trading import TradedMarket

KILLED: Final = "order couldn't be fully filled. FOK orders are fully filled or killed."
UNMET: Final = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)
EXPIRED: Final = "CANCELED_EXPIRED_ORDER"
RESOLVED: Final = "CANCELED_MARKET_RESOLVED"
SHORT_OF_MONEY: Final = "CANCELED_NOT_ENOUGH_BALANCE"
SECURITY: Final = 60  # seconds before its expiration that an order ends
ALREADY: Final = {MATCHED: "order already matched", DELAYED: "order is delayed"}


class Floor(Protocol):
    """Where the markets are."""

    traded: dict[str, TradedMarket]

    def find(self, token: str) -> tuple[MarketState, int] | None: ...
    def broadcast(self, frames: Iterable[Frame]) -> None: ...
    def now_ms(self) -> int: ...


class Placed(NamedTuple):
    """An order that the exchange took."""

    order: AccountOrder
    status: str  # live, matched or delayed


Told = Callable[[AccountOrder, str], None]
"""Tells of an order: PLACEMENT, UPDATE or CANCELLATION."""


class OrderDesk:
    """Every order that was ever taken, by its hash."""

    def __init__(self, floor: Floor, wallets: Wallets, agenda: Agenda, told: Told) -> None:
        self.orders: dict[str, AccountOrder] = {}
        self.resting: dict[tuple[str, int], AccountOrder] = {}  # by condition id, engine's id
        self._open = OpenOrders()
        self._floor = floor
        self._wallets = wallets
        self._agenda = agenda
        self._told = told

    def place(self, sent: Sent, key: ApiKey) -> Placed:
        """Raises: Refused, in the venue's words."""
        order, traded = self._checked(sent, key)
        takes = crosses(traded, order.outcome, order.terms)
        self._refuse_on_merit(order, takes=takes)
        self.orders[order.hash] = order
        self._open.add(order)
        delay = order.state.taker_delay
        if takes and delay:
            order.status = DELAYED
            self._agenda.after(delay, lambda: self._execute_late(order, traded))
            return Placed(order, "delayed")
        problem = self._execute(order, traded)
        if problem:
            raise Refused(400, problem)
        return Placed(order, "matched" if order.matched else "live")

    def cancel(self, order: AccountOrder, status: str = CANCELED) -> str:
        """Why it could not be cancelled; empty if it was."""
        if order.status == DELAYED and status == CANCELED:
            return ALREADY[DELAYED]
        if not order.is_open:
            return ALREADY.get(order.status, "order can't be found - already canceled or matched")
        self._leave_book(order)
        self._end(order, status)
        return ""

    def open_orders(self, key_id: str) -> list[AccountOrder]:
        return [each for each in self._open.everything() if each.key.id == key_id]

    def expire(self) -> None:
        """Cancel what is past its end by the venue's clock, as early as the real one may."""
        now = self._floor.now_ms() // 1000
        for order in list(self.resting.values()):
            if 0 < order.terms.expiration <= now + SECURITY:
                self.cancel(order, EXPIRED)

    def end_market(self, state: MarketState) -> None:
        """Trading has ended for good."""
        for order in [each for each in self._open.everything() if each.state is state]:
            self._leave_book(order)
            self._end(order, RESOLVED)

    def drop_uncovered(self, wallets: Collection[Wallet]) -> None:
        """Cancel, newest first, what these wallets can no longer pay for."""
        for purse in chain.from_iterable(self._open.purses_of(each) for each in wallets):
            orders = self._open.paid_by(purse)
            held = sum(each.held for each in orders)
            for order in reversed(orders):
                if held <= content(order):
                    break
                held -= order.held
                self.cancel(order, SHORT_OF_MONEY)

    def left_book(self, order: AccountOrder) -> None:
        """A match took the last of it."""
        if order.resting is not None:
            self.resting.pop((order.state.listed.condition_id, order.resting), None)

    def swept(self, state: MarketState, ids: list[int]) -> None:
        """A coarser tick took these out of the book already."""
        for engine_id in ids:
            order = self.resting.get((state.listed.condition_id, engine_id))
            if order is not None:
                self.left_book(order)
                self._end(order, INVALID)

    def _checked(self, sent: Sent, key: ApiKey) -> tuple[AccountOrder, TradedMarket]:
        """Everything that can be said without the book. Raises: Refused."""
        found = self._floor.find(sent.token)
        if found is None:
            raise Refused(400, f"the orderbook {sent.token} does not exist")
        state, outcome = found
        order_id, settler, signer = proven_hash(sent, key, state.listed)
        if order_id in self.orders:
            raise Refused(400, f"order {order_id} is invalid. Duplicated.")
        now = self._floor.now_ms()
        wallet = self._wallets.adopt(sent.struct.maker, key.address)
        wallet = trusted_wallet(wallet, sent, signer, now // 1000)
        refuse_shut_market(state, sent.token)
        traded = self._floor.traded.get(state.listed.condition_id)
        if traded is None:
            raise Refused(400, "the market is not yet ready to process new orders")
        terms = read_terms(sent, order_id, state.tick, now // 1000)
        order = AccountOrder(
            hash=order_id,
            key=key,
            wallet=wallet,
            maker=sent.struct.maker,
            contract=settler.contract,
            state=state,
            outcome=outcome,
            terms=terms,
            created=now,
            number=len(self.orders),
        )
        return order, traded

    def _refuse_on_merit(self, order: AccountOrder, *, takes: bool) -> None:
        """Raises: Refused."""
        if takes and order.terms.post_only:
            raise Refused(400, "invalid post-only order: order crosses book")
        if takes or not order.terms.kind.rests:
            refuse_small_taker(order.terms)
        refuse_uncovered(order, self._open.rivals(order), takes=takes)

    def _execute_late(self, order: AccountOrder, traded: TradedMarket) -> None:
        if order.status != DELAYED:
            return
        order.status = LIVE
        try:
            refuse_shut_market(order.state, order.token)
            refuse_uncovered(order, self._open.rivals(order), takes=True)
        except Refused as error:
            self._end(order, f"{CANCELED}_{error}")
            return
        self._execute(order, traded)

    def _execute(self, order: AccountOrder, traded: TradedMarket) -> str:
        """Match it and rest what may rest; the venue's words if it was killed."""
        terms, now = order.terms, self._floor.now_ms()
        if terms.kind.rests:
            self._rest(order, traded, now)
            return ""
        size, is_whole = reachable(traded.offers(order.outcome, terms.side), terms)
        if not size or (terms.kind is Kind.FOK and not is_whole):
            reason = KILLED if terms.kind is Kind.FOK else UNMET
            self._end(order, f"{CANCELED}_{reason}")
            return reason
        done = traded.market(order.outcome, terms.side, size, now, terms.price, taker=order.hash)
        self._floor.broadcast(done.frames)
        order.status = MATCHED if is_whole else LIVE
        self._told(order, "UPDATE")
        if not is_whole:
            self._end(order, CANCELED)
        return ""

    def _rest(self, order: AccountOrder, traded: TradedMarket, now: int) -> None:
        terms = order.terms
        self._told(order, "PLACEMENT")
        done = traded.limit(
            order.outcome, terms.side, terms.price, terms.size, now, taker=order.hash
        )
        self._floor.broadcast(done.frames)
        resting = done.execution.resting
        if resting is None:
            order.status = MATCHED
        if order.matched:
            self._told(order, "UPDATE")
        if resting is not None and traded.engine.rests(resting):
            order.resting = resting
            self.resting[order.state.listed.condition_id, resting] = order
            self._watch_end(order)
        elif resting is not None:  # its own fills made the tick too coarse for it
            self._end(order, INVALID)

    def _watch_end(self, order: AccountOrder) -> None:
        if order.terms.expiration:
            left = order.terms.expiration - SECURITY - self._floor.now_ms() / 1000
            self._agenda.after(left + 0.01, self.expire)  # the venue's clock has whole seconds

    def _leave_book(self, order: AccountOrder) -> None:
        if order.resting is None:
            return
        self.left_book(order)
        traded = self._floor.traded[order.state.listed.condition_id]
        self._floor.broadcast(traded.cancel(order.resting, self._floor.now_ms(), order.outcome))

    def _end(self, order: AccountOrder, status: str) -> None:
        order.status = status
        self._told(order, "CANCELLATION")
