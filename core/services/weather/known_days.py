"""Forecasts of a day in the degrees of its labels, for people to look at."""

from core.domain.weather.rules import TemperatureEvent
from core.domain.weather.temperature import Unit, converted
from core.domain.weather.views import DayExtremes, ModelRun, Seen
from core.services.weather.opinions import DayForecasts


class KnownDays:
    """What the forecast keeper knows, as the overview asks for it."""

    def __init__(self, forecasts: DayForecasts) -> None:
        self._forecasts = forecasts

    def day(self, event: TemperatureEvent) -> DayExtremes | None:
        """In the unit of the event's labels; None while nothing is known."""
        known = self._forecasts.extremes(event.station.id, event.day, event.extreme)
        if known is None:
            return None
        runs = tuple(
            ModelRun(
                str(model.model),
                tuple(converted(each, Unit.CELSIUS, event.unit) for each in model.members),
                model.reference,
            )
            for model in known.models
            if model.members
        )
        measured = known.observed
        if measured is None:
            return DayExtremes(runs)
        value = converted(measured.celsius, Unit.CELSIUS, event.unit)
        return DayExtremes(runs, Seen(value, measured.at))
