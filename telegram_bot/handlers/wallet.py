"""The wallet: which money, which key, setting one up, giving it up, changing over."""

from core.domain.account import Account
from core.domain.account_views import AccountStanding
from core.domain.custody import (
    KeyNotUsable,
    ScopeTooWide,
    Tier,
    TradesPlayMoneyOnly,
    WalletState,
    after_revoking,
)
from core.domain.errors import NotFound, OutcomeUnknown, Rejected, Unavailable
from core.domain.risk import LimitKind
from core.domain.units import MarketId, Usdc
from core.domain.wallet_money import WalletMoneyState
from core.services.custody.accounts import Accounts
from core.services.custody.wallets import DRY_RUN, Wallets
from telegram_bot.account_actions import ShowRisk, ShowWallet
from telegram_bot.context import BotContext
from telegram_bot.screens.numbers import money
from telegram_bot.screens.screen import HOME, Button, Screen, blocks
from telegram_bot.screens.text import safe
from telegram_bot.screens.wallet import WalletView, paper_only_screen, wallet_screen
from telegram_bot.screens.wallet_setup import (
    ready_screen,
    revoke_screen,
    risk_screen,
    setup_screen,
    tiers_screen,
)


async def open_wallet(context: BotContext) -> None:
    """Read anew: the account may have changed in this very act."""
    services, user, desk = context.services, context.user.id, context.desk
    cash = await _paper_cash(context)
    if services.accounts is None or services.wallets is None:
        await context.show(paper_only_screen(desk.mode, cash))
        return
    state = await services.accounts.state(user)
    ready = await services.wallets.ready(user)
    held, trouble = await _money(context) if ready is not None else (None, "")
    view = WalletView(
        mode=desk.live_mode if state.account is Account.LIVE else desk.mode,
        state=state,
        choices=await services.accounts.choices(user),
        ready=ready,
        waiting=await services.wallets.waiting(user),
        money=held,
        trouble=trouble,
        standing=await _standing(context) if ready is not None else None,
        paper_cash=cash,
    )
    await context.show(wallet_screen(view, desk.now()))


async def choose_tier(context: BotContext) -> None:
    waiting = await _wallets(context).waiting(context.user.id)
    await context.show(tiers_screen() if waiting is None else setup_screen(waiting))


async def begin(context: BotContext, tier: Tier) -> None:
    """Raises: TradesPlayMoneyOnly, Rejected, KeyNotUsable."""
    await context.show(setup_screen(await _wallets(context).begin(context.user.id, tier)))


async def check(context: BotContext) -> None:
    """Ask the venue about the key that waits; what is missing is said beside the steps.

    Raises: Rejected if none waits, Unavailable.
    """
    wallets, user = _wallets(context), context.user.id
    waiting = await wallets.waiting(user)
    try:
        ready = await wallets.verify(user)
    except (KeyNotUsable, ScopeTooWide) as missing:
        if waiting is None:
            raise
        await context.show(setup_screen(waiting, str(missing)))
        return
    choices = await _accounts(context).choices(user)
    await context.show(ready_screen(ready, choices, context.desk.now()))


async def revoke(context: BotContext, *, is_sure: bool) -> None:
    """For good; what the owner has left to do at the venue is said."""
    wallets, user = _wallets(context), context.user.id
    current = await wallets.waiting(user) or await wallets.ready(user)
    if current is None:
        raise NotFound("There is no key to give up.")
    if not is_sure and current.state is WalletState.READY:
        await context.show(revoke_screen(current))
        return
    gone = await wallets.revoke(user)
    words = "There was no key any more." if gone is None else after_revoking(gone)
    await context.show(_done("The key is given up.", words))


async def show_risk(context: BotContext) -> None:
    """One page, and the daily limit to type; whoever has typed it reads it again."""
    accounts, user = _accounts(context), context.user.id
    choices = await accounts.choices(user)
    ready = await _wallets(context).ready(user)
    if not choices.is_informed:
        context.desk.pending.ask(user, ShowRisk())
    tier = None if ready is None else ready.tier
    await context.show(risk_screen(tier, choices, await _most(context)))


async def take_daily_limit(context: BotContext, limit: Usdc) -> None:
    """Raises: Rejected, OverLimit."""
    accounts, user = _accounts(context), context.user.id
    if (await accounts.choices(user)).is_informed:
        raise Rejected("You have typed a daily limit already. Change it under Limits.")
    await accounts.read_risk(user, limit)
    context.desk.pending.forget(user)
    await show_risk(context)


async def go_live(context: BotContext) -> None:
    """Raises: what `Accounts.choose_live` raises, the venue's own refusal among it."""
    await _accounts(context).choose_live(context.user.id)
    await open_wallet(context)


async def go_paper(context: BotContext) -> None:
    await _accounts(context).choose_paper(context.user.id)
    await open_wallet(context)


async def approve(context: BotContext) -> None:
    """Raises: Rejected, Unavailable, OutcomeUnknown."""
    if context.services.money is None:
        raise TradesPlayMoneyOnly(DRY_RUN)
    await context.services.money.approve(context.user.id)
    words = "The venue's contracts may take what your orders offer, once the chain confirms it."
    await context.show(_done("The approvals are sent.", words))


async def redeem(context: BotContext, market_id: MarketId) -> None:
    """Raises: Rejected, Unavailable, OutcomeUnknown."""
    if context.services.money is None:
        raise TradesPlayMoneyOnly(DRY_RUN)
    market = await context.services.markets.market(market_id)
    await context.services.money.redeem(context.user.id, market_id)
    words = f"{safe(market.question)}: the money is in your cash once the chain confirms it."
    await context.show(_done("The claim is sent.", words))


async def take_over(context: BotContext) -> None:
    """Book the venue's shares. Raises: Rejected, Unavailable."""
    if context.services.take_over is None:
        raise TradesPlayMoneyOnly(DRY_RUN)
    count = await context.services.take_over(context.user.id)
    words = "Shares of one outcome were" if count == 1 else f"Shares of {count} outcomes were"
    story = f"{words} booked as the venue counts them. No order was placed."
    await context.show(
        _done("Taken over." if count else "Nothing to take over.", story if count else "")
    )


async def _money(context: BotContext) -> tuple[WalletMoneyState | None, str]:
    """What is in the wallet, or why nobody could say; the card is drawn all the same."""
    reader = context.services.money
    if reader is None:
        return None, ""
    try:
        return await reader.state(context.user.id), ""
    except (Unavailable, Rejected, OutcomeUnknown) as fault:
        return None, str(fault)


async def _standing(context: BotContext) -> AccountStanding | None:
    drift = context.services.drift
    return None if drift is None else await drift.of(context.user.id)


async def _most(context: BotContext) -> Usdc | None:
    limits = context.services.own_limits
    if limits is None:
        return None
    return Usdc((await limits.of(context.user.id))[LimitKind.PER_DAY].value)


async def _paper_cash(context: BotContext) -> str:
    return money(await context.services.users.cash(context.user.id, Account.PAPER))


def _wallets(context: BotContext) -> Wallets:
    """Raises: TradesPlayMoneyOnly."""
    if context.services.wallets is None:
        raise TradesPlayMoneyOnly(DRY_RUN)
    return context.services.wallets


def _accounts(context: BotContext) -> Accounts:
    """Raises: TradesPlayMoneyOnly."""
    if context.services.accounts is None:
        raise TradesPlayMoneyOnly(DRY_RUN)
    return context.services.accounts


def _done(heading: str, words: str) -> Screen:
    return Screen(blocks(f"<b>{heading}</b>", words), ((Button("Wallet", ShowWallet()), HOME),))
