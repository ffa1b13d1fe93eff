"""A whole order in words: straight to its ticket, or to the choice of what it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from core.domain.book import Side
from core.domain.errors import InvalidQuantity, NotEnoughShares
from core.domain.market import Market
from core.domain.order_words import At, Best, Dollars, Part, Shares, Times
from core.domain.position import Position, shares_of
from core.domain.units import MICROS, ZERO, MarketId, Size
from core.domain.views import PAGE, EventView, OutcomeView
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
from telegram_bot.handlers.markets import NO_SEARCH, patience, resolved
from telegram_bot.handlers.taps import act
from telegram_bot.screens.choice import Choice, choice_screen, unclear_screen
from telegram_bot.screens.limit import NO_PRICE, PARTS, relative_price
from telegram_bot.screens.notices import failure_screen
from telegram_bot.words import mark, say

NOTHING_HELD: Final = mark("You hold nothing of this, so there is nothing to sell.")

Priced: TypeAlias = Mapping[MarketId, tuple[OutcomeView, ...]]  # in the market's order


@dataclass(frozen=True, slots=True)
class _Meant:
    """An outcome that the order may be about; of a sale, with what is held of it."""

    market: Market
    place: int
    position: Position | None = None

    @property
    def outcome(self) -> str:
        return self.market.outcomes[self.place].name


async def open_order(context: BotContext, wish: OrderWish) -> bool:
    """False if its words name no market with such an outcome: then they are no order.

    Raises: PolycoolError with a sentence for the user.
    """
    found, is_guess = await _candidates(context, wish.subject)
    meant = await _meant(context, wish, found)
    if not meant:
        return await _explain(context, wish, found)
    choices = await _choices(context, wish, meant[:PAGE])
    if len(meant) == 1 and not is_guess:
        await act(context, choices[0].action)
    else:
        await context.show(choice_screen(wish.text, choices, is_guess=is_guess))
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


async def _meant(context: BotContext, wish: OrderWish, found: Sequence[Market]) -> list[_Meant]:
    """Outcomes that the order fits; of a sale, those alone that the user holds."""
    fitting = [_Meant(market, place) for market in found for place in _places(market, wish.outcome)]
    if wish.side is Side.BUY or not fitting:
        return fitting
    held = {each.token_id: each for each in await context.positions.held(context.user.id)}
    tokens = [(each, each.market.tokens[each.place]) for each in fitting]
    return [replace(each, position=held[token]) for each, token in tokens if token in held]


async def _choices(context: BotContext, wish: OrderWish, meant: Sequence[_Meant]) -> list[Choice]:
    """What the order would be in each of them; one that cannot be had now is left out.

    Raises: InvalidQuantity if none can.
    """
    priced: Priced = {}
    if isinstance(wish.price, Best | Times):
        priced = await context.services.markets.priced([each.market for each in meant])
    choices, hindrances = list[Choice](), list[InvalidQuantity]()
    for each in meant:
        try:
            choices.append(Choice(each.market, each.outcome, _action(wish, each, priced)))
        except InvalidQuantity as hindrance:
            hindrances.append(hindrance)
    if not choices:
        raise hindrances[0]
    return choices


def _places(market: Market, outcome: str) -> Sequence[int]:
    """Of the outcomes that may be meant; a market's own short name stands for its first."""
    names = [each.name.casefold() for each in market.outcomes]
    named = outcome.casefold()
    if not named:
        return range(len(names))
    if named in names:
        return [names.index(named)]
    return [0] if named == market.title.casefold() else []


def _action(wish: OrderWish, meant: _Meant, priced: Priced) -> Action:
    if meant.position is None:
        return _buy(wish, meant, priced)
    return _sell(wish, meant, meant.position, priced)


def _buy(wish: OrderWish, meant: _Meant, priced: Priced) -> Action:
    market, place = meant.market, meant.place
    if wish.amount is None:
        return Buy(market.id, place)
    if wish.price is None and isinstance(wish.amount, Dollars):
        return Spend(market.id, place, int(wish.amount.amount * CENTS))
    price = _price(wish, meant, priced)
    if isinstance(wish.amount, Dollars):
        unit, amount = Unit.MONEY, int(wish.amount.amount * CENTS)
    else:
        unit, amount = Unit.SHARES, _micros(wish, None)
    return Limit(market.id, place, Way.BUY, price, unit, amount)


def _sell(wish: OrderWish, meant: _Meant, position: Position, priced: Priced) -> Action:
    amount = wish.amount
    if wish.price is not None:
        price, micros = _price(wish, meant, priced), _micros(wish, position)
        return Limit(meant.market.id, meant.place, Way.SELL, price, Unit.SHARES, micros)
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


def _price(wish: OrderWish, meant: _Meant, priced: Priced) -> int:
    """The limit in ten-thousandths. Raises: InvalidQuantity."""
    asked = wish.price
    if isinstance(asked, At):
        return int(asked.price * PARTS)
    views = priced.get(meant.market.id)
    if asked is None or views is None:
        raise InvalidQuantity(say(NO_PRICE))
    way = Way.BUY if wish.side is Side.BUY else Way.SELL
    return int(relative_price(asked, views[meant.place], meant.market.tick, way) * PARTS)


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
