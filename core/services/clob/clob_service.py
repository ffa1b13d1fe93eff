"""Orders: quoted, recorded, sent to the exchange, settled."""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.account import Account
from core.domain.account_views import Cancelled
from core.domain.errors import NotEnoughShares, NotFound, NoWallet, PolycoolError
from core.domain.offer import ButtonClaim, LimitQuote, Offer, TradeQuote
from core.domain.order import Order, Origin, Ticket
from core.domain.position import PositionStatus
from core.domain.units import ZERO, MarketId, OrderId, PositionId, Size, TokenId, Usdc, UserId
from core.ports import Exchange, MarketsByCondition
from core.services.clob import money_buttons
from core.services.clob.cancelling import OrderCanceller
from core.services.clob.claiming import OrderClaimer, Recorded
from core.services.clob.desk import OrderDesk
from core.services.clob.guarding import Guards, Witness
from core.services.clob.interrupted import end_interrupted
from core.services.clob.limit_quoting import LimitWish, limit_quote
from core.services.clob.market_finding import KnownMarkets
from core.services.clob.news import OrderNews
from core.services.clob.quick_orders import QuickOrders
from core.services.clob.quoting import (
    buy_quote,
    check_open,
    check_sale,
    check_spend,
    sell_quote,
)
from core.services.clob.sending import Leaving, OrderSender, nobody_waits
from core.services.clock import utc_now
from core.services.fresh_books import FreshBooks
from core.services.milestones import Reached, unwatched
from core.services.trading_right import refuse_viewer
from core.services.websocket_manager import WebSocketManager
from core.storage import buttons, markets, orders, positions
from core.storage.means import Means, means
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

__all__ = ["ButtonClaim", "Cancelled", "ClobService", "LimitQuote", "Offer", "TradeQuote"]

DEFAULT_SLIPPAGE: Final = Decimal(2)  # percent
QUOTE_SECONDS: Final = 60.0
REMEMBERED: Final = timedelta(days=7)  # how long a spent button can still explain itself

logger = logging.getLogger(__name__)


def new_button_id() -> str:
    """12 characters that nobody can guess."""
    return secrets.token_urlsafe(9)


