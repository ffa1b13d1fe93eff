"""What the weather strategy decided lately, and why, in plain words."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from core.domain.account import Account
from core.domain.health import Doubt
from core.domain.units import Price, Size
from core.domain.weather.decision import Action, Decision, Grounds, KeptDecision, Moments, Skip
from core.domain.weather.limits import Scope
from core.domain.weather.views import DecisionPage, EventLine, TableOfSkips
from telegram_bot import weather_actions as asks
from telegram_bot.screens.continuity import REASONS
from telegram_bot.screens.numbers import cents, money, shares
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    blocks,
    home_button,
    lines,
    pager,
    rows,
    stamped,
)
from telegram_bot.screens.text import LABEL, safe, told
from telegram_bot.screens.times import day_clock
from telegram_bot.screens.weather_words import (
    LIMITS,
    OF_SCOPES,
    SHORT_SKIPS,
    SKIPS,
    chance,
    edge_cents,
    title,
)
from telegram_bot.words import plural, say

MOST_REASONS: Final = 6
DETAIL: Final = 200  # UTF-16 units of what somebody else said of it
THOUSAND: Final = 1000
SHORTEST_SHOWN: Final = timedelta(microseconds=100)
_SCOPES: Final = {scope.value: scope for scope in Scope}
_DOUBTS: Final = {doubt.value: doubt for doubt in Doubt}


def decisions_screen(view: DecisionPage, now: datetime) -> Screen:
    """Of one event, or of all."""
    heading = say("<b>Decisions</b>")
    if view.event is not None:
        heading = f"{heading} · {_name(view.event)}"
    return Screen(
        blocks(
            heading,
            _skipped(view.skips),
            *(_entry(kept, view) for kept in view.entries),
            None if view.entries else say("Nothing was decided yet."),
        ),
        rows(*_buttons(view)),
        stamp=stamped(now),
    )


def why(decision: Decision) -> str:
    """One sentence; what is from outside is safe."""
    bucket = safe(decision.outcome, LABEL) if decision.outcome else ""
    match decision.action:
        case Action.BUY:
            return _bought(decision, bucket)
        case Action.REDUCE:
            return _reduced(decision, bucket)
        case Action.SKIP:
            return _reasons(decision)


def latencies(moments: Moments) -> str:
    """From the price on: decided, sent, answered, each with the milliseconds it took."""
    began = moments.received
    told = [_decided(began, moments.decided)]
    if moments.sent is not None:
        told.append(say("sent after {ms} ms", ms=_ms(began, moments.sent)))
    if moments.acknowledged is not None:
        told.append(say("answered after {ms} ms", ms=_ms(began, moments.acknowledged)))
    return " · ".join(told)


def _bought(decision: Decision, bucket: str) -> str:
    if decision.skip is not None:
        return f"<b>{say('Tried to buy {bucket}', bucket=bucket)}</b>. {_reasons(decision)}"
    spend = decision.grounds.spend
    ordered = (
        say("Bought {bucket}", bucket=bucket)
        if spend is None
        else say("Bought {bucket} for {amount}", bucket=bucket, amount=money(spend))
    )
    reason = say("It was cheaper than it is worth, even at the cautious end.")
    return f"<b>{ordered}</b>. {reason}"


def _reduced(decision: Decision, bucket: str) -> str:
    if decision.skip is not None:
        return f"<b>{say('Tried to sell {bucket}', bucket=bucket)}</b>. {_reasons(decision)}"
    size = decision.grounds.size
    ordered = (
        say("Sold {bucket}", bucket=bucket)
        if size is None
        else say("Sold {shares} of {bucket}", shares=shares(Size(size)), bucket=bucket)
    )
    return f"<b>{ordered}</b>. {say('Somebody paid more than it is worth now.')}"


def _reasons(decision: Decision) -> str:
    """Why nothing was ordered, or why nothing came of it."""
    if decision.skip is None:
        return say("Nothing was ordered.")
    return " ".join(each for each in (say(SKIPS[decision.skip]), _detail(decision)) if each)


def _detail(decision: Decision) -> str:
    """The limit that was reached, the interruption, or the sentence of whoever refused."""
    if not decision.detail:
        return ""
    if decision.skip is Skip.NOT_LIVE and decision.detail in _DOUBTS:
        return _interruption(decision.outcome, _DOUBTS[decision.detail])
    if decision.skip is Skip.LIMIT and decision.detail in _SCOPES:
        limit = say(LIMITS[OF_SCOPES[_SCOPES[decision.detail]]])
        return say("Limit: {limit}.", limit=limit)
    return told(decision.detail, DETAIL)


def _interruption(bucket: str, why: Doubt) -> str:
    reason = say(REASONS[why])
    if not bucket:
        return say("The stream was interrupted: {reason}.", reason=reason)
    return say(
        "The stream of {bucket} was interrupted: {reason}.",
        bucket=safe(bucket, LABEL),
        reason=reason,
    )


def _entry(kept: KeptDecision, view: DecisionPage) -> str:
    decision = kept.decision
    line = view.lines.get(decision.event_id)
    is_named = view.event is None and line is not None
    return lines(
        f"{day_clock(decision.moments.decided)} · {_whose(decision.account)}",
        _name(line) if is_named and line is not None else None,
        why(decision),
        _inputs(decision),
        latencies(decision.moments),
        plural(
            "seen {n} time, last {moment}",
            "seen {n} times, last {moment}",
            kept.times,
            moment=day_clock(kept.last_at),
        )
        if kept.times > 1
        else None,
    )


def _inputs(decision: Decision) -> str | None:
    """The numbers it rests on, as far as they were known."""
    grounds = decision.grounds
    told = [
        safe(decision.outcome, LABEL)
        if decision.outcome and decision.action is Action.SKIP
        else None,
        *_beliefs(grounds),
        *_prices(grounds),
        None if decision.version is None else say("forecast {version}", version=decision.version),
    ]
    words = " · ".join(each for each in told if each)
    return f"<i>{words}</i>" if words else None


def _beliefs(grounds: Grounds) -> list[str]:
    told = []
    if grounds.model is not None:
        told.append(say("model {share}", share=chance(grounds.model)))
    if grounds.market is not None:
        told.append(say("market {share}", share=chance(grounds.market)))
    if grounds.chance is not None:
        told.append(say("drawn together {share}", share=chance(grounds.chance)))
    if grounds.error is not None:
        told.append(say("± {share}", share=f"{grounds.error * 100:.1f} %"))
    if grounds.divergence is not None:
        told.append(say("apart {share}", share=chance(grounds.divergence)))
    return [each.replace("<", "&lt;") for each in told]


def _prices(grounds: Grounds) -> list[str]:
    told = []
    if grounds.vwap is not None:
        told.append(say("price {price}", price=cents(Price(grounds.vwap))))
    if grounds.fee is not None:
        told.append(say("fee {fee}", fee=money(grounds.fee)))
    if grounds.edge is not None:
        told.append(say("edge {edge}", edge=edge_cents(_exact(grounds.edge))))
    if grounds.cautious is not None:
        told.append(say("cautious edge {edge}", edge=edge_cents(_exact(grounds.cautious))))
    return told


def _skipped(skips: TableOfSkips) -> str | None:
    if not skips.counts:
        return None
    told = (f"{say(SHORT_SKIPS[skip])} {count}" for skip, count in skips.counts[:MOST_REASONS])
    return say("Skipped lately: {reasons}", reasons=" · ".join(told))


def _buttons(view: DecisionPage) -> tuple[Row, ...]:
    def at(page: int) -> asks.WeatherAction:
        if view.event is None:
            return asks.ShowDecisions(page)
        return asks.ShowEventDecisions(view.event.event_id, page)

    back = (
        Button(say("All events"), asks.ShowWeather())
        if view.event is None
        else Button(say("Ladder"), asks.ShowLadder(view.event.event_id))
    )
    return (
        pager(
            at(view.page - 1) if view.page else None, at(view.page + 1) if view.has_more else None
        ),
        (back, Button(say("Refresh"), at(view.page)), home_button()),
    )


def _name(line: EventLine) -> str:
    return title(line) if line.slug else say("an earlier event")


def _whose(account: Account) -> str:
    return say("real money") if account is Account.LIVE else say("practice money")


def _decided(began: datetime, moment: datetime) -> str:
    if moment - began < SHORTEST_SHOWN:
        return say("decided in less than 0.1 ms")
    return say("decided after {ms} ms", ms=_ms(began, moment))


def _ms(began: datetime, moment: datetime) -> str:
    milliseconds = (moment - began).total_seconds() * THOUSAND
    return f"{milliseconds:.1f}"


def _exact(value: float) -> Decimal:
    return Decimal(repr(value))
