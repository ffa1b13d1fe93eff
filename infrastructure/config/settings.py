"""All settings: the only reader of the environment."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from infrastructure.config import sources, values
from infrastructure.config.secrets_handover import SECRETS
from infrastructure.config.values import (
    Amount,
    Count,
    Days,
    HttpsUrl,
    HttpUrl,
    LogFormat,
    LogLevel,
    Percent,
    Port,
    Seconds,
    UserIds,
    Venue,
    WsUrl,
)
from infrastructure.errors import SettingsError

VENUE_URLS = frozenset(
    {
        "clob_wss_url",
        "clob_user_wss_url",
        "clob_api_url",
        "gamma_api_url",
        "data_api_url",
        "relayer_api_url",
        "geoblock_url",
    }
)
PATHS = frozenset(
    {
        "backup_key_file",
        "data_dir",
        "fixtures_dir",
        "keys_dir",
        "sandbox_replay",
        "weather_stations_file",
    }
)


class Settings(BaseSettings):
    """Every setting, by the lower-case name of its variable. Made by `load_settings`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    # Telegram
    telegram_bot_token: values.BotToken | None = None
    telegram_api_base_url: HttpUrl = "https://api.telegram.org"
    telegram_allowed_users: UserIds = ()
    telegram_webhook_url: HttpsUrl | None = None
    telegram_webhook_secret: values.WebhookSecret | None = None

    # Data
    database_url: SecretStr | None = None
    data_dir: Path

    # Venue
    venue: Annotated[Venue, values.LowerCased] = Venue.AUTO
    clob_wss_url: WsUrl = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
    clob_user_wss_url: WsUrl = "wss://ws-subscriptions-clob.polymarket.com/ws/user"
    clob_api_url: HttpUrl = "https://clob.polymarket.com"
    gamma_api_url: HttpUrl = "https://gamma-api.polymarket.com"
    data_api_url: HttpUrl = "https://data-api.polymarket.com"
    relayer_api_url: HttpUrl = "https://relayer-v2.polymarket.com"
    geoblock_url: HttpUrl = "https://polymarket.com/api/geoblock"
    clob_api_key: SecretStr | None = None
    clob_api_secret: SecretStr | None = None
    clob_api_passphrase: SecretStr | None = None
    clob_api_address: Annotated[str, Field(pattern=r"^0x[0-9A-Fa-f]{40}$")] | None = None
    relayer_api_key: SecretStr | None = None
    relayer_api_key_address: Annotated[str, Field(pattern=r"^0x[0-9A-Fa-f]{40}$")] | None = None
    builder_api_key: SecretStr | None = None
    builder_api_secret: SecretStr | None = None
    builder_api_passphrase: SecretStr | None = None
    http_timeout_seconds: Seconds = 10.0

    # Weather
    open_meteo_api_url: HttpUrl = "https://api.open-meteo.com"
    open_meteo_ensemble_url: HttpUrl = "https://ensemble-api.open-meteo.com"
    open_meteo_api_key: SecretStr | None = None
    nws_api_url: HttpUrl = "https://api.weather.gov"
    nws_contact: Annotated[str, Field(max_length=200, pattern=r"^[ -~]*$")] = ""
    metar_api_url: HttpUrl = "https://aviationweather.gov"
    forecast_max_age_seconds: Seconds = 21_600.0
    forecasts_kept_days: Days = 3.0
    weather_kept_days: Annotated[Days, Field(ge=100)] = 400.0
    weather_stations_file: Path | None = None

    # Streaming
    streamer_enabled: bool = True
    use_websocket: bool = True
    ws_ping_interval: Seconds = 10.0
    ws_auto_reconnect: bool = True
    ws_max_reconnect_attempts: Annotated[int, Field(ge=0)] = 0
    ws_max_subscriptions: Count = 1000
    ws_tokens_per_connection: Annotated[int, Field(ge=4, le=500)] = 200
    ws_redundancy: Annotated[int, Field(ge=1, le=2)] = 1
    ws_canaries: Annotated[int, Field(ge=0, le=2)] = 1
    ws_verify_hash: bool = True
    price_debounce_seconds: Seconds = 1.0
    max_position_updates_per_second: Count = 10
    poll_interval_seconds: Seconds = 60.0
    poll_interval_streaming_seconds: Seconds = 600.0
    discovery_interval_seconds: Seconds = 300.0
    resolution_interval_seconds: Seconds = 60.0

    # Trading
    dry_run_mode: bool = True
    paper_starting_cash: Amount = Decimal(1000)
    max_slippage_percent: Percent = Decimal(5)
    quote_ttl_seconds: Seconds = 45.0
    trigger_hold_seconds: Seconds = 1.0

    # Weather strategy
    weather_enabled: bool = False
    min_edge: Annotated[Decimal, Field(gt=0, lt=1)] = Decimal("0.05")
    weather_paper_starting_cash: Amount = Decimal(1000)
    weather_kelly_fraction: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.15")
    weather_max_divergence: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.35")
    weather_max_order_usdc: Amount = Decimal(20)
    weather_max_bucket_usdc: Amount = Decimal(30)
    weather_max_event_usdc: Amount = Decimal(60)
    weather_max_city_day_usdc: Amount = Decimal(60)
    weather_max_region_day_usdc: Amount = Decimal(120)
    weather_max_day_usdc: Amount = Decimal(200)
    weather_daily_loss_usdc: Annotated[Amount, Field(gt=0)] = Decimal(50)
    weather_cooldown_seconds: Seconds = 60.0
    weather_decisions_kept_days: Days = 90.0

    # Limits on live orders
    max_order_usdc: Amount = Decimal(100)
    max_market_usdc: Amount = Decimal(250)
    max_day_usdc: Amount = Decimal(500)
    max_open_orders: Count = 20
    global_max_day_usdc: Amount = Decimal(2000)
    min_free_disk_percent: Percent = Decimal(10)
    reconcile_interval_seconds: Seconds = 60.0

    # What is kept
    updates_kept_days: Days = 7.0
    audit_kept_days: Annotated[Days, Field(ge=31)] = 730.0

    # Keys
    keys_dir: Path | None = None
    credentials_directory: Path | None = None  # set by systemd
    backup_key_file: Path | None = None
    withdraw_max_day_usdc: Amount = Decimal(500)
    auto_redeem: bool = False

    # Chat
    telegram_messages_per_minute: Annotated[int, Field(ge=10, le=3000)] = 20
    live_edit_interval_seconds: Annotated[Seconds, Field(ge=3)] = 3.0
    live_pause_seconds: Seconds = 90.0

    # Sandbox
    sandbox_host: str = "127.0.0.1"
    sandbox_port: Port = 8765
    sandbox_exchange_port: Port = 8766
    sandbox_seed: int = 1
    sandbox_replay: Path | None = None
    sandbox_speed: Annotated[float, Field(ge=0, le=10_000)] = 1.0

    # Recordings
    recordings_max_mb: Annotated[int, Field(ge=1, le=100_000_000)] = 2000
    recordings_max_days: Days = 30.0

    # Operations
    log_level: Annotated[LogLevel, values.UpperCased] = LogLevel.INFO
    log_format: Annotated[LogFormat, values.LowerCased] = LogFormat.CONSOLE
    ops_host: str = "127.0.0.1"
    ops_port: Port = 8767
    fixtures_dir: Path = Path("../shared/fixtures")

    @property
    def names_a_venue(self) -> bool:
        """Whether a venue URL was given: then `VENUE=auto` never means the sandbox."""
        return bool(VENUE_URLS & self.model_fields_set)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the log's redactor."""
        found = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value.get_secret_value() for value in found if isinstance(value, SecretStr))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` has gathered: no part can read the environment by accident."""
        return (init_settings,)


def load_settings(
    root: Path, environ: Mapping[str, str], handed_over: Mapping[str, str]
) -> Settings:
    """The settings of this process.

    `root` is the repository's: there `.env` and `.env.local` are read, and relative paths begin
    there. `handed_over` are the secrets that came by the environment, see `secrets_handover`.
    Raises: SettingsError, which never holds the value of a secret.
    """
    given = sources.gather(root, environ, handed_over)
    chosen = {name: given[name.upper()] for name in Settings.model_fields if name.upper() in given}
    for path in PATHS & chosen.keys():
        chosen[path] = str(root / Path(chosen[path]).expanduser())
    try:
        return Settings.model_validate(chosen)
    except ValidationError as error:
        raise _explained(error.errors(), chosen) from None  # its text may hold a secret


def misspelt(root: Path) -> list[str]:
    """A warning for each variable of the `.env` files that looks like one of ours mistyped."""
    return sources.misspelt(root, [name.upper() for name in Settings.model_fields])


def _explained(errors: list[ErrorDetails], chosen: Mapping[str, str]) -> SettingsError:
    """The first error in the order of the settings, and how many more there are."""
    order = list(Settings.model_fields)
    wrong = sorted({str(error["loc"][0]) for error in errors}, key=order.index)
    variable, value = wrong[0].upper(), chosen.get(wrong[0], "")
    problem = next(error["msg"] for error in errors if error["loc"][0] == wrong[0])
    problem = problem.removeprefix("Value error, ").removeprefix("Input ")
    shown = "its value" if variable in SECRETS or "@" in value else repr(value)
    more = f" ({len(wrong) - 1} more settings are wrong)" if wrong[1:] else ""
    return SettingsError(variable, f"{shown} {problem}{_example(wrong[0])}{more}")


def _example(name: str) -> str:
    default = Settings.model_fields[name].default
    if default is None or default == ():
        return ""
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return f"; write for example {name.upper()}={text}"
