"""A whole order in words: straight to its ticket, or to the choice of what it is about."""

from collections.abc import Sequence
from typing import Final

from core.domain.book import Side
from core.domain.errors import InvalidQuantity, NotEnoughShares
from core.domain.market import Market
from core.domain.order_words import Dollars, Part, Shares
from core.domain.position import Position, shares_of
from core.domain.units import MICROS, ZERO, Size
from core.domain.views import PAGE, EventView
from core.domain.wish import LinkWish, OrderWish, SlugWish, Subject
from telegram_bot.actions import (
    Action,
    Buy,
    Limit,
    SellPercent,
    SellShares,
    ShowMarket,
    Spend,
    Unit,
    Way,
)
from telegram_bot.context import BotContext
from telegram_bot.handlers.limit import CENTS
from telegram_bot.handlers.markets import NO_SEARCH, market_view, patience, resolved
from telegram_bot.handlers.taps import act
from telegram_bot.screens.choice import Choice, choice_screen, unclear_screen
from telegram_bot.screens.limit import NO_PRICE, PARTS, relative_price
from telegram_bot.screens.notices import failure_screen
from telegram_bot.words import mark, say

NOTHING_HELD: Final = mark("You hold nothing of this, so there is nothing to sell.")


async def open_order(context: BotContext, wish: OrderWish) -> bool:
    """False if its words name no market with such an outcome: then they are no order.

    Raises: PolycoolError with a sentence for the user.
    """
    found, is_guess = await _candidates(context, wish.subject)
    choices = list[Choice]()
    for market in found:
        choices += await _choices(context, wish, market)
    if not choices:
        return await _explain(context, wish, found)
    if len(choices) == 1 and not is_guess:
        await act(context, choices[0].action)
    else:
        await context.show(choice_screen(wish.text, choices[:PAGE], is_guess=is_guess))
    return True


async def _candidates(context: BotContext, subject: Subject) -> tuple[Sequence[Market], bool]:
    """Markets that may be meant, open ones alone if there are any; and whether they are a guess."""
    markets = context.services.markets
    found: Market | EventView | None = None
    if isinstance(subject, LinkWish):
        found = await resolved(context, subject.link)
    elif isinstance(subject, SlugWish):
        found = await markets.of_slug(subject.slug, ask=False)
    if isinstance(found, Market):
        return (found,), False
    if found is not None:
        return _open_ones(await markets.of_event(found.event.id)), False
    words = "" if isinstance(subject, LinkWish) else subject.words
    async with patience(context, say(NO_SEARCH)):
        listed, is_guess = await markets.candidates(words)
    return _open_ones(listed), is_guess


def _open_ones(markets: Sequence[Market]) -> Sequence[Market]:
    return [market for market in markets if market.accepts_orders] or markets


async def _choices(context: BotContext, wish: OrderWish, market: Market) -> list[Choice]:
    """What the order could be in this market; nothing if the outcome is none of it."""
    places = _places(market, wish.outcome)
    if wish.side is Side.BUY:
        wanted = [(place, await _buy(context, wish, market, place)) for place in places]
    else:
        held = await context.positions.in_market(context.user.id, market.id)
        wanted = [
            (place, await _sell(context, wish, market, place, view.position))
            for view in held
            for place in places
            if market.tokens[place] == view.position.token_id
        ]
    return [Choice(market, market.outcomes[place].name, action) for place, action in wanted]


def _places(market: Market, outcome: str) -> Sequence[int]:
    """Of the outcomes that may be meant; a market's own short name stands for its first."""
    names = [each.name.casefold() for each in market.outcomes]
    named = outcome.casefold()
    if not named:
        return range(len(names))
    if named in names:
        return [names.index(named)]
    return [0] if named == market.title.casefold() else []


async def _buy(context: BotContext, wish: OrderWish, market: Market, place: int) -> Action:
    if wish.amount is None:
        return Buy(market.id, place)
    if wish.price is None and isinstance(wish.amount, Dollars):
        return Spend(market.id, place, int(wish.amount.amount * CENTS))
    price = await _price(context, wish, market, place)
    if isinstance(wish.amount, Dollars):
        unit, amount = Unit.MONEY, int(wish.amount.amount * CENTS)
    else:
        unit, amount = Unit.SHARES, _micros(wish, None)
    return Limit(market.id, place, Way.BUY, price, unit, amount)


async def _sell(
    context: BotContext, wish: OrderWish, market: Market, place: int, position: Position
) -> Action:
    amount = wish.amount
    if wish.price is not None:
        price = await _price(context, wish, market, place)
        return Limit(market.id, place, Way.SELL, price, Unit.SHARES, _micros(wish, position))
    if isinstance(amount, Part) and amount.percent == int(amount.percent):
        return SellPercent(position.id, int(amount.percent))
    return SellShares(position.id, _micros(wish, position))


def _micros(wish: OrderWish, position: Position | None) -> int:
    """The shares that were asked for, in millionths."""
    match wish.amount:
        case Shares(size):
            return int(size * MICROS)
        case Part(percent) if position is not None:
            return int(shares_of(position.holding, percent) * MICROS)
        case _:
            return int(Size(ZERO))


async def _price(context: BotContext, wish: OrderWish, market: Market, place: int) -> int:
    """The limit in ten-thousandths. Raises: InvalidQuantity."""
    asked = wish.price
    view = await market_view(context, market.id, refresh=True)
    if asked is None:
        raise InvalidQuantity(say(NO_PRICE))
    way = Way.BUY if wish.side is Side.BUY else Way.SELL
    return int(relative_price(asked, view.outcomes[place], market.tick, way) * PARTS)


async def _explain(context: BotContext, wish: OrderWish, found: Sequence[Market]) -> bool:
    """Why there is no order; False where the words are better searched for."""
    named = [market for market in found if _places(market, wish.outcome)]
    if wish.side is Side.SELL and named:
        back = ShowMarket(named[0].id)
        await context.show(failure_screen(NotEnoughShares(say(NOTHING_HELD)), back))
        return True
    if not isinstance(wish.subject, LinkWish) or not found:
        return False
    *others, last = (outcome.name for outcome in found[0].outcomes)
    sides = say("{others} and {last}", others=", ".join(others), last=last) if others else last
    await context.show(
        unclear_screen(
            say(
                "There is no outcome {outcome} here. This market has {sides}.",
                outcome=wish.outcome,
                sides=sides,
            )
        )
    )
    return True
