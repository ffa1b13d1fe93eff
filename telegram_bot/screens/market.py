"""One market, live, and how much to put on one of its outcomes."""

from datetime import datetime

from core.domain.market import Market
from core.domain.price import PriceState
from core.domain.resolution import Standing, standing_of
from core.domain.units import Price, Usdc
from core.domain.views import MarketView, OutcomeView, PositionView
from telegram_bot.actions import (
    Buy,
    Limit,
    ShowEvent,
    ShowMarket,
    ShowPosition,
    Spend,
    SpendOther,
    Way,
)
from telegram_bot.finding_actions import Watch
from telegram_bot.picture_actions import ShowChart, ShowDepth
from telegram_bot.screens.freshness import now_line, outcome_price
from telegram_bot.screens.numbers import cents, gain, money, shares, volume
from telegram_bot.screens.resolution import result
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    Style,
    blocks,
    home_button,
    lines,
    rows,
    stamped,
)
from telegram_bot.screens.text import LABEL, bold, plain, safe
from telegram_bot.screens.times import ending

PRESETS = (10, 25, 50)  # USDC
OUTCOME_STYLES = (Style.SUCCESS, Style.DANGER)


def market_screen(
    view: MarketView, now: datetime, *, can_rest: bool = False, is_watched: bool = False
) -> Screen:
    """Both sides with bid, ask and spread; an outcome's button leads to the amounts.

    `can_rest`: limit orders are taken with this money.
    """
    market = view.market
    return Screen(
        blocks(
            lines(bold(market.question), _belongs_to(market)),
            *_sides(view),
            lines(_traded(market), ending(market.ends_at, now)),
            market_state(market),
            lines(*(_held(position) for position in view.positions)),
        ),
        rows(
            _outcome_buttons(market),
            _limit_buttons(market) if can_rest else (),
            *(_position_button(position) for position in view.positions),
            (*_event_button(market), _watch_button(market, is_watched=is_watched)),
            _picture_buttons(market),
            (Button("Refresh", ShowMarket(market.id)), home_button()),
        ),
        stamp=stamped(now),
    )


def amount_screen(view: MarketView, outcome: int, cash: Usdc, now: datetime) -> Screen:
    """How many dollars, before the fee, on the outcome at that place."""
    market, chosen = view.market, view.outcomes[outcome]
    presets = tuple(
        Button(f"${dollars}", Spend(market.id, outcome, dollars * 100)) for dollars in PRESETS
    )
    return Screen(
        blocks(
            f"<b>How much on {safe(chosen.outcome.name, LABEL)}?</b>",
            safe(market.question),
            lines(
                now_line(outcome_price(chosen)),
                _asked(chosen),
                f"Cash {money(cash)}",
            ),
            "Amounts are before the fee. You see the exact quote before anything is bought.",
        ),
        rows(
            (*presets, Button("Other", SpendOther(market.id, outcome))),
            (Button("Back", ShowMarket(market.id)), home_button()),
        ),
        stamp=stamped(now),
    )


def market_state(market: Market) -> str | None:
    """Why nothing can be bought here; None while it can."""
    match standing_of(market):
        case Standing.OPEN:
            return None
        case Standing.PAUSED:
            return "<b>Paused.</b> The venue takes no orders in this market right now."
        case Standing.ENDED:
            return "<b>Closed.</b> Trading has ended; waiting for the result."
        case Standing.RESOLVED:
            return f"<b>{result(market.resolved_outcome)}</b>"


def _belongs_to(market: Market) -> str | None:
    parts = [safe(market.category, 30)] if market.category else []
    if market.event is not None and market.event.title != market.question:
        parts.append(safe(market.event.title, 80))
    return " · ".join(parts) or None


def _sides(view: MarketView) -> tuple[str, ...]:
    payouts = view.market.payouts
    if payouts is None:
        return tuple(_side(outcome) for outcome in view.outcomes)
    named = zip(view.market.outcomes, payouts, strict=False)
    paid = (f"{bold(each.name, LABEL)} pays {cents(payout)} a share" for each, payout in named)
    return (lines(*paid),)


def _side(view: OutcomeView) -> str:
    name = bold(view.outcome.name, LABEL)
    heading = f"{name} {outcome_price(view)}"
    if view.state is PriceState.DOWN:
        return heading  # a book of then is none to look at
    if view.bid is None and view.ask is None:
        return lines(heading, "the book is empty")
    top = f"bid {cents(view.bid)} · ask {cents(view.ask)}"
    if view.bid is not None and view.ask is not None:
        top += f" · spread {_spread(view)}"
    return lines(heading, top)


def _spread(view: OutcomeView) -> str:
    """The spread; crossed books, seen for moments, have none to show."""
    if view.bid is None or view.ask is None or view.ask < view.bid:
        return "unknown"
    return cents(Price(view.ask - view.bid))


def _asked(view: OutcomeView) -> str:
    if view.state not in {PriceState.LIVE, PriceState.POLLED}:
        return "The ask is not known right now; your quote asks the venue first"
    if view.ask is None:
        return "Nobody sells this outcome right now"
    return f"You buy at the ask: {cents(view.ask)}"


def _traded(market: Market) -> str:
    return f"Volume {volume(market.volume_24h)} in 24 h · {volume(market.volume)} in all"


def _held(view: PositionView) -> str:
    position = view.position
    holding = position.holding
    return (
        f"You hold {shares(holding.amount)} {safe(position.outcome, LABEL)} "
        f"at {cents(holding.entry_price)}: {gain(position.pnl_amount, position.pnl_percentage)}"
    )


def _outcome_buttons(market: Market) -> Row:
    if market_state(market) is not None:
        return ()
    return tuple(
        Button(plain(outcome.name), Buy(market.id, place), OUTCOME_STYLES[place % 2])
        for place, outcome in enumerate(market.outcomes)
    )


def _limit_buttons(market: Market) -> Row:
    if market_state(market) is not None:
        return ()
    return tuple(
        Button(f"Limit {plain(outcome.name, 24)}", Limit(market.id, place, Way.BUY))
        for place, outcome in enumerate(market.outcomes)
    )


def _position_button(view: PositionView) -> Row:
    name = plain(view.position.outcome, 24)
    return (Button(f"My {name} position", ShowPosition(view.position.id)),)


def _picture_buttons(market: Market) -> Row:
    chart = Button("Chart", ShowChart(market.id, 0))
    if market_state(market) is not None:
        return (chart,)
    return (chart, Button("Order book", ShowDepth(market.id, 0)))


def _event_button(market: Market) -> Row:
    if market.event is None or market.event.title == market.question:
        return ()
    return (Button("All outcomes", ShowEvent(market.event.id)),)


def _watch_button(market: Market, *, is_watched: bool) -> Button:
    return Button("Unwatch" if is_watched else "Watch", Watch(market.id, wanted=not is_watched))