class ClobService:
    """Everything that trades for a user in one account."""

    def __init__(  # noqa: PLR0913 - all but the collaborators have defaults, and names
        self,
        sessions: Sessions,
        exchange: Exchange,
        books: FreshBooks,
        manager: WebSocketManager,
        *,
        account: Account = Account.PAPER,
        slippage_percent: Decimal = DEFAULT_SLIPPAGE,
        quote_ttl: float = QUOTE_SECONDS,
        guards: Guards | None = None,
        witness: Witness | None = None,
        known: MarketsByCondition | None = None,
        now: Callable[[], datetime] = utc_now,
        button_id: Callable[[], str] = new_button_id,
        reached: Reached = unwatched,
    ) -> None:
        self._sessions = sessions
        self._exchange = exchange
        self._books = books
        self._account = account
        self._slippage = slippage_percent
        self._quote_ttl = quote_ttl
        self._now = now
        self._button_id = button_id
        self.desk = OrderDesk(
            sessions,
            manager,
            account=account,
            guards=guards,
            witness=witness,
            mark=books.mark,
            now=now,
        )
        self.news = OrderNews(self.desk, known or KnownMarkets(sessions), reached=reached)
        self._claimer = OrderClaimer(self.desk, books, now)
        self._sender = OrderSender(self.desk, exchange, self.news, reached=reached)
        self._canceller = OrderCanceller(self.desk, exchange, reached=reached)
        self.quick = QuickOrders(
            sessions, self.desk, self._claimer, self._send, now=now, button_id=button_id
        )

    def slippage_of(self, wanted: Decimal | None) -> Decimal:
        """In percent: what somebody wants, but never more than the operator allows."""
        return self._slippage if wanted is None else min(wanted, self._slippage)

    async def quote_buy(
        self,
        user_id: UserId,
        market_id: MarketId,
        token_id: TokenId,
        spend: Usdc,
        slippage: Decimal | None = None,
    ) -> TradeQuote:
        """What `spend` USDC (before the fee) buys right now.

        `slippage`: the user's own, in percent; never above the operator's.
        Raises: NotFound, MarketClosed, OrderTooSmall, InsufficientBalance, EmptyBook; StalePrice
        or another Unavailable without a fresh book.
        """
        async with self.desk.transaction(user_id) as session:
            market = await markets.by_id(session, market_id)
            held = await means(session, user_id, self._account, token_id)
        if held is None:
            raise NoWallet(self._account)
        market.outcome_of(token_id)
        check_open(market)
        check_spend(spend, held)
        return buy_quote(
            self._account,
            market,
            await self._books.book(token_id, market.complement(token_id)),
            spend=spend,
            means=held,
            slippage_percent=self.slippage_of(slippage),
        )

    async def quote_sell(
        self,
        user_id: UserId,
        position_id: PositionId,
        size: Size,
        slippage: Decimal | None = None,
    ) -> TradeQuote:
        """What selling `size` shares of the position brings right now; `slippage` as above.

        Raises: NotFound, NotEnoughShares, MarketClosed, EmptyBook; StalePrice or another
        Unavailable without a fresh book.
        """
        async with self.desk.transaction(user_id) as session:
            position = await positions.by_id(session, position_id, user_id)
            if position is None:
                raise NotFound("There is no such position.")
            market = await markets.by_id(session, position.market_id)
            held = await means(session, user_id, position.account, position.token_id)
        if position.status is not PositionStatus.ACTIVE:
            raise NotEnoughShares("This position is closed already.")
        check_sale(size, held or Means(Usdc(ZERO), position.holding.amount))
        check_open(market)
        token = position.token_id
        return sell_quote(
            position,
            market,
            await self._books.book(token, market.complement(token)),
            size=size,
            cash=Usdc(ZERO) if held is None else held.cash,
            slippage_percent=self.slippage_of(slippage),
        )

    async def quote_limit(self, user_id: UserId, wish: LimitWish) -> LimitQuote:
        """What an order that may rest would mean, checked against the market's own rules.

        Raises: Rejected with the sentence that says what is wrong with it; NotFound,
        MarketClosed, OrderTooSmall, InsufficientBalance, NotEnoughShares; Unavailable without a
        fresh book.
        """
        async with self.desk.transaction(user_id) as session:
            market = await markets.by_id(session, wish.market_id)
            held = await means(session, user_id, self._account, wish.token_id)
        if held is None:
            raise NoWallet(self._account)
        check_open(market)
        book = await self._books.book(wish.token_id, market.complement(wish.token_id))
        return limit_quote(self._account, market, book, wish, means=held, now=self._now())

    async def offer(
        self,
        quote: TradeQuote | LimitQuote,
        user_id: UserId,
        chat_id: int,
        message_id: int | None = None,
        now: datetime | None = None,
    ) -> Offer:
        """A one-shot button for `quote`. Without `message_id` it waits for `bind_offer`.

        Raises: ViewerOnly; the claim asks again.
        """
        claim = ButtonClaim(self._button_id(), user_id, chat_id, message_id or 0)
        async with self.desk.transaction(user_id) as session:
            await refuse_viewer(session, user_id)
            return await money_buttons.store(
                session,
                quote,
                claim,
                bound=message_id is not None,
                now=now or self._now(),
                seconds=self._quote_ttl,
            )

    async def bind_offer(self, button_id: str, message_id: int) -> None:
        """The message that the button was sent in: from now on it works there, and only there."""
        async with as_worker(self._sessions) as session:
            await buttons.bind(session, button_id, message_id)

    async def withdraw_offer(self, claim: ButtonClaim) -> None:
        """Its button becomes no order any more, also if a tap on it is on its way."""
        async with self.desk.transaction(claim.user_id) as session:
            await buttons.withdraw(session, claim, self._now())

    async def get_ready(self, user_id: UserId) -> None:
        """To be awaited beside `place_offer`: what signing needs is fetched meanwhile.

        What goes wrong here, the order meets again, and says.
        """
        try:
            await self._exchange.get_ready(user_id)
        except (PolycoolError, SQLAlchemyError, OSError) as fault:
            logger.info("Cannot prepare for an order: %s", type(fault).__name__)

    async def place_offer(self, claim: ButtonClaim, *, knows_of_unclear: bool = False) -> Order:
        """Use the button and place its order; of many taps one gets through.

        Raises: ButtonSpent; UnclearBefore, and the button is unused, if the answer to an order in
        that market was lost and the user does not know of it; what `place_order` raises.
        """
        recorded = await self._claimer.tap(claim, knows_of_unclear=knows_of_unclear)
        if recorded is None:
            raise await self.quick.refusal(claim)
        return await self._send(recorded)

    async def place_order(self, ticket: Ticket, *, leaving: Leaving = nobody_waits) -> Order:
        """Record the order, sign it, send it, settle what the exchange says.

        `leaving` is told just before the exchange is; never for an order that was placed before.

        No transaction stays open while the network is waited for. A crash in between leaves an
        order that `reconcile` and the followers end. The same key again gives the same order,
        untouched.
        Raises: Rejected and Unavailable (the order is REJECTED then, or was never recorded),
        OutcomeUnknown.
        """
        return await self._send(await self._claimer.ticket(ticket), leaving)

    async def cancel_order(self, order_id: OrderId, user_id: UserId) -> Order:
        """Take what is left of the order off the book.

        The order may come back still working: then it is asked for again until it is gone.
        Raises: NotFound, Rejected if nothing of it is working, Unavailable, OutcomeUnknown.
        """
        await self.order(order_id, user_id)
        return await self._canceller.cancel(order_id, user_id)

    async def cancel_market(self, user_id: UserId, market_id: MarketId) -> Cancelled:
        """Everything of the user that may still trade in the market."""
        return await self._canceller.cancel_these(await self.open_orders(user_id, market_id))

    async def cancel_all(self, user_id: UserId, origin: Origin | None = None) -> Cancelled:
        """Everything of the user that may still trade; only what `origin` wanted, if given."""
        found = await self.open_orders(user_id)
        return await self._canceller.cancel_these(
            [order for order in found if origin in {None, order.ticket.origin}]
        )

    async def open_orders(
        self, user_id: UserId, market_id: MarketId | None = None
    ) -> tuple[Order, ...]:
        """What may still trade, oldest first."""
        async with self.desk.transaction(user_id) as session:
            found = await orders.open_of(session, user_id, self._account, market_id)
        return tuple(found)

    async def open_markets(self) -> list[tuple[UserId, MarketId]]:
        """Where anybody's orders may still trade, for the wishes at the start."""
        async with as_worker(self._sessions) as session:
            found = await orders.followed(session, self._account)
        return sorted(
            {(one.ticket.user_id, one.ticket.market_id) for one in found if not one.is_done}
        )

    async def order(self, order_id: OrderId, user_id: UserId) -> Order:
        """Raises: NotFound, also for somebody else's."""
        async with self.desk.transaction(user_id) as session:
            order = await orders.by_id(session, order_id, user_id)
        if order is None:
            raise NotFound("There is no such order.")
        return order

    async def reconcile(self) -> int:
        """End the orders that a crash interrupted; how many there were. Call it before trading."""
        async with as_worker(self._sessions) as session:
            await buttons.forget_expired(session, self._now() - REMEMBERED)
        return await end_interrupted(self._sessions, self.desk)

    async def _send(self, recorded: Recorded, leaving: Leaving = nobody_waits) -> Order:
        if not recorded.is_new:
            return recorded.order
        return await self._sender.send(recorded.order, recorded.market, leaving)
