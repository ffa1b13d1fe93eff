"""The model's opinion of an event: forecasts and reports of its day, through what was learned."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import fmean
from typing import Final, Protocol

from core.domain.weather.belief import Opinion
from core.domain.weather.calibration import Calibration, Forecast, Lead, NoForecast, lead_of
from core.domain.weather.daily import DailyExtremes, Measured
from core.domain.weather.days import day_span
from core.domain.weather.probability import Observed, layered, odds, predicted
from core.domain.weather.rules import TemperatureEvent
from core.domain.weather.station import Station, StationId
from core.domain.weather.temperature import Extreme, Unit
from core.services.weather.ports import NoOpinion, StationListener

WHOLE_DEGREE: Final = 0.3  # °C: standard deviation of what whole degrees Celsius leave out


class DayForecasts(Protocol):
    """What is known of days: the `ForecastKeeper`."""

    def extremes(
        self, station: StationId, day: date, extreme: Extreme, /
    ) -> DailyExtremes | None: ...

    def want(self, wanted: Mapping[Station, Collection[date]], /) -> None: ...

    def listen(self, listener: StationListener, /) -> Callable[[], None]: ...


class Calibrations(Protocol):
    """What was learned, newest first."""

    @property
    def current(self) -> Calibration: ...

    def listen(self, listener: Callable[[], None], /) -> Callable[[], None]: ...


class ModelOpinions:
    """`Opinions` by EMOS: same-day reports bind, then the isotonic layer, if there is one."""

    def __init__(self, forecasts: DayForecasts, calibrations: Calibrations) -> None:
        self._forecasts = forecasts
        self._calibrations = calibrations
        self._stations: frozenset[StationId] = frozenset()

    def want(self, events: Sequence[TemperatureEvent]) -> None:
        wanted = dict[Station, set[date]]()
        for event in events:
            wanted.setdefault(event.station, set()).add(event.day)
        self._stations = frozenset(station.id for station in wanted)
        self._forecasts.want(wanted)

    def listen(self, listener: StationListener) -> Callable[[], None]:
        def refitted() -> None:
            for station in sorted(self._stations):
                listener(station)

        ends = self._forecasts.listen(listener), self._calibrations.listen(refitted)

        def end() -> None:
            for each in ends:
                each()

        return end

    def opinion(self, event: TemperatureEvent, now: datetime) -> Opinion:
        """Raises: NoOpinion."""
        known = self._forecasts.extremes(event.station.id, event.day, event.extreme)
        if known is None or known.heard_at is None:
            raise NoOpinion(_why(known))
        lead = lead_at(event, now)
        calibration = self._calibrations.current
        coefficients = calibration.coefficients(event.station.id, event.extreme, lead)
        try:
            distribution = predicted(coefficients, said_by(known))
        except NoForecast as nothing:
            raise NoOpinion(f"No forecast can be used: {nothing}.") from nothing
        found = odds(distribution, event.ladder, event.rounding, _observed(event, known.observed))
        chances = layered(found.probabilities, calibration.layers.get(lead, ()))
        return Opinion(
            tuple(max(chance, 0.0) for chance in chances),
            found.errors,
            calibration.weight(lead),
            known.heard_at,
        )


def lead_at(event: TemperatureEvent, now: datetime) -> Lead:
    """By the hours to the end of the event's local day."""
    ends = day_span(event.day, event.station.zone)[1]
    return lead_of((ends - now) / timedelta(hours=1))


def said_by(known: DailyExtremes) -> Forecast:
    """Each model's mean, and the mean of the ensembles' spreads; what pairs are made of as well."""
    spreads = [spread for model in known.models if (spread := model.spread) is not None]
    return Forecast(
        {str(model.model): model.mean for model in known.models},
        fmean(spreads) if spreads else None,
    )


def _observed(event: TemperatureEvent, measured: Measured | None) -> Observed | None:
    """Whole degrees Celsius say what a Celsius market reads, and nearly what a Fahrenheit one."""
    if measured is None:
        return None
    is_certain = measured.is_exact or event.unit is Unit.CELSIUS
    noise = 0.0 if is_certain else WHOLE_DEGREE
    return Observed(event.extreme, measured.celsius, Unit.CELSIUS, noise)


def _why(known: DailyExtremes | None) -> str:
    if known is None:
        return "No forecast has been asked for yet."
    refused = "; ".join(f"{model}: {why}" for model, why in sorted(known.refused.items()))
    return f"No forecast is young enough. {refused}".strip()[:300]
