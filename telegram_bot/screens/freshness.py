"""How current a price is, in words: nothing is called live that is not proven to be."""

from collections.abc import Sequence

from core.domain.health import Doubt, PriceState
from core.domain.market import Source
from core.domain.units import Price
from core.domain.views import OutcomeView, PositionView
from telegram_bot.screens.numbers import cents
from telegram_bot.screens.times import FRESH, ago, span


def outcome_price(view: OutcomeView) -> str:
    """`62¢ · live`: a price with where it comes from and how old it is."""
    is_listed = view.source is Source.API and view.state is PriceState.DOWN
    if is_listed and view.price is not None and view.why is None:
        return f"{cents(view.price)} · from the catalogue, {_when(view.age)}"
    return priced(view.price, view.state, view.age, view.why)


def priced(
    price: Price | None, state: PriceState, age: float | None, why: Doubt | None = None
) -> str:
    """The same of any price; its age is left out where it is live and fresh."""
    if price is None:
        return _missing(state, why)
    match state:
        case PriceState.LIVE:
            return f"{cents(price)} · live{unchanged(age)}"
        case PriceState.POLLED:
            return f"{cents(price)} · polled {_when(age)}"
        case PriceState.SUSPECT:
            return f"{cents(price)} · checking, last news {_when(age)}"
        case PriceState.RESYNCING:
            return f"{cents(price)} · asking the venue, last news {_when(age)}"
        case PriceState.DOWN:
            return _down(price, age, why)


def price_line(
    price: Price | None, state: PriceState, age: float | None, why: Doubt | None = None
) -> str:
    """`Now 62¢ · live`, or a sentence of its own where there is no price of now."""
    return now_line(priced(price, state, age, why))


def now_line(words: str) -> str:
    return words[0].upper() + words[1:] if words.startswith("no ") else f"Now {words}"


def unchanged(age: float | None) -> str:
    """What a quiet live price adds."""
    return f", unchanged for {span(age)}" if age is not None and age >= FRESH else ""


def held_prices(views: Sequence[PositionView]) -> str | None:
    """How current the prices behind a sum are; None where nothing is held."""
    if not views:
        return None
    others = [view for view in views if view.state is not PriceState.LIVE]
    if not others:
        return "All prices live"
    ages = [view.price_age for view in others]
    known = [age for age in ages if age is not None]
    oldest = "of unknown age" if len(known) < len(ages) else f"up to {span(max(known))} old"
    live = len(views) - len(others)
    return f"{live} of {len(views)} prices live, the rest {oldest}" if live else _none_live(oldest)


def _none_live(oldest: str) -> str:
    return f"No price is live: {oldest}"


def _missing(state: PriceState, why: Doubt | None) -> str:
    is_silent = state is PriceState.DOWN and why not in {None, Doubt.UNHEARD}
    return "no price: the venue does not answer" if is_silent else "no price yet"


def _down(price: Price, age: float | None, why: Doubt | None) -> str:
    """Neither stream nor REST, or nobody has asked them yet."""
    if why is None or why is Doubt.UNHEARD:
        return f"no live price: last {cents(price)}, {_when(age)}"
    since = "" if age is None else f" for {span(age)}"
    return f"no price{since}, last {cents(price)}: the venue does not answer"


def _when(age: float | None) -> str:
    return "age unknown" if age is None else ago(age)
