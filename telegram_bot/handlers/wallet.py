"""The wallet: which money, which key, setting one up, giving it up, changing over."""

import asyncio
from functools import partial

from core.domain.account import Account
from core.domain.account_views import AccountStanding
from core.domain.custody import (
    KeyNotUsable,
    ScopeTooWide,
    Tier,
    TradesPlayMoneyOnly,
    after_revoking,
)
from core.domain.errors import NotFound, OutcomeUnknown, Rejected, Unavailable
from core.domain.risk import LimitKind
from core.domain.units import MarketId, Usdc
from core.domain.wallet_money import WalletMoneyState
from core.services.custody.accounts import NO_WALLET, Accounts
from core.services.custody.wallets import DRY_RUN, Wallets
from telegram_bot.account_actions import ShowRisk, ShowWallet
from telegram_bot.context import BotContext, WalletMoney
from telegram_bot.screens.deposit import deposit_screen, qr_picture
from telegram_bot.screens.numbers import money
from telegram_bot.screens.screen import Button, Screen, blocks, home_button, lines
from telegram_bot.screens.text import safe, told
from telegram_bot.screens.wallet import WalletView, paper_only_screen, wallet_screen
from telegram_bot.screens.wallet_setup import (
    given_up_words,
    orders_left_words,
    ready_screen,
    revoke_screen,
    risk_screen,
    setup_screen,
    tiers_screen,
)
from telegram_bot.words import plural, say


async def open_wallet(context: BotContext) -> None:
    """Read anew: the account may have changed in this very act."""
    services, user, desk = context.services, context.user.id, context.desk
    cash = await _paper_cash(context)
    if services.accounts is None or services.wallets is None:
        await context.show(paper_only_screen(say(desk.mode), cash))
        return
    state = await services.accounts.state(user)
    ready = await services.wallets.ready(user)
    held, trouble = await _money(context) if ready is not None else (None, "")
    view = WalletView(
        mode=say(desk.live_mode if state.account is Account.LIVE else desk.mode),
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


async def send_deposit_code(context: BotContext) -> None:
    """A picture below; the card stays as it is. Raises: KeyNotUsable without a wallet."""
    ready = await _wallets(context).ready(context.user.id)
    if ready is None or not ready.funder:
        raise KeyNotUsable(NO_WALLET)
    picture = await asyncio.to_thread(qr_picture, ready.funder)
    screen = context.marked(deposit_screen(ready.funder))
    await context.desk.messenger.files.photo(context.chat_id, picture, screen)


async def choose_tier(context: BotContext) -> None:
    waiting = await _wallets(context).waiting(context.user.id)
    await context.show(tiers_screen() if waiting is None else setup_screen(waiting))


async def begin(context: BotContext, tier: Tier) -> None:
    """Raises: TradesPlayMoneyOnly, Rejected, KeyNotUsable."""
    await context.show(setup_screen(await _wallets(context).begin(context.user.id, tier)))


async def check(context: BotContext) -> None:
    """Ask the venue about the key that waits; what is missing is said beside the steps.

    An owner key gets its deposit wallet here. The orders of a key in use leave the book first.
    Raises: Rejected if none waits, Unavailable, OutcomeUnknown.
    """
    wallets, user = _wallets(context), context.user.id
    waiting = await wallets.waiting(user)
    if waiting is not None and waiting.tier is Tier.DEPOSIT and not waiting.funder:
        await _money_desk(context).create(user)
    try:
        ready = await wallets.verify(user, partial(_orders_left, context))
    except (KeyNotUsable, ScopeTooWide) as missing:
        if waiting is None:
            raise
        await context.show(setup_screen(waiting, str(missing)))
        return
    accounts = _accounts(context)
    choices, state = await accounts.choices(user), await accounts.state(user)
    is_live = state.account is Account.LIVE
    await context.show(ready_screen(ready, choices, context.desk.now(), is_live=is_live))


async def revoke(context: BotContext, *, is_sure: bool) -> None:
    """For good; what the owner has left to do at the venue is said.

    A key that is being set up goes without a question, and alone.
    """
    wallets, user = _wallets(context), context.user.id
    waiting, ready = await wallets.waiting(user), await wallets.ready(user)
    if waiting is not None and not is_sure:
        await wallets.give_up_waiting(user)
        await context.show(_done(say("The set-up is given up."), given_up_words(in_use=ready)))
    elif ready is None and waiting is None:
        raise NotFound(say("There is no key to give up."))
    elif not is_sure and ready is not None:
        await context.show(revoke_screen(ready))
    else:
        left = await _orders_left(context)
        gone = await wallets.revoke(user)
        words = (
            say("There was no key any more.") if gone is None else told(after_revoking(gone), 500)
        )
        await context.show(
            _done(say("The key is given up."), lines(orders_left_words(left), words))
        )


async def _orders_left(context: BotContext) -> int:
    """Take the live orders off the book, for without the key nobody here can; how many stay."""
    live = context.services.desks.get(Account.LIVE)
    if live is None:
        return 0
    await live.cancel_all(context.user.id)
    return len(await live.open_orders(context.user.id))


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
        raise Rejected(say("You have typed a daily limit already. Change it under Limits."))
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
    await _money_desk(context).approve(context.user.id)
    words = say(
        "The venue's contracts may take what your orders offer, once the chain confirms it."
    )
    await context.show(_done(say("The approvals are sent."), words))


async def redeem(context: BotContext, market_id: MarketId) -> None:
    """Raises: Rejected, Unavailable, OutcomeUnknown."""
    money_desk = _money_desk(context)
    market = await context.services.markets.market(market_id)
    await money_desk.redeem(context.user.id, market_id)
    words = say(
        "{question}: the money is in your cash once the chain confirms it.",
        question=safe(market.question),
    )
    await context.show(_done(say("The claim is sent."), words))


async def take_over(context: BotContext) -> None:
    """Book the venue's shares. Raises: Rejected, Unavailable."""
    if context.services.take_over is None:
        raise TradesPlayMoneyOnly(DRY_RUN)
    count = await context.services.take_over(context.user.id)
    story = plural(
        "Shares of one outcome were booked as the venue counts them. No order was placed.",
        "Shares of {n} outcomes were booked as the venue counts them. No order was placed.",
        count,
    )
    await context.show(
        _done(say("Taken over.") if count else say("Nothing to take over."), story if count else "")
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


def _money_desk(context: BotContext) -> WalletMoney:
    """Raises: TradesPlayMoneyOnly."""
    if context.services.money is None:
        raise TradesPlayMoneyOnly(DRY_RUN)
    return context.services.money


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
    return Screen(
        blocks(f"<b>{heading}</b>", words), ((Button(say("Wallet"), ShowWallet()), home_button()),)
    )
