"""Everything a button or a command asks for about one's own account."""

from typing import assert_never

from telegram_bot.account_actions import (
    AccountAction,
    Approve,
    BeginWallet,
    CancelAll,
    CancelMarket,
    CancelOrder,
    CancelWithdrawal,
    ChangeLimit,
    CheckWallet,
    ChooseTier,
    GoLive,
    GoPaper,
    HaltTrading,
    LiftHalt,
    NewAddress,
    RecentOrders,
    Redeem,
    RemoveAddress,
    ResetBreaker,
    ResumeTrading,
    RevokeWallet,
    ShowDepositCode,
    ShowLimits,
    ShowOrder,
    ShowOrders,
    ShowRisk,
    ShowWallet,
    ShowWithdrawals,
    StopTrading,
    TakeOver,
    WithdrawTo,
)
from telegram_bot.context import BotContext
from telegram_bot.handlers import orders, safety, wallet, withdrawing


async def act_on_account(context: BotContext, action: AccountAction) -> None:  # noqa: C901, PLR0912, PLR0915 - one line each
    match action:
        case ShowOrders(page):
            await orders.open_orders(context, page)
        case RecentOrders(page):
            await orders.open_recent(context, page)
        case ShowOrder(order_id):
            await orders.open_order(context, order_id)
        case CancelOrder(order_id):
            await orders.cancel_order(context, order_id)
        case CancelMarket(market_id):
            await orders.cancel_market(context, market_id)
        case CancelAll(is_sure):
            await orders.cancel_all(context, is_sure=is_sure)
        case ShowWallet():
            await wallet.open_wallet(context)
        case ShowDepositCode():
            await wallet.send_deposit_code(context)
        case ChooseTier():
            await wallet.choose_tier(context)
        case BeginWallet(tier):
            await wallet.begin(context, tier)
        case CheckWallet():
            await wallet.check(context)
        case RevokeWallet(is_sure):
            await wallet.revoke(context, is_sure=is_sure)
        case ShowRisk():
            await wallet.show_risk(context)
        case GoLive():
            await wallet.go_live(context)
        case GoPaper():
            await wallet.go_paper(context)
        case Approve():
            await wallet.approve(context)
        case Redeem(market_id):
            await wallet.redeem(context, market_id)
        case TakeOver():
            await wallet.take_over(context)
        case ShowWithdrawals():
            await withdrawing.open_withdrawals(context)
        case NewAddress():
            await withdrawing.ask_address(context)
        case RemoveAddress(address_id):
            await withdrawing.remove_address(context, address_id)
        case WithdrawTo(address_id):
            await withdrawing.ask_amount(context, address_id)
        case CancelWithdrawal(withdrawal_id):
            await withdrawing.cancel_withdrawal(context, withdrawal_id)
        case StopTrading(everything):
            await safety.stop(context, everything=everything)
        case ResumeTrading():
            await safety.resume(context)
        case HaltTrading(everything):
            await safety.halt(context, everything=everything)
        case LiftHalt():
            await safety.lift(context)
        case ResetBreaker(user_id):
            await safety.reset_breaker(context, user_id)
        case ShowLimits():
            await safety.open_limits(context)
        case ChangeLimit(kind):
            await safety.ask_limit(context, kind)
        case _:
            assert_never(action)
