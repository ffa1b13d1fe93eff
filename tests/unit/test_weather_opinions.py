"""What the model says of an event: forecasts and reports of its day, through what was learned."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from core.domain.weather.calibration import DEFAULT_WEIGHT, Calibration, Lead
from core.domain.weather.daily import DailyExtremes, Measured, ModelDay
from core.domain.weather.forecast import ModelId
from core.domain.weather.rules import TemperatureEvent, read_event
from core.domain.weather.station import Station, StationId
from core.domain.weather.station_table import known_stations
from core.domain.weather.temperature import Extreme
from core.domain.weather.untaught import untaught
from core.services.weather.opinions import ModelOpinions, lead_at, said_by
from core.services.weather.ports import NoOpinion, StationListener
from tests.support.weather_house import text_of

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)  # thirty hours before the end of the event's day


@dataclass
class Known:
    """`DayForecasts` and `Calibrations` as a test has written them."""

    models: tuple[ModelDay, ...] = ()
    observed: Measured | None = None
    is_asked: bool = True
    current: Calibration = field(default_factory=lambda: untaught(NOW))
    wanted: dict[StationId, Collection[date]] = field(default_factory=dict)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    ears: list[StationListener] = field(default_factory=list)

    def extremes(self, station: StationId, day: date, extreme: Extreme) -> DailyExtremes | None:
        if not self.is_asked:
            return None
        return DailyExtremes(
            station, day, extreme, self.models, self.observed, None, {}, frozenset()
        )

    def want(self, wanted: Mapping[Station, Collection[date]]) -> None:
        self.wanted = {station.id: days for station, days in wanted.items()}

    def listen(self, listener: StationListener) -> Callable[[], None]:
        self.ears.append(listener)
        return lambda: self.ears.remove(listener)


@dataclass
class Learned:
    known: Known

    @property
    def current(self) -> Calibration:
        return self.known.current

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.known.listeners.append(listener)
        return lambda: self.known.listeners.remove(listener)


def event_of(city: str = "London", event: str = "900") -> TemperatureEvent:
    read = read_event(text_of(city, event), known_stations())
    assert isinstance(read, TemperatureEvent)
    return read


def said(name: str, *members: float, at: datetime = NOW) -> ModelDay:
    return ModelDay("test", ModelId(name), at, at, members)


def opinions_of(known: Known) -> ModelOpinions:
    return ModelOpinions(known, Learned(known))


def test_chances_are_of_all_buckets_and_the_youngest_forecast_says_their_age() -> None:
    older = NOW - timedelta(hours=2)
    known = Known((said("a", 16.0, 18.0), said("b", 17.0, at=older)))
    opinion = opinions_of(known).opinion(event_of(), NOW)
    assert math.fsum(opinion.chances) == pytest.approx(1, abs=1e-9)
    assert len(opinion.errors) == len(opinion.chances) == len(event_of().ladder.buckets)
    assert opinion.heard_at == NOW
    assert opinion.weight == DEFAULT_WEIGHT


def test_without_a_forecast_there_is_no_opinion_and_a_reason() -> None:
    with pytest.raises(NoOpinion, match="has been asked for"):
        opinions_of(Known(is_asked=False)).opinion(event_of(), NOW)
    with pytest.raises(NoOpinion, match="young enough"):
        opinions_of(Known()).opinion(event_of(), NOW)
    with pytest.raises(NoOpinion, match="No forecast can be used"):
        opinions_of(Known((said("a", math.nan),))).opinion(event_of(), NOW)


def test_what_was_measured_rules_out_every_lower_bucket_of_a_highest_event() -> None:
    event = event_of()
    middle = event.ladder.buckets[2]
    assert middle.low is not None
    known = Known((said("a", float(middle.low) - 3),))
    before = opinions_of(known).opinion(event, NOW)
    known.observed = Measured(float(middle.low), NOW, is_exact=True)
    after = opinions_of(known).opinion(event, NOW)
    assert before.chances[0] > 0.1
    assert after.chances[:2] == (0.0, 0.0)
    assert math.fsum(after.chances) == pytest.approx(1, abs=1e-9)


def test_an_opinion_is_of_the_lead_its_hours_belong_to() -> None:
    event = event_of()
    hours = {30: Lead.H30_54, 29: Lead.H18_30, 17: Lead.H6_18, 1: Lead.H0_6, 60: Lead.H54_UP}
    ends = NOW + timedelta(hours=30)
    assert {h: lead_at(event, ends - timedelta(hours=h)) for h in hours} == hours
    known = Known((said("a", float(event.ladder.buckets[1].low or 0)),))
    far, near = (
        opinions_of(known).opinion(event, ends - timedelta(hours=hour)) for hour in (60, 1)
    )
    assert far.chances[-1] > near.chances[-1] + 0.05  # who knows less allows more


def test_layer_and_share_of_the_lead_are_applied_to_that_lead_alone() -> None:
    known, event = Known((said("a", 17.0),)), event_of()
    bare = opinions_of(known).opinion(event, NOW)
    layer = {Lead.H30_54: ((0.0, 0.02), (1.0, 0.5))}
    known.current = replace(known.current, layers=layer, market_weights={Lead.H30_54: 0.75})
    layered = opinions_of(known).opinion(event, NOW)
    assert max(layered.chances) < max(bare.chances)
    assert min(layered.chances) > min(bare.chances)
    assert math.fsum(layered.chances) == pytest.approx(1, abs=1e-9)
    assert layered.weight == 0.75
    later = opinions_of(known).opinion(event, NOW + timedelta(hours=1))
    assert later.weight == DEFAULT_WEIGHT


def test_the_spread_is_the_mean_of_the_ensembles_and_single_runs_have_none() -> None:
    known = Known((said("a", 16.0, 18.0), said("b", 15.0, 19.0), said("c", 17.0)))
    days = known.extremes(StationId("EGLC"), NOW.date(), Extreme.HIGHEST)
    assert days is not None
    forecast = said_by(days)
    assert forecast.values == {"a": 17.0, "b": 17.0, "c": 17.0}
    spreads = [model.spread for model in days.models[:2]]
    assert spreads[0] is not None
    assert spreads[1] is not None
    assert forecast.spread == pytest.approx((spreads[0] + spreads[1]) / 2)
    known.models = known.models[2:]
    alone = known.extremes(StationId("EGLC"), NOW.date(), Extreme.HIGHEST)
    assert alone is not None
    assert said_by(alone).spread is None


def test_a_new_fit_stirs_every_wanted_station_until_nobody_listens() -> None:
    known, heard = Known(), list[str]()
    opinions = opinions_of(known)
    opinions.want((event_of(), event_of("Munich", "901"), event_of("London", "902")))
    assert {station: len(days) for station, days in known.wanted.items()} == {"EGLC": 1, "EDDM": 1}
    end = opinions.listen(heard.append)
    for listener in known.listeners:
        listener()
    for ear in known.ears:
        ear(StationId("EGLC"))
    assert heard == ["EDDM", "EGLC", "EGLC"]
    end()
    assert not known.listeners
    assert not known.ears
