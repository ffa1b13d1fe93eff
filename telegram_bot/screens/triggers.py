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
from telegram_bot.screens.numbers import cents, counted, shares
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
from telegram_bot.screens.trigger_words import (
    NAMES,
    PARTS,
    described,
    distance_of,
    label_of,
)
from telegram_bot.trigger_actions import (
    ArmTrigger,
    RemoveTrigger,
    SetPreset,
    ShowPositionTriggers,
    ShowPresets,
    ShowTriggers,
    TypeTrigger,
)
from telegram_bot.words import mark, plural, say

PAGE: Final = 6
CHANGES: Final = MappingProxyType(
    {
        TriggerKind.TAKE_PROFIT: (10, 25, 50),
        TriggerKind.STOP_LOSS: (10, 25, 50),
        TriggerKind.TRAILING_STOP: (5, 10, 20),
    }
)
HOW: Final = mark(
    "They sell by themselves, also while this chat is closed: once the bid that "
    "really takes the shares has been there on two books a second apart. A thin book "
    "sells a part, and the rest stays armed."
)
HOW_STOPS_FAIL: Final = mark(
    "A stop sells at what is bid then, which can be far below its price; where "
    "nobody bids it cannot sell, and you are told."
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
                plural(
                    "{outcome} · {shares} share, bought at {price}",
                    "{outcome} · {shares} shares, bought at {price}",
                    counted(holding.amount),
                    outcome=bold(position.outcome, 40),
                    shares=shares(holding.amount),
                    price=cents(holding.entry_price),
                ),
                price_line(position.current_price, view.state, view.price_age, view.why),
            ),
            lines(*(f"{number}. {described(one)}" for number, one in enumerate(armed, 1)))
            or say("Nothing is armed."),
            ended or blocks(say(HOW), say(HOW_STOPS_FAIL)),
        ),
        rows(
            *(() if ended else _new_rows(view, percent)),
            *_remove_rows(armed),
            (
                Button(say("On every buy"), ShowPresets()),
                Button(say("All triggers"), ShowTriggers()),
            ),
            (
                Button(say("Position"), ShowPosition(position.id)),
                Button(say("Refresh"), ShowPositionTriggers(position.id, percent)),
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
            say("<b>Triggers</b>")
            + (" · " + plural("{n} armed", "{n} armed", len(armed)) if armed else ""),
            *(entries or [say("Nothing is armed. Open a position and tap TP / SL.")]),
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
            (Button(say("On every buy"), ShowPresets()), Button(say("Positions"), ShowPositions())),
            (Button(say("Refresh"), ShowTriggers(page)), home_button()),
        ),
        stamp=stamped(now),
    )


def presets_screen(presets: Mapping[TriggerKind, Decimal], now: datetime) -> Screen:
    """What every purchase gets; a tap on the chosen one takes it away."""
    told = [f"{say(NAMES[kind])}: {_change(kind, presets.get(kind))}" for kind in TriggerKind]
    return Screen(
        blocks(
            say("<b>On every buy</b>"),
            lines(*told),
            say(
                "Each new position gets these for all of its shares; where one of the kind is "
                "armed already it stays as it is."
            ),
            say(HOW),
        ),
        rows(
            *(
                tuple(
                    Button(
                        label_of(kind, change, is_on=presets.get(kind) == change),
                        SetPreset(kind, 0 if presets.get(kind) == change else change),
                    )
                    for change in CHANGES[kind]
                )
                for kind in TriggerKind
            ),
            (Button(say("All triggers"), ShowTriggers()), home_button()),
        ),
        stamp=stamped(now),
    )


def trigger_question(view: PositionView, kind: TriggerKind, percent: int) -> Screen:
    """Asks for the price in words."""
    back = ShowPositionTriggers(view.position.id, percent)
    return Screen(
        blocks(
            bold(view.market.question, SHORT_TITLE),
            say("<b>{trigger}: at what price?</b>", trigger=say(NAMES[kind])),
            _how_to_say(kind, cents(view.position.holding.entry_price)),
        ),
        ((Button(say("Back"), back), home_button()),),
    )


def _how_to_say(kind: TriggerKind, cost: str) -> str:
    if kind is TriggerKind.TAKE_PROFIT:
        return say(
            "Send a price above the bid, like <code>45</code> for 45¢, or a distance from your "
            "average cost of {cost}, like <code>30%</code>.",
            cost=cost,
        )
    return say(
        "Send a price below the bid, like <code>45</code> for 45¢, or a distance from your "
        "average cost of {cost}, like <code>30%</code>.",
        cost=cost,
    )


def _new_rows(view: PositionView, percent: int) -> tuple[Row, ...]:
    position = view.position.id
    of_kinds = tuple(
        (
            *(
                Button(label_of(kind, change), ArmTrigger(position, kind, change, percent))
                for change in CHANGES[kind]
            ),
            *(
                (Button(say("Other"), TypeTrigger(position, kind, percent)),)
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
        Button(say("Remove {number}", number=number), RemoveTrigger(one.id))
        for number, one in enumerate(armed, 1)
    ]
    return tuple(tuple(buttons[at : at + 4]) for at in range(0, len(buttons), 4))


def _part(part: int, *, is_on: bool) -> str:
    name = say("All") if part == PARTS[0] else f"{part}%"
    return f"✓ {name}" if is_on else name


def _change(kind: TriggerKind, change: Decimal | None) -> str:
    if change is None:
        return say("none")
    return f"<b>{distance_of(kind, int(change))}</b>"


def _question(markets: Mapping[MarketId, Market], trigger: Trigger) -> str:
    market = markets.get(trigger.market_id)
    return trigger.outcome if market is None else market.question
