"""Screens of the portfolio: lists, histories, and selling everything."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from core.domain.account import Account
from core.domain.book import Side
from core.domain.equity import DayChange, Glance
from core.domain.errors import EmptyBook, OutcomeUnknown
from core.domain.holdings import HoldingOrder, Holdings
from core.domain.ledger import Fill, Settlement
from core.domain.notice import WalletTrade, WalletTraded
from core.domain.order import OrderStatus
from core.domain.position import PositionStatus
from core.domain.public_wallet import (
    PublicPosition,
    PublicTrade,
    PublicWallet,
    PublicWalletView,
)
from core.domain.statement import Entry, HistoryPage, Statement
from core.domain.units import MarketId, OrderId, Price, Size, Usdc, UserId
from core.domain.views import Portfolio
from core.domain.wallet_money import Approvals, Claimable, WalletMoneyState
from telegram_bot.handlers.selling import LEGS
from telegram_bot.screens.claims import claims_screen
from telegram_bot.screens.history import files_screen, history_screen
from telegram_bot.screens.holdings import positions_screen
from telegram_bot.screens.home import home_screen, search_question
from telegram_bot.screens.positions import position_screen
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.selling import (
    Sale,
    sweep_over_screen,
    sweep_screen,
    sweeping_screen,
    swept_screen,
    switch_screen,
)
from telegram_bot.screens.wallet_card import wallet_card_screen
from telegram_bot.screens.wallet_news import wallet_traded_notice
from telegram_bot.sweeps import Leg, Sweep
from tests.support import examples as given

ADDRESS = "0x" + "4f" * 20
GOLDEN = given.GOLDEN / "portfolio"
SOLD = Usdc(Decimal("-0.303189"))


def fill(side: Side = Side.BUY, *, key: str = "order:1", price: str = "0.62") -> Fill:
    return Fill(
        event_key=key,
        user_id=UserId(1),
        account=Account.PAPER,
        market_id=MarketId("501"),
        token_id=given.YES,
        outcome="Yes",
        side=side,
        size=Size(Decimal("16.129")),
        price=Price(Decimal(price)),
        fee=Usdc(Decimal("0.151999")),
        at=given.NOW - timedelta(days=2),
        order_id=OrderId(12),
    )


def entries(question: str = "Will Bitcoin close above $100k on 31 December?") -> tuple[Entry, ...]:
    failed = replace(fill(key="order:3"), settlement=Settlement.FAILED)
    paid = replace(fill(Side.SELL, key="resolution:501:11", price="1"), fee=Usdc(Decimal(0)))
    young = replace(fill(Side.SELL, price="0.61"), settlement=Settlement.PROVISIONAL)
    return (
        Entry(paid, question, Usdc(Decimal("6.12902"))),
        Entry(young, question, SOLD),
        Entry(failed, question, None),
        Entry(fill(), question, Usdc(Decimal("-0.151999"))),
    )


def claimable() -> Portfolio:
    whole = given.portfolio(given.position_view(), given.position_view(10))
    return replace(whole, claimable=Usdc(Decimal(18)))


def legs(question: str | None = None) -> tuple[Leg, ...]:
    quote = given.sell_quote()
    name = question or quote.market.question
    return (
        Leg(name, "Yes", replace(quote, complete=True), given.OFFER),
        Leg(name, "Yes", quote, replace(given.OFFER, button_id="b1B2c3D4e5F6")),
        Leg("Will it rain in Paris on Sunday?", "No", reason="Nobody buys right now."),
    )


def sales(question: str | None = None) -> tuple[Sale, ...]:
    first, second, none = legs(question)
    sold = replace(given.order().ticket, side=Side.SELL, spend=None, size=Size(Decimal(100)))
    whole = replace(given.order(filled="64.5"), ticket=sold)
    return (
        Sale(first, whole),
        Sale(second, replace(whole, status=OrderStatus.PARTIAL)),
        Sale(second, replace(given.order(OrderStatus.REJECTED, filled="0"), ticket=sold)),
        Sale(second, error=EmptyBook("Nobody buys at an acceptable price.")),
        Sale(second, error=OutcomeUnknown("The venue's answer was lost.")),
        Sale(none),
    )


def many_legs(question: str | None = None) -> Sweep:
    """As many as a card holds, each as long as it can be, and a crowd that cannot be sold."""
    name = question or "Will the highest temperature in Paris be between 20 and 21 degrees?"
    dear = replace(given.sell_quote(), size=Size(Decimal("1234567.891234")), complete=False)
    selling = tuple(
        Leg(name, name, dear, replace(given.OFFER, button_id=f"b1B2c3D4e5{place:02}"))
        for place in range(LEGS)
    )
    closed = Leg(name, "Yes", reason="This market takes no orders right now.")
    others = tuple(
        replace(closed, reason=f"The venue says number {number}: {name * 3}") for number in range(4)
    )
    return Sweep(UserId(1), 1, 1, (*selling, *[closed] * 6, *others), 7)


def many_sales(question: str | None = None) -> tuple[Sale, ...]:
    refused = EmptyBook("Nobody buys at an acceptable price: " + (question or "no") * 30)
    return tuple(Sale(leg, error=refused) for leg in many_legs(question).legs)


def public_wallet(question: str = "Will it rain in Paris on Sunday?") -> PublicWallet:
    held = PublicPosition(
        condition=given.market().condition_id,
        title=question,
        outcome="Yes",
        size=Size(Decimal("86780.64")),
        average=Price(Decimal("0.5203")),
        price=Price(Decimal("0.61")),
        value=Usdc(Decimal("52936.19")),
        pnl=Usdc(Decimal("7783.32")),
    )
    blind = replace(held, average=None, price=None, value=None, pnl=None)
    trade = PublicTrade(
        condition=held.condition,
        title=question,
        outcome="Yes",
        side=Side.BUY,
        size=Size(Decimal(50)),
        price=Price(Decimal("0.52")),
        at=given.NOW - timedelta(hours=3),
        key="1:0xab",
    )
    sold = replace(trade, side=Side.SELL)
    return PublicWallet(ADDRESS, given.NOW, Usdc(Decimal("4212.55")), (held, blind), (trade, sold))


def examples(question: str | None = None) -> dict[str, Screen]:
    """Every one, by the name of its golden file; about a market of that name, if given."""
    now, view = given.NOW, given.position_view(question=question)
    day = DayChange(Usdc(Decimal("12.4")), Decimal("1.0"), now.replace(hour=0, minute=0))
    glance = Glance(day, 2, Usdc(Decimal(40)))
    late = replace(glance, today=replace(day, since=now - timedelta(hours=3)), open_orders=0)
    history = entries(question) if question else entries()
    told = Statement((b"a", b"b"), 12_345, SOLD)
    ended = replace(view, position=replace(view.position, status=PositionStatus.CLOSED))
    unseen = replace(view, liquidation=None, bid=None)
    sweep = Sweep(UserId(1), 1, 1, legs(question), 2)
    ten = Usdc(Decimal(10))
    empty = WalletMoneyState(ten, ten, Approvals.COMPLETE, "0x" + "ab" * 20)
    won = Claimable(MarketId("501"), view.market.question, "Yes", Size(Decimal(18)), ten)
    waiting = replace(empty, claimable=(won,), can_act=True)
    wallet = public_wallet(question) if question else public_wallet()
    known = PublicWalletView(wallet, {given.market().condition_id: MarketId("501")})
    silent = PublicWallet(ADDRESS, now, None, None, None)
    held = wallet.positions or ()
    crowded = replace(known, wallet=replace(wallet, positions=held * 6, trades=()))
    return {
        "wallet_card": wallet_card_screen(known, 0, now),
        "wallet_card_watched": wallet_card_screen(replace(known, is_watched=True), 0, now),
        "wallet_traded": wallet_traded_notice(_traded(wallet)),
        "wallet_card_page": wallet_card_screen(crowded, 1, now),
        "wallet_card_silent": wallet_card_screen(PublicWalletView(silent, {}), 0, now),
        "claims": claims_screen(waiting),
        "claims_none": claims_screen(empty),
        "home_claim": home_screen(given.MODE, claimable(), now, (), glance),
        "home_since": home_screen(given.MODE, given.portfolio(view), now, (), late),
        "search": search_question(),
        "history": history_screen(HistoryPage(history, 1, has_more=True), now),
        "history_empty": history_screen(HistoryPage(()), now),
        "files": files_screen(replace(told, files=(b"a",)), Account.PAPER, 0),
        "files_several": files_screen(told, Account.LIVE, 1),
        "positions_claim": positions_screen(
            claimable(), Holdings((view, ended), 3), 0, now, order=HoldingOrder.PNL
        ),
        "positions_all_small": positions_screen(given.portfolio(view), Holdings((), 1), 0, now),
        "positions_with_small": positions_screen(
            given.portfolio(*[view] * 9), Holdings((view,) * 9, with_small=True), 1, now
        ),
        "position_unseen": position_screen(unseen, now),
        "sweep": sweep_screen(sweep, now),
        "sweep_many": sweep_screen(many_legs(question), now),
        "sweep_nothing": sweep_screen(replace(sweep, legs=legs(question)[2:], left=0), now),
        "sweeping": sweeping_screen(sweep),
        "swept": swept_screen(sales(question)),
        "swept_many": swept_screen(many_sales(question), 7),
        "sweep_over": sweep_over_screen(),
        "switch": switch_screen(view, "No"),
    }


def _traded(wallet: PublicWallet) -> WalletTraded:
    trades = [
        WalletTrade(each.title, each.outcome, each.side, each.size, each.price, each.at, market)
        for each, market in zip(wallet.trades or (), (None, MarketId("501")), strict=True)
    ]
    return WalletTraded(wallet.address, tuple(trades), 4)


def write_golden_files() -> None:
    """Accept the screens as they are now; look at the difference before committing it."""
    for name, screen in examples().items():
        (GOLDEN / f"{name}.txt").write_text(given.as_text(screen))


if __name__ == "__main__":
    write_golden_files()
