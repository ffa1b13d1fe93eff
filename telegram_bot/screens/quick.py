"""Rows that buy in one tap, and what the middle amount would get of the book."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.domain.execution import walk_buy
from core.domain.market import Market
from core.domain.preferences import DEFAULTS
from core.domain.price import PriceState
from core.domain.units import ONE, Price, Usdc
from core.domain.views import OutcomeView
from telegram_bot.actions import Action, Buy, Spend
from telegram_bot.quick_actions import QuickBuy
from telegram_bot.screens.numbers import cents, counted, money, percentage, shares
from telegram_bot.screens.screen import Button, Row, Style
from telegram_bot.screens.text import plain
from telegram_bot.words import mark, plural

CENTS: Final = 100  # in a USDC
OUTCOME_STYLES: Final = (Style.SUCCESS, Style.DANGER)
ORDERED_AT_ONCE: Final = mark("It is ordered at once, unless there is a reason to ask you first.")
CURRENT: Final = frozenset({PriceState.LIVE, PriceState.POLLED})
NAME: Final = 24  # UTF-16 units of an outcome beside its amounts
SEEN: Final = Decimal("0.05")  # percent; a smaller impact is none worth a word


@dataclass(frozen=True, slots=True)
class Quick:
    """`button_id`: the card's one-shot token; None where every amount leads to a ticket."""

    amounts: tuple[Usdc, ...] = DEFAULTS.quick_amounts
    button_id: str | None = None

    @property
    def middle(self) -> Usdc:
        return self.amounts[len(self.amounts) // 2]


def dollars(amount: Usdc) -> str:
    """`$10`, or `$12.50` where there are cents."""
    return f"${amount:.0f}" if amount == amount.to_integral_value() else f"${amount:.2f}"


def buy_rows(market: Market, quick: Quick) -> tuple[Row, ...]:
    """A row an outcome: its name, which leads to the amounts, and the amounts themselves."""
    return tuple(
        (
            Button(plain(outcome.name, NAME), Buy(market.id, place), OUTCOME_STYLES[place % 2]),
            *(
                Button(dollars(amount), buy_action(market, place, amount, quick))
                for amount in quick.amounts
            ),
        )
        for place, outcome in enumerate(market.outcomes)
    )


def depth_line(view: OutcomeView, market: Market, amount: Usdc) -> str | None:
    """What `amount` buys now, and how far it moves the price; None where no book says so."""
    if view.state not in CURRENT or view.ask is None or not view.asks:
        return None
    walk = walk_buy(view.asks, amount, Price(ONE), market.fees)
    average = walk.average_price
    if average is None:
        return None
    number = counted(walk.size)
    told = {"amount": dollars(amount), "shares": shares(walk.size), "average": cents(average)}
    if not walk.complete:
        return plural(
            "{amount} is more than the book has: {value} buys {shares} share at {average}",
            "{amount} is more than the book has: {value} buys {shares} shares at {average}",
            number,
            value=money(walk.value),
            **told,
        )
    impact = (average - view.ask) / view.ask * 100
    if impact < SEEN:
        return plural(
            "{amount} buys {shares} share at {average}",
            "{amount} buys {shares} shares at {average}",
            number,
            **told,
        )
    return plural(
        "{amount} buys {shares} share at {average} on average, {impact} from the ask",
        "{amount} buys {shares} shares at {average} on average, {impact} from the ask",
        number,
        impact=percentage(impact),
        **told,
    )


def buy_action(market: Market, place: int, amount: Usdc, quick: Quick) -> Action:
    """An order at once, or its ticket; for the outcome at that place."""
    in_cents = int(amount * CENTS)
    if quick.button_id is None:
        return Spend(market.id, place, in_cents)
    return QuickBuy(quick.button_id, place, in_cents)
