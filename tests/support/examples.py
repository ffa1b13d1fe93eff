"""Views of a small imagined portfolio, and every screen drawn from them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from core.domain.account import Account
from core.domain.book import Level, Side
from core.domain.confirming import Why
from core.domain.errors import (
    InsufficientBalance,
    InvalidQuantity,
    NotWhole,
    OutcomeUnknown,
    StalePrice,
)
from core.domain.fees import FeeSchedule
from core.domain.health import Doubt
from core.domain.holdings import Holdings
from core.domain.market import Event, Market, Outcome, Source
from core.domain.offer import Offer, TradeQuote
from core.domain.order import Order, OrderStatus, Ticket
from core.domain.order_amounts import OrderKind
from core.domain.position import Holding, Position, PositionStatus
from core.domain.price import PriceState
from core.domain.secrets import SecretKind
from core.domain.units import (
    ConditionId,
    EventId,
    MarketId,
    OrderId,
    PositionId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
)
from core.domain.views import (
    EventView,
    MarketPage,
    MarketRow,
    MarketView,
    OutcomeView,
    Portfolio,
    PositionView,
)
from core.domain.wish import WHICH_MARKET
from telegram_bot.actions import SellOther, ShowMarket, ShowPosition, Spend, SpendOther
from telegram_bot.screens.choice import Choice, choice_screen, unclear_screen
from telegram_bot.screens.continuity import Orders, noted, restored, stopped
from telegram_bot.screens.event import event_screen
from telegram_bot.screens.help import help_screen
from telegram_bot.screens.holdings import positions_screen
from telegram_bot.screens.home import home_screen
from telegram_bot.screens.market import amount_screen, market_screen
from telegram_bot.screens.markets import (
    categories_screen,
    closing_screen,
    new_screen,
    search_screen,
    trending_screen,
    watchlist_screen,
)
from telegram_bot.screens.notices import (
    amount_question,
    failure_screen,
    left_out_notice,
    never_placed_screen,
    old_screen,
    secret_refused,
    shares_question,
    try_again,
    unexpected_screen,
)
from telegram_bot.screens.positions import position_screen
from telegram_bot.screens.quick import Quick
from telegram_bot.screens.receipt import receipt_screen
from telegram_bot.screens.screen import Screen, paused
from telegram_bot.screens.status import PartState, status_screen
from telegram_bot.screens.ticket import expired_screen, submitting_screen, ticket_screen
from telegram_bot.screens.ways_on import ways_on
from telegram_bot.screens.whole import not_whole_screen
from telegram_bot.whole_actions import BuyWhole

GOLDEN = Path(__file__).parents[1] / "fixtures" / "screens"
NOW = datetime(2026, 11, 21, 14, 3, 22, tzinfo=UTC)
MODE = "SANDBOX · paper money"
YES, NO = TokenId("11"), TokenId("12")
OFFER = Offer("a1B2c3D4e5F6", NOW + timedelta(seconds=45))
CASH = Usdc(Decimal(1000))
SIZE = Size(Decimal(1000))
AGAIN = Spend(MarketId("501"), 0, 1000)


def market(question: str = "Will Bitcoin close above $100k on 31 December?") -> Market:
    return Market(
        id=MarketId("501"),
        condition_id=ConditionId("0x" + "ab" * 32),
        slug="bitcoin-above-100k-on-december-31",
        question=question,
        title=question,
        outcomes=(
            Outcome("Yes", YES, Price(Decimal("0.62"))),
            Outcome("No", NO, Price(Decimal("0.38"))),
        ),
        tick=Decimal("0.01"),
        minimum_size=Size(Decimal(5)),
        fees=FeeSchedule(Decimal("0.04")),
        event=Event(EventId("77"), "bitcoin-in-december", "Bitcoin in December"),
        category="Crypto",
        volume=Decimal("1234567.8"),
        volume_24h=Decimal("12400.5"),
        ends_at=datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
    )


def outcome_view(
    number: int, price: str, bid: str | None, ask: str | None, state: PriceState = PriceState.LIVE
) -> OutcomeView:
    return OutcomeView(
        outcome=market().outcomes[number],
        bid=None if bid is None else Price(Decimal(bid)),
        ask=None if ask is None else Price(Decimal(ask)),
        price=Price(Decimal(price)),
        last_trade=None,
        age=0.4 if state is PriceState.LIVE else 184.0,
        state=state,
        source=Source.WS,
    )


def position(number: int = 9, *, amount: str = "16.129", price: str = "0.645") -> Position:
    holding = Holding(
        Size(Decimal(amount)),
        Price(Decimal("0.62")),
        Usdc(Decimal("-0.151999")),
        Usdc(Decimal("0.151999")),
    )
    return Position(
        id=PositionId(number),
        user_id=UserId(1),
        account=Account.PAPER,
        market_id=MarketId("501"),
        token_id=YES,
        outcome="Yes",
        holding=holding,
        current_price=Price(Decimal(price)),
        pnl_amount=Usdc(Decimal("0.403225")),
        pnl_percentage=Decimal("4.0323"),
        status=PositionStatus.ACTIVE,
        opened_at=NOW,
        updated_at=NOW,
    )


def position_view(number: int = 9, question: str | None = None) -> PositionView:
    return PositionView(
        position=position(number),
        market=market(question) if question else market(),
        liquidation=Usdc(Decimal("10.169112")),
        price_age=0.4,
        state=PriceState.LIVE,
        bid=Price(Decimal("0.64")),
    )


def market_view(*positions: PositionView) -> MarketView:
    return MarketView(
        market(),
        (outcome_view(0, "0.62", "0.61", "0.63"), outcome_view(1, "0.38", "0.37", "0.39")),
        positions,
    )


def portfolio(*positions: PositionView) -> Portfolio:
    return Portfolio(
        positions=positions,
        cash=Usdc(Decimal("989.848001")),
        value=Usdc(Decimal("10.403205")),
        unrealized=Usdc(Decimal("0.403225")),
        realized=Usdc(Decimal("-0.151999")),
        total=Usdc(Decimal("1000.251206")),
    )


def holdings_screen(whole: Portfolio) -> Screen:
    """The list's first page with all that is in it."""
    return positions_screen(whole, Holdings(whole.positions), 0, NOW)


