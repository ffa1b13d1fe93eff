"""Anybody's wallet, to be looked at."""

from core.domain.errors import Unavailable
from core.services.wallet_watch import WalletCards
from telegram_bot.context import BotContext
from telegram_bot.handlers.markets import patience
from telegram_bot.screens.wallet_card import PAGE, wallet_card_screen
from telegram_bot.words import say


async def open_wallet(context: BotContext, address: str, page: int = 0) -> None:
    """Raises: Unavailable."""
    cards = _cards(context)
    async with patience(
        context, say("The venue does not answer, so I cannot look at this wallet.")
    ):
        view = await cards.view(context.user.id, address)
    held = view.wallet.positions or ()
    page = min(page, max(0, len(held) - 1) // PAGE)
    await context.show(wallet_card_screen(view, page, context.desk.now()))


async def watch_wallet(context: BotContext, address: str, *, wanted: bool) -> None:
    """Raises: Rejected for one too many, Unavailable."""
    cards, user = _cards(context), context.user.id
    if wanted:
        await cards.watch(user, address)
    else:
        await cards.unwatch(user, address)
    await open_wallet(context, address)


def _cards(context: BotContext) -> WalletCards:
    """Raises: Unavailable."""
    cards = context.services.public_wallets
    if cards is None:
        raise Unavailable(say("This Polycool cannot look at wallets."))
    return cards
