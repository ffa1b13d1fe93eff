"""What a picture shows, as plain data: equal plans are equal pictures."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from core.domain.book import Level, Side
from core.domain.history import PricePoint
from core.domain.record import EquityPoint
from core.domain.units import Price, Usdc

MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class Theme(StrEnum):
    DARK = "d"
    LIGHT = "l"


@dataclass(frozen=True, slots=True)
class Wording:
    """What is written beside a graph, in its reader's language; times are of `zone`."""

    times: str = "Times in UTC"
    bought: str = "bought"
    sold: str = "sold"
    average: str = "your average"
    opened: str = "with open P&L"
    depth: str = "Shares up to each price"
    said: str = "said"
    came: str = "came"
    measured: str = "measured so far"
    after: str = "after calibration"
    members: str = "members"
    band: str = "what chance allows"
    months: tuple[str, ...] = MONTHS
    zone: tzinfo = UTC


ENGLISH: Final = Wording()


class Entry(NamedTuple):
    """One of the reader's own trades."""

    at: datetime
    price: Price
    side: Side


@dataclass(frozen=True, slots=True)
class Head:
    """What every picture has: `note` is the line below the title, `whose` which money it is about.

    `outcome` is "" where it is about more than one.
    """

    title: str
    outcome: str
    note: str
    whose: str
    theme: Theme = Theme.DARK


@dataclass(frozen=True, slots=True)
class PricePicture:
    """An outcome's price, with the reader's trades."""

    head: Head
    points: tuple[PricePoint, ...]  # at least two
    entries: tuple[Entry, ...]
    average: Price | None  # what the reader paid on average; None without shares
    wording: Wording = ENGLISH


@dataclass(frozen=True, slots=True)
class DepthPicture:
    """Both sides of a book, best first."""

    head: Head
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    wording: Wording = ENGLISH


@dataclass(frozen=True, slots=True)
class PnlPicture:
    """One position to show around: `facts` are label and value, of what may be seen."""

    head: Head
    headline: str
    profit: Decimal  # only its sign is used
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EquityPicture:
    """Booked profit over time; `opened` is the open profit of `until`, on top of the last."""

    head: Head
    headline: str
    points: tuple[EquityPoint, ...]
    until: datetime
    opened: Usdc
    wording: Wording = ENGLISH


class ModelRow(NamedTuple):
    """One model: what each of its members makes of the day, in the picture's degrees."""

    name: str
    values: tuple[float, ...]  # at least one


@dataclass(frozen=True, slots=True)
class FanPicture:
    """A day's forecasts beside the buckets; `edges` part them, one fewer than there are.

    `chances` by bucket, empty where there are none. `degrees` is the unit with its sign.
    """

    head: Head
    headline: str
    degrees: str
    rows: tuple[ModelRow, ...]  # at least one
    edges: tuple[float, ...]  # at least one
    labels: tuple[str, ...]
    chances: tuple[float, ...]
    seen: float | None  # the extreme so far
    wording: Wording = ENGLISH


class Point(NamedTuple):
    """Buckets that were given about the same chance; the band is what chance alone does."""

    said: float
    came: float
    buckets: int
    band_low: float
    band_high: float


@dataclass(frozen=True, slots=True)
class ReliabilityPicture:
    """How often what was called so likely came: on the diagonal it is right."""

    head: Head
    headline: str
    points: tuple[Point, ...]  # at least one
    wording: Wording = ENGLISH


Picture: TypeAlias = (
    PricePicture | DepthPicture | PnlPicture | EquityPicture | FanPicture | ReliabilityPicture
)
