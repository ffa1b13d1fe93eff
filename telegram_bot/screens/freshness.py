"""How current a price is, in words: nothing is called live that is not proven to be."""

from collections.abc import Sequence

from core.domain.health import Doubt, PriceState
from core.domain.market import Source
from core.domain.units import Price
from core.domain.views import OutcomeView, PositionView
from telegram_bot.screens.numbers import cents
from telegram_bot.screens.times import FRESH, ago, span
from telegram_bot.words import say


def outcome_price(view: OutcomeView) -> str:
    """`62¢ · live`: a price with where it comes from and how old it is."""
    if view.price is not None and _is_listed(view):
        return say(
            "{price} · from the catalogue, {ago}", price=cents(view.price), ago=_when(view.age)
        )
    return priced(view.price, view.state, view.age, view.why)


def _is_listed(view: OutcomeView) -> bool:
    """Whether its price is the catalogue's, because nobody has asked for another yet."""
    is_unasked = view.state is PriceState.DOWN and view.why is None
    return is_unasked and view.source is Source.API


def priced(
    price: Price | None, state: PriceState, age: float | None, why: Doubt | None = None
) -> str:
    """The same of any price; its age is left out where it is live and fresh."""
    if price is None:
        return _missing(state, why)
    match state:
        case PriceState.LIVE:
            return say("{price} · live{unchanged}", price=cents(price), unchanged=unchanged(age))
        case PriceState.POLLED:
            return say("{price} · polled {ago}", price=cents(price), ago=_when(age))
        case PriceState.SUSPECT:
            return say("{price} · checking, last news {ago}", price=cents(price), ago=_when(age))
        case PriceState.RESYNCING:
            return say(
                "{price} · asking the venue, last news {ago}", price=cents(price), ago=_when(age)
            )
        case PriceState.DOWN:
            return _down(price, age, why)


def price_line(
    price: Price | None, state: PriceState, age: float | None, why: Doubt | None = None
) -> str:
    """`Now 62¢ · live`, or a sentence of its own where there is no price of now."""
    words = priced(price, state, age, why)
    return _sentence(words) if price is None or state is PriceState.DOWN else _now(words)


def ask_line(view: OutcomeView) -> str:
    """What its buyer pays a share, as far as anybody knows."""
    if view.state not in {PriceState.LIVE, PriceState.POLLED}:
        return say("The ask is not known right now; your quote asks the venue first")
    if view.ask is None:
        return say("Nobody sells this outcome right now")
    return say("You buy at the ask: {ask}", ask=cents(view.ask))


def outcome_line(view: OutcomeView) -> str:
    """The same of an outcome."""
    words = outcome_price(view)
    has_none = view.price is None or (view.state is PriceState.DOWN and not _is_listed(view))
    return _sentence(words) if has_none else _now(words)


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def _now(words: str) -> str:
    return say("Now {words}", words=words)


def unchanged(age: float | None) -> str:
    """What a quiet live price adds."""
    return (
        ", " + say("unchanged for {span}", span=span(age))
        if age is not None and age >= FRESH
        else ""
    )


def held_prices(views: Sequence[PositionView]) -> str | None:
    """How current the prices behind a sum are; None where nothing is held."""
    return current_prices([(view.state, view.price_age) for view in views])


def current_prices(prices: Sequence[tuple[PriceState, float | None]]) -> str | None:
    """How current several are, by their states and ages in seconds; None for none."""
    if not prices:
        return None
    ages = [age for state, age in prices if state is not PriceState.LIVE]
    if not ages:
        return say("All prices live")
    known = [age for age in ages if age is not None]
    oldest = (
        say("of unknown age")
        if len(known) < len(ages)
        else say("up to {span} old", span=span(max(known)))
    )
    live = len(prices) - len(ages)
    if not live:
        return say("No price is live: {oldest}", oldest=oldest)
    return say(
        "{live} of {count} prices live, the rest {oldest}",
        live=live,
        count=len(prices),
        oldest=oldest,
    )


def _missing(state: PriceState, why: Doubt | None) -> str:
    is_silent = state is PriceState.DOWN and why not in {None, Doubt.UNHEARD}
    return say("no price: the venue does not answer") if is_silent else say("no price yet")


def _down(price: Price, age: float | None, why: Doubt | None) -> str:
    """Neither stream nor REST, or nobody has asked them yet."""
    if why is None or why is Doubt.UNHEARD:
        return say("no live price: last {price}, {ago}", price=cents(price), ago=_when(age))
    if age is None:
        return say("no price, last {price}: the venue does not answer", price=cents(price))
    return say(
        "no price for {span}, last {price}: the venue does not answer",
        span=span(age),
        price=cents(price),
    )


def _when(age: float | None) -> str:
    return say("age unknown") if age is None else ago(age)
