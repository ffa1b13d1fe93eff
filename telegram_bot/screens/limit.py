"""A limit order, step by step: its price, then its amount."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from core.domain.errors import InvalidQuantity
from core.domain.order_words import At, Best, PriceWish, Times
from core.domain.preferences import DEFAULTS
from core.domain.units import ONE, Price, Size, Usdc
from core.domain.views import MarketView, OutcomeView
from telegram_bot.actions import (
    Limit,
    ShowMarket,
    Unit,
    Way,
)
from telegram_bot.screens.freshness import outcome_line
from telegram_bot.screens.numbers import cents, counted, money, shares
from telegram_bot.screens.quick import CENTS, dollars
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    blocks,
    home_button,
    lines,
    rows,
    stamped,
)
from telegram_bot.screens.text import LABEL, safe
from telegram_bot.words import mark, plural, say

PARTS: Final = 10_000  # of a USDC, in which a price travels
MICROS: Final = Decimal(1_000_000)
PERCENTS: Final = (25, 50, 100)
RISES: Final = ((Decimal("1.1"), "+10%"), (Decimal(2), "2x"))
NO_PRICE: Final = mark("There is no price to go by right now; please write one in cents, like @45.")
HOW: Final = mark(
    "Choose a price, or type one: <code>45</code>, <code>45c</code>, <code>0.45</code>, "
    "<code>+5%</code>, <code>-5%</code>, <code>2x</code>, <code>bid</code> or <code>ask</code>."
)


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to order with: cash, and shares of the outcome."""

    cash: Usdc
    held: Size


def price_of(wish: Limit) -> Price:
    return Price(Decimal(wish.price) / PARTS)


def relative_price(wish: PriceWish, view: OutcomeView, tick: Decimal, way: Way) -> Price:
    """The limit that is meant, on the tick that is the better one for whoever orders.

    Raises: InvalidQuantity.
    """
    match wish:
        case At(price):
            return price
        case Times(factor):
            base = view.price
        case Best.BID:
            base, factor = view.bid, ONE
        case Best.ASK:
            base, factor = view.ask, ONE
    if base is None:
        raise InvalidQuantity(say(NO_PRICE))
    rounding = ROUND_FLOOR if way is Way.BUY else ROUND_CEILING
    limit = (base * factor / tick).to_integral_value(rounding) * tick
    if not 0 < limit < 1:
        raise InvalidQuantity(
            say(
                "That would be {price} cents; a price is between 0 and 100.",
                price=f"{limit * 100:.1f}",
            )
        )
    return Price(limit)


def limit_price_screen(view: MarketView, wish: Limit, now: datetime) -> Screen:
    """At which price; the best of each side is a button."""
    chosen = view.outcomes[wish.outcome]
    return Screen(
        blocks(
            _price_heading(wish, safe(chosen.outcome.name, LABEL)),
            safe(view.market.question),
            lines(outcome_line(chosen), _book(chosen)),
            say(
                "A limit order waits in the book until somebody takes its price, and never "
                "trades at a worse one."
            ),
            say(HOW),
        ),
        rows(
            _best(chosen, wish),
            _better(chosen, view.market.tick, wish),
            (Button(say("Other price"), replace(wish, is_typed=True)),),
            (Button(say("Back"), ShowMarket(wish.market_id)), home_button()),
        ),
        stamp=stamped(now),
    )


def limit_amount_screen(
    view: MarketView,
    wish: Limit,
    means: Means,
    amounts: tuple[Usdc, ...] = DEFAULTS.quick_amounts,
) -> Screen:
    """How much at the chosen price."""
    name = safe(view.outcomes[wish.outcome].outcome.name, LABEL)
    return Screen(
        blocks(
            _amount_heading(wish, name),
            safe(view.market.question),
            _means(wish, means),
        ),
        rows(
            (*_amounts(wish, means, amounts), Button(say("Other"), replace(wish, is_typed=True))),
            (
                Button(say("Other price"), replace(wish, price=0)),
                Button(say("Back"), ShowMarket(wish.market_id)),
                home_button(),
            ),
        ),
    )


def _price_heading(wish: Limit, outcome: str) -> str:
    if wish.way is Way.BUY:
        return say("<b>Limit buy {outcome}: at what price?</b>", outcome=outcome)
    return say("<b>Limit sell {outcome}: at what price?</b>", outcome=outcome)


def _amount_heading(wish: Limit, outcome: str) -> str:
    price = cents(price_of(wish))
    if wish.way is Way.BUY:
        return say("<b>Limit buy {outcome} at {price}: how much?</b>", outcome=outcome, price=price)
    return say("<b>Limit sell {outcome} at {price}: how much?</b>", outcome=outcome, price=price)


def price_question(question: str, outcome: str, wish: Limit) -> Screen:
    return Screen(
        blocks(
            say("<b>What price for {outcome}?</b>", outcome=safe(outcome, LABEL)),
            safe(question),
            say(HOW),
        ),
        ((Button(say("Cancel"), ShowMarket(wish.market_id)),),),
    )


def limit_amount_question(question: str, outcome: str, wish: Limit, means: Means) -> Screen:
    how = (
        say("Type dollars, like <code>25</code>, or shares, like <code>40 shares</code>.")
        if wish.way is Way.BUY
        else say("Type shares, like <code>12.5</code>, or a part, like <code>30%</code>.")
    )
    return Screen(
        blocks(
            say(
                "<b>How much {outcome} at {price}?</b>",
                outcome=safe(outcome, LABEL),
                price=cents(price_of(wish)),
            ),
            safe(question),
            lines(_means(wish, means), how),
        ),
        ((Button(say("Cancel"), ShowMarket(wish.market_id)),),),
    )


def _book(view: OutcomeView) -> str:
    return say("Bid {bid} · ask {ask}", bid=cents(view.bid), ask=cents(view.ask))


def _best(view: OutcomeView, wish: Limit) -> Row:
    found = (
        (say("Bid {bid}", bid=cents(view.bid)), view.bid),
        (say("Ask {ask}", ask=cents(view.ask)), view.ask),
    )
    return tuple(
        Button(label, replace(wish, price=int(price * PARTS)))
        for label, price in found
        if price is not None and price * PARTS == int(price * PARTS)
    )


def _better(view: OutcomeView, tick: Decimal, wish: Limit) -> Row:
    """For a sale: what would be a gain from here; no button beyond a dollar."""
    if wish.way is Way.BUY or view.price is None:
        return ()
    highest = (ONE - tick) / view.price
    found = (
        (label, relative_price(Times(factor), view, tick, wish.way))
        for factor, label in RISES
        if factor <= highest
    )
    return tuple(
        Button(f"{label} · {cents(price)}", replace(wish, price=int(price * PARTS)))
        for label, price in found
    )


def _means(wish: Limit, means: Means) -> str:
    if wish.way is Way.BUY:
        return say(
            "Cash {cash}. What the order may cost is held back while it rests.",
            cash=money(means.cash),
        )
    return plural(
        "You hold {shares} share.",
        "You hold {shares} shares.",
        counted(means.held),
        shares=shares(means.held),
    )


def _amounts(wish: Limit, means: Means, amounts: tuple[Usdc, ...]) -> Row:
    if wish.way is Way.BUY:
        return tuple(
            Button(dollars(amount), replace(wish, unit=Unit.MONEY, amount=int(amount * CENTS)))
            for amount in amounts
        )
    return tuple(
        Button(f"{percent}%", replace(wish, unit=Unit.SHARES, amount=amount))
        for percent in PERCENTS
        if (amount := int(means.held * percent / 100 * MICROS))
    )
