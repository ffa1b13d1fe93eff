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
        self.source_age = gauge(
            "weather_source_age_seconds",
            "Time since a provider of forecasts answered last, for any station",
            ["source"],
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
        self.learned = LearningMetrics(registry)


class LearningMetrics:
    """Of what was learned, how good it was, and what the strategy made of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self.age = gauge(
            "weather_fit_age_seconds", "Time since forecasts were last calibrated, NaN before that"
        )
        self.pairs = gauge("weather_fit_pairs", "Pairs that the calibration in use was made of")
        self.refused = gauge(
            "weather_fit_pairs_refused", "Pairs that were of no use to the last fit of this run"
        )
        self.scored = counter(
            "weather_scores", "Things said of temperature events that were scored once settled"
        )
        self.events = gauge(
            "weather_record_events", "Settled events that the gate to real money looked at last"
        )
        self.is_open = gauge(
            "weather_gate_open", "1 while the gate lets real money through, else 0"
        )
        self.profit = gauge(
            "weather_record_profit_usdc", "Net profit of those events by the strategy's own fills"
        )
        self.brier = gauge(
            "weather_brier",
            "Mean Brier score of 90 days over all cities, 0 to 2, smaller is better",
            ["rule"],
        )
        self.decisions = counter(
            "weather_decisions", "What the strategy decided, repetitions included", ["action"]
        )
        self.skips = counter(
            "weather_skips", "Times that the strategy ordered nothing, by the reason", ["reason"]
        )
        self.orders = counter(
            "weather_orders", "Orders that decisions of the strategy came to", ["account"]
        )
        self.lost = counter(
            "weather_decisions_lost", "Decisions that could not be kept while the database was away"
        )
