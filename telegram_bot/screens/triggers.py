"""Take profit, stop loss, trailing stop: of a position, of everything, and of every purchase."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from core.domain.market import Market
from core.domain.trigger import Trigger, TriggerKind
from core.domain.units import MarketId
from core.domain.views import PositionView
from telegram_bot.actions import ShowPosition, ShowPositions
from telegram_bot.screens.freshness import price_line
from telegram_bot.screens.market import market_state
from telegram_bot.screens.numbers import cents, shares
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
from telegram_bot.screens.text import SHORT_TITLE, bold, plain, safe
from telegram_bot.trigger_actions import (
    ArmTrigger,
    RemoveTrigger,
    SetPreset,
    ShowPositionTriggers,
    ShowPresets,
    ShowTriggers,
    TypeTrigger,
)

PAGE: Final = 6
CHANGES: Final = MappingProxyType(
    {
        TriggerKind.TAKE_PROFIT: (10, 25, 50),
        TriggerKind.STOP_LOSS: (10, 25, 50),
        TriggerKind.TRAILING_STOP: (5, 10, 20),
    }
)
NAMES: Final = MappingProxyType(
    {
        TriggerKind.TAKE_PROFIT: "Take profit",
        TriggerKind.STOP_LOSS: "Stop loss",
        TriggerKind.TRAILING_STOP: "Trailing stop",
    }
)
PARTS: Final = (100, 50, 25)
HOW: Final = (
    "They sell by themselves, also while this chat is closed: once the bid that really takes the "
    "shares has been there on two books a second apart. A thin book sells a part, and the rest "
    "stays armed."
)
HOW_STOPS_FAIL: Final = (
    "A stop sells at what is bid then, which can be far below its price; where nobody bids it "
    "cannot sell, and you are told."
)


def position_triggers_screen(
    view: PositionView, armed: Sequence[Trigger], percent: int, now: datetime
) -> Screen:
    """One position: what is armed, and buttons for more."""
    position, holding = view.position, view.position.holding
    ended = market_state(view.market)
    return Screen(
        blocks(
            bold(view.market.question, SHORT_TITLE),
            lines(
                f"{bold(position.outcome, 40)} · {shares(holding.amount)} shares, bought at "
                f"{cents(holding.entry_price)}",
                price_line(position.current_price, view.state, view.price_age, view.why),
            ),
            lines(*(f"{number}. {described(one)}" for number, one in enumerate(armed, 1)))
            or "Nothing is armed.",
            ended or blocks(HOW, HOW_STOPS_FAIL),
        ),
        rows(
            *(() if ended else _new_rows(view, percent)),
            *_remove_rows(armed),
            (Button("On every buy", ShowPresets()), Button("All triggers", ShowTriggers())),
            (
                Button("Position", ShowPosition(position.id)),
                Button("Refresh", ShowPositionTriggers(position.id, percent)),
                home_button(),
            ),
        ),
        stamp=stamped(now),
    )


def triggers_screen(
    armed: Sequence[Trigger], markets: Mapping[MarketId, Market], page: int, now: datetime
) -> Screen:
    """Everything that is armed in the account, oldest first."""
    first = page * PAGE
    shown = armed[first : first + PAGE]
    following = ShowTriggers(page + 1) if len(armed) > first + PAGE else None
    entries = [
        lines(
            f"{number}. {bold(_question(markets, one), SHORT_TITLE)}",
            f"{safe(one.outcome, 30)} · {described(one)}",
        )
        for number, one in enumerate(shown, first + 1)
    ]
    return Screen(
        blocks(
            "<b>Triggers</b>" + (f" · {len(armed)} armed" if armed else ""),
            *(entries or ["Nothing is armed. Open a position and tap TP / SL."]),
        ),
        rows(
            *(
                (
                    Button(
                        f"{number}. {plain(_question(markets, one), 30)}",
                        ShowPositionTriggers(one.position_id),
                    ),
                )
                for number, one in enumerate(shown, first + 1)
            ),
            pager(ShowTriggers(page - 1) if page else None, following),
            (Button("On every buy", ShowPresets()), Button("Positions", ShowPositions())),
            (Button("Refresh", ShowTriggers(page)), home_button()),
        ),
        stamp=stamped(now),
    )


def presets_screen(presets: Mapping[TriggerKind, Decimal], now: datetime) -> Screen:
    """What every purchase gets; a tap on the chosen one takes it away."""
    told = [f"{NAMES[kind]}: {_change(kind, presets.get(kind))}" for kind in TriggerKind]
    return Screen(
        blocks(
            "<b>On every buy</b>",
            lines(*told),
            "Each new position gets these for all of its shares; where one of the kind is armed "
            "already it stays as it is.",
            HOW,
        ),
        rows(
            *(
                tuple(
                    Button(
                        _label(kind, change, is_on=presets.get(kind) == change),
                        SetPreset(kind, 0 if presets.get(kind) == change else change),
                    )
                    for change in CHANGES[kind]
                )
                for kind in TriggerKind
            ),
            (Button("All triggers", ShowTriggers()), home_button()),
        ),
        stamp=stamped(now),
    )


def trigger_question(view: PositionView, kind: TriggerKind, percent: int) -> Screen:
    """Asks for the price in words."""
    back = ShowPositionTriggers(view.position.id, percent)
    side = "above" if kind is TriggerKind.TAKE_PROFIT else "below"
    return Screen(
        blocks(
            bold(view.market.question, SHORT_TITLE),
            f"<b>{NAMES[kind]}: at what price?</b>",
            f"Send a price {side} the bid, like <code>45</code> for 45¢, or a distance from your "
            f"average cost of {cents(view.position.holding.entry_price)}, like <code>30%</code>.",
        ),
        ((Button("Back", back), home_button()),),
    )


def described(trigger: Trigger) -> str:
    """`Stop loss at 40¢ for 50 %`, as HTML."""
    part = "" if trigger.percent == PARTS[0] else f" for {trigger.percent} %"
    trail = "" if trigger.trail is None else f", {trigger.trail.normalize():f} % behind"
    left = "" if trigger.left is None else f", {shares(trigger.left)} left to sell"
    trouble = f" · <i>{safe(trigger.trouble, 200)}</i>" if trigger.trouble else ""
    return f"{NAMES[trigger.kind]} at <b>{cents(trigger.level)}</b>{trail}{part}{left}{trouble}"


def in_short(armed: Sequence[Trigger]) -> str | None:
    """One line for the position's card; None without any."""
    if not armed:
        return None
    return " · ".join(f"{NAMES[one.kind]} {cents(one.level)}" for one in armed)


