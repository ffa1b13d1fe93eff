"""From a market or a position to a limit order: its price, its amount, its ticket."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from core.domain.amounts import typed_percent, typed_shares, typed_usdc
from core.domain.book import Side
from core.domain.errors import InvalidQuantity
from core.domain.market import Market
from core.domain.order_amounts import OrderKind
from core.domain.order_words import At, price_wish
from core.domain.units import MICROS, ZERO, Size, TokenId, Usdc
from core.services.clob.limit_quoting import LimitWish
from telegram_bot.actions import Life, Limit, ShowMarket, Unit, Way
from telegram_bot.context import BotContext
from telegram_bot.handlers.markets import market_view
from telegram_bot.handlers.ticket import show_ticket, still_view
from telegram_bot.handlers.trading import outcome_at
from telegram_bot.screens.limit import (
    PARTS,
    Means,
    limit_amount_question,
    limit_amount_screen,
    limit_price_screen,
    price_of,
    price_question,
    relative_price,
)
from telegram_bot.screens.screen import Screen
from telegram_bot.words import say

CENTS: Final = 100  # in a USDC
SHARE_WORDS: Final = ("shares", "share", "sh", "s")


async def open_limit(context: BotContext, wish: Limit) -> None:
    """The next thing to choose, or the ticket once everything is chosen."""
    market = await context.services.markets.market(wish.market_id)
    token = outcome_at(market, wish.outcome).token
    if wish.is_typed:
        await _ask(context, market, token, wish)
    elif not wish.price:
        view = await market_view(context, market.id, refresh=True)
        context.desk.pending.ask(context.user.id, wish)
        screen = limit_price_screen(view, wish, context.desk.now())
        await context.show(screen, still_view(screen, market.id))
    elif not wish.amount:
        view = await market_view(context, market.id)
        context.desk.pending.ask(context.user.id, wish)
        amounts = context.preferences.quick_amounts
        screen = limit_amount_screen(view, wish, await _means(context, market, token), amounts)
        await context.show(screen, still_view(screen, market.id))
    else:
        limit_wish = _wish(wish, token, context.desk.now())
        quote = await context.orders.quote_limit(context.user.id, limit_wish)
        await show_ticket(context, quote, again=wish, back=ShowMarket(market.id))


async def take_limit_answer(context: BotContext, wish: Limit, text: str) -> None:
    """A typed price or amount. Raises: Rejected for what is none."""
    told = replace(wish, is_typed=False)
    if not wish.price:
        await open_limit(context, replace(told, price=await _typed_price(context, wish, text)))
        return
    unit, amount = await _typed_amount(context, wish, text)
    await open_limit(context, replace(told, unit=unit, amount=amount))


async def _typed_price(context: BotContext, wish: Limit, text: str) -> int:
    """In ten-thousandths. Raises: InvalidQuantity."""
    asked = price_wish(text)
    view = await market_view(context, wish.market_id, refresh=not isinstance(asked, At))
    chosen = view.outcomes[wish.outcome]
    return int(relative_price(asked, chosen, view.market.tick, wish.way) * PARTS)


async def _ask(context: BotContext, market: Market, token: TokenId, wish: Limit) -> None:
    name = market.outcomes[wish.outcome].name
    context.desk.pending.ask(context.user.id, wish)
    screen: Screen
    if wish.price:
        means = await _means(context, market, token)
        screen = limit_amount_question(market.question, name, wish, means)
    else:
        screen = price_question(market.question, name, wish)
    await context.show(screen, still_view(screen, market.id))


async def _means(context: BotContext, market: Market, token: TokenId) -> Means:
    cash = await context.services.users.cash(context.user.id, context.account)
    held = await context.positions.in_market(context.user.id, market.id)
    mine = (view.position.holding.amount for view in held if view.position.token_id == token)
    return Means(cash, Size(sum(mine, ZERO)))


async def _typed_amount(context: BotContext, wish: Limit, text: str) -> tuple[Unit, int]:
    """Dollars or shares for a buy, shares or a part of them for a sale. Raises: InvalidQuantity."""
    words = text.strip().lower()
    if wish.way is Way.SELL and words.endswith("%"):
        market = await context.services.markets.market(wish.market_id)
        token = outcome_at(market, wish.outcome).token
        held = (await _means(context, market, token)).held
        return Unit.SHARES, int(held * typed_percent(words) / 100 * MICROS)
    named = next((word for word in SHARE_WORDS if words.endswith(word)), "")
    if wish.way is Way.SELL or named:
        return Unit.SHARES, int(typed_shares(words.removesuffix(named).strip()) * MICROS)
    return Unit.MONEY, int(typed_usdc(words) * CENTS)


def _wish(wish: Limit, token: TokenId, now: datetime) -> LimitWish:
    ends = _end(wish.life, now)
    is_money = wish.unit is Unit.MONEY
    if is_money and wish.way is Way.SELL:
        raise InvalidQuantity(say("A sale is of shares. Please choose the amount again."))
    return LimitWish(
        market_id=wish.market_id,
        token_id=token,
        side=Side.BUY if wish.way is Way.BUY else Side.SELL,
        price=price_of(wish),
        spend=Usdc(Decimal(wish.amount) / CENTS) if is_money else None,
        size=None if is_money else Size(Decimal(wish.amount) / MICROS),
        kind=OrderKind.GTC if ends is None else OrderKind.GTD,
        post_only=wish.is_maker,
        expires_at=ends,
    )


def _end(life: Life, now: datetime) -> datetime | None:
    match life:
        case Life.UNTIL_CANCELLED:
            return None
        case Life.HOUR:
            return (now + timedelta(hours=1)).replace(microsecond=0)
        case Life.MIDNIGHT:
            tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
            return datetime.combine(tomorrow, time.min, UTC)