def buy_quote() -> TradeQuote:
    return TradeQuote(
        account=Account.PAPER,
        market=market(),
        outcome=market().outcomes[0],
        side=Side.BUY,
        spend=Usdc(Decimal(10)),
        size=None,
        shares=Size(Decimal("15.873")),
        value=Usdc(Decimal("9.99999")),
        fee=Usdc(Decimal("0.148")),
        average=Price(Decimal("0.63")),
        worst_price=Price(Decimal("0.64")),
        complete=True,
        age=0.2,
        state=PriceState.LIVE,
        source=Source.WS,
        payout=Usdc(Decimal("15.873")),
        cash_after=Usdc(Decimal("979.70001")),
    )


def sell_quote() -> TradeQuote:
    return replace(
        buy_quote(),
        side=Side.SELL,
        spend=None,
        size=Size(Decimal(100)),
        shares=Size(Decimal("64.5")),
        value=Usdc(Decimal("41.28")),
        fee=Usdc(Decimal("0.59443")),
        average=Price(Decimal("0.64")),
        worst_price=Price(Decimal("0.62")),
        complete=False,
        age=1.4,
        state=PriceState.POLLED,
        payout=Usdc(Decimal(0)),
        cash_after=Usdc(Decimal("1030.533571")),
    )


def order(status: OrderStatus = OrderStatus.FILLED, *, filled: str = "15.873") -> Order:
    size = Decimal(filled)
    return Order(
        id=OrderId(12),
        ticket=Ticket(
            user_id=UserId(1),
            account=Account.PAPER,
            market_id=MarketId("501"),
            token_id=YES,
            side=Side.BUY,
            worst_price=Price(Decimal("0.64")),
            key="button:a1B2c3D4e5F6",
            spend=Usdc(Decimal(10)),
        ),
        outcome="Yes",
        status=status,
        filled_size=Size(size),
        filled_value=Usdc((size * Decimal("0.63")).quantize(Decimal("0.000001"))),
        fee=Usdc(Decimal("0.148") if size else Decimal(0)),
        reason="",
        created_at=NOW,
    )


def doubted(view: OutcomeView, state: PriceState, age: float) -> OutcomeView:
    return replace(view, state=state, age=age, why=Doubt.DISCONNECTED)


def interruptions() -> dict[str, Screen]:
    """What people read while the stream is away, and when it is back."""
    view, held = market_view(), position_view()
    lost = NOW - timedelta(seconds=12)
    checked = tuple(doubted(one, PriceState.SUSPECT, 3.2) for one in view.outcomes)
    polled = tuple(doubted(one, PriceState.POLLED, 4.1) for one in view.outcomes)
    silent = replace(held, state=PriceState.DOWN, price_age=130.0, why=Doubt.DISCONNECTED)
    asked, away, mute = (
        stopped(Doubt.DISCONNECTED, lost, orders)
        for orders in (Orders.ASK, Orders.WORK, Orders.WAIT)
    )
    fetched = replace(buy_quote(), state=PriceState.POLLED, age=0.4)
    return {
        "market_checked": noted(market_screen(replace(view, outcomes=checked), NOW), asked),
        "market_polled": noted(market_screen(replace(view, outcomes=polled), NOW), away),
        "market_restored": noted(market_screen(view, NOW), restored(12.0, NOW)),
        "amounts_checked": amount_screen(replace(view, outcomes=checked), 0, CASH, NOW),
        "position_silent": noted(position_screen(silent, NOW), mute),
        "positions_silent": noted(holdings_screen(portfolio(held, silent)), mute),
        "home_silent": home_screen(MODE, portfolio(held, silent), NOW),
        "ticket_buy_fetched": ticket_screen(fetched, OFFER, NOW),
        "receipt_bought_fetched": receipt_screen(
            replace(order(), basis=PriceState.POLLED), market(), PositionId(9)
        ),
    }


