"""What people write without a command, and what it leads to."""

from core.domain.wish import (
    LinkWish,
    OrderWish,
    SearchWish,
    SlugWish,
    Unclear,
    WalletWish,
    read_wish,
)
from telegram_bot.context import BotContext
from telegram_bot.handlers.markets import (
    open_found,
    open_link,
    patience,
    search_words_of,
)
from telegram_bot.handlers.wallet_card import open_wallet
from telegram_bot.handlers.written_orders import open_order
from telegram_bot.screens.choice import unclear_screen
from telegram_bot.words import say


async def open_text(context: BotContext, text: str) -> None:
    """Raises: PolycoolError with a sentence for the user."""
    match read_wish(text):
        case Unclear(sentence):
            await context.show(unclear_screen(sentence))
        case WalletWish(address):
            await open_wallet(context, address)
        case LinkWish(link):
            await open_link(context, link)
        case SlugWish() as wish:
            await _open_slug(context, wish)
        case OrderWish() as wish:
            if not await open_order(context, wish):
                await search_words_of(context, wish.text)
        case SearchWish(words):
            await search_words_of(context, words)


async def _open_slug(context: BotContext, wish: SlugWish) -> None:
    """What we know comes first; then the venue is asked for the name, and at last for the words."""
    markets = context.services.markets
    found = await markets.of_slug(wish.slug, ask=False)
    if found is None and not (await markets.search_known(wish.words)).rows:
        late = say("The venue does not answer, so I cannot look for that right now.")
        async with patience(context, late):
            found = await markets.of_slug(wish.slug, ask=True)
    if found is None:
        await search_words_of(context, wish.words)
    else:
        await open_found(context, found)
