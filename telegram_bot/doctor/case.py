"""What the checks are about: the settings, the venue they mean, who runs on the database."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx

from infrastructure.config.settings import Settings
from infrastructure.database.holder import Holder

STARTS_WITH_THE_PROGRAM: Final = "the sandbox's own: it starts with the program"


@dataclass(frozen=True, slots=True)
class VenueAddress:
    """Base URLs of REST, and the market socket's."""

    clob: str
    gamma: str
    socket: str


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a check waits for the outside; `total` bounds a check however it is made."""

    rest: float = 5.0
    opening: float = 5.0
    first_book: float = 5.0
    telegram: float = 5.0
    local: float = 2.0

    @property
    def total(self) -> float:
        """Of the longest check, the socket's: a market, a connection, a book."""
        return self.rest + self.opening + self.first_book + 1.0


@dataclass(frozen=True, slots=True)
class Case:
    """One examination. `venue` is None where the sandbox's exchange cannot be reached yet."""

    settings: Settings
    is_sandbox: bool
    holder: Holder | None
    venue: VenueAddress | None
    client: httpx.AsyncClient
    patience: Patience = field(default_factory=Patience)
    wall: Callable[[], float] = time.time

    @property
    def runs_here(self) -> bool:
        """Whether the program runs on this machine."""
        return self.holder is not None and self.holder.host == socket.gethostname()


def venue_address(
    settings: Settings, holder: Holder | None, *, is_sandbox: bool
) -> VenueAddress | None:
    """Where the venue is: the configured one, or the running sandbox's if its port is known."""
    if not is_sandbox:
        return VenueAddress(settings.clob_api_url, settings.gamma_api_url, settings.clob_wss_url)
    if holder is None or not settings.sandbox_exchange_port:
        return None
    url = base_url(settings.sandbox_host, settings.sandbox_exchange_port)
    return VenueAddress(url, url, url.replace("http", "ws", 1) + "/ws/market")


def base_url(host: str, port: int) -> str:
    """The address of one of our own servers.

    >>> base_url("::1", 80)
    'http://[::1]:80'
    """
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
