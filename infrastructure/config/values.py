"""Types of settings: what a variable may hold, said so that the error says what to write."""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr


class Venue(StrEnum):
    """`auto` is decided at start: the sandbox only where nothing is set and no venue answers."""

    AUTO = "auto"
    POLYMARKET = "polymarket"
    SANDBOX = "sandbox"


class LogFormat(StrEnum):
    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _url_with(*schemes: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        parts = _split(text)
        surplus = parts.username or parts.password or parts.query or parts.fragment
        if parts.scheme not in schemes or not parts.hostname or surplus:
            raise ValueError(f"must be a URL like {schemes[-1]}://host[:port][/path]")
        return text.rstrip("/")

    return check


def _split(text: str) -> SplitResult:
    """Raises: ValueError, also for a port that is none."""
    parts = urlsplit(text)
    if parts.port == 0 or any(character.isspace() for character in text):
        raise ValueError("must be a URL with a valid port and no spaces")
    return parts


def _user_ids(value: object) -> object:
    if not isinstance(value, str):
        return value
    words = [word.strip() for word in value.split(",") if word.strip()]
    if not all(re.fullmatch(r"[1-9][0-9]{0,15}", word) for word in words):
        raise ValueError("must be numeric Telegram user ids, separated by commas")
    return tuple(dict.fromkeys(int(word) for word in words))


def _matching(pattern: str, meaning: str) -> Callable[[SecretStr], SecretStr]:
    def check(secret: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, secret.get_secret_value()):
            raise ValueError(f"must be {meaning}")
        return secret

    return check


HttpUrl = Annotated[str, AfterValidator(_url_with("http", "https"))]
HttpsUrl = Annotated[str, AfterValidator(_url_with("https"))]
WsUrl = Annotated[str, AfterValidator(_url_with("ws", "wss"))]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65_535)]  # 0: any free port
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Percent = Annotated[Decimal, Field(ge=0, le=100)]
Amount = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=6)]  # USDC
Days = Annotated[float, Field(gt=0, le=36_500, allow_inf_nan=False)]
UserIds = Annotated[tuple[int, ...], BeforeValidator(_user_ids)]
UpperCased = BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)
LowerCased = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)
BotToken = Annotated[
    SecretStr,
    AfterValidator(_matching(r"\d+:[\w-]+", "a token as @BotFather gives it, 123456:ABC…")),
]
WebhookSecret = Annotated[
    SecretStr,
    AfterValidator(_matching(r"[\w-]{1,256}", "1 to 256 letters, digits, _ or -")),
]
