"""Every screen about one's own account, drawn of a small imagined live one."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from core.domain.account import Account
from core.domain.account_views import (
    AccountStanding,
    AccountState,
    Cancelled,
    LimitState,
    Swept,
    TracedOrder,
)
from core.domain.book import Side
from core.domain.breaker import Trip
from core.domain.custody import (
    Choices,
    CodeRefused,
    KeyNotUsable,
    LiveWallet,
    NewsKind,
    Tier,
    VenueRefuses,
    WalletId,
    WalletState,
)
from core.domain.drift import DriftKind
from core.domain.errors import Rejected
from core.domain.ledger import Settlement
from core.domain.notice import Found, OrderMoved, WalletChanged, Warned
from core.domain.offer import LimitQuote
from core.domain.order import Order, OrderStatus
from core.domain.order_amounts import OrderKind
from core.domain.price import PriceState
from core.domain.refusals import (
    CancelOnly,
    CashReserved,
    Halted,
    HeartbeatLost,
    OverLimit,
    PriceNotTrusted,
    SharesReserved,
    Stopped,
)
from core.domain.risk import LimitKind, OpenOrderRef, Stop, Switches
from core.domain.units import OrderId, PositionId, Price, Size, Usdc, UserId
from core.domain.wallet_money import Approvals, Claimable, WalletMoneyState
from core.domain.withdrawal import (
    AddressId,
    AllowedAddress,
    Withdrawal,
    WithdrawalId,
    WithdrawalState,
)
from telegram_bot.account_actions import ChangeLimit, NewAddress, ShowWithdrawals
from telegram_bot.actions import Life, Limit, Unit, Way
from telegram_bot.screens.agreement import agreement_words
from telegram_bot.screens.custody_news import custody_notice
from telegram_bot.screens.deposit import deposit_screen
from telegram_bot.screens.home import home_screen
from telegram_bot.screens.limit import (
    Means,
    limit_amount_question,
    limit_amount_screen,
    limit_price_screen,
    price_question,
)
from telegram_bot.screens.limit_ticket import (
    limit_expired_screen,
    limit_submitting_screen,
    limit_ticket_screen,
)
from telegram_bot.screens.live_receipt import live_receipt_screen, unclear_screen
from telegram_bot.screens.market import market_screen
from telegram_bot.screens.notices import failure_screen, try_again
from telegram_bot.screens.order_news import order_notice, warning_notice
from telegram_bot.screens.orders import (
    cancel_all_screen,
    cancelled_screen,
    order_screen,
    orders_screen,
    recent_orders_screen,
)
from telegram_bot.screens.positions import position_screen
from telegram_bot.screens.safety import (
    halted_screen,
    lifted_screen,
    limit_question,
    limits_screen,
    reset_screen,
    resumed_screen,
    stopped_screen,
)
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.standing import DRY_RUN, hindrances, key_words
from telegram_bot.screens.wallet import WalletView, paper_only_screen, wallet_screen
from telegram_bot.screens.wallet_setup import (
    ready_screen,
    revoke_screen,
    risk_screen,
    setup_screen,
    tiers_screen,
)
from telegram_bot.screens.withdrawals import (
    address_added_screen,
    address_question,
    cancelled_withdrawal_screen,
    cannot_withdraw_screen,
    code_question,
    requested_screen,
    withdrawal_question,
    withdrawals_screen,
)
from telegram_bot.whole_actions import BuyWhole
from tests.support import examples as given
from tests.support.examples import NOW, OFFER

GOLDEN: Final = Path(__file__).parents[1] / "fixtures" / "screens" / "account"
LIVE_MODE: Final = "LIVE · real money"
KEY: Final = "0x52908400098527886E0F7030069857D2E4169EE7"
FUNDER: Final = "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
ELSEWHERE: Final = "0xde709f2102306220921060314715629080e2fb77"
WISH: Final = Limit(given.market().id, 0, Way.BUY, 4500, Unit.MONEY, 2500)
MEANS: Final = Means(Usdc(Decimal("120.5")), Size(Decimal("16.129")))
ONE: Final = OpenOrderRef(UserId(1), Account.LIVE, OrderId(12))


def usdc(text: str) -> Usdc:
    return Usdc(Decimal(text))


def limit_quote() -> LimitQuote:
    return LimitQuote(
        account=Account.LIVE,
        market=given.market(),
        outcome=given.market().outcomes[0],
        side=Side.BUY,
        price=Price(Decimal("0.45")),
        size=Size(Decimal("55.55")),
        value=usdc("24.9975"),
        fee=usdc("0.549945"),
        kind=OrderKind.GTC,
        post_only=False,
        expires_at=None,
        crosses=False,
        bid=Price(Decimal("0.61")),
        ask=Price(Decimal("0.63")),
        age=0.3,
        state=PriceState.LIVE,
        payout=usdc("55.55"),
    )


def live_order(
    status: OrderStatus, *, filled: str = "0", rests: bool = True, size: str = "55.55"
) -> Order:
    plain = given.order(status, filled=filled)
    ticket = replace(plain.ticket, account=Account.LIVE, worst_price=Price(Decimal("0.45")))
    if rests:
        ticket = replace(ticket, spend=None, size=Size(Decimal(size)), kind=OrderKind.GTC)
    value = (Decimal(filled) * Decimal("0.45")).quantize(Decimal("0.000001"))
    return replace(
        plain,
        ticket=ticket,
        filled_value=Usdc(value),
        fee=usdc("0"),
        created_at=NOW - timedelta(minutes=4),
    )


def traced(order: Order, *settlements: Settlement) -> TracedOrder:
    return TracedOrder(order, given.market(), frozenset(settlements))


def wallet(tier: Tier = Tier.SESSION, state: WalletState = WalletState.READY) -> LiveWallet:
    is_session = tier is Tier.SESSION and state is WalletState.READY
    return LiveWallet(
        id=WalletId(3),
        user=UserId(1),
        tier=tier,
        state=state,
        key_address=KEY,
        funder=FUNDER if state is WalletState.READY else "",
        signature_type=3,
        created_at=NOW - timedelta(days=20),
        authorised_at=NOW - timedelta(days=20) if is_session else None,
        authorised_until=NOW + timedelta(days=40) if is_session else None,
    )


def money_state(*, can_act: bool = False) -> WalletMoneyState:
    return WalletMoneyState(
        cash=usdc("120.5"),
        allowance=Usdc(Decimal(10) ** 30),
        approvals=Approvals.MISSING if can_act else Approvals.COMPLETE,
        deposit_address=FUNDER,
        claimable=(
            Claimable(
                given.market().id, given.market().question, "Yes", Size(Decimal(16)), usdc("16")
            ),
        ),
        can_act=can_act,
    )


def standing() -> AccountStanding:
    found = Found(DriftKind.SHARES, Decimal("16.129"), Decimal(20), given.market().question, "Yes")
    return AccountStanding(NOW - timedelta(seconds=42), "", (found,), is_clear=False)


def wallet_view() -> WalletView:
    return WalletView(
        mode=given.MODE,
        state=AccountState(Account.PAPER, Account.PAPER),
        choices=Choices(),
        paper_cash="$1,000.00",
    )


def address() -> AllowedAddress:
    return AllowedAddress(AddressId(7), UserId(1), ELSEWHERE, "my ledger", NOW + timedelta(hours=5))


def withdrawal(state: WithdrawalState = WithdrawalState.WAITING) -> Withdrawal:
    return Withdrawal(
        id=WithdrawalId(4),
        user=UserId(1),
        address_id=AddressId(7),
        address=ELSEWHERE,
        amount=usdc("25"),
        state=state,
        requested_at=NOW,
        due_at=NOW + timedelta(hours=2),
    )


def limits() -> dict[LimitKind, LimitState]:
    raised = LimitState(Decimal(100), Decimal(250), NOW + timedelta(hours=20))
    return {
        LimitKind.PER_ORDER: LimitState(Decimal(50)),
        LimitKind.PER_MARKET: LimitState(Decimal(100)),
        LimitKind.PER_DAY: raised,
        LimitKind.OPEN_ORDERS: LimitState(Decimal(20)),
    }


def moved(status: OrderStatus, *, filled: str = "0", reversed_size: str = "0") -> OrderMoved:
    size = Size(Decimal(filled))
    return OrderMoved(
        order_id=OrderId(12),
        market_id=given.market().id,
        question=given.market().question,
        outcome="Yes",
        side=Side.BUY,
        status=status,
        filled=size,
        average=Price(Decimal("0.45")) if size else None,
        value=Usdc(size * Decimal("0.45")),
        fee=usdc("0"),
        left=Size(Decimal("55.55") - size) if status is OrderStatus.PARTIAL else Size(Decimal(0)),
        reversed=Size(Decimal(reversed_size)),
    )


def told(kind: NewsKind) -> Screen:
    """With every fact that any kind has."""
    facts = {
        "address": ELSEWHERE,
        "label": "my ledger",
        "usable_at": (NOW + timedelta(hours=24)).isoformat(),
        "until": (NOW + timedelta(days=2)).isoformat(),
        "problem": "Polymarket does not list this key as a session key yet.",
        "withdrawal": "4",
        "amount": "25.000000",
        "due_at": (NOW + timedelta(hours=2)).isoformat(),
        "transaction": "0x" + "ab" * 32,
        "reason": "the relayer refused it",
    }
    return custody_notice(WalletChanged(kind.value, facts))


def limit_examples() -> dict[str, Screen]:
    view, quote = given.market_view(), limit_quote()
    sale = replace(WISH, way=Way.SELL, unit=Unit.SHARES, amount=16_129_000)
    question = given.market().question
    crossing = replace(quote, crosses=True, price=Price(Decimal("0.64")), state=PriceState.POLLED)
    until = replace(
        quote,
        side=Side.SELL,
        payout=usdc("0"),
        post_only=True,
        kind=OrderKind.GTD,
        expires_at=NOW + timedelta(hours=1),
    )
    hour = replace(sale, life=Life.HOUR, is_maker=True)
    return {
        "market_live": market_screen(view, NOW, can_rest=True),
        "position_live": position_screen(given.position_view(), NOW, can_rest=True),
        "limit_price": limit_price_screen(view, replace(WISH, price=0, amount=0), NOW),
        "limit_price_sell": limit_price_screen(view, replace(sale, price=0, amount=0), NOW),
        "limit_amount": limit_amount_screen(view, replace(WISH, amount=0), MEANS),
        "limit_amount_sell": limit_amount_screen(view, replace(sale, amount=0), MEANS),
        "limit_price_question": price_question(question, "Yes", WISH),
        "limit_amount_question": limit_amount_question(question, "Yes", WISH, MEANS),
        "limit_ticket": limit_ticket_screen(quote, OFFER, WISH, NOW),
        "limit_ticket_crossing": limit_ticket_screen(crossing, OFFER, WISH, NOW),
        "limit_ticket_sell": limit_ticket_screen(until, OFFER, hour, NOW),
        "limit_submitting": limit_submitting_screen(quote),
        "limit_expired": limit_expired_screen(quote, WISH),
    }


def order_examples() -> dict[str, Screen]:
    live, unknown = live_order(OrderStatus.LIVE), live_order(OrderStatus.UNKNOWN)
    part = replace(live_order(OrderStatus.PARTIAL, filled="20"), id=OrderId(13))
    leaving = replace(part, cancel_requested_at=NOW, id=OrderId(14))
    bought = live_order(OrderStatus.FILLED, filled="55.55")
    failed = replace(live_order(OrderStatus.FILLED), failed_size=Size(Decimal("55.55")))
    refused = replace(
        live_order(OrderStatus.REJECTED, rests=False), reason="not enough balance / allowance"
    )
    killed = live_order(OrderStatus.CANCELLED, rests=False)
    killed = replace(
        killed,
        ticket=replace(killed.ticket, kind=OrderKind.FOK),
        reason="order couldn't be fully filled. FOK orders are fully filled or killed.",
    )
    found = (traced(live), traced(part), traced(leaving), traced(unknown))
    return {
        "orders": orders_screen(found, 0, NOW),
        "orders_none": orders_screen((), 0, NOW),
        "orders_recent": recent_orders_screen((traced(bought), traced(refused)), 0, NOW),
        "order_live": order_screen(traced(live), NOW),
        "order_part": order_screen(traced(leaving, Settlement.PROVISIONAL), NOW),
        "order_unknown": order_screen(traced(unknown), NOW),
        "cancel_all": cancel_all_screen(4),
        "cancelled": cancelled_screen(
            Cancelled(
                (replace(live, status=OrderStatus.CANCELLED), leaving),
                ((unknown, "The venue cannot be asked right now."),),
            )
        ),
        "receipt_submitting": live_receipt_screen(traced(live_order(OrderStatus.SIGNED)), None),
        "receipt_resting": live_receipt_screen(traced(live), None, WISH),
        "receipt_delayed": live_receipt_screen(traced(live_order(OrderStatus.DELAYED)), None),
        "receipt_unknown": live_receipt_screen(traced(unknown), None, WISH),
        "receipt_provisional": live_receipt_screen(
            traced(bought, Settlement.PROVISIONAL), PositionId(9)
        ),
        "receipt_confirmed": live_receipt_screen(
            traced(bought, Settlement.CONFIRMED), PositionId(9)
        ),
        "receipt_part_resting": live_receipt_screen(
            traced(part, Settlement.CONFIRMED), PositionId(9)
        ),
        "receipt_failed": live_receipt_screen(traced(failed, Settlement.FAILED), None, WISH),
        "receipt_refused": live_receipt_screen(traced(refused), None, WISH),
        "receipt_killed": live_receipt_screen(
            traced(killed), None, BuyWhole(given.market().id, 0, 1000)
        ),
        "unclear": unclear_screen(unknown, OFFER.button_id),
    }


def wallet_examples() -> dict[str, Screen]:
    view, informed = wallet_view(), Choices(Account.LIVE, NOW, usdc("50"))
    live = AccountState(Account.LIVE, Account.LIVE)
    held = AccountState(Account.PAPER, Account.LIVE, "Your session key ended on 2026-11-20.")
    waiting = wallet(state=WalletState.WAITING)
    owner = wallet(Tier.DEPOSIT)
    used = replace(view, mode=LIVE_MODE, state=live, choices=informed, ready=wallet())
    rich = replace(used, money=money_state(can_act=True), ready=owner, standing=standing())
    partly = replace(money_state(), approvals=Approvals.UNKNOWN, claimable=None)
    return {
        "wallet_dry_run": paper_only_screen(given.MODE, "$1,000.00"),
        "wallet_none": wallet_screen(view, NOW),
        "wallet_waiting": wallet_screen(replace(view, waiting=waiting), NOW),
        "wallet_ready": wallet_screen(replace(view, ready=wallet()), NOW),
        "wallet_held": wallet_screen(
            replace(view, state=held, choices=informed, ready=wallet()), NOW
        ),
        "wallet_live": wallet_screen(replace(used, money=money_state()), NOW),
        "wallet_owner": wallet_screen(rich, NOW),
        "wallet_partly": wallet_screen(replace(used, money=partly), NOW),
        "wallet_silent": wallet_screen(replace(used, trouble="The venue is away."), NOW),
        "wallet_deposit": deposit_screen(FUNDER),
        "wallet_tiers": tiers_screen(),
        "wallet_setup": setup_screen(waiting),
        "wallet_setup_missing": setup_screen(waiting, "Polymarket does not list it yet."),
        "wallet_setup_owner": setup_screen(wallet(Tier.DEPOSIT, WalletState.WAITING)),
        "wallet_made_ready": ready_screen(wallet(), Choices(), NOW),
        "wallet_risk": risk_screen(Tier.SESSION, Choices(), usdc("500")),
        "wallet_risk_read": risk_screen(Tier.SESSION, informed, usdc("500")),
        "wallet_revoke": revoke_screen(owner),
        "withdraw_cannot": cannot_withdraw_screen(),
        "withdrawals": withdrawals_screen(
            (address(), replace(address(), id=AddressId(8), usable_at=NOW)),
            (withdrawal(), withdrawal(WithdrawalState.UNKNOWN)),
            NOW,
            has_factor=True,
        ),
        "withdrawals_no_factor": withdrawals_screen((), (), NOW, has_factor=False),
        "withdraw_address": address_question(),
        "withdraw_amount": withdrawal_question(address(), usdc("120.5")),
        "withdraw_code": code_question("It sends <b>$25.00</b> to my ledger.", ShowWithdrawals()),
        "withdraw_requested": requested_screen(withdrawal()),
        "withdraw_cancelled": cancelled_withdrawal_screen(withdrawal(WithdrawalState.CANCELLED)),
        "withdraw_address_added": address_added_screen(address()),
        "withdraw_refused": try_again(Rejected("That is no address."), NewAddress()),
    }


def safety_examples() -> dict[str, Screen]:
    off = Switches(Stop.ENTRIES, Trip.REJECTS, is_halted=False, trip_of_all=Trip.CLOCK)
    remarks = (
        *hindrances(AccountState(Account.PAPER, Account.LIVE, "No live wallet is ready."), off),
        *key_words(wallet(), NOW),
        *agreement_words(standing(), NOW),
    )
    per_day = limits()[LimitKind.PER_DAY]
    return {
        "home_dry_run": home_screen(given.MODE, given.portfolio(), NOW, (DRY_RUN,)),
        "home_remarks": home_screen(LIVE_MODE, given.portfolio(), NOW, remarks),
        "stopped": stopped_screen(Stop.ENTRIES, Swept((ONE,), ())),
        "stopped_everything": stopped_screen(Stop.EVERYTHING, Swept((ONE,), (ONE,))),
        "resumed": resumed_screen(Switches()),
        "resumed_halted": resumed_screen(Switches(is_halted=True)),
        "halted": halted_screen(Swept(), everything=False),
        "halted_everything": halted_screen(Swept((ONE, ONE)), everything=True),
        "lifted": lifted_screen(off, UserId(1)),
        "breaker_reset": reset_screen("The venue refused several orders within a minute."),
        "limits": limits_screen(limits(), has_factor=True),
        "limit_question": limit_question(LimitKind.PER_DAY, per_day),
        "limit_refused": try_again(
            OverLimit("This limit can be anything from 0 to 500."), ChangeLimit(LimitKind.PER_DAY)
        ),
    }


def failure_examples() -> dict[str, Screen]:
    token = given.YES
    refusals = {
        "halted": Halted("The owner has halted trading."),
        "stopped": Stopped("You have stopped new orders."),
        "cancel_only": CancelOnly("The venue refused several orders within a minute."),
        "over_limit": OverLimit("One order may take 50.00 USDC; this order is for 60.00."),
        "cash_reserved": CashReserved(
            "This can cost 60.00 USDC; you have 80.00, 40.00 of it in open orders."
        ),
        "shares_reserved": SharesReserved(
            "You want to sell 10 shares and have 16, 12 of them in open sales; cancel those first."
        ),
        "price": PriceNotTrusted("The price is not live.", token),
        "heartbeat": HeartbeatLost("The venue does not answer our heartbeat."),
        "venue": VenueRefuses("Trading is not available in your region."),
        "key": KeyNotUsable("No live wallet is ready. Set one up under Wallet first."),
        "code": CodeRefused("That code is wrong. Nothing was changed."),
    }
    return {f"refused_{name}": failure_screen(error) for name, error in refusals.items()}


def news_examples() -> dict[str, Screen]:
    orders = {
        "news_order_filled": moved(OrderStatus.FILLED, filled="55.55"),
        "news_order_part": moved(OrderStatus.PARTIAL, filled="20"),
        "news_order_reversed": moved(OrderStatus.FILLED, reversed_size="55.55"),
        "news_order_cancelled": replace(moved(OrderStatus.CANCELLED), reason="market closed"),
        "news_order_rejected": moved(OrderStatus.REJECTED),
        "news_order_unknown": moved(OrderStatus.UNKNOWN),
    }
    return {
        **{name: order_notice(news) for name, news in orders.items()},
        **{f"news_{kind.value.replace('-', '_')}": told(kind) for kind in NewsKind},
        "news_warning": warning_notice(Warned("The venue refused several orders.")),
        "news_breaker": warning_notice(Warned("Ben (7): The venue refused several orders.", 7)),
    }


def account_examples() -> dict[str, Screen]:
    """Every screen, by the name of its golden file."""
    return {
        **limit_examples(),
        **order_examples(),
        **wallet_examples(),
        **safety_examples(),
        **failure_examples(),
        **news_examples(),
    }


def write_golden_files() -> None:
    """Accept the screens as they are now; look at the difference before committing it."""
    GOLDEN.mkdir(exist_ok=True)
    for name, screen in account_examples().items():
        (GOLDEN / f"{name}.txt").write_text(given.as_text(screen))


if __name__ == "__main__":
    write_golden_files()
