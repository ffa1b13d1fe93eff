"""Prometheus metrics of forecasts and station reports."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge


class WeatherMetrics:
    """The collectors, by what they count."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self.requests = counter(
            "weather_requests",
            "Questions to providers of forecasts and station reports, retries not counted",
            ["source"],
        )
        self.failures = counter(
            "weather_request_failures",
            "Questions to providers of forecasts and station reports that had no answer of use",
            ["source"],
        )
        self.dropped = counter(
            "weather_dropped",
            "Forecasts of one model and station reports that were left out, by the reason",
            ["reason"],
        )
        self.apart = counter(
            "weather_models_apart",
            "Forecasts that were left out because they were absurdly far off all others",
            ["model"],
        )
        self.budget_left = gauge(
            "weather_budget_left",
            "Units that a provider's daily allowance leaves us now, a fifth of it kept back",
            ["source"],
        )
        self.age = gauge(
            "weather_forecast_age_seconds",
            "Time since the newest forecast of a station that somebody wants",
            ["station"],
        )
        self.extremes = counter(
            "weather_extremes", "New highest or lowest temperatures of a day under way"
        )
        self.unkept = counter(
            "weather_unkept", "Times that forecasts or reports could not be written to the database"
        )
        self.settled = counter(
            "weather_settlements", "Temperature events whose settlement was learned"
        )