def page() -> MarketPage:
    alone = market("Will it rain in Paris on Sunday?")
    return MarketPage(
        (
            MarketRow(market().event, market(), 4),
            MarketRow(alone.event, replace(alone, id=MarketId("502"), event=None)),
        ),
        page=1,
        has_more=True,
    )


def finding() -> dict[str, Screen]:
    """Lists besides the busiest, and orders in words that are not clear yet."""
    ended = replace(market(), is_closed=True)
    watched = MarketPage((MarketRow(None, market()), MarketRow(None, ended)))
    meant = Choice(market(), "Yes", AGAIN)
    other = Choice(market("Bitcoin above $90,000 in November?"), "Yes", AGAIN)
    return {
        "choice": choice_screen("bitcoin buy yes 50", (meant, other), is_guess=False),
        "choice_guess": choice_screen("bitcion buy yes 50", (meant,), is_guess=True),
        "unclear": unclear_screen(WHICH_MARKET),
        "market_watched": market_screen(market_view(), NOW, is_watched=True),
        "markets_closing": closing_screen(page(), NOW),
        "markets_new": new_screen(replace(page(), page=0)),
        "search_guess": search_screen(replace(page(), page=0, meant="bitcoin 100000"), "bitcion"),
        "watchlist": watchlist_screen(watched),
        "watchlist_empty": watchlist_screen(MarketPage(())),
    }


def cards() -> dict[str, Screen]:
    """What a market card says of its depth, and tickets that say why they ask."""
    names = "b\u202eold</b>"
    asks = (Level(Price(Decimal("0.63")), Size(Decimal(20))), Level(Price(Decimal("0.70")), SIZE))
    thin = (Level(Price(Decimal("0.39")), Size(Decimal(20))),)
    yes, no = market_view().outcomes
    traded = replace(yes, bid=Price(Decimal("0.40")), asks=asks)
    deep = replace(market_view(), outcomes=(traded, replace(no, asks=thin)))
    named = replace(
        deep, market=replace(market(), outcomes=(Outcome(names, YES), Outcome("No", NO)))
    )
    quick = Quick((Usdc(Decimal(5)), Usdc(Decimal("12.50")), Usdc(Decimal(100))), "a1B2c3D4e5F6")
    return {
        "market_deep": market_screen(deep, NOW),
        "market_quick": market_screen(named, NOW, quick=quick),
        "ticket_asked": ticket_screen(buy_quote(), OFFER, NOW, tuple(Why)),
    }


def all_or_nothing() -> dict[str, Screen]:
    """Fill or kill, from the ticket to what a thin book or the venue makes of it."""
    whole, held = replace(buy_quote(), kind=OrderKind.FOK), ShowPosition(PositionId(9))
    sale = replace(sell_quote(), kind=OrderKind.FOK)
    thin = replace(whole, complete=False, value=Usdc(Decimal("6.30")))
    refused = NotWhole("There was not enough on the other side for the whole order.")
    wanted = BuyWhole(MarketId("501"), 0, 1000)
    return {
        "ticket_buy_whole": ticket_screen(whole, OFFER, NOW),
        "ticket_sell_whole": ticket_screen(replace(sale, complete=True), OFFER, NOW, back=held),
        "whole_thin_buy": not_whole_screen(thin, ShowMarket(MarketId("501"))),
        "whole_thin_sell": not_whole_screen(sale, held),
        "failure_whole": failure_screen(refused, wanted, ways_on(refused, wanted, is_live=True)),
    }


