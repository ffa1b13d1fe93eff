"""One market, live, and how much to put on one of its outcomes."""

from datetime import datetime
from typing import Final

from core.domain.link import market_link
from core.domain.market import Market
from core.domain.price import PriceState
from core.domain.resolution import Standing, standing_of
from core.domain.units import ONE, ZERO, Price, Usdc
from core.domain.views import MarketView, OutcomeView, PositionView
from telegram_bot.actions import (
    Limit,
    ShowEvent,
    ShowMarket,
    ShowPosition,
    SpendOther,
    Way,
)
from telegram_bot.alert_actions import NewAlert
from telegram_bot.finding_actions import Watch
from telegram_bot.picture_actions import ShowChart, ShowDepth
from telegram_bot.screens.freshness import ask_line, outcome_line, outcome_price
from telegram_bot.screens.numbers import cents, gain, money, shares, volume
from telegram_bot.screens.quick import (
    ORDERED_AT_ONCE,
    Quick,
    buy_action,
    buy_rows,
    depth_line,
    dollars,
)
from telegram_bot.screens.resolution import result
from telegram_bot.screens.screen import (
    Button,
    CopyButton,
    Row,
    Screen,
    blocks,
    home_button,
    lines,
    rows,
    stamped,
)
from telegram_bot.screens.text import LABEL, bold, plain, safe
from telegram_bot.screens.times import ending
from telegram_bot.words import say

IN_TICKETS: Final = Quick()
LONGEST_LINK: Final = 256  # characters that a button can copy


def market_screen(
    view: MarketView,
    now: datetime,
    *,
    can_rest: bool = False,
    is_watched: bool = False,
    quick: Quick = IN_TICKETS,
) -> Screen:
    """Both sides with bid, ask and spread; an outcome's button leads to the amounts.

    `can_rest`: limit orders are taken with this money. What is held comes last, so that no redraw
    moves the buttons above it.
    """
    market = view.market
    return Screen(
        blocks(
            lines(bold(market.question), _belongs_to(market)),
            *_sides(view, quick),
            lines(_traded(market), ending(market.ends_at, now)),
            market_state(market),
            lines(*(_held(position) for position in view.positions)),
        ),
        rows(
            *(buy_rows(market, quick) if market_state(market) is None else ()),
            _limit_buttons(market) if can_rest else (),
            (
                *_event_button(market),
                _watch_button(market, is_watched=is_watched),
                *_alert_button(market),
            ),
            (*_picture_buttons(market), *_share_button(market)),
            (Button(say("Refresh"), ShowMarket(market.id)), home_button()),
            *(_position_button(position) for position in view.positions),
        ),
        stamp=stamped(now),
    )


def amount_screen(
    view: MarketView,
    outcome: int,
    cash: Usdc,
    now: datetime,
    quick: Quick = IN_TICKETS,
) -> Screen:
    """How many dollars, before the fee, on the outcome at that place; typed ones, too."""
    market, chosen = view.market, view.outcomes[outcome]
    presets = tuple(
        Button(dollars(amount), buy_action(market, outcome, amount, quick))
        for amount in quick.amounts
    )
    return Screen(
        blocks(
            say("<b>How much on {outcome}?</b>", outcome=safe(chosen.outcome.name, LABEL)),
            safe(market.question),
            lines(
                outcome_line(chosen),
                ask_line(chosen),
                say("Cash {cash}", cash=money(cash)),
            ),
            say("Amounts are before the fee. You see the exact quote before anything is bought.")
            if quick.button_id is None
            else say("Amounts are before the fee. {at_once}", at_once=say(ORDERED_AT_ONCE)),
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


def _sides(view: MarketView, quick: Quick) -> tuple[str, ...]:
    payouts = view.market.payouts
    if payouts is None:
        depth = quick.middle if market_state(view.market) is None else None
        return tuple(_side(outcome, view.market, depth) for outcome in view.outcomes)
    named = zip(view.market.outcomes, payouts, strict=False)
    paid = (
        say("{outcome} pays {price} a share", outcome=bold(each.name, LABEL), price=cents(payout))
        for each, payout in named
    )
    return (lines(*paid),)


def _side(view: OutcomeView, market: Market, amount: Usdc | None) -> str:
    name = bold(view.outcome.name, LABEL)
    heading = f"{name} {outcome_price(view)}"
    if view.state is PriceState.DOWN:
        return heading  # a book of then is none to look at
    if view.bid is None and view.ask is None:
        return lines(heading, say("the book is empty"))
    bid, ask = cents(view.bid), cents(view.ask)
    if view.bid is None or view.ask is None:
        book = say("bid {bid} · ask {ask}", bid=bid, ask=ask)
    else:
        book = say(
            "bid {bid} · ask {ask} · spread {spread}", bid=bid, ask=ask, spread=_spread(view)
        )
    return lines(
        heading,
        f"{book} · {_basis(view)}",
        None if amount is None else depth_line(view, market, amount),
    )


def _basis(view: OutcomeView) -> str:
    """What the price shown is, between bid and ask; a missing side counts as 0 or 1."""
    low, high = view.bid or ZERO, ONE if view.ask is None else view.ask
    if view.price is not None and view.price * 2 == low + high:
        return say("price: the midpoint")
    return say("price: the last trade")


def _spread(view: OutcomeView) -> str:
    """The spread; crossed books, seen for moments, have none to show."""
    if view.bid is None or view.ask is None or view.ask < view.bid:
        return say("unknown")
    return cents(Price(view.ask - view.bid))


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


def _share_button(market: Market) -> Row:
    """The market's page at the venue, to paste anywhere."""
    link = market_link(market.slug)
    if link is None or len(link) > LONGEST_LINK:
        return ()
    return (CopyButton(say("Share"), link),)


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
