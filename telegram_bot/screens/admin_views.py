"""What the owner reads about the program, ready for a screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from telegram_bot.screens.status import PartState


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first card of the owner says."""

    ill: Sequence[str]  # parts that need a look
    is_halted: bool
    people: int
    errors: int  # that are remembered


@dataclass(frozen=True, slots=True)
class DoubtedToken:
    """A price that is wanted and not live; the age is None if it was never heard of."""

    name: str
    state: str
    why: str
    age: float | None  # seconds


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for Telegram, and how Telegram took it since the start."""

    waiting: int
    longest: float  # seconds
    floods: int  # answers 429
    cards: int  # that follow the market


@dataclass(frozen=True, slots=True)
class Disk:
    """Of the data folder, in bytes."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class HealthView:
    """`disk` None: it cannot be told."""

    parts: Sequence[PartState]
    doubted: Sequence[DoubtedToken]
    queue: Queue
    worker: str
    disk: Disk | None


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """`part`: what told of it."""

    at: datetime
    part: str
    sentence: str


@dataclass(frozen=True, slots=True)
class VersionView:
    """`commit` None: the code is no clone."""

    version: str
    commit: str | None
    migration: str
    python: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class BackupView:
    """`ended` None: it is being made. `failure`: why there is none. `written` in bytes."""

    path: str
    began: datetime
    written: int
    ended: datetime | None = None
    failure: str = ""
    is_sealed: bool = False
