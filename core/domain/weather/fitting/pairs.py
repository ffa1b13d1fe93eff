"""A forecast with what became of it, and the guard that keeps the future out of a fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.domain.weather.calibration import Forecast, Group

WINDOW: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Cell:
    """An outcome of which only its bucket is known: `place` among what `edges` part, in Celsius."""

    edges: tuple[float, ...]
    place: int


@dataclass(frozen=True, slots=True)
class Pair:
    """`available_at`: from when on both the forecast and the outcome could be known."""

    group: Group
    available_at: datetime
    forecast: Forecast
    outcome: float | Cell


class FromTheFuture(ValueError):
    """A fit was given what nobody could know at its moment."""


def known_at(pairs: Iterable[Pair], moment: datetime) -> list[Pair]:
    """Those that could be known, and are not older than the window."""
    return [pair for pair in pairs if moment - WINDOW <= pair.available_at <= moment]


def refuse_later(pairs: Sequence[Pair], moment: datetime) -> None:
    """Raises: FromTheFuture."""
    late = [pair for pair in pairs if pair.available_at > moment]
    if late:
        newest = max(pair.available_at for pair in late)
        raise FromTheFuture(f"{len(late)} pairs are known later than {moment}, up to {newest}")
