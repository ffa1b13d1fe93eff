"""What people see of the weather strategy: plain values, made by `services/weather/overview.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from core.domain.account import Account
from core.domain.units import ZERO, EventId, MarketId, Size, TokenId, Usdc
from core.domain.weather.calibration import Lead
from core.domain.weather.choices import Choices
from core.domain.weather.decision import KeptDecision, Skip
from core.domain.weather.scores import LEAST_EVENTS, ReliabilityBin, Verdict
from core.domain.weather.temperature import Extreme, Unit


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether real money is allowed: how many events are resolved, and what is missing."""

    resolved: int
    verdict: Verdict
    needed: int = LEAST_EVENTS


@dataclass(frozen=True, slots=True)
class Standing:
    """The strategy as one user has it. `account` None: it does not trade for them."""

    choices: Choices
    account: Account | None
    gate: Gate
    is_streaming: bool
    cash: Usdc | None = None  # of the account; None before its first day
    result: Usdc = Usdc(ZERO)  # of the account: booked and unbooked, after all fees
    hindrances: tuple[str, ...] = ()  # why it does not trade real money; empty while it may
    may_change: bool = True  # viewers may not


@dataclass(frozen=True, slots=True)
class Best:
    """The largest edge of an event now, in USDC a share after the fee."""

    label: str
    is_yes: bool
    edge: Decimal


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event in the list. `reason`: why it is not traded; then most is unknown."""

    event_id: EventId
    slug: str
    city: str = ""  # as the slug spells it
    day: date | None = None
    extreme: Extreme | None = None
    unit: Unit | None = None
    station: str = ""
    reason: str = ""
    is_wanted: bool = False  # by the reader's choices
    held: Usdc = Usdc(ZERO)  # at cost
    best: Best | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    lines: tuple[EventLine, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Rung:
    """One bucket. `edge` is that of the better side, USDC a share after the fee of one share."""

    market_id: MarketId
    label: str
    model: float | None = None
    market: float | None = None
    edge: Decimal | None = None
    is_yes: bool = True  # the side that `edge` is of
    yes: Size = Size(ZERO)  # held
    no: Size = Size(ZERO)


@dataclass(frozen=True, slots=True)
class Seen:
    """The day's extreme so far, in the unit of the labels."""

    value: float
    at: datetime


@dataclass(frozen=True, slots=True)
class LadderView:
    """An event's buckets, cold to warm. `refusal`: why nothing new can be said of it."""

    line: EventLine
    rungs: tuple[Rung, ...]
    tokens: tuple[TokenId, ...]  # of Yes, by bucket
    version: int | None = None  # of the forecast
    heard_at: datetime | None = None
    weight: float | None = None  # of the model, where it is drawn towards the market
    divergence: float | None = None
    seen: Seen | None = None
    refusal: str = ""
    is_left_alone: bool = False  # the reader wants it so


@dataclass(frozen=True, slots=True)
class ModelRun:
    """What the members of one model make of the day, in the unit of the labels."""

    model: str
    values: tuple[float, ...]
    reference: datetime


@dataclass(frozen=True, slots=True)
class DayExtremes:
    """Everything that is known of an event's day: forecasts, and what was measured so far."""

    runs: tuple[ModelRun, ...]
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class FanView:
    """A day's forecasts beside its buckets; `edges` part neighbours, one fewer than buckets."""

    line: EventLine
    unit: Unit
    day: DayExtremes
    labels: tuple[str, ...]
    edges: tuple[float, ...]
    chances: tuple[float, ...] = ()  # of the model; empty while there is no forecast
    heard_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TableOfSkips:
    """How often each reason kept the strategy from ordering, most first."""

    counts: tuple[tuple[Skip, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """Newest first. `lines` tell what each decision was about, as far as it is still known."""

    entries: tuple[KeptDecision, ...]
    page: int = 0
    has_more: bool = False
    skips: TableOfSkips = TableOfSkips()
    lines: Mapping[EventId, EventLine] = field(default_factory=dict)
    event: EventLine | None = None  # all are about it; None: about any


@dataclass(frozen=True, slots=True)
class Score:
    """Averages over the events: smaller is better. `crps` in kelvins, where there is one."""

    brier: float
    log_score: float
    crps: float | None = None


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One city and lead, over the newest events; no city: all, no lead: last before the day."""

    events: int
    model: Score
    market: Score | None = None
    climatology: Score | None = None
    naive: Score | None = None
    city: str = ""
    lead: Lead | None = None


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """`dry` and `live`: profit after all fees, booked and unbooked; None where nothing traded."""

    rows: tuple[ScoreRow, ...] = ()
    days: int = 0  # that it goes back
    dry: Usdc | None = None
    live: Usdc | None = None


@dataclass(frozen=True, slots=True)
class Reliability:
    bins: tuple[ReliabilityBin, ...]
    events: int