def _new_rows(view: PositionView, percent: int) -> tuple[Row, ...]:
    position = view.position.id
    of_kinds = tuple(
        (
            *(
                Button(_label(kind, change), ArmTrigger(position, kind, change, percent))
                for change in CHANGES[kind]
            ),
            *(
                (Button("Other", TypeTrigger(position, kind, percent)),)
                if kind is not TriggerKind.TRAILING_STOP
                else ()
            ),
        )
        for kind in TriggerKind
    )
    parts = tuple(
        Button(_part(part, is_on=part == percent), ShowPositionTriggers(position, part))
        for part in PARTS
    )
    return (*of_kinds, parts)


def _remove_rows(armed: Sequence[Trigger]) -> tuple[Row, ...]:
    buttons = [
        Button(f"Remove {number}", RemoveTrigger(one.id)) for number, one in enumerate(armed, 1)
    ]
    return tuple(tuple(buttons[at : at + 4]) for at in range(0, len(buttons), 4))


def _label(kind: TriggerKind, change: int, *, is_on: bool = False) -> str:
    mark = "✓ " if is_on else ""
    match kind:
        case TriggerKind.TAKE_PROFIT:
            return f"{mark}TP +{change}%"
        case TriggerKind.STOP_LOSS:
            return f"{mark}SL -{change}%"
        case TriggerKind.TRAILING_STOP:
            return f"{mark}Trail {change}%"


def _part(part: int, *, is_on: bool) -> str:
    name = "All" if part == PARTS[0] else f"{part}%"
    return f"✓ {name}" if is_on else name


def _change(kind: TriggerKind, change: Decimal | None) -> str:
    if change is None:
        return "none"
    return f"<b>{_label(kind, int(change)).partition(' ')[2]}</b>"


def _question(markets: Mapping[MarketId, Market], trigger: Trigger) -> str:
    market = markets.get(trigger.market_id)
    return trigger.outcome if market is None else market.question