def examples() -> dict[str, Screen]:
    """Every screen, by the name of its golden file."""
    view, held = market_view(), position_view()
    parts = (
        PartState("Stream", True, "connected, 6 of 6 tokens live"),
        PartState("Database", False, "does not answer"),
    )
    quiet = (replace(view.outcomes[0], bid=None, ask=None), view.outcomes[1])
    unheard = (outcome_view(0, "0.62", None, None, PriceState.DOWN), view.outcomes[1])
    nothing = Usdc(Decimal(0))
    empty = Portfolio((), CASH, nothing, nothing, nothing, CASH)
    closed = replace(position(), status=PositionStatus.CLOSED)
    resolved = replace(market(), is_closed=True, is_resolved=True, resolved_outcome="Yes")
    event = Event(EventId("77"), "highest", "Highest temperature in Paris on 24 November", True)
    return (
        interruptions()
        | all_or_nothing()
        | {
            "home": home_screen(MODE, portfolio(held), NOW),
            "home_empty": home_screen(MODE, empty, NOW),
            "help": help_screen(MODE),
            "status": status_screen(MODE, parts, 2.2, NOW),
            "markets": trending_screen(page(), "", ""),
            "category": trending_screen(replace(page(), has_more=False), "Weather", "0a1b2c3d"),
            "search": search_screen(replace(page(), page=0), "bitcoin"),
            "search_empty": search_screen(MarketPage(()), "zebra"),
            "categories": categories_screen((("Crypto", 12), ("Weather", 9), ("Politics", 4))),
            "event": event_screen(
                EventView(event, (market(), market("Below 8 °C?")), has_more=True)
            ),
            "event_live": event_screen(event_view(event), NOW),
            "market": market_screen(view, NOW),
            "market_held": market_screen(market_view(held), NOW),
            "market_not_live": market_screen(replace(view, outcomes=unheard), NOW),
            "market_resolved": market_screen(replace(view, market=resolved), NOW),
            "market_paused": paused(market_screen(view, NOW)),
            "amounts": amount_screen(view, 0, Usdc(Decimal("989.848001")), NOW),
            "amounts_no_seller": amount_screen(replace(view, outcomes=quiet), 0, CASH, NOW),
            "amounts_at_once": amount_screen(view, 0, CASH, NOW, Quick(button_id="ab12cd34ef")),
            "amount_question": amount_question(view, SpendOther(MarketId("501"), 0)),
            "amount_question_at_once": amount_question(
                view, SpendOther(MarketId("501"), 0), is_at_once=True
            ),
            "shares_question": shares_question(held, SellOther(PositionId(9))),
            "shares_question_at_once": shares_question(
                held, SellOther(PositionId(9)), is_at_once=True
            ),
            "amount_refused": try_again(
                InvalidQuantity("At most 2 decimals, please"), SpendOther(MarketId("501"), 0)
            ),
            "ticket_buy": ticket_screen(buy_quote(), OFFER, NOW),
            "ticket_sell_thin": ticket_screen(sell_quote(), OFFER, NOW),
            "ticket_submitting": submitting_screen(buy_quote()),
            "ticket_expired": expired_screen(buy_quote(), AGAIN),
            "receipt_bought": receipt_screen(
                replace(order(), basis=PriceState.LIVE), market(), PositionId(9)
            ),
            "receipt_part": receipt_screen(
                order(OrderStatus.PARTIAL, filled="8"), market(), PositionId(9)
            ),
            "receipt_nothing": receipt_screen(
                order(OrderStatus.REJECTED, filled="0"), market(), None, AGAIN
            ),
            "receipt_unknown": receipt_screen(
                order(OrderStatus.UNKNOWN, filled="0"), market(), None, AGAIN
            ),
            "positions": holdings_screen(portfolio(held, position_view(10))),
            "positions_empty": holdings_screen(empty),
            "position": position_screen(held, NOW),
            "position_closed": position_screen(replace(held, position=closed), NOW),
            "left_out": left_out_notice(42, 1000),
            "old_screen": old_screen(),
            "never_placed": never_placed_screen(),
            "secret_refused": secret_refused(SecretKind.PRIVATE_KEY, was_deleted=True),
            "failure_cash": failure_screen(
                InsufficientBalance("This costs 10.15 USDC with the fee; you have 4.00."),
                ShowMarket(MarketId("501")),
            ),
            "failure_stale": failure_screen(
                StalePrice("The newest book is too old to trade on."), AGAIN
            ),
            "failure_unknown": failure_screen(OutcomeUnknown("The venue's answer was lost.")),
            "unexpected": unexpected_screen(nothing_sent=False),
            **finding(),
            **cards(),
        }
    )


def event_view(event: Event) -> EventView:
    """Of two markets, one live and one that the catalogue alone knows."""
    markets = (market(), market("Below 8 °C?"))
    listed = replace(outcome_view(0, "0.12", None, None, PriceState.DOWN), source=Source.API)
    leads = (market_view().outcomes[0], replace(listed, age=240.0))
    return EventView(event, markets, has_more=True, leads=leads)


def as_text(screen: Screen) -> str:
    """The screen as a golden file holds it: text, a rule, one line a row of buttons."""
    rows = ("".join(f"[{button.label}]" for button in row) for row in screen.rows)
    return "\n".join([screen.full_text, "---", *rows, ""])


def write_golden_files() -> None:
    """Accept the screens as they are now; look at the difference before committing it."""
    for name, screen in examples().items():
        (GOLDEN / f"{name}.txt").write_text(as_text(screen))


if __name__ == "__main__":
    write_golden_files()
