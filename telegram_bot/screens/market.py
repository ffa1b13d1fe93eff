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
from telegram_bot.alert_actions import NewAlert
from telegram_bot.finding_actions import Watch
from telegram_bot.picture_actions import ShowChart, ShowDepth
from telegram_bot.screens.freshness import outcome_line, outcome_price
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
from telegram_bot.words import say

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
            (
                *_event_button(market),
                _watch_button(market, is_watched=is_watched),
                *_alert_button(market),
            ),
            _picture_buttons(market),
            (Button(say("Refresh"), ShowMarket(market.id)), home_button()),
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
            say("<b>How much on {outcome}?</b>", outcome=safe(chosen.outcome.name, LABEL)),
            safe(market.question),
            lines(
                outcome_line(chosen),
                _asked(chosen),
                say("Cash {cash}", cash=money(cash)),
            ),
            say("Amounts are before the fee. You see the exact quote before anything is bought."),
        ),
        rows(
            (*presets, Button(say("Other"), SpendOther(market.id, outcome))),
            (Button(say("Back"), ShowMarket(market.id)), home_button()),
        ),
        stamp=stamped(now),
    )


def market_state(market: Market) -> str | None:
    """Why nothing can be bought here; None while it can."""
    match standing_of(market):
        case Standing.OPEN:
            return None
        case Standing.PAUSED:
            return say("<b>Paused.</b> The venue takes no orders in this market right now.")
        case Standing.ENDED:
            return say("<b>Closed.</b> Trading has ended; waiting for the result.")
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
    paid = (
        say("{outcome} pays {price} a share", outcome=bold(each.name, LABEL), price=cents(payout))
        for each, payout in named
    )
    return (lines(*paid),)


def _side(view: OutcomeView) -> str:
    name = bold(view.outcome.name, LABEL)
    heading = f"{name} {outcome_price(view)}"
    if view.state is PriceState.DOWN:
        return heading  # a book of then is none to look at
    if view.bid is None and view.ask is None:
        return lines(heading, say("the book is empty"))
    bid, ask = cents(view.bid), cents(view.ask)
    if view.bid is None or view.ask is None:
        return lines(heading, say("bid {bid} · ask {ask}", bid=bid, ask=ask))
    return lines(
        heading,
        say("bid {bid} · ask {ask} · spread {spread}", bid=bid, ask=ask, spread=_spread(view)),
    )


def _spread(view: OutcomeView) -> str:
    """The spread; crossed books, seen for moments, have none to show."""
    if view.bid is None or view.ask is None or view.ask < view.bid:
        return say("unknown")
    return cents(Price(view.ask - view.bid))


def _asked(view: OutcomeView) -> str:
    if view.state not in {PriceState.LIVE, PriceState.POLLED}:
        return say("The ask is not known right now; your quote asks the venue first")
    if view.ask is None:
        return say("Nobody sells this outcome right now")
    return say("You buy at the ask: {ask}", ask=cents(view.ask))


def _traded(market: Market) -> str:
    return say(
        "Volume {day} in 24 h · {total} in all",
        day=volume(market.volume_24h),
        total=volume(market.volume),
    )


def _held(view: PositionView) -> str:
    position = view.position
    holding = position.holding
    return say(
        "You hold {shares} {outcome} at {price}: {gain}",
        shares=shares(holding.amount),
        outcome=safe(position.outcome, LABEL),
        price=cents(holding.entry_price),
        gain=gain(position.pnl_amount, position.pnl_percentage),
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
        Button(
            say("Limit {outcome}", outcome=plain(outcome.name, 24)),
            Limit(market.id, place, Way.BUY),
        )
        for place, outcome in enumerate(market.outcomes)
    )


def _position_button(view: PositionView) -> Row:
    name = plain(view.position.outcome, 24)
    return (Button(say("My {outcome} position", outcome=name), ShowPosition(view.position.id)),)


def _picture_buttons(market: Market) -> Row:
    chart = Button(say("Chart"), ShowChart(market.id, 0))
    if market_state(market) is not None:
        return (chart,)
    return (chart, Button(say("Order book"), ShowDepth(market.id, 0)))


def _event_button(market: Market) -> Row:
    if market.event is None or market.event.title == market.question:
        return ()
    return (Button(say("All outcomes"), ShowEvent(market.event.id)),)


def _alert_button(market: Market) -> Row:
    if market_state(market) is not None:
        return ()
    return (Button(say("Alert"), NewAlert(market.id)),)


def _watch_button(market: Market, *, is_watched: bool) -> Button:
    return Button(
        say("Unwatch") if is_watched else say("Watch"), Watch(market.id, wanted=not is_watched)
    )
